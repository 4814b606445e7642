"""A draft asks what no other asks already."""

from collections.abc import Iterator, Sequence

from assistant.agreement.words import content
from core.leaks import find_leaks, shingles, similarity
from evaluation.drafting.types import Bench, Draft

MAX_SIMILARITY = 0.6
"""Jaccard index of word pairs (Chinese: character pairs) from which two questions are the same."""


def no_copy(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts that are unlike the questions that there are, and unlike the drafts before them.

    In nearly the same words two drafts may still ask for two things: of two places, with two answers.
    """
    asked = {str(place): draft.question for place, draft in enumerate(drafts)}
    known = {text: text for text in bench.known}
    there = {one.train_id: one.test_id for one in find_leaks(asked, known, MAX_SIMILARITY)}
    kept: list[tuple[Draft, frozenset[str]]] = []
    for place, draft in enumerate(drafts):
        grams = shingles(draft.question)
        near = (other for other, known in kept if similarity(grams, known) >= MAX_SIMILARITY)
        twin = next((other for other in near if _asks_the_same(draft, other)), None)
        if (key := str(place)) in there:
            bench.drop("copies", draft, f"is there already: {there[key]}")
        elif twin:
            bench.drop("copies", draft, f"as another draft: {twin.question}")
        else:
            kept.append((draft, grams))
            yield draft


def _asks_the_same(one: Draft, other: Draft) -> bool:
    names_another = content(one.question) != content(other.question)
    return not names_another or one.answers == other.answers
