"""Finds train questions that give a test question away. Knows nothing of answers, documents or models.

Candidates come from MinHash (Broder, 1997), so that 100,000 questions take minutes; each candidate is
then measured exactly, so that what is reported does not depend on the hash.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.language import words
from core.questions import QuestionRecord

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


def find_leaks(train: Sequence[QuestionRecord], test: Sequence[QuestionRecord], limit: float) -> list[Leak]:
    """Return every train question with the nearest test question at or above `limit`, in train order."""
    from datasketch import MinHash, MinHashLSH

    def sketch(grams: frozenset[str]) -> MinHash:
        found = MinHash(num_perm=_PERMUTATIONS, seed=1)
        found.update_batch([gram.encode() for gram in sorted(grams)])
        return found

    tested = {record.id: shingles(record.question) for record in test}
    index = MinHashLSH(threshold=min(_CANDIDATE, limit), num_perm=_PERMUTATIONS)
    for key, grams in tested.items():
        index.insert(key, sketch(grams))
    leaks = []
    for record in train:
        grams = shingles(record.question)
        near = [Leak(record.id, key, similarity(grams, tested[key])) for key in index.query(sketch(grams))]
        if near and (worst := max(near, key=lambda leak: leak.similarity)).similarity >= limit:
            leaks.append(worst)
    return leaks
