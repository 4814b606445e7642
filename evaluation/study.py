"""From a folder of documents to a verdict: ingest, draft questions, train, compare.

    python -m evaluation.study --domain ~/handbook

Each stage is a command of its own, run in a process of its own; one that is done costs nothing the second
time, so that a study that was cut off goes on where it was. Knows nothing of what the stages do.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from core.command_line import plain_errors
from core.domain import Domain, find_domain
from core.errors import AssistantError, DomainError
from core.questions import QuestionRecord
from settings import Settings

_FEWEST = 10
"""Test questions with fewer than which nothing can be told apart."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class StageFailed(AssistantError):
    """A stage did not end well; what it said stands above."""


@dataclass(frozen=True, slots=True)
class Study:
    """A domain's way to a verdict, with `n` test questions, of whose answers a judge reads `judged`."""

    domain: Domain
    settings: Settings
    name: str
    n: int
    judged: int
    yes: bool

    def run(self) -> None:
        """Take every stage that is not done.

        Raises:
            StageFailed: one did not end well.
            DomainError: too few questions came of the documents.
        """
        self._stage("1 of 4: documents", "ingest", "update")
        if len(self._questions("test")) < self.n:
            self._stage("2 of 4: questions", "evaluation.draft", "--n", str(self.n), *self._agreed())
        else:
            _say(f"2 of 4: questions: there are {len(self._questions('test'))} test questions")
        self._check()
        self._review()
        self._train()
        self._stage("4 of 4: comparison", "evaluation.compare", environment=self._sample())

    def _stage(self, title: str, *command: str, environment: Sequence[str] = ()) -> None:
        """Run a command of the project on the domain."""
        _say(title)
        module, *arguments = command
        line = [sys.executable, "-m", module, *arguments, "--domain", self.name]
        done = subprocess.run(["env", *environment, *line] if environment else line, check=False)
        if done.returncode == 130:
            raise KeyboardInterrupt
        if done.returncode:
            again = f"python -m evaluation.study --domain {self.name}"
            raise StageFailed(f"stage {title} failed, see above; mend it and run again: {again}")

    def _agreed(self) -> tuple[str, ...]:
        return ("--yes",) if self.yes else ()

    def _questions(self, split: str) -> list[QuestionRecord]:
        try:
            return self.domain.questions(split)
        except DomainError:
            if (self.domain.folder / "questions.jsonl").is_file():
                self.domain.questions(follow_ups=None)  # a broken line is told
            return []

    def _check(self) -> None:
        tested = len(self._questions("test"))
        if tested < _FEWEST:
            raise DomainError(
                f"{tested} test questions came of the documents, fewer than {_FEWEST} tell nothing apart; add "
                "documents, or questions of your own: python -m evaluation.questions import"
            )

    def _review(self) -> None:
        """Say how many drafts nobody has looked at; whoever sits at a terminal may look now."""
        drafts = [
            one for split in ("test", "dev", "train") for one in self._questions(split) if one.is_drafted
        ]
        waiting = sum(not one.reviewed for one in drafts)
        if not waiting:
            return
        _say(f"{waiting} of {len(drafts)} drafted questions are not reviewed; the report says so")
        print(f"  review: streamlit run apps/side_by_side.py -- {self.domain.folder}")
        if sys.stdin.isatty() and not self.yes:
            typer.confirm("Go on without?", default=True, abort=True)

    def _train(self) -> None:
        """Train the domain's adapter unless it has learned these questions already."""
        title = "3 of 4: training"
        if self.settings.generator.endpoint:
            _say(f"{title}: none, the model is behind an endpoint")
            return
        if not self._questions("train") or not self._questions("dev"):
            _say(f"{title}: none, there are no questions to learn from")
            return
        if self._note.is_file() and self._note.read_text(encoding="utf-8") == self._lesson():
            _say(f"{title}: done before")
            return
        self._stage(title, "finetune", "train")
        self._note.parent.mkdir(parents=True, exist_ok=True)
        self._note.write_text(self._lesson(), encoding="utf-8")

    @property
    def _note(self) -> Path:
        """Where the digest of what was learned last is kept."""
        return self.settings.home / "studies" / f"{self.domain.key}.learned"

    def _lesson(self) -> str:
        """Return the digest of all that an adapter would be trained on and how."""
        asked = [repr(one) for split in ("train", "dev", "test") for one in self._questions(split)]
        how = self.settings.finetune.model_dump_json() + self.settings.generator.model
        return hashlib.sha256(json.dumps([asked, how]).encode()).hexdigest()

    def _sample(self) -> list[str]:
        return [f"ASSISTANT_EVALUATION__RAGAS_SAMPLE={self.judged}"]


def _say(line: str) -> None:
    print(f"\n== {line}", flush=True)


@app.command()
def main(
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a folder of documents.")],
    n: Annotated[int, typer.Option(min=4, help="Test questions to decide by.")] = 60,
    judged: Annotated[int, typer.Option(min=1, help="Of how many a judge reads the answers (RAGAS).")] = 8,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: go on when the cost is known.")] = False,
) -> None:
    """Go from a folder of documents to a verdict."""
    with plain_errors():
        found = find_domain(domain)
        Study(found, found.settings(), domain, n, judged, yes).run()


if __name__ == "__main__":
    app()
