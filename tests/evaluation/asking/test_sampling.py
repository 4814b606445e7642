"""Which questions are asked."""

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.types import Message
from core.domain import find_domain
from core.errors import DomainError
from evaluation.asking.questions import Choice, choose_questions
from evaluation.asking.sampling import balanced
from evaluation.types import Reference

REFERENCES = [
    Reference("q", ("a",), (), kind, "test", f"{lang}-{kind}-{number}", lang)
    for lang, kinds in {"en": {"short": 16, "yesno": 4}, "zh": {"short": 8, "list": 8}}.items()
    for kind, count in kinds.items()
    for number in range(count)
]


def test_languages_take_turns_and_types_get_their_share() -> None:
    chosen = balanced(REFERENCES, 20, seed=1)
    assert Counter(one.lang for one in chosen) == {"en": 10, "zh": 10}
    assert Counter(one.type for one in chosen if one.lang == "en") == {"short": 8, "yesno": 2}
    assert Counter(one.type for one in chosen if one.lang == "zh") == {"short": 5, "list": 5}


def test_a_smaller_sample_begins_a_larger_one() -> None:
    assert balanced(REFERENCES, 30, seed=1)[:7] == balanced(REFERENCES, 7, seed=1)


def test_no_limit_is_all_questions_once() -> None:
    assert sorted(one.id for one in balanced(REFERENCES, 0, seed=1)) == sorted(one.id for one in REFERENCES)


def test_the_seed_chooses() -> None:
    assert balanced(REFERENCES, 8, seed=1) != balanced(REFERENCES, 8, seed=2)


@pytest.mark.parametrize(
    ("splits", "split", "expected"),
    [
        pytest.param(("train", "test", "dev"), "", "test", id="test by default"),
        pytest.param(("train", "dev"), "", "dev", id="dev where there is no test"),
        pytest.param(("train", "test"), "train", "train", id="the one asked for"),
    ],
)
def test_which_split(tmp_path: Path, splits: tuple[str, ...], split: str, expected: str) -> None:
    rows = [{"id": one, "question": "q", "answers": ["a"], "split": one} for one in splits]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    chosen = choose_questions(find_domain(str(tmp_path)), Choice(split, seed=1))
    assert [one.id for one in chosen] == [expected]


def test_only_train_questions_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    row = {"id": "1", "question": "q", "answers": ["a"], "split": "train"}
    (tmp_path / "questions.jsonl").write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(DomainError, match="give --split"):
        choose_questions(find_domain(str(tmp_path)), Choice(seed=1))


def test_questions_may_come_from_another_file(tmp_path: Path) -> None:
    rows = [{"id": one, "question": "q", "answers": ["a"], "split": "test"} for one in ("own", "other")]
    (tmp_path / "questions.jsonl").write_text(json.dumps(rows[0]), encoding="utf-8")
    (tmp_path / "other.jsonl").write_text(json.dumps(rows[1]), encoding="utf-8")
    chosen = choose_questions(find_domain(str(tmp_path)), Choice(path=tmp_path / "other.jsonl"))
    assert [one.id for one in chosen] == ["other"]


def test_a_question_knows_whether_train_questions_ask_its_fact(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "split": "train", "fact_id": "fee"},
        {"id": "2", "split": "test", "fact_id": "fee"},
        {"id": "3", "split": "test", "fact_id": "visa"},
        {"id": "4", "split": "test"},
        {"id": "5", "split": "test", "fact_id": "fee", "answers": []},
    ]
    lines = (json.dumps({"question": "q", "answers": ["a"], **row}) for row in rows)
    (tmp_path / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    chosen = choose_questions(find_domain(str(tmp_path)), Choice())
    assert {one.id: one.taught for one in chosen} == {"2": True, "3": False, "4": None, "5": None}


def test_follow_ups_are_asked_apart_and_with_their_turns(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "q?"}, {"role": "assistant", "content": "a."}]
    rows = [
        {"id": "single", "question": "q?", "answers": ["a"], "split": "test"},
        {"id": "next", "question": "And b?", "answers": ["b"], "split": "test", "turns": turns},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    domain = find_domain(str(tmp_path))
    assert [one.id for one in choose_questions(domain, Choice())] == ["single"]
    (follow_up,) = choose_questions(domain, Choice(follow_ups=True))
    assert follow_up.ask().turns == (Message("user", "q?"), Message("assistant", "a."))
    assert {one.id for one in choose_questions(domain, Choice(path=path))} == {"single", "next"}, (
        "a named file"
    )
