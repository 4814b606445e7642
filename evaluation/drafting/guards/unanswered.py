"""A draft without an answer has none in the whole corpus: not in one passage is not nowhere."""

from collections.abc import Iterator, Sequence

from assistant.refusals import is_refusal
from evaluation.drafting.reading import read
from evaluation.drafting.types import Bench, Draft

_FOUND = 6
_TOGETHER = 3
"""Passages that are read at once: a small reader overlooks more in many."""


def unanswered(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts, of those without an answer the ones to which no passage found gives one."""
    open_ones = [draft for draft in drafts if not draft.answers]
    asked = []
    for draft, hits in zip(open_ones, bench.find(open_ones, _FOUND), strict=True):
        chunks = [hit.chunk for hit in hits]
        asked += [(draft, chunks[at : at + _TOGETHER]) for at in range(0, len(chunks), _TOGETHER)]
    answered: dict[Draft, str] = {}
    for (draft, chunks), reply in zip(asked, read(bench.reader, asked, wary=True), strict=True):
        if not is_refusal(reply):
            answered.setdefault(draft, f"{chunks[0].document_id} or near it: {reply}")
    for draft in drafts:
        if found := answered.get(draft):
            bench.drop("unanswered", draft, f"a reader finds an answer in {found}")
        else:
            yield draft
