"""The knowledge base of one domain: add, delete, list, search. Knows nothing of models that answer.

The ledger is the truth and the index is derived from it, so that no index is ever worth repairing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.domain import DATA, Domain
from core.errors import DocumentError, EmbedderMismatch, KnowledgeBaseError
from ingest.embedding import Embedder, open_embedder
from ingest.files.reading import OpenSandbox, read_documents
from ingest.index import VectorBackend
from ingest.index.chroma import ChromaBackend
from ingest.index.hnsw import HnswBackend
from ingest.index.live import LiveIndex
from ingest.index.snapshot import Snapshots
from ingest.search.reranking import open_reranker
from ingest.search.search import EVERYTHING, Search, Wanted
from ingest.store.derived import Derived
from ingest.store.intake import IngestReport, Intake, Origin, Progress
from ingest.store.ledger import DocumentRecord, Ledger
from ingest.types import Chunk, Document, Filter, Hit, Vectors
from ingest.workers.pool import Pool
from settings import Retrieval, Settings

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
        snapshots = Snapshots(folder, *_backend(settings.retrieval, settings.threads))
        self._index = LiveIndex(name, self._ledger, snapshots, self._derived)
        self._search = Search(
            self._ledger, embedder, settings.retrieval, cache(lambda: open_reranker(settings))
        )

    @property
    def embedder(self) -> Embedder:
        """What turns its passages and queries into vectors."""
        return self._embedder

    def sync(
        self,
        items: Iterable[Document | DocumentError],
        progress: Progress = _silent,
        origin: Origin = lambda document: "",
        prune: bool = False,
    ) -> IngestReport:
        """Commit the documents that are new or changed, then build the index anew if anything was.

        Args:
            items: documents, and errors to be reported.
            progress: hears by how many documents the ingest has moved on.
            origin: where a new document comes from.
            prune: remove documents of the same origins that are not among `items`; not where one
                failed, since its documents may be those that seem to be gone.

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
                there = {id for one in intake.origins for id in self._ledger.ids(one)}
                report = replace(report, removed=self._ledger.delete(there - intake.seen))
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

    def count(self) -> int:
        """Return how many documents there are."""
        return self._ledger.count()

    def read_from(self, file: str) -> Document | None:
        """Return the document that a file of this digest (`files.unchanged`) gave, where there is one."""
        return self._ledger.read_from(file)

    def documents(self, lang: str = "") -> Iterator[Document]:
        """Yield the documents of a language, or all, in the order they came."""
        return self._ledger.documents(lang)

    def records(self) -> list[DocumentRecord]:
        """Return what is listed of every document, in the order they came."""
        return self._ledger.records()

    def ids(self, origin: str) -> set[str]:
        """Return the ids of the documents of one origin."""
        return self._ledger.ids(origin)

    def chunk(self, chunk_id: str) -> Chunk:
        """Return one passage by its id."""
        return self._ledger.chunk(chunk_id)

    def corpus_sha256(self) -> str:
        """Return the digest of all ids and contents, whatever their order."""
        return self._ledger.corpus_sha256()

    def vectors(self) -> dict[str, Vectors]:
        """Return the vectors of each language's passages, mapped, not loaded."""
        snapshot = self._index.snapshot()
        return {lang: snapshot.exact[lang].vectors for lang in snapshot.languages}

    def search(
        self,
        query: str,
        lang: str = "",
        top_k: int | None = None,
        mode: str | None = None,
        only: Filter = EVERYTHING,
    ) -> list[Hit]:
        """Return the best passages for one query, as `search_many` does."""
        return self.search_many([query], lang, top_k, mode, only)[0]

    def search_many(
        self,
        queries: Sequence[str],
        lang: str = "",
        top_k: int | None = None,
        mode: str | None = None,
        only: Filter = EVERYTHING,
    ) -> list[list[Hit]]:
        """Return up to `top_k` passages for each query, best first; all queries are embedded at once.

        Args:
            queries: what to search for.
            lang: search the documents of this language; all, where it is empty or has none.
            top_k: passages a query; the setting by default.
            mode: hybrid, dense, bm25, exact or reranked; the setting by default.
            only: the documents that may be found.

        Raises:
            EmbedderMismatch: another embedder filled this knowledge base.
            KnowledgeBaseError: it holds no documents, or the index can neither be opened nor built.
        """
        wanted = Wanted(top_k or self._retrieval.top_k, mode or self._retrieval.mode, lang, only)
        snapshot = self._index.snapshot()
        if not snapshot.languages:
            raise KnowledgeBaseError(f"no documents yet; run: python -m ingest add --domain {self.name}")
        if wanted.mode != "bm25":
            self._check_embedder(snapshot.embedder)
        return self._search.run(snapshot, queries, wanted) if queries else []

    def close(self) -> None:
        """Let go of files and connections."""
        self._index.close()
        self._ledger.close()

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
    sandbox: OpenSandbox = Pool,
) -> IngestReport:
    """Take in the domain's own documents as they are now, beside what was added from elsewhere.

    With `prune` those that are gone from the domain's folder are removed; `sandbox` parses the files.

    Raises:
        DocumentError: the domain has no documents.
    """
    items = read_documents(
        domain.documents, settings.max_file_mb, settings.parsing, sandbox, knowledge.read_from
    )
    return knowledge.sync(items, progress, origin=lambda document: _OWN, prune=prune)


def _backend(retrieval: Retrieval, threads: int) -> tuple[VectorBackend, int]:
    """Return what indexes vectors, and up to how many of them brute force answers."""
    graph = {"m": retrieval.m, "ef_construction": retrieval.ef_construction, "ef": retrieval.ef}
    if retrieval.backend == "chroma":
        return ChromaBackend(url=retrieval.chroma_url, **graph), 0
    return HnswBackend(threads=threads, **graph), retrieval.exact_up_to
