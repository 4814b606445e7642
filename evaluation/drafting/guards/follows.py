"""The answer of a draft follows from its quotes: somebody who reads them alone answers the same."""

from collections.abc import Iterator, Sequence

from evaluation.drafting.reading import AGREES, agreement, read
from evaluation.drafting.types import Bench, Draft


def answer_follows(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts to which a reader of the quotes gives the same answer; unanswerable ones pass."""
    asked = [(draft, draft.evidence) for draft in drafts if draft.answers]
    replies = iter(read(bench.reader, asked))
    for draft in drafts:
        if draft.answers and agreement(draft, reply := next(replies)) < AGREES:
            bench.drop("follows", draft, f"a reader of the quote says: {reply}")
        else:
            yield draft


def needs_both(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts but those of two quotes that a reader of one of them answers as well."""
    asked = [(draft, [quote]) for draft in drafts if draft.type == "multi_hop" for quote in draft.evidence]
    replies = iter(read(bench.reader, asked))
    for draft in drafts:
        halves = [next(replies) for _ in draft.evidence] if draft.type == "multi_hop" else []
        enough = [place for place, reply in enumerate(halves) if agreement(draft, reply) >= AGREES]
        if enough:
            bench.drop("both", draft, f"one quote is enough: {draft.evidence[enough[0]].text}")
        else:
            yield draft
