"""From queries to passages: legs, fusion, reranker. Knows nothing of files or of models that answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.errors import KnowledgeBaseError
from ingest.embedding import Embedder
from ingest.index.snapshot import Snapshot
from ingest.search.copies import merged
from ingest.search.fusion import Found, best, fuse
from ingest.search.languages import Languages
from ingest.search.reranking import Reranker
from ingest.store.ledger import Ledger
from ingest.types import Filter, Hit, Ranking
from settings import Retrieval

MODES = ("bm25", "dense", "hybrid", "exact", "reranked")
EVERYTHING = Filter()
_DEEPER = 4  # times as many passages are looked at where copies leave too few
_LEGS = {
    "hybrid": ("dense", "bm25"),
    "reranked": ("dense", "bm25"),
    "dense": ("dense",),
    "bm25": ("bm25",),
    "exact": ("exact",),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to find: `k` passages a query, by a mode, among some documents.

    `lang` is what the queries are asked in: passages in it are preferred (empty: none).
    """

    k: int
    mode: str = "hybrid"
    lang: str = ""
    only: Filter = EVERYTHING


class Search:
    """Finds passages in a snapshot of one knowledge base."""

    def __init__(
        self, ledger: Ledger, embedder: Embedder, settings: Retrieval, reranker: Callable[[], Reranker]
    ) -> None:
        self._ledger, self._embedder, self._settings, self._reranker = ledger, embedder, settings, reranker
        self._languages = Languages(ledger, embedder)

    def run(self, snapshot: Snapshot, queries: Sequence[str], wanted: Wanted) -> list[list[Hit]]:
        """Return up to `wanted.k` passages for each query, best first.

        Raises:
            KnowledgeBaseError: there is no such mode, no reranker, or no document in the language.
        """
        if wanted.mode not in _LEGS:
            raise KnowledgeBaseError(f"no retrieval mode {wanted.mode!r}; known are {', '.join(MODES)}")
        if wanted.only.lang and wanted.only.lang not in snapshot.languages:
            there = ", ".join(snapshot.languages)
            raise KnowledgeBaseError(f"no documents in {wanted.only.lang!r}; there are some in {there}")
        reranks = wanted.mode == "reranked"
        depth = max(wanted.k, self._settings.rerank) if reranks else wanted.k
        found = self._distinct(snapshot, queries, wanted, depth)
        if reranks:
            found = self._reranked(queries, found, self._settings.rerank)
        return [self._widened(hits[: wanted.k]) for hits in found]

    def _distinct(
        self, snapshot: Snapshot, queries: Sequence[str], wanted: Wanted, depth: int
    ) -> list[list[Hit]]:
        """Return up to `depth` passages a query of which none repeats another.

        Where copies leave too few, and there are more, it looks deeper.
        """
        distinct: list[list[Hit]] = [[] for _ in queries]
        places, looked = list(range(len(queries))), depth
        while places:
            asked = [queries[place] for place in places]
            found = self._hits(self._found(snapshot, asked, wanted, looked))
            for place, hits in zip(places, found, strict=True):
                distinct[place] = merged(hits)[:depth]
            full = [place for place, hits in zip(places, found, strict=True) if len(hits) == looked]
            places = [place for place in full if len(distinct[place]) < depth]
            looked *= _DEEPER
        return distinct

    def _found(
        self, snapshot: Snapshot, queries: Sequence[str], wanted: Wanted, depth: int
    ) -> list[list[Found]]:
        legs = _LEGS[wanted.mode]
        per_leg = max(depth, self._settings.candidates) if len(legs) > 1 else depth
        rankings = {leg: self._leg(snapshot, leg, queries, replace(wanted, k=per_leg)) for leg in legs}
        dense = self._settings.dense_weight
        weights = {"dense": dense, "bm25": 1 - dense, "exact": 1.0}
        found = []
        for place in range(len(queries)):
            votes = {leg: rankings[leg][place] for leg in legs}
            labels = {label for ranking in votes.values() for label, _ in ranking}
            foreign = self._languages.foreign(labels, wanted.lang)
            found.append(fuse(votes, weights, foreign, self._settings.fusion)[:depth])
        return found

    def _leg(self, snapshot: Snapshot, leg: str, queries: Sequence[str], wanted: Wanted) -> list[Ranking]:
        """Return the ranking of each query in one leg, merged over languages.

        With a filter every passage is scored: what it allows may be anywhere, and a graph would miss it.
        """
        languages = (wanted.only.lang,) if wanted.only.lang else snapshot.languages
        anything = replace(wanted.only, lang="") == EVERYTHING
        allowed = None if anything else self._ledger.allowed(wanted.only)
        if leg == "dense" and allowed is not None:
            leg = "exact"
        merged: list[Ranking] = [[] for _ in queries]
        for lang in languages:
            k = wanted.k if allowed is None else len(snapshot.exact[lang].labels)
            found = [best(hits, wanted.k, allowed) for hits in self._ask(snapshot, (leg, lang), queries, k)]
            if wanted.lang:
                self._languages.read((label for hits in found for label, _ in hits), lang)
            merged = [before + hits for before, hits in zip(merged, found, strict=True)]
        if leg != "bm25" and wanted.lang:
            lifts = self._languages.lifts(snapshot, self._embedder.embed_queries(queries), wanted.lang)
            merged = self._languages.lifted(merged, lifts, wanted.lang)
        return [best(hits, wanted.k) for hits in merged]

    def _ask(self, snapshot: Snapshot, leg: tuple[str, str], queries: Sequence[str], k: int) -> list[Ranking]:
        kind, lang = leg
        if kind == "bm25":
            others = [index for other, index in snapshot.bm25.items() if other != lang]
            return snapshot.bm25[lang].search_many(queries, k, others)
        return snapshot.vectors(kind, lang).search(self._embedder.embed_queries(queries), k)

    def _hits(self, found: Sequence[Sequence[Found]]) -> list[list[Hit]]:
        """Return the passages that the labels name; one that was deleted a moment ago is left out."""
        chunks = self._ledger.find({one.label for ranking in found for one in ranking})
        return [
            [Hit(chunks[one.label], one.score, one.legs) for one in ranking if one.label in chunks]
            for ranking in found
        ]

    def _reranked(
        self, queries: Sequence[str], found: Sequence[Sequence[Hit]], depth: int
    ) -> list[list[Hit]]:
        """Return the hits with the first `depth` as the reranker orders them; it reads all pairs at once."""
        pairs = [
            (query, hit.chunk.passage)
            for query, hits in zip(queries, found, strict=True)
            for hit in hits[:depth]
        ]
        scores = iter(self._reranker().score(pairs))
        scored = [[replace(hit, score=next(scores)) for hit in hits[:depth]] for hits in found]
        return [
            [*sorted(read, key=lambda hit: -hit.score), *hits[depth:]]
            for read, hits in zip(scored, found, strict=True)
        ]

    def _widened(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return the hits with their neighbours; one that lies in a better one by now is left out."""
        count = self._settings.neighbours
        if not count:
            return list(hits)
        wide: list[Hit] = []
        for hit in hits:
            chunk = hit.chunk
            if not any(
                chunk.document_id == other.chunk.document_id
                and other.chunk.start <= chunk.start
                and chunk.end <= other.chunk.end
                for other in wide
            ):
                wide.append(replace(hit, chunk=self._ledger.around(chunk.id, count)))
        return wide
