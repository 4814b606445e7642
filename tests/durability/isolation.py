"""R12: two domains never meet. Whatever is asked of one, no passage of the other is found."""

from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from core.domain import find_domain
from ingest.embedding import Embedder
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.types import Document
from ingest.updating import bring_up_to_date
from settings import load_settings
from tests.durability.corpus import Faults, Outcome

DOMAINS = ("travel", "legal")
_MODES = ("hybrid", "dense", "bm25", "exact")


def foreign_hits(queries: int, home: Path, embedder: Embedder, seed: int = 11) -> Outcome:
    """Ask each shipped domain `queries` / 2 times for what stands in the other."""
    faults, hits = Faults(), 0
    settings = load_settings({"home": home, "threads": 1})
    bases: dict[str, KnowledgeBase] = {}
    for name in DOMAINS:
        bases[name] = open_knowledge_base(find_domain(name), settings, embedder)
        bring_up_to_date(bases[name], find_domain(name), settings)
    for asked, foreign in (DOMAINS, DOMAINS[::-1]):
        own = {document.id: document for document in bases[asked].documents()}
        wanted = _adversarial(bases[foreign].documents(), queries // 2, seed)
        faults.where = f"{asked}, asked for {foreign}"
        for number, mode in enumerate(_MODES):
            for lang in ("", "zh", "en"):
                some = wanted[number :: len(_MODES)]
                found = bases[asked].search_many(some, lang=lang, mode=mode, top_k=10)
                for query, ranking in zip(some, found, strict=True):
                    hits += len(ranking)
                    for hit in ranking:
                        mine = own.get(hit.chunk.document_id)
                        faults.expect(mine and hit.chunk.text in mine.text, f"{query[:40]!r}: {hit.chunk.id}")
    for base in bases.values():
        base.close()
    return Outcome("R12", "two domains, adversarial queries", queries, tuple(faults.lines), f"{hits} hits")


def _adversarial(documents: Sequence[Document], count: int, seed: int) -> list[str]:
    """Return queries built from another domain's passages, ids, titles, and ways to name it."""
    draw = np.random.default_rng(seed)

    def pieces() -> Iterator[str]:
        for document in cycle(documents):
            start = int(draw.integers(max(1, len(document.text) - 80)))
            yield document.text[start : start + 160]
            yield document.title
            yield document.id
            yield f"../{document.source}#0 {document.title}"
            yield f"' OR document_id = '{document.id}' --"

    return list(islice(pieces(), count))
