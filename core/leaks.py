"""Finds questions in nearly the same words: leaks and repeats. Knows nothing of answers or models.

Candidates come from MinHash (Broder, 1997), so that 100,000 questions take minutes; each candidate is
then measured exactly, so that what is reported does not depend on the hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from core.language import words

_PERMUTATIONS = 128
_CANDIDATE = 0.625
"""Share of the limit from which a pair is measured exactly: at 0.8 pairs from 0.5 on, by MinHash."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A pair of questions in nearly the same words; `similarity` is the Jaccard index of their shingles."""

    train_id: str
    test_id: str
    similarity: float


def shingles(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring words (Chinese: characters) of `text`.

    >>> sorted(shingles("七天无理由")), sorted(shingles("How long?"))
    (['七 天', '天 无', '无 理', '理 由'], ['how long'])
    """
    found = words(text)
    return frozenset(" ".join(pair) for pair in pairwise(found)) or frozenset(found)


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard index of two sets of shingles.

    >>> similarity(shingles("七天无理由退货"), shingles("七天无理由退货吗"))
    0.8571428571428571
    """
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def find_leaks(train: Mapping[str, str], test: Mapping[str, str], limit: float) -> list[Leak]:
    """Return every train question with the nearest test question at or above `limit`, in train order.

    Both are the texts of questions by their ids.
    """
    index = _Index(limit)
    for key, text in test.items():
        index.insert(key, shingles(text))
    leaks = []
    for own, text in train.items():
        near = index.near(shingles(text))
        if near:
            worst = max(near, key=near.__getitem__)
            leaks.append(Leak(own, worst, near[worst]))
    return leaks


def find_repeats(texts: Mapping[str, str], limit: float) -> dict[str, list[str]]:
    """Return, for each text that has any, the texts before it that are at or above `limit`, in their order.

    >>> find_repeats({"a": "How long is it open?", "b": "Where is it?", "c": "how long is it open"}, 0.8)
    {'c': ['a']}
    """
    index = _Index(limit)
    places = {key: place for place, key in enumerate(texts)}
    repeats = {}
    for key, text in texts.items():
        grams = shingles(text)
        if near := index.near(grams):
            repeats[key] = sorted(near, key=places.__getitem__)
        index.insert(key, grams)
    return repeats


class _Index:
    """Sets of shingles by their keys, of which those near another are found."""

    def __init__(self, limit: float) -> None:
        from datasketch import MinHashLSH

        self._limit = limit
        self._known: dict[str, frozenset[str]] = {}
        self._lsh = MinHashLSH(threshold=_CANDIDATE * limit, num_perm=_PERMUTATIONS)

    def insert(self, key: str, grams: frozenset[str]) -> None:
        """Add a set."""
        self._known[key] = grams
        self._lsh.insert(key, _sketch(grams))

    def near(self, grams: frozenset[str]) -> dict[str, float]:
        """Return the keys of the sets that are as similar as the limit or more, and how similar they are."""
        found = {key: similarity(grams, self._known[key]) for key in sorted(self._lsh.query(_sketch(grams)))}
        return {key: value for key, value in found.items() if value >= self._limit}


def _sketch(grams: frozenset[str]) -> Any:
    from datasketch import MinHash

    found = MinHash(num_perm=_PERMUTATIONS, seed=1)
    found.update_batch([gram.encode() for gram in sorted(grams)])
    return found
