"""The command that drafts: from a bare folder to questions in it, with a scripted model."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from assistant.registry import Assistant
from assistant.types import Prompt
from core.domain import Domain, find_domain
from core.errors import DocumentError, DomainError
from core.questions import QuestionRecord, amend_questions
from evaluation.draft import Outcome, draft, main
from evaluation.drafting.cost import Cost
from evaluation.drafting.pipeline import CannotWrite
from evaluation.drafting.store import Store, open_store
from ingest.knowledge_base import open_knowledge_base
from settings import Settings
from tests.evaluation.drafting.clerk import NOTES, Clerk
from tests.fakes import FakeEmbedder, ScriptedGenerator


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "harbour"
    folder.mkdir()
    for note in NOTES:
        text = f"---\ntitle: '{note.title}'\nas_of: {note.as_of}\n---\n{note.text}\n"
        (folder / f"{note.id}.md").write_text(text, encoding="utf-8")
    return folder


class Desk:
    """Drafts with a scripted model; `asked` counts what it was asked in all."""

    def __init__(self, folder: Path, reply: Callable[[Prompt], str] | None = None) -> None:
        self.domain: Domain = find_domain(str(folder))
        self.settings = Settings(home=folder.parent / "var")
        self.generator = ScriptedGenerator(reply or Clerk())
        self.costs: list[tuple[Cost, bool]] = []

    def draft(self, n: int = 6, seed: int = 1) -> Outcome:
        assistant = Assistant(self.domain, self.settings, self.generator)
        assistant.__dict__["knowledge"] = open_knowledge_base(self.domain, self.settings, FakeEmbedder())
        return draft(assistant, n, seed, lambda cost, paid: self.costs.append((cost, paid)))

    @property
    def store(self) -> Store:
        return open_store(self.domain, self.settings)


def ids(folder: Path) -> list[str]:
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["id"] for line in lines]


def test_a_bare_folder_gets_its_questions(folder: Path) -> None:
    outcome = Desk(folder).draft()
    assert ids(folder) == [record.id for record in outcome.added] != []
    assert {record.split for record in outcome.records} >= {"test", "train"}
    assert {name for record in outcome.records for name in record.evidence_doc_ids} <= {
        f"{note.id}.md" for note in NOTES
    }


def test_the_cost_is_said_first(folder: Path) -> None:
    desk = Desk(folder)

    def refuse(cost: Cost, paid: bool) -> None:
        raise DomainError(f"no: {cost}")

    assistant = Assistant(desk.domain, desk.settings, desk.generator)
    assistant.__dict__["knowledge"] = open_knowledge_base(desk.domain, desk.settings, FakeEmbedder())
    with pytest.raises(DomainError, match=r"no: about \d+ calls of the model"):
        draft(assistant, 6, 1, refuse)
    assert len(desk.generator.asked) <= 4
    assert not (folder / "questions.jsonl").exists()


def test_drafted_again_nothing_is_asked_and_nothing_added(folder: Path) -> None:
    Desk(folder).draft()
    before = ids(folder)
    again = Desk(folder)
    assert again.draft().added == []
    assert again.generator.asked == []
    assert ids(folder) == before


def test_what_somebody_has_taken_out_stays_out(folder: Path) -> None:
    Desk(folder).draft()
    gone = ids(folder)[0]
    amend_questions(folder / "questions.jsonl", {gone: None})
    again = Desk(folder).draft()
    assert [one.id for one in again.gone] == [gone]
    assert gone not in ids(folder)


def test_questions_by_people_come_first_and_are_not_drafted_again(folder: Path) -> None:
    (drafted, *_) = [one for one in Desk(folder).draft().drafted.kept if one.answers]
    (folder / "questions.jsonl").unlink()
    mine = QuestionRecord("mine", drafted.question, ("?",), (), (), "short", "test", "", drafted.lang)
    amend_questions(folder / "questions.jsonl", {}, [mine])
    other = Desk(folder)
    reasons = [one.reason for one in other.draft().drafted.dropped if one.guard == "copies"]
    assert f"is there already: {drafted.question}" in reasons
    assert ids(folder)[0] == "mine"


def test_what_is_left_out_is_kept_with_its_reason(folder: Path) -> None:
    desk = Desk(folder, lambda prompt: "It depends." if not prompt.schema else clerk(prompt))
    clerk = Clerk()
    dropped = desk.draft().drafted.dropped
    kept = list(open_store(desk.domain, desk.settings).dropped())
    assert (
        [(row["guard"], row["reason"]) for row in kept] == [(one.guard, one.reason) for one in dropped] != []
    )


def test_a_folder_without_documents_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match="holds no documents; put some there"):
        Desk(tmp_path / "empty").draft()


def test_documents_without_sentences_say_so(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "a.md").write_text("# Fees\n\n# Hours\n")
    with pytest.raises(DomainError, match="holds no sentence to ask about"):
        Desk(tmp_path / "bare").draft()


def test_the_command_shows_what_a_guard_left_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(folder.parent / "var"))
    Desk(folder).draft()
    main(str(folder), show="all")
    assert "left out by all" in capsys.readouterr().out


def test_a_guard_that_there_is_not_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(folder.parent / "var"))
    with pytest.raises(typer.Exit):
        main(str(folder), show="fom")
    assert "no guard 'fom'; known are all, written, form, alone" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != folder)  # root may write everywhere
    desk = Desk(folder)
    with pytest.raises(DomainError, match=r"cannot be written.*copy the documents to a folder of your own"):
        desk.draft()
    assert desk.generator.asked == []


def test_two_runs_at_a_time_do_not_draft_for_one_domain(folder: Path) -> None:
    desk = Desk(folder)
    with desk.store.opened(), pytest.raises(DomainError, match="another run drafts questions for harbour"):
        desk.draft()
    assert desk.draft().added


def test_what_was_left_out_is_kept_when_the_run_fails(folder: Path) -> None:
    desk = Desk(folder, Clerk(spoils="As an AI, I would love to help!"))
    with pytest.raises(CannotWrite):
        desk.draft()
    kept = list(desk.store.dropped())
    assert {row["guard"] for row in kept} == {"written"}
    assert kept[0]["reply"] == "As an AI, I would love to help!"


def test_half_a_character_in_a_reply_is_no_crash(folder: Path) -> None:
    desk = Desk(folder, Clerk(spoils="No JSON, and half of one: \ud83d"))
    with pytest.raises(CannotWrite):
        desk.draft()
    assert list(desk.store.dropped())


def test_a_run_that_is_killed_while_it_writes_leaves_what_was_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(folder)
    desk.draft()
    kept = desk.store.folder / "dropped.jsonl", desk.store.folder / "written.json"
    before = [path.read_bytes() for path in kept]

    def dies(path: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dies)
        with pytest.raises(KeyboardInterrupt):
            desk.store.keep_dropped([])
        with pytest.raises(KeyboardInterrupt):
            desk.store.add([])
    assert [path.read_bytes() for path in kept] == before
    assert Desk(folder).draft().added == []


def test_lines_of_people_stay_as_they_are_written(folder: Path) -> None:
    mine = '{"question":"How old is the harbour?",  "id": 7, "answers": ["90 years"], "note": "\\u00e9"}'
    (folder / "questions.jsonl").write_text(f"{mine}\n", encoding="utf-8")
    Desk(folder).draft()
    assert (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()[0] == mine


def test_what_a_person_tests_is_not_trained_and_what_a_person_trains_is_not_tested(folder: Path) -> None:
    records = Desk(folder).draft().records
    (folder / "questions.jsonl").unlink()
    trained = next(one for one in records if one.split == "train")
    tested = next(one for one in records if one.split == "test" and one.fact_id != trained.fact_id)
    swapped = [
        replace(trained, id="p1", split="test", origin=""),
        replace(tested, id="p2", split="train", origin=""),
    ]
    amend_questions(folder / "questions.jsonl", {}, swapped)
    again = Desk(folder)
    again.store.folder.joinpath("written.json").unlink()
    found = {(one.question, one.split) for one in again.draft().added}
    assert (trained.question, "train") not in found
    assert (tested.question, "test") not in found
