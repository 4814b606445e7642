"""From documents to questions: balanced, guarded, said in other words, split by fact."""

import math
from collections import Counter
from pathlib import Path

import pytest

from assistant.generation.journaled import JournaledGenerator
from assistant.generation.types import Generator
from core.language import Lang, detect
from core.leaks import shingles, similarity
from core.questions import DRAFTED, QuestionRecord
from evaluation.drafting.guards import GUARDS
from evaluation.drafting.guards.copies import MAX_SIMILARITY
from evaluation.drafting.passages import choose_passages
from evaluation.drafting.pipeline import CannotWrite, Drafted, Drafting
from evaluation.drafting.slots import Slots
from evaluation.drafting.splits import as_records, drafts_for
from evaluation.drafting.types import Bench
from evaluation.drafting.writer import Writer
from ingest.types import Document
from tests.evaluation.drafting.clerk import HOURS, NOTES, Clerk, Shelf
from tests.fakes import FakeEmbedder, ScriptedGenerator


def drafted(generator: Generator, wanted: int = 6, documents: list[Document] = NOTES) -> Drafted:
    corpus = choose_passages(documents, FakeEmbedder(), wanted, seed=1)
    bench = Bench(generator, Shelf())
    return Drafting(Writer(generator), bench, Slots(corpus, 1)).run(drafts_for(wanted))


def records(found: Drafted) -> list[QuestionRecord]:
    return as_records(found.kept, "scripted", 1)


def test_what_is_drafted_stands_in_the_documents() -> None:
    found = records(drafted(ScriptedGenerator(Clerk())))
    texts = {note.id: note.text for note in NOTES}
    assert {record.lang for record in found} == {"en", "zh"}
    for record in found:
        assert record.origin == DRAFTED
        assert (record.model, record.reviewed) == ("scripted", False)
        assert bool(record.answers) == (record.answer_type != "unanswerable")
        for name, quote in zip(record.evidence_doc_ids, record.evidence_text, strict=True):
            assert quote in texts[name]


def test_test_asks_a_taught_fact_in_other_words_than_train() -> None:
    found = records(drafted(ScriptedGenerator(Clerk())))
    tested = {record.fact_id: record for record in found if record.split == "test" and record.answers}
    taught = [record for record in found if record.split == "train" and record.answers]
    assert {record.fact_id for record in taught} < tested.keys(), "some facts test alone asks"
    assert taught
    for record in taught:
        asked = tested[record.fact_id].question
        assert similarity(shingles(record.question), shingles(asked)) < MAX_SIMILARITY


def test_every_draft_that_is_lost_is_counted_at_its_guard() -> None:
    found = drafted(ScriptedGenerator(Clerk()))
    lost = Counter(one.guard for one in found.dropped)
    assert [one.guard for one in found.passed] == ["written", *GUARDS]
    for one in found.passed:
        assert one.seen - one.passed == lost[one.guard]


