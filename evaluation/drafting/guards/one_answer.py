"""Nothing else in the corpus answers a draft otherwise: what documents contradict carries no verdict."""

from collections.abc import Iterator, Sequence

from assistant.agreement.words import content
from assistant.refusals import is_refusal
from core.quotes import squeezed
from evaluation.drafting.reading import AGREES, agreement, read
from evaluation.drafting.types import Bench, Draft
from ingest.types import Chunk, Hit

_FOUND = 8
_READ = 2
"""Other passages that are read for each draft."""
_ABOUT = 0.85
"""Share of the question's words, of those in the quote or its title, by which another passage is on the same.

A reader gives some answer to nearly every passage: one on another matter contradicts nothing."""


def one_answer(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts that no other passage on the same matter answers otherwise; the rest are conflicts."""
    proved = [draft for draft in drafts if len(draft.evidence) == 1]
    found = zip(proved, bench.find(proved, _FOUND), strict=True)
    asked = [(draft, [chunk]) for draft, hits in found for chunk in _others(draft, hits)]
    contradicted: dict[Draft, tuple[Chunk, str]] = {}
    for (draft, (chunk,)), reply in zip(asked, read(bench.reader, asked, wary=True), strict=True):
        if not is_refusal(reply) and agreement(draft, reply) < AGREES and _says(chunk, reply):
            contradicted.setdefault(draft, (chunk, reply))
    for draft in drafts:
        if other := contradicted.get(draft):
            bench.drop("conflict", draft, f"{other[0].document_id} says: {other[1]}")
        else:
            yield draft


def _others(draft: Draft, hits: Sequence[Hit]) -> list[Chunk]:
    """Return found passages without the quote that are about what the draft asks."""
    (quote,) = draft.evidence
    asked = content(draft.question) & content(quote.passage)
    about = []
    for hit in hits:
        holds = squeezed(quote.text) in squeezed(hit.chunk.text)
        if asked and not holds and len(asked & content(hit.chunk.passage)) >= _ABOUT * len(asked):
            about.append(hit.chunk)
    return about[:_READ]


def _says(chunk: Chunk, reply: str) -> bool:
    """Whether a reply is taken from a passage and not made up; a bare yes or no may be either."""
    said = content(reply)
    return not said or len(said & content(chunk.passage)) >= len(said) / 2
