"""From a folder of documents to a verdict: ingest, draft questions, train, compare.

    python -m evaluation.study --domain ~/handbook

Each stage is a command of its own, run in a process of its own; one that is done costs nothing the second
time, so that a study that was cut off goes on where it was. Knows nothing of what the stages do.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

import typer

from core.command_line import plain_errors
from core.domain import Domain, find_domain
from core.errors import AssistantError, DomainError
from core.questions import QuestionRecord
from settings import Settings

_FEWEST = 10
"""Test questions with fewer than which nothing can be told apart."""
_INTERRUPTED = 130
NOTHING: Mapping[str, str] = MappingProxyType({})

Launch = Callable[[Sequence[str], Mapping[str, str]], int]
"""Runs a command with additions to the environment and returns its exit code."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class StageFailed(AssistantError):
    """A stage did not end well; what it said stands above."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`n` test questions, of whose answers a judge reads `judged`; `yes`: nothing is asked meanwhile."""

    n: int = 60
    judged: int = 8
    yes: bool = False


def launch(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command of the project with this added to the environment; return its exit code."""
    line = [sys.executable, "-m", *command]
    return subprocess.run(line, env={**os.environ, **environment}, check=False).returncode


@dataclass(frozen=True, slots=True)
class Study:
    """A domain's way to a verdict. `name` is what `--domain` was given."""

    domain: Domain
    settings: Settings
    name: str
    wanted: Wanted = Wanted()
    launch: Launch = launch

    def run(self) -> None:
        """Take every stage that is not done.

        Raises:
            StageFailed: one did not end well.
            DomainError: too few questions came of the documents.
        """
        self._stage("1 of 4: documents", "ingest", "update")
        self._draft()
        self._review()
        self._train()
        sample = {"ASSISTANT_EVALUATION__RAGAS_SAMPLE": str(self.wanted.judged)}
        self._stage("4 of 4: comparison", "evaluation.compare", environment=sample)

    def _stage(self, title: str, *command: str, environment: Mapping[str, str] = NOTHING) -> None:
        """Run a command of the project on the domain."""
        _say(title)
        code = self.launch([*command, "--domain", self.name], environment)
        if code == _INTERRUPTED:
            raise KeyboardInterrupt
        if code:
            again = f"python -m evaluation.study --domain {shlex.quote(self.name)}"
            raise StageFailed(f"stage {title} failed, see above; mend it and run again: {again}")

    def _questions(self, split: str) -> list[QuestionRecord]:
        try:
            return self.domain.questions(split)
        except DomainError:
            if (self.domain.folder / "questions.jsonl").is_file():
                self.domain.questions(follow_ups=None)  # a broken line is told
            return []

    def _draft(self) -> None:
        """Have the test questions drafted that are missing beside those by people."""
        title, there = "2 of 4: questions", self._questions("test")
        if len(there) >= self.wanted.n:
            _say(f"{title}: there are {len(there)} test questions")
            return
        agreed = ("--yes",) if self.wanted.yes else ()
        written = sum(not one.is_drafted for one in there)  # the same at each run, whatever drafts there are
        self._stage(title, "evaluation.draft", "--n", str(self.wanted.n - written), *agreed)
        tested = len(self._questions("test"))
        if tested < _FEWEST:
            raise DomainError(
                f"{tested} test questions came of the documents, fewer than {_FEWEST} tell nothing apart; "
                "add documents, or questions of your own: python -m evaluation.questions import"
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
        print(f"  review: streamlit run apps/side_by_side.py -- {shlex.quote(str(self.domain.folder))}")
        if sys.stdin.isatty() and not self.wanted.yes:
            typer.confirm("Go on without?", default=True, abort=True)

    def _train(self) -> None:
        """Train the domain's adapter; one that has learned the same already stays as it is."""
        title = "3 of 4: training"
        if self.settings.generator.endpoint:
            _say(f"{title}: none, the model is behind an endpoint")
            return
        if not self._questions("train") or not self._questions("dev"):
            _say(f"{title}: none, there are no questions to learn from")
            return
        self._stage(title, "finetune", "train")


def _say(line: str) -> None:
    print(f"\n== {line}", flush=True)


@app.command()
def main(
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a folder of documents.")],
    n: Annotated[int, typer.Option(min=_FEWEST, help="Test questions to decide by.")] = 60,
    judged: Annotated[int, typer.Option(min=1, help="Of how many a judge reads the answers (RAGAS).")] = 8,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: go on when the cost is known.")] = False,
) -> None:
    """Go from a folder of documents to a verdict."""
    with plain_errors():
        found = find_domain(domain)
        Study(found, found.settings(), domain, Wanted(n, judged, yes)).run()


if __name__ == "__main__":
    app()
