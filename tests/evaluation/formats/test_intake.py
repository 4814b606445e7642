"""What is new to a domain, and where its evidence stands."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from core.questions import QuestionRecord, Turn
from evaluation.formats.evidence import Library
from evaluation.formats.intake import Taken, take
from evaluation.formats.reading import Reading
from evaluation.formats.said import Said, identity
from ingest.types import Document


def asked(question: str, *answers: str, **stated: str) -> QuestionRecord:
    return replace(Said(question, answers, **stated).record(), line=7)  # type: ignore[arg-type]


def taken(*records: QuestionRecord, known: tuple[QuestionRecord, ...] = (), split: str = "") -> Taken:
    (found,) = take([Reading(Path("q"), "ours", records, (), Counter())], known, split)
    return found


HOW_LONG = asked("How long may I return it?", "7 days", "a week")


def test_what_is_new_is_taken_once() -> None:
    found = taken(HOW_LONG, asked("how LONG may I  return it？", "7 days"), asked("Who pays?"))
    assert [one.question for one in found.records] == [HOW_LONG.question, "Who pays?"]
    assert found.there == 1


@pytest.mark.parametrize(
    ("stated", "wanted", "split"),
    [
        pytest.param("dev", "", "dev", id="as the file says"),
        pytest.param("", "", "test", id="else test"),
        pytest.param("dev", "train", "train", id="unless the command says otherwise"),
    ],
)
def test_what_a_question_is_for(stated: str, wanted: str, split: str) -> None:
    assert taken(asked("?!", "x", split=stated), split=wanted).records[0].split == split


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(HOW_LONG, id="the same"),
        pytest.param(replace(HOW_LONG, id="other", split="train"), id="under another id, for another split"),
        pytest.param(replace(HOW_LONG, answers=("7 days",)), id="with some of its answers"),
    ],
)
def test_a_question_that_is_there_is_not_added_again(again: QuestionRecord) -> None:
    found = taken(again, known=(HOW_LONG,))
    assert (found.records, found.there, found.differing) == ([], 1, [])


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(HOW_LONG, answers=("30 days",)), id="other answers"),
        pytest.param(replace(HOW_LONG, answers=()), id="no answer"),
        pytest.param(replace(HOW_LONG, question="How long can I return it?"), id="mended words, the same id"),
        pytest.param(replace(HOW_LONG, id=HOW_LONG.id, question="退货？"), id="an id made of the words"),
    ],
)
def test_what_is_there_stays_and_the_difference_is_told(changed: QuestionRecord) -> None:
    found = taken(HOW_LONG, known=(changed,))
    assert (found.records, found.there) == ([], 0)
    assert found.differing[0].line == 7
    assert f"question {changed.id!r} is there with other words or answers" in found.differing[0].reason


def test_an_id_that_is_another_questions_gives_way() -> None:
    known = asked("Who pays for the bus?", "you", id="1")
    found = taken(asked("几天可以退货？", "7天", id="1"), known=(known,))
    assert [one.id for one in found.records] == [identity("几天可以退货？")]
    assert "id '1' is another question's" in found.renamed[0].reason
    again = taken(asked("几天可以退货？", "7天", id="1"), known=(known, *found.records))
    assert (again.records, again.there) == ([], 1)


def test_the_same_words_after_other_turns_are_another_question() -> None:
    after = [
        replace(HOW_LONG, turns=(Turn("user", said), Turn("assistant", "Yes."))) for said in ("A?", "B?")
    ]
    found = taken(*(replace(one, id=str(place)) for place, one in enumerate(after)), known=(HOW_LONG,))
    assert len(found.records) == 2


RETURNS = Document(
    "shop/returns.md", "Returns", "Within seven\n days you may  return it.\n\n鞋子除外。", "en"
)
FAQ = Document("faq.md", "常见问题", "A week. 鞋子除外。", "zh", source="faq.html")
LIBRARY = Library([RETURNS, FAQ])


@pytest.mark.parametrize(
    ("documents", "quotes", "ids", "texts"),
    [
        pytest.param((), ("seven days",), ("shop/returns.md",), ("seven\n days",), id="as it stands there"),
        pytest.param(
            (), ("鞋子 除外。",), ("shop/returns.md",), ("鞋子除外。",), id="in the first that says it"
        ),
        pytest.param(
            (),
            ("A week.", "seven days"),
            ("faq.md", "shop/returns.md"),
            ("A week.", "seven\n days"),
            id="two",
        ),
        pytest.param(
            (),
            ("sev\u00aden da\u200bys",),
            ("shop/returns.md",),
            ("seven\n days",),
            id="without what nobody sees",
        ),
        pytest.param((), ("A month.",), (), (), id="nowhere: nothing is left"),
        pytest.param((), ("A month.", "A week."), ("faq.md",), ("A week.",), id="one of two"),
        pytest.param(
            ("常见问题",), ("鞋子除外。",), ("faq.md",), ("鞋子除外。",), id="in the document of this title"
        ),
        pytest.param(("FAQ",), (), ("faq.md",), (), id="a file's name without its suffix"),
        pytest.param(("faq.html",), (), ("faq.md",), (), id="its source"),
        pytest.param(("gone.md",), ("A week.",), ("faq.md",), ("A week.",), id="not where it is said to be"),
        pytest.param(
            ("gone.md",), ("A month.",), ("gone.md",), ("A month.",), id="a quote with its document stays"
        ),
        pytest.param(
            ("faq.md",), ("seven days",), ("faq.md",), ("seven days",), id="even where it does not say so"
        ),
        pytest.param(
            ("faq.md",), ("A week.", "鞋子除外。"), ("faq.md", "faq.md"), ("A week.", "鞋子除外。"), id="both"
        ),
        pytest.param(
            ("faq.md", "Returns", "x"), ("A week.",), ("faq.md", "shop/returns.md"), ("A week.",), id="more"
        ),
    ],
)
def test_where_evidence_stands(
    documents: tuple[str, ...], quotes: tuple[str, ...], ids: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    record = replace(HOW_LONG, evidence_doc_ids=documents, evidence_text=quotes)
    (found,) = LIBRARY.place([record]).records
    assert (found.evidence_doc_ids, found.evidence_text) == (ids, texts)


def test_what_was_not_found_is_counted() -> None:
    placed = LIBRARY.place(
        [
            replace(HOW_LONG, evidence_text=("A week.", "A month.", "A year.")),
            replace(HOW_LONG, evidence_doc_ids=("gone.md",)),
            HOW_LONG,
        ]
    )
    assert (placed.quotes, placed.lost, placed.unknown) == (1, 2, ("gone.md",))


def test_without_documents_no_passage_is_kept() -> None:
    placed = Library([]).place([replace(HOW_LONG, evidence_text=("A week.",))])
    assert (placed.records[0].evidence_text, placed.lost) == ((), 1)
