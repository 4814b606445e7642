"""Writing questions: what is not named stays as it was."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import DomainError
from core.questions import (
    DRAFTED,
    QuestionRecord,
    Turn,
    amend_questions,
    as_row,
    from_row,
    read_questions,
    read_rows,
)

RECORD = QuestionRecord(
    id="q1",
    question="退货期限是几天？",
    answers=("7天",),
    evidence_doc_ids=("returns",),
    evidence_text=("七天内可以退货。",),
    answer_type="number",
    split="test",
    fact_id="f1",
    lang="zh",
    origin=DRAFTED,
    model="writer",
)
FOLLOW_UP = QuestionRecord(
    *("q2", "And abroad?", (), (), (), "unanswerable", "dev", "f2", "en"),
    turns=(Turn("user", "How long may I return it?"), Turn("assistant", "7 days.")),
    standalone="How long may I return it from abroad?",
)


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_questions_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    amend_questions(path, {}, [RECORD, FOLLOW_UP])
    assert list(read_questions(path)) == [replace(RECORD, line=1), replace(FOLLOW_UP, line=2)]
    assert rows(path)[0]["reviewed"] is False
    assert "reviewed" not in rows(path)[1]
    assert [one.name for one in tmp_path.iterdir()] == ["questions.jsonl"]


def test_what_is_not_named_stays_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    mine = '{"id":"mine",   "question": "Who pays?", "asked_by": "Ann"}'
    path.write_text("\n".join([mine, "", json.dumps({"id": "q0", "question": "When?", "mood": "dry"})]))
    amend_questions(path, {"q0": {"question": "When exactly?", "reviewed": True}}, [RECORD])
    assert path.read_text(encoding="utf-8").splitlines()[0] == mine
    assert rows(path)[1] == {"id": "q0", "question": "When exactly?", "mood": "dry", "reviewed": True}
    amend_questions(path, {"q0": None})
    assert [row["id"] for row in rows(path)] == ["mine", "q1"]


def test_there_need_be_no_file_to_add_to_but_one_to_change(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    with pytest.raises(DomainError, match="is missing"):
        amend_questions(path, {"q0": None})
    amend_questions(path, {}, [RECORD])
    assert [record.id for record in read_questions(path)] == ["q1"]


def test_a_row_is_added_with_the_keys_that_nobody_here_knows(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    row = {"id": "q0", "question": "When?", "mood": "dry"}
    amend_questions(path, {}, [row])
    ((record, read),) = read_rows(path)
    assert (record.question, read) == ("When?", row)


def test_an_id_is_not_added_twice(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    amend_questions(path, {}, [RECORD])
    with pytest.raises(DomainError, match="'q1' is there twice"):
        amend_questions(path, {}, [replace(RECORD, question="Whose?")])
    assert list(read_questions(path)) == [replace(RECORD, line=1)]


def test_of_several_that_amend_at_once_none_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    amend_questions(path, {}, [])
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: amend_questions(path, {}, [replace(RECORD, id=f"q{n}")]), range(40)))
    assert {one.id for one in read_questions(path)} == {f"q{n}" for n in range(40)}
    assert [one.name for one in tmp_path.iterdir()] == ["questions.jsonl"]


def test_an_answer_that_is_an_object_is_read_as_json_and_written_as_text() -> None:
    record = from_row({"id": "1", "question": "去上海", "answers": [{"地点": ["上海"]}, "上海"]})
    assert record.answers == ('{"地点": ["上海"]}', "上海")
    assert from_row(json.loads(json.dumps(as_row(record)))).answers == record.answers
