"""Which fact is asked where."""

from collections import Counter
from dataclasses import replace

from core.questions import QuestionRecord
from evaluation.drafting.splits import as_records
from evaluation.drafting.types import Draft, Passage, Slot
from ingest.types import Chunk

THINGS = ["anchors", "lamps", "maps", "nets", "ropes", "sails", "shells", "ships", "stamps", "tools"]


def draft(thing: str, as_of: str = "", *, wordings: int = 3, answer: str = "12") -> Draft:
    """A fact on `thing`: the first wording is in words that are all its own."""
    chunk = Chunk(f"{thing}:0", f"{thing}-{as_of}", f"The museum owns twelve {thing}.", 0, 24, "Museum")
    slot = Slot("number" if answer else "unanswerable", Passage(chunk, "en", as_of, (chunk.text,)))
    others = [
        f"Counting every last one, what is the number of {thing} there?",
        f"The museum owns how many {thing}, please?",
        f"Does anybody remember the amount of {thing} that you would find?",
    ]
    answers = (answer,) if answer else ()
    return Draft(
        slot,
        f"The museum owns how many {thing}?",
        answers,
        (chunk,) if answer else (),
        tuple(others[:wordings]),
    )


def questions(*drafts: Draft) -> list[QuestionRecord]:
    return as_records(drafts, "writer", seed=3)


def untaught(found: list[QuestionRecord]) -> set[str]:
    taught = {one.fact_id for one in found if one.split == "train"}
    return {one.evidence_doc_ids[0] for one in found if one.answers and one.fact_id not in taught}


def test_each_fact_is_tested_once_and_four_in_five_are_taught() -> None:
    found = questions(*(draft(thing) for thing in THINGS))
    tested = Counter(one.fact_id for one in found if one.split == "test")
    assert (len(tested), set(tested.values())) == (10, {1})
    assert len(untaught(found)) == 2
    assert {one.split for one in found} == {"test", "train", "dev"}


def test_test_alone_asks_the_facts_of_the_newest_documents() -> None:
    dates = [f"2026-0{1 + place % 9}-01" for place in range(10)]
    found = questions(*map(draft, THINGS, dates))
    assert untaught(found) == {"ships-2026-08-01", "stamps-2026-09-01"}


def test_a_document_without_a_date_is_older_than_any() -> None:
    found = questions(draft("maps", "2020"), *(draft(thing) for thing in ("nets", "ropes", "sails", "lamps")))
    assert untaught(found) == {"maps-2020"}


def test_a_fact_without_other_words_is_not_taught() -> None:
    found = questions(*(draft(thing, wordings=0 if thing == "nets" else 3) for thing in THINGS[:5]))
    assert untaught(found) == {"nets-"}


def test_test_asks_in_the_words_that_are_farthest_from_the_document() -> None:
    found = questions(draft("maps"), draft("nets"))
    tested = [one.question for one in found if one.split == "test"]
    assert all(not text.startswith("The museum owns") for text in tested)


def test_train_never_says_a_test_question_in_nearly_its_words() -> None:
    found = questions(*(draft(thing) for thing in THINGS))
    tested = {one.question for one in found if one.split == "test"}
    assert all(f"{one.question.rstrip('?')}, please?" not in tested for one in found if one.split == "train")


def test_of_questions_without_an_answer_two_thirds_are_tested_and_the_rest_teach_to_decline() -> None:
    found = questions(*(draft(thing, answer="") for thing in THINGS[:6]))
    assert Counter(one.split for one in found) == {"test": 4, "train": 2}


def test_dev_asks_whatever_facts_have_a_wording_to_spare() -> None:
    drafts = [draft(thing, wordings=3 if thing == "tools" else 1) for thing in THINGS]
    seen = {one.evidence_doc_ids for one in questions(*drafts) if one.split == "dev"}
    assert seen <= {("tools-",)}
    many = questions(*(draft(thing) for thing in THINGS))
    assert Counter(one.split for one in many)["dev"] == 3


def test_dev_watches_how_to_decline_as_well() -> None:
    found = questions(*(draft(f"{thing} of {place}", answer="") for thing in THINGS[:6] for place in (1, 2)))
    assert Counter(one.split for one in found) == {"test": 8, "train": 3, "dev": 1}


def test_the_same_drafts_have_the_same_ids() -> None:
    drafts = [draft(thing) for thing in THINGS]
    ids = [one.id for one in questions(*drafts)]
    assert ids == [one.id for one in questions(*drafts)]
    assert len(set(ids)) == len(ids)


def test_of_documents_of_one_day_chance_says_which_facts_are_test_alone() -> None:
    drafts = [draft(thing, "2026-01-01") for thing in THINGS]
    alone = [untaught(as_records(drafts, "writer", seed)) for seed in range(3)]
    assert [len(one) for one in alone] == [2, 2, 2]
    assert len(set(map(frozenset, alone))) > 1


def test_a_sentence_is_one_fact_however_it_is_asked_for() -> None:
    other = replace(draft("maps"), question="How many maps are in the museum's possession?")
    (one,), (two,) = ({one.fact_id for one in questions(each)} for each in (draft("maps"), other))
    assert one == two


def test_all_questions_of_a_fact_have_its_answers() -> None:
    found = questions(*(draft(thing, answer=str(place)) for place, thing in enumerate(THINGS, start=1)))
    answers = {(one.fact_id, one.answers) for one in found}
    assert len(answers) == len({fact for fact, _ in answers}) == len(THINGS)


def test_new_questions_give_away_none_that_are_there_and_the_reverse() -> None:
    first = questions(*(draft(thing) for thing in THINGS))
    there = [
        replace(one, id=f"there-{place}", split={"test": "train"}.get(one.split, "test"))
        for place, one in enumerate(first)
    ]
    found = as_records([draft(thing) for thing in THINGS], "writer", seed=3, there=there)
    assert found == []
    assert as_records([draft(thing) for thing in THINGS], "writer", seed=3, there=first) == first
