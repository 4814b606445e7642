"""A draft asks what no other asks already."""

from collections.abc import Iterator, Sequence

from core.leaks import find_leaks, shingles, similarity
from evaluation.drafting.types import Bench, Draft

MAX_SIMILARITY = 0.6
"""Jaccard index of word pairs (Chinese: character pairs) from which two questions are the same."""


def no_copy(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts that are unlike the questions that there are, and unlike the drafts before them."""
    asked = {str(place): draft.question for place, draft in enumerate(drafts)}
    known = {text: text for text in bench.known}
    there = {one.train_id: one.test_id for one in find_leaks(asked, known, MAX_SIMILARITY)}
    twins = find_twins(asked)
    for place, draft in enumerate(drafts):
        if (key := str(place)) in there:
            bench.drop("copies", draft, f"is there already: {there[key]}")
        elif key in twins:
            bench.drop("copies", draft, f"as another draft: {asked[twins[key]]}")
        else:
            yield draft


def find_twins(texts: dict[str, str]) -> dict[str, str]:
    """Return the texts that are like an earlier one that is kept, with that one."""
    kept: dict[str, frozenset[str]] = {}
    twins: dict[str, str] = {}
    for key, text in texts.items():
        grams = shingles(text)
        near = (other for other, known in kept.items() if similarity(grams, known) >= MAX_SIMILARITY)
        if twin := next(near, ""):
            twins[key] = twin
        else:
            kept[key] = grams
    return twins
