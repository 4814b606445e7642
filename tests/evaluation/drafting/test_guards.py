"""What each guard lets pass, in both languages."""

from collections.abc import Callable

import pytest

from assistant.types import Prompt
from evaluation.drafting.guards import GUARDS
from evaluation.drafting.guards.alone import points_away
from evaluation.drafting.types import Bench, Draft, Passage, Slot
from ingest.types import Chunk
from tests.evaluation.drafting.clerk import Shelf
from tests.fakes import ScriptedGenerator, question_of

FEE = Chunk("fees:0", "fees", "A ticket for the harbour museum costs 12 euros.", 0, 48, "Harbour museum")
馆 = Chunk("馆:0", "馆", "渔港博物馆共有三百件船模型。", 0, 14, "渔港博物馆")


def draft(
    question: str = "How much is a ticket for the harbour museum?",
    answer: str = "12 euros",
    kind: str = "number",
    *evidence: Chunk,
) -> Draft:
    is_chinese = any("一" <= letter <= "鿿" for letter in question)
    chunk = 馆 if is_chinese else FEE
    passage = Passage(chunk, "zh" if is_chinese else "en", "", (chunk.text,))
    proofs = () if kind == "unanswerable" else evidence or (chunk,)
    return Draft(Slot(kind, passage), question, (answer,) if answer else (), proofs)


def passes(
    name: str, *drafts: Draft, reply: Callable[[Prompt], str] = lambda prompt: "", shelf: Shelf | None = None
) -> tuple[list[Draft], list[str]]:
    bench = Bench(ScriptedGenerator(reply), shelf or Shelf())
    kept = list(GUARDS[name](drafts, bench))
    return kept, [one.reason for one in bench.dropped]


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        pytest.param(draft(), "", id="a number for a number"),
        pytest.param(draft("渔港博物馆有多少件船模型？", "三百件"), "", id="a number, Chinese"),
        pytest.param(draft(answer="dear"), "the answer holds no number", id="no number"),
        pytest.param(draft("Price of the harbour museum"), "not one question", id="no question"),
        pytest.param(draft("How much is it? And who pays it?"), "not one question", id="two questions"),
        pytest.param(draft(answer="I don't know."), "no answer", id="a refusal"),
        pytest.param(draft(kind="yesno", answer="Yes"), "with yes or no", id="no yes-or-no question"),
        pytest.param(
            draft("Is the harbour museum open on Mondays?", "No", "yesno"), "", id="a yes-or-no question"
        ),
        pytest.param(draft(kind="list"), "fewer than two things", id="a list of one"),
        pytest.param(draft(kind="list", answer="nets, anchors"), "", id="a list of two"),
        pytest.param(
            draft(kind="short", answer="a ticket " * 9), "more than 15 words", id="a fact of 18 words"
        ),
    ],
)
def test_form(one: Draft, reason: str) -> None:
    kept, reasons = passes("form", one)
    assert len(kept) == (not reason)
    assert all(reason in told for told in reasons)


def test_a_question_in_another_language_than_its_document_has_no_form() -> None:
    slot = Slot("short", Passage(馆, "zh", "", (馆.text,)))
    kept, _ = passes("form", Draft(slot, "How many models are there?", ("300",), (馆,)))
    assert not kept


@pytest.mark.parametrize(
    ("question", "points"),
    [
        pytest.param("What does the document say about fees?", True, id="the document"),
        pytest.param("According to the text, who pays for the key?", True, id="according to"),
        pytest.param("How high is it?", True, id="it, nothing before"),
        pytest.param("When is it open on Mondays?", True, id="it, as subject"),
        pytest.param("Is it allowed to bring dogs into the Louvre?", False, id="an it that means nothing"),
        pytest.param("If a traveller cancels, when are they refunded?", False, id="they, after a noun"),
        pytest.param("How old is the site of the temple of Zeus?", False, id="the site of something"),
        pytest.param("Is there a fee for children at the zoo?", False, id="there is"),
        pytest.param("该景区的门票多少钱？", True, id="该"),
        pytest.param("本馆周几闭馆？", True, id="本馆"),
        pytest.param("上述规定适用于谁？", True, id="上述"),
        pytest.param("它有多高？", True, id="它"),
        pytest.param("故宫周几闭馆？", False, id="a name, Chinese"),
        pytest.param("莫高窟的门票要多少钱，其中包含什么？", False, id="其中"),
        pytest.param("本科生可以免费参观吗？", False, id="本 in a word"),
    ],
)
def test_who_sees_no_document_understands_the_question(question: str, points: bool) -> None:
    assert bool(points_away(question)) == points


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        pytest.param(draft(), "", id="the number of the quote"),
        pytest.param(draft(answer="14 euros"), "a number of the answer", id="another number"),
        pytest.param(draft("渔港博物馆有多少件船模型？", "三百件"), "", id="a number in words"),
        pytest.param(
            draft("What does one need for the museum?", "A ticket for the harbour", "short"),
            "",
            id="in the quote",
        ),
        pytest.param(
            draft("What does one need there?", "a boat and a captain", "short"), "stand in", id="made up"
        ),
        pytest.param(draft("渔港博物馆有什么？", "飞机和火车", "short"), "stand in", id="made up, Chinese"),
        pytest.param(
            draft("Is the ticket for the harbour or the zoo?", "the harbour", "short"),
            "says",
            id="given away",
        ),
        pytest.param(draft("May dogs come in?", "Yes", "yesno"), "", id="yes stands in no quote"),
    ],
)
def test_an_answer_is_taken_from_the_quote(one: Draft, reason: str) -> None:
    kept, reasons = passes("grounded", one)
    assert len(kept) == (not reason)
    assert all(reason in told for told in reasons)