def test_a_draft_that_was_cut_off_goes_on_where_it_was(tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    clerk, calls = Clerk(), []

    def dies(prompt: object) -> str:
        calls.append(prompt)
        if len(calls) == 9:
            raise Killed
        return clerk(prompt)  # type: ignore[arg-type]

    path = tmp_path / "replies.jsonl"
    with pytest.raises(Killed):
        drafted(JournaledGenerator(ScriptedGenerator(dies), path))
    first = len(calls) - 1
    resumed = ScriptedGenerator(clerk)
    found = drafted(JournaledGenerator(resumed, path))
    whole = ScriptedGenerator(Clerk())
    assert found.kept == drafted(whole).kept
    assert len(resumed.asked) == len(set(whole.asked)) - first
    again = ScriptedGenerator(clerk)
    drafted(JournaledGenerator(again, path))
    assert again.asked == []


def test_a_writer_of_nonsense_is_given_up_with_a_remedy() -> None:
    with pytest.raises(CannotWrite, match=r"(\d+) of \1 replies .* no questions .*generator\.model"):
        drafted(ScriptedGenerator(Clerk(spoils="As an AI, I would love to help!")), 6)


def test_few_documents_give_what_they_have() -> None:
    found = drafted(ScriptedGenerator(Clerk()), 100, [HOURS])
    assert 0 < len(found.kept) < 20


def test_no_sentence_is_offered_twice() -> None:
    corpus = choose_passages(NOTES, FakeEmbedder(), 9, seed=1)
    slots = Slots(corpus, 1)
    offered = [
        quote
        for kind in ("number", "short", "list", "yesno")
        for one in slots.take(kind, 50)
        for quote in one.quotes
    ]
    assert len(offered) == len(set(offered)) == 9


def test_a_sentence_that_stands_in_two_documents_is_offered_once() -> None:
    copy = Document("copy", "Another harbour", HOURS.text, "en")
    slots = Slots(choose_passages([HOURS, copy], FakeEmbedder(), 9, seed=1), 1)
    quotes = [quote for one in slots.take("short", 50) for quote in one.quotes]
    assert len(quotes) == len(set(quotes)) == 3


@pytest.mark.parametrize(
    ("sentence", "kinds"),
    [
        pytest.param("The ferry to the island takes two hours.", {"number"}, id="a number in words"),
        pytest.param("去灯塔岛的轮渡要坐三小时。", {"number"}, id="a number in words, Chinese"),
        pytest.param("Ropes, nets and sails are on sale.", {"list"}, id="a list"),
        pytest.param("Guests must show a card at the desk.", {"procedure"}, id="a demand"),
        pytest.param("The harbour lies in the bay of Lilleby.", set(), id="none of these"),
    ],
)
def test_what_a_sentence_may_prove(sentence: str, kinds: set[str]) -> None:
    lang: Lang = detect(sentence)
    found = choose_passages([Document("one", "One", sentence, lang)], FakeEmbedder(), 4, seed=1)
    special = ("list", "procedure", "number")
    assert {kind for kind in special if Slots(found, 1).take(kind, 1)} == kinds


def test_types_that_few_sentences_fit_choose_first() -> None:
    text = " ".join(f"The shop of pier {place} sells ropes, nets and sails." for place in range(4))
    slots = Slots(choose_passages([Document("shop", "Shop", text, "en")], FakeEmbedder(), 9, seed=1), 1)
    assert [one.type for one in slots.first(2)] == ["list", "list"]


@pytest.mark.parametrize("n", [1, 2, 4, 6, 10, 24, 60, 120])
def test_as_many_drafts_are_asked_for_as_give_the_test_questions(n: int) -> None:
    wanted = drafts_for(n)
    declined = math.ceil(wanted["unanswerable"] * 2 / 3)
    assert sum(wanted.values()) - wanted["unanswerable"] + declined == n


def harbours(count: int) -> list[Document]:
    """Documents of which each has a sentence for every type."""
    return [
        Document(
            f"{place}",
            f"Harbour {place}",
            f"A berth of harbour {place} costs {place + 3} euros a night. The master of Port{place} is Ann "
            f"Lee. The shop of pier {place} sells ropes, nets and sails. Guests of pier {place} must show a "
            f"card before mooring. The lamp of tower {place} burns in winter.",
            "en",
        )
        for place in range(count)
    ]


def test_what_is_missing_is_asked_for_and_no_more() -> None:
    """A round that lacks one or two questions had asked for every sentence that was left."""
    told: list[str] = []
    corpus = choose_passages(harbours(200), FakeEmbedder(), 60, seed=1)
    generator = ScriptedGenerator(Clerk())
    drafting = Drafting(Writer(generator), Bench(generator, Shelf()), Slots(corpus, 1), told.append)
    drafting.run(drafts_for(60))
    rounds = [int(line.split()[2]) for line in told if line.startswith("round")]
    assert rounds
    assert max(rounds) <= 2 * 63 + len(drafts_for(60))


@pytest.mark.parametrize("n", [24, 60])
def test_there_are_as_many_test_questions_as_are_wanted(n: int) -> None:
    found = drafted(ScriptedGenerator(Clerk()), n, harbours(200))
    types = Counter(one.type for one in found.kept)
    assert types["unanswerable"] == drafts_for(n)["unanswerable"]
    assert n <= Counter(one.split for one in records(found))["test"] <= n + 2
