"""Steps that choose, rename or count without a writer: splits, terms, repeats, balance."""

from collections import Counter
from dataclasses import replace

import pytest

from core.errors import DomainError
from core.questions import QuestionRecord
from core.terms import Entry, Terms
from finetune.factory.admission import LEAK
from finetune.factory.balance import balance
from finetune.factory.deduplicate import REPEATS, deduplicate
from finetune.factory.normalise_terms import normalise_terms
from finetune.factory.splits import LATER, TESTED, UNDATED, split_by_fact, split_by_time
from tests.factory import EN, TEST, ZH, FakeTools, examples, material, nobody, reasons
from tests.fakes import ScriptedGenerator


def asked(id: str, question: str, answer: str = "14 days", kind: str = "short") -> QuestionRecord:
    like = ZH if question[0] >= "\u3400" else EN
    answers = (answer,) if answer else ()
    return replace(like, id=id, question=question, answers=answers, answer_type=kind)


@pytest.mark.parametrize(
    ("tested", "kept", "reason"),
    [
        pytest.param("breakfast", 1, "", id="another fact stays"),
        pytest.param("cancel-days", 0, TESTED, id="the fact of a test question goes"),
        pytest.param("", 1, "", id="a test question without a fact asks for none"),
    ],
)
def test_no_fact_is_learned_and_tested(tested: str, kept: int, reason: str) -> None:
    made_of = material(questions=(EN, replace(TEST, fact_id=tested)))
    assert len(list(split_by_fact(examples(EN), made_of))) == kept
    assert reasons(made_of) == [reason] * bool(reason)


def test_an_answer_without_a_fact_cannot_be_split_by_it_and_a_refusal_can() -> None:
    nameless = replace(EN, fact_id="")
    with pytest.raises(DomainError, match="question en1 names no fact; write its fact_id, or leave"):
        split_by_fact(examples(nameless), material())
    assert len(split_by_fact(examples(replace(nameless, answers=())), material())) == 1


@pytest.mark.parametrize(
    ("test", "train", "reason"),
    [
        pytest.param("2025-03-01", "2025-02-28", "", id="a day before"),
        pytest.param("2025-03-01", "2025-03-01", "", id="the same day"),
        pytest.param("2025-03-01", "2025-03-02", LATER, id="a day after"),
        pytest.param("2025", "2025", "", id="the same year"),
        pytest.param("2025-03", "2025", LATER, id="a year that may be later than its March"),
        pytest.param("2025", "2024年12月31日", "", id="Chinese: the year before"),
        pytest.param("2025年3月", "2025年4月1日", LATER, id="Chinese: the month after"),
        pytest.param("2025", "", UNDATED, id="no date"),
    ],
)
def test_nothing_later_than_the_oldest_document_of_the_test_is_learned(
    test: str, train: str, reason: str
) -> None:
    questions = (EN, replace(TEST, evidence_doc_ids=("new", "newest", "undated")))
    dates = {"inn": train, "new": test, "newest": "2026-01-01"}
    tools = FakeTools(ScriptedGenerator(nobody), dates=dates)
    made_of = material(questions=questions, tools=tools)
    assert len(split_by_time(examples(EN), made_of)) == (not reason)
    assert reasons(made_of) == [reason] * bool(reason)


def test_a_test_without_dates_cannot_be_split_by_time() -> None:
    with pytest.raises(DomainError, match="no document of a test question has a date; write as_of"):
        split_by_time(examples(EN), material())


TERMS = Terms([Entry("denied boarding", ("bumping",), ("en",)), Entry("定金", ("订金",), ("zh",))])


@pytest.mark.parametrize(
    ("before", "reply", "after", "unified"),
    [
        pytest.param(
            "Who pays for bumping?",
            "the one who orders bumping",
            "Who pays for denied boarding?",
            "the one who orders denied boarding",
            id="English",
        ),
        pytest.param("订金能退吗？", "订金不退", "定金能退吗？", "定金不退", id="Chinese"),
    ],
)
def test_variants_become_terms_in_question_and_reply(
    before: str, reply: str, after: str, unified: str
) -> None:
    (own,) = examples(asked("q", before, reply))
    (new,) = normalise_terms([own], material(terms=TERMS))
    assert (new.question, new.messages[-1].content, new.reply) == (after, after, unified)
    assert (new.question_id, new.provenance) == ("q", own.provenance)


