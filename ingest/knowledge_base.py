"""The knowledge base of one domain: add, delete, list, search. Knows nothing of models that answer.

The ledger is the truth and the index is derived from it, so that no index is ever worth repairing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.derived import Derived
from ingest.domain import DATA, Domain
from ingest.embedding import Embedder, open_embedder
from ingest.errors import DocumentError, EmbedderMismatch, KnowledgeBaseError
from ingest.fusion import fuse, merge
from ingest.generation import Generation, Generations
from ingest.index import Ranking, VectorBackend
from ingest.index.chroma import ChromaBackend
from ingest.index.hnsw import HnswBackend
from ingest.ledger import DocumentRecord, Ledger
from ingest.live_index import LiveIndex
from ingest.reading import read_documents
from ingest.sync import IngestReport, Intake, Progress
from ingest.types import Chunk, Document, Hit
from settings import Settings

_LEGS = {"hybrid": ("dense", "bm25"), "dense": ("dense",), "bm25": ("bm25",), "exact": ("exact",)}
_OWN = "domain"  # origin of the documents that lie in the domain's folder


def _silent(documents: float) -> None:
    """Show no progress."""


class KnowledgeBase:
    """The documents of one domain, searchable. Threads may share one; one process writes at a time."""

    def __init__(self, name: str, folder: Path, embedder: Embedder, settings: Settings) -> None:
        self.name = name
        self._embedder = embedder
        self._retrieval = settings.retrieval
        self._chunking = settings.chunking
        self._ledger = Ledger(folder / "ledger.sqlite")
        self._derived = Derived(folder / "derived", self._ledger)
        self._index = LiveIndex(name, self._ledger, Generations(folder, _backend(settings)), self._derived)

    @property
    def embedder(self) -> Embedder:
        """What turns its passages and queries into vectors."""
        return self._embedder

    def sync(
        self,
        items: Iterable[Document | DocumentError],
        progress: Progress = _silent,
        origin: str = "",
        prune: bool = False,
    ) -> IngestReport:
        """Commit the documents that are new or changed, then build the index anew if anything was.

        Args:
            items: documents, and errors to be reported.
            progress: hears by how many documents the ingest has moved on.
            origin: where new documents come from.
            prune: remove documents of this origin that are not among `items`; not where one failed,
                since its documents may be those that seem to be gone.

        Raises:
            EmbedderMismatch: another embedder filled this knowledge base.
            KnowledgeBaseError: another process is writing, or the disk fails. What was committed is kept.
        """
        with self._index.writing():
            self._check_embedder(self._ledger.fact("embedder"))
            intake = Intake(self._ledger, self._embedder, self._chunking, progress)
            intake.run(items, origin)
            report = intake.report
            if prune and not report.failures:
                gone = self._ledger.ids(origin) - intake.seen
                report = replace(report, removed=self._ledger.delete(gone))
            self._index.settle()
        return report

    def derived(self) -> Path:
        """Return a folder for what is derived from the documents; what is in it goes when a text goes."""
        return self._derived.folder

    def delete(self, ids: Iterable[str]) -> int:
        """Delete documents with all that was derived from them; return how many there were.

        No file holds their text or vectors then. What answered in the meantime is not touched: reports.
        """
        with self._index.writing():
            deleted = self._ledger.delete(ids)
            self._index.settle()
        return deleted

    def rebuild(self, progress: Progress = _silent) -> IngestReport:
        """Cut and embed anew what the present settings would cut or embed otherwise; build a new index."""
        with self._index.writing():
            filled_by = self._ledger.fact("embedder")
            if filled_by != self._embedder.fingerprint:
                self._ledger.remember(embedder=self._embedder.fingerprint, rebuilding="yes")
            intake = Intake(self._ledger, self._embedder, self._chunking, progress)
            intake.run(self._ledger.documents())
            self._ledger.remember(rebuilding="")
            self._index.settle(anew=True)
        return intake.report

    def verify(self) -> list[str]:
        """Return what is wrong with ledger and index, a line each; change nothing."""
        return [*self._ledger.problems(), *self._index.problems()]

    def documents(self, lang: str = "") -> list[Document]:
        """Return the documents of a language, or all, in the order they came."""
        return list(self._ledger.documents(lang))

    def records(self) -> list[DocumentRecord]:
        """Return what is listed of every document, in the order they came."""
        return self._ledger.records()

    def chunk(self, chunk_id: str) -> Chunk:
        """Return one passage by its id."""
        return self._ledger.chunk(chunk_id)

    def corpus_sha256(self) -> str:
        """Return the digest of all ids and contents, whatever their order."""
        return self._ledger.corpus_sha256()

    def search(
        self, query: str, lang: str = "", top_k: int | None = None, mode: str | None = None
    ) -> list[Hit]:
        """Return the best passages for one query, as `search_many` does."""
        return self.search_many([query], lang, top_k, mode)[0]

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None, mode: str | None = None
    ) -> list[list[Hit]]:
        """Return up to `top_k` passages for each query, best first; all queries are embedded at once.

        Args:
            queries: what to search for.
            lang: search the documents of this language; all, where it is empty or has none.
            top_k: passages a query; the setting by default.
            mode: hybrid, dense, bm25 or exact; the setting by default.

        Raises:
            EmbedderMismatch: another embedder filled this knowledge base.
            KnowledgeBaseError: it holds no documents, or the index can neither be opened nor built.
        """
        mode, k = mode or self._retrieval.mode, top_k or self._retrieval.top_k
        if mode not in _LEGS:
            raise KnowledgeBaseError(f"no retrieval mode {mode!r}; known are {', '.join(_LEGS)}")
        generation = self._index.generation()
        if not generation.languages:
            raise KnowledgeBaseError(f"no documents yet; run: python -m ingest add --domain {self.name}")
        if not queries:
            return []
        legs = _LEGS[mode]
        depth = max(k, self._retrieval.candidates) if len(legs) > 1 else k
        rankings = {leg: self._leg(generation, (leg, lang), queries, depth) for leg in legs}
        fused = [
            fuse({leg: rankings[leg][i] for leg in legs}, self._retrieval.rrf_k)[:k]
            for i in range(len(queries))
        ]
        chunks = self._ledger.find({found.label for ranking in fused for found in ranking})
        return [
            [Hit(chunks[found.label], found.score, found.legs) for found in ranking if found.label in chunks]
            for ranking in fused
        ]

    def close(self) -> None:
        """Let go of files and connections."""
        self._index.close()
        self._ledger.close()

    def _leg(
        self, generation: Generation, leg: tuple[str, str], queries: Sequence[str], k: int
    ) -> list[Ranking]:
        """Return the ranking of each query in one leg, merged over languages."""
        kind, lang = leg
        languages = (lang,) if lang in generation.languages else generation.languages
        if kind == "bm25":
            found = [generation.lexical[one].search_many(queries, k) for one in languages]
        else:
            self._check_embedder(generation.embedder)
            vectors = self._embedder.embed_queries(queries)
            found = [generation.vectors(kind, one).search(vectors, k) for one in languages]
        return [merge(rankings, k) for rankings in zip(*found, strict=True)]

    def _check_embedder(self, filled_by: str) -> None:
        """Claim an empty ledger for this embedder; refuse one that another has filled."""
        if not filled_by:
            self._ledger.remember(embedder=self._embedder.fingerprint)
        elif filled_by != self._embedder.fingerprint:
            raise EmbedderMismatch(
                f"another embedder than {self._embedder.name} filled this knowledge base; set embedder.model "
                f"back, or run: python -m ingest rebuild --domain {self.name}"
            )


def open_knowledge_base(
    domain: Domain, settings: Settings, embedder: Embedder | None = None
) -> KnowledgeBase:
    """Open the knowledge base of `domain`, which may still be empty.

    Raises:
        KnowledgeBaseError: the disk fails, or the ledger is damaged or of another version.
    """
    folder = settings.home / "domains" / domain.key
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KnowledgeBaseError(
            f"{folder}: {error.strerror}; set ASSISTANT_HOME to a folder that can be written"
        ) from error
    name = domain.name if domain.folder.parent == DATA else str(domain.folder)  # what --domain takes
    return KnowledgeBase(name, folder, embedder or open_embedder(settings), settings)


def bring_up_to_date(
    knowledge: KnowledgeBase,
    domain: Domain,
    settings: Settings,
    progress: Progress = _silent,
    prune: bool = True,
) -> IngestReport:
    """Take in the domain's own documents as they are now, beside what was added from elsewhere.

    With `prune` those that are gone from the domain's folder are removed.

    Raises:
        DocumentError: the domain has no documents.
    """
    items = read_documents(domain.documents, settings.max_file_mb)
    return knowledge.sync(items, progress, origin=_OWN, prune=prune)


def _backend(settings: Settings) -> VectorBackend:
    retrieval = settings.retrieval
    graph = {"m": retrieval.m, "ef_construction": retrieval.ef_construction, "ef": retrieval.ef}
    if retrieval.backend == "chroma":
        return ChromaBackend(url=retrieval.chroma_url, **graph)
    return HnswBackend(threads=settings.threads, **graph)