def test_the_same_question_twice_is_asked_once() -> None:
    twin = draft("How much is one ticket for the harbour museum?")
    kept, (reason,) = passes("copies", draft(), twin)
    assert kept == [draft()]
    assert reason == "as another draft: How much is a ticket for the harbour museum?"


def test_two_places_may_be_asked_the_same() -> None:
    zoo = draft("How much is a ticket for the harbour zoo?", "7 euros")
    kept, _ = passes("copies", draft(), zoo)
    assert kept == [draft(), zoo]


def test_one_question_with_two_answers_is_asked_once() -> None:
    kept, _ = passes("copies", draft(), draft("How much is the ticket for the harbour museum?", "7 euros"))
    assert kept == [draft()]


def test_a_question_that_people_have_asked_already_is_no_draft() -> None:
    bench = Bench(ScriptedGenerator(lambda prompt: ""), Shelf(), ["渔港博物馆有多少件船模型呢？"])
    assert not list(GUARDS["copies"]([draft("渔港博物馆有多少件船模型？", "三百件")], bench))


@pytest.mark.parametrize(
    ("reply", "stays"),
    [
        pytest.param("12 euros", True, id="the same"),
        pytest.param("It costs €12.", True, id="the same in other words"),
        pytest.param("5 euros", False, id="another"),
        pytest.param("I don't know.", False, id="none"),
    ],
)
def test_a_reader_of_the_quote_alone_answers_the_same(reply: str, stays: bool) -> None:
    kept, _ = passes("follows", draft(), reply=lambda prompt: reply)
    assert len(kept) == stays


def test_a_question_for_two_documents_needs_both() -> None:
    lent = Chunk("lent:0", "lent", "Members borrow for twice the time.", 0, 34, "Membership")
    joined = draft("How long may members keep a film?", "2 weeks", "multi_hop", FEE, lent)
    knows = {"twice": "2 weeks"}
    kept, _ = passes("both", joined, reply=lambda prompt: "I don't know.")
    assert kept == [joined]
    kept, (reason,) = passes(
        "both", joined, reply=lambda prompt: knows.get("twice" if "twice" in str(prompt) else "", "")
    )
    assert not kept
    assert reason == "one quote is enough: Members borrow for twice the time."


OTHER = Chunk("news:0", "news", "The harbour museum: a ticket now costs 14 euros.", 0, 47, "News")


def test_what_two_documents_answer_differently_is_a_conflict() -> None:
    kept, (reason,) = passes("conflict", draft(), reply=lambda prompt: "14 euros", shelf=Shelf(OTHER))
    assert not kept
    assert reason == "news says: 14 euros"


@pytest.mark.parametrize(
    ("chunk", "reply"),
    [
        pytest.param(OTHER, "12 euros", id="it says the same"),
        pytest.param(OTHER, "I don't know.", id="it does not say"),
        pytest.param(OTHER, "99 dollars and a hat", id="the reader made it up"),
        pytest.param(
            Chunk("zoo:0", "zoo", "The zoo costs 14 euros.", 0, 23, "Zoo"), "14 euros", id="on another matter"
        ),
        pytest.param(FEE, "14 euros", id="the quote itself"),
    ],
)
def test_what_contradicts_nothing_is_no_conflict(chunk: Chunk, reply: str) -> None:
    kept, _ = passes("conflict", draft(), reply=lambda prompt: reply, shelf=Shelf(chunk))
    assert kept == [draft()]


def test_unanswerable_is_what_no_passage_answers() -> None:
    asked = draft("In which year was the harbour museum founded?", "", "unanswerable")
    kept, _ = passes("unanswered", asked, draft(), reply=lambda prompt: "I don't know.", shelf=Shelf(FEE))
    assert kept == [asked, draft()]
    kept, (reason,) = passes("unanswered", asked, reply=lambda prompt: "1901", shelf=Shelf(FEE))
    assert not kept
    assert "fees or near it: 1901" in reason


def test_what_the_model_knows_by_itself_is_kept_apart() -> None:
    known = {"How much is a ticket for the harbour museum?": "12 euros"}
    dogs = draft("May dogs enter the harbour museum?", "Yes", "yesno")
    kept, (reason,) = passes(
        "guessed", draft(), dogs, reply=lambda prompt: known.get(question_of(prompt), "Yes")
    )
    assert kept == [dogs], "of two answers one is guessed half the time"
    assert "12 euros" in reason
