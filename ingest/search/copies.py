"""Passages that say the same word for word count once. Knows nothing of indexes or documents."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.types import Hit

_MARKS = re.compile(r"(?m)^#{1,6} ")


def merged(hits: Sequence[Hit]) -> list[Hit]:
    """Return the best hit of each text, with the other documents that have it; the order stays."""
    best: dict[str, Hit] = {}
    for hit in hits:
        text = " ".join(_MARKS.sub("", hit.chunk.text).split())  # a copy may come in another format
        first = best.setdefault(text, hit)
        if hit.chunk.document_id not in first.documents:
            best[text] = replace(first, copies=(*first.copies, hit.chunk.document_id))
    return list(best.values())
