"""From a folder to a verdict: which stages are taken, and what is done before is not done again."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from core.domain import find_domain
from core.errors import DomainError
from core.questions import DRAFTED
from evaluation.study import StageFailed, Study, Wanted
from settings import Generator, Settings


class Stages:
    """Remembers the commands; that which drafts writes `drafts` test questions, `fails` ends with a code."""

    def __init__(self, folder: Path, drafts: int = 12, fails: Mapping[str, int] | None = None) -> None:
        self.folder, self.drafts, self.fails = folder, drafts, fails or {}
        self.ran: list[str] = []
        self.commands: list[list[str]] = []
        self.environment: dict[str, str] = {}

    def __call__(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        self.ran.append(command[0])
        self.commands.append(list(command))
        self.environment |= environment
        if command[0] == "evaluation.draft":
            self._write()
        return self.fails.get(command[0], 0)

    def _write(self) -> None:
        splits = ["test"] * self.drafts + ["train", "dev"]
        rows = (
            {"id": str(place), "question": f"Who owns boat {place}?", "answers": ["Ann"], "split": split}
            | {"origin": DRAFTED, "model": "writer", "reviewed": False}
            for place, split in enumerate(splits)
        )
        (self.folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))


def study(folder: Path, stages: Stages, n: int = 12, endpoint: str = "") -> Study:
    settings = Settings(home=folder.parent / "var", generator=Generator(endpoint=endpoint))
    return Study(find_domain(str(folder)), settings, str(folder), Wanted(n, yes=True), stages)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "boats").mkdir()
    return tmp_path / "boats"


def test_the_stages_in_their_order(folder: Path) -> None:
    stages = Stages(folder)
    study(folder, stages).run()
    assert stages.ran == ["ingest", "evaluation.draft", "finetune", "evaluation.compare"]
    assert stages.environment == {"ASSISTANT_EVALUATION__RAGAS_SAMPLE": "8"}


def test_what_is_done_is_not_done_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study(folder, Stages(folder)).run()
    again = Stages(folder)
    study(folder, again).run()
    assert again.ran == ["ingest", "finetune", "evaluation.compare"], "finetune knows what it has trained"
    told = capsys.readouterr().out
    assert "2 of 4: questions: there are 12 test questions" in told
    assert "14 of 14 drafted questions are not reviewed; the report says so" in told


def test_what_people_have_asked_is_not_drafted(folder: Path) -> None:
    rows = (
        {"id": f"p{place}", "question": f"Who sails boat {place}?", "answers": ["Bo"]} for place in range(5)
    )
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    stages = Stages(folder)
    study(folder, stages).run()
    assert stages.commands[1][:3] == ["evaluation.draft", "--n", "7"]


def test_a_stage_that_fails_ends_the_study_and_says_how_to_go_on(folder: Path) -> None:
    stages = Stages(folder, fails={"finetune": 1})
    with pytest.raises(StageFailed, match=r"stage 3 of 4: training failed.*evaluation\.study --domain"):
        study(folder, stages).run()
    assert stages.ran[-1] == "finetune"
    again = Stages(folder)
    study(folder, again).run()
    assert again.ran == ["ingest", "finetune", "evaluation.compare"]


def test_who_interrupts_a_stage_interrupts_the_study(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        study(folder, Stages(folder, fails={"evaluation.compare": 130})).run()


def test_too_few_questions_carry_no_verdict(folder: Path) -> None:
    with pytest.raises(DomainError, match="3 test questions came of the documents, fewer than 10"):
        study(folder, Stages(folder, drafts=3)).run()


def test_a_model_behind_an_endpoint_is_not_trained(folder: Path) -> None:
    stages = Stages(folder)
    study(folder, stages, endpoint="http://127.0.0.1:1").run()
    assert stages.ran == ["ingest", "evaluation.draft", "evaluation.compare"]


def test_a_broken_line_of_questions_is_told_at_once(folder: Path) -> None:
    (folder / "questions.jsonl").write_text("{")
    stages = Stages(folder)
    with pytest.raises(DomainError, match="line 1"):
        study(folder, stages).run()
    assert stages.ran == ["ingest"]
