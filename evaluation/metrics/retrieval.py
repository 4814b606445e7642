"""Recall, MRR and nDCG of ranked passages against the evidence documents. Knows nothing of retrieval.

A passage is a rank; a document is found at the rank of its first passage.
"""

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from evaluation.types import Sample, Score, mean_score

Measure = Callable[[Sequence[str], Collection[str]], float]
_SIGNATURE = "k:passages|document found with its first passage"


def recall(k: int) -> Measure:
    """Return the measure: share of the evidence documents found in the first `k` passages.

    >>> recall(2)(["a", "a", "b"], {"a", "b"})
    0.5
    """
    return lambda ranked, evidence: len(set(ranked[:k]) & set(evidence)) / len(set(evidence))


def mrr(k: int) -> Measure:
    """Return the measure: one over the rank of the first passage of an evidence document, within `k`.

    >>> mrr(10)(["x", "a"], {"a"}), mrr(10)(["x"], {"a"})
    (0.5, 0.0)
    """

    def measure(ranked: Sequence[str], evidence: Collection[str]) -> float:
        ranks = (rank for rank, document in enumerate(ranked[:k], start=1) if document in evidence)
        return 1 / next(ranks, math.inf)

    return measure


def ndcg(k: int) -> Measure:
    """Return the measure: nDCG with binary gains (Järvelin and Kekäläinen, 2002), within `k`.

    >>> ndcg(10)(["a", "x", "b"], {"a", "b"})
    0.9197207891481876
    """

    def measure(ranked: Sequence[str], evidence: Collection[str]) -> float:
        first = {document: rank for rank, document in reversed(list(enumerate(ranked[:k], start=1)))}
        gain = sum(1 / math.log2(first[document] + 1) for document in set(evidence) & set(first))
        ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(set(evidence))) + 1))
        return gain / ideal

    return measure


MEASURES: dict[str, Measure] = {
    "recall@1": recall(1),
    "recall@5": recall(5),
    "recall@10": recall(10),
    "mrr@10": mrr(10),
    "ndcg@10": ndcg(10),
}


def score_rankings(
    name: str, rankings: Sequence[Sequence[str] | None], samples: Sequence[Collection[str]]
) -> Score:
    """Score ranked document ids (None: nothing was ranked) against each question's evidence."""
    values = [
        MEASURES[name](ranked, evidence) if ranked is not None and evidence else None
        for ranked, evidence in zip(rankings, samples, strict=True)
    ]
    depth = max((len(ranked) for ranked in rankings if ranked is not None), default=0)
    return mean_score(name, values, f"{name}|{_SIGNATURE}|depth:{depth}")


@dataclass(frozen=True, slots=True)
class RankedContexts:
    """A ranking measure over the contexts of answers; None where contexts are not a ranking.

    Passages that were searched for say which legs found them; a packed corpus is in document order.
    """

    name: str

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples."""
        rankings = [
            [hit.chunk.document_id for hit in sample.answer.contexts]
            if any(hit.legs for hit in sample.answer.contexts)
            else None
            for sample in samples
        ]
        evidence = [sample.reference.evidence if sample.reference.answerable else () for sample in samples]
        return score_rankings(self.name, rankings, evidence)
