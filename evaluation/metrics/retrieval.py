"""Is the evidence found? Ranked documents, and the passages in a prompt. Knows nothing of retrieval.

A document has the rank of its first passage among the documents; what stands in the prompt is another matter.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.types import Answer
from core.quotes import squeezed
from evaluation.types import Reference, Sample, Score, mean_score
from ingest.types import Document, Hit

_GAP = 4
"""Characters between two passages of a document that follow each other: blanks and line ends."""
Measure = Callable[[Sequence[str], Collection[str]], float]
DEPTH = 10
"""Documents that a ranking is looked at for."""
_SIGNATURE = f"k:documents, each ranked by its first passage|depth:{DEPTH}"


def recall(k: int) -> Measure:
    """Return the measure: share of the evidence documents among the first `k`.

    >>> recall(2)(["a", "c", "b"], {"a", "b"})
    0.5
    """
    return lambda ranked, evidence: len(set(ranked[:k]) & set(evidence)) / len(set(evidence))


def mrr(k: int) -> Measure:
    """Return the measure: one over the rank of the first evidence document, within `k`.

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
        gain = sum(
            1 / math.log2(rank + 1) for rank, document in enumerate(ranked[:k], 1) if document in evidence
        )
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
    name: str, rankings: Sequence[Sequence[str] | None], evidence: Sequence[Collection[str]]
) -> Score:
    """Score ranked document ids (None: nothing was ranked) against each question's evidence."""
    values = [
        MEASURES[name](ranked[:DEPTH], wanted) if ranked is not None and wanted else None
        for ranked, wanted in zip(rankings, evidence, strict=True)
    ]
    return mean_score(name, values, f"{name}|{_SIGNATURE}")


@dataclass(frozen=True, slots=True)
class RankedDocuments:
    """A measure of the documents that were found for a question; None where nothing was searched for."""

    name: str

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples."""
        rankings = [sample.answer.ranked for sample in samples]
        evidence = [sample.reference.evidence if sample.reference.answerable else () for sample in samples]
        return score_rankings(self.name, rankings, evidence)


@dataclass(frozen=True, slots=True)
class EvidenceInPrompt:
    """The share of a question's quotes that stand in the passages of its prompt; None without passages."""

    name: str = "evidence@k"

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples."""
        sizes = [len(sample.answer.contexts) for sample in samples if sample.answer.contexts]
        k = f"{min(sizes)} to {max(sizes)}" if sizes else "none"
        signature = f"evidence@k|k:passages in the prompt, {k}|share of the quotes|blanks ignored"
        return mean_score(self.name, [_quoted(sample) for sample in samples], signature)


def _quoted(sample: Sample) -> float | None:
    reference, answer = sample.reference, sample.answer
    if not reference.answerable or not reference.evidence_text or not reads(answer):
        return None
    standing = quoted(reference.evidence_text, answer.contexts)
    return len(standing) / len(reference.evidence_text)


def reads(answer: Answer) -> bool:
    """Say whether there are passages in the prompt, or would be if any had been found."""
    return bool(answer.contexts) or answer.ranked is not None


def quoted(quotes: Sequence[str], passages: Sequence[Hit]) -> list[str]:
    """Return those of `quotes` that stand in some passage, or over two that follow each other."""
    texts = [squeezed(text) for text in _joined(passages)]
    return [quote for quote in quotes if any(squeezed(quote) in text for text in texts)]


def missing(references: Sequence[Reference], documents: Iterable[Document]) -> frozenset[str]:
    """Return the evidence that the corpus has not: quotes, and ids of documents that are there no more.

    A quote is looked for in the documents that its question names, or in all where it names none.
    """
    anywhere = {quote for one in references if not one.evidence for quote in one.evidence_text}
    sought: dict[str, set[str]] = {}
    for one in references:
        for id in one.evidence:
            sought.setdefault(id, set()).update(one.evidence_text)
    lacking = anywhere.union(sought, *sought.values())
    for document in documents:
        if quotes := lacking & (anywhere | sought.get(document.id, set())):
            text = squeezed(document.text)
            lacking -= {quote for quote in quotes if squeezed(quote) in text}
        lacking.discard(document.id)
    return frozenset(lacking)


def _joined(contexts: Sequence[Hit]) -> Iterator[str]:
    """Yield the texts of passages, those that follow each other in a document as one."""
    chunks = sorted((hit.chunk for hit in contexts), key=lambda chunk: (chunk.document_id, chunk.start))
    text, document, end = "", None, -1
    for chunk in chunks:
        if chunk.document_id == document and chunk.start <= end + _GAP:
            text += f"{chunk.text[max(0, end - chunk.start) :]}"
        else:
            yield text
            text = chunk.text
        document, end = chunk.document_id, max(chunk.end, end if chunk.document_id == document else -1)
    yield text