def test_what_speaks_of_no_variant_stays_and_without_a_dictionary_all_does() -> None:
    known = material(terms=TERMS)
    assert normalise_terms(examples(EN, ZH), known) == examples(EN, ZH)
    assert known.notes == []
    none = material()
    assert normalise_terms(examples(asked("q", "Is bumping paid?")), none)[0].question == "Is bumping paid?"
    assert none.notes == ["normalise_terms changes nothing: the domain has no terms.csv"]


def test_a_renamed_question_that_now_is_a_test_question_goes() -> None:
    made_of = material(questions=(replace(TEST, question="Who pays for denied boarding?"),), terms=TERMS)
    assert normalise_terms(examples(asked("q", "Who pays for bumping?")), made_of) == []
    assert reasons(made_of) == [LEAK]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        pytest.param(("How long may I stay?", "2 days"), ("how long may I stay", "2 days"), 1, id="case"),
        pytest.param(
            ("How long may I stay?", "14 days"),
            ("How long may I stay?", "two weeks"),
            1,
            id="14 days are two weeks",
        ),
        pytest.param(
            ("How long may I stay?", "2 days"), ("How long may I stay?", "3 days"), 2, id="other replies stay"
        ),
        pytest.param(
            ("How long may I stay?", "2 days"), ("How long may I stay?", ""), 2, id="one is refused"
        ),
        pytest.param(
            ("What is due for a flight of 900 km with you?", "250 euros"),
            ("What is due for a flight of 800 km with you?", "250 euros"),
            2,
            id="other amounts stay",
        ),
        pytest.param(
            ("How long may I stay?", "2 days"), ("What time is it?", "2 days"), 2, id="other words stay"
        ),
        pytest.param(("住客可以住几天", "两天"), ("住客可以住几天？", "2天"), 1, id="Chinese: a mark"),
        pytest.param(
            ("住客可以住几天？", "2天"), ("住客可以住几天？", "3天"), 2, id="Chinese: other replies stay"
        ),
    ],
)
def test_a_repeat_with_the_same_reply_goes(
    first: tuple[str, str], second: tuple[str, str], kept: int
) -> None:
    kinds = ("number", "number")
    records = [
        asked(f"q{n}", *one, kind) for n, (one, kind) in enumerate(zip((first, second), kinds, strict=True))
    ]
    made_of = material()
    assert [one.question_id for one in deduplicate(examples(*records), made_of)] == ["q0", "q1"][:kept]
    assert [(one.reason, one.detail) for one in made_of.dropped] == [(REPEATS, "q0")] * (2 - kept)


def kinds(**counts: int) -> list[QuestionRecord]:
    return [
        asked(f"{kind}{n}", f"{kind} question {n}?", "yes" if n else "no", kind)
        for kind, count in counts.items()
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("counts", "cap", "shown"),
    [
        pytest.param({"number": 6, "list": 3}, 3, {"number": 6, "list": 6}, id="a rare kind as often"),
        pytest.param({"number": 6, "list": 1}, 3, {"number": 6, "list": 3}, id="at most 3 times"),
        pytest.param({"number": 6, "list": 4}, 3, {"number": 6, "list": 6}, id="some of them again"),
        pytest.param({"number": 6, "list": 1}, 1, {"number": 6, "list": 1}, id="once is not again"),
    ],
)
def test_rare_kinds_are_shown_again_up_to_the_cap(
    counts: dict[str, int], cap: int, shown: dict[str, int]
) -> None:
    made = balance(examples(*kinds(**counts)), material(oversample=cap))
    assert Counter(one.record.answer_type for one in made) == shown
    assert len({one.question_id for one in made}) == len(made)
    times = Counter(one.question for one in made)
    assert max(times.values()) <= cap
    again = [one for one in made if one.provenance.made_by == "balance"]
    assert all("+balance" in one.question_id and one.provenance.question for one in again)


def test_kinds_are_what_all_of_balance_by_say_and_what_lacks_any_is_shown_once() -> None:
    records = [*kinds(yesno=5, number=3), replace(ZH, answer_type="yesno")]
    made_of = material(balance_by=("label", "language"), oversample=9)
    made = Counter(
        (one.reply, one.record.lang, one.record.answer_type) for one in balance(examples(*records), made_of)
    )
    assert made == {
        ("yes", "en", "yesno"): 4,
        ("no", "en", "yesno"): 4,
        ("14天", "zh", "yesno"): 4,
        ("no", "en", "number"): 1,  # no label: as often as before
        ("yes", "en", "number"): 2,
    }


def test_the_seed_says_which_are_shown_again() -> None:
    records = kinds(number=9, list=5)
    drawn = [[one.question for one in balance(examples(*records), material(seed=seed))] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
