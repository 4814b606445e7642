"""Finds train questions that give a test question away. Knows nothing of answers, documents or models.

Candidates come from MinHash (Broder, 1997), so that 100,000 questions take minutes; each candidate is
then measured exactly, so that what is reported does not depend on the hash.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from core.language import words

_PERMUTATIONS = 128
_CANDIDATE = 0.5  # MinHash similarity from which a pair is measured exactly; below every sensible limit


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
    from datasketch import MinHash, MinHashLSH

    def sketch(grams: frozenset[str]) -> MinHash:
        found = MinHash(num_perm=_PERMUTATIONS, seed=1)
        found.update_batch([gram.encode() for gram in sorted(grams)])
        return found

    tested = {key: shingles(text) for key, text in test.items()}
    index = MinHashLSH(threshold=min(_CANDIDATE, limit), num_perm=_PERMUTATIONS)
    for key, grams in tested.items():
        index.insert(key, sketch(grams))
    leaks = []
    for own, text in train.items():
        grams = shingles(text)
        near = [Leak(own, key, similarity(grams, tested[key])) for key in index.query(sketch(grams))]
        if near and (worst := max(near, key=lambda leak: leak.similarity)).similarity >= limit:
            leaks.append(worst)
    return leaks
