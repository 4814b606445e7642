"""The knowledge base of one domain: add, delete, list, search. Knows nothing of models that answer.

The ledger is the truth and the index is derived from it, so that no index is ever worth repairing.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.domain import DATA, Domain
from core.errors import DocumentError, EmbedderMismatch, KnowledgeBaseError
from core.language import detect_question
from core.terms import Terms
from ingest.embedding import Embedder, open_embedder
from ingest.index.backends import open_backend
from ingest.index.live import LiveIndex
from ingest.index.snapshot import Snapshot
from ingest.index.snapshots import Snapshots
from ingest.search.reranking import open_reranker
from ingest.search.search import EVERYTHING, Search, Wanted
from ingest.store.derived import Derived
from ingest.store.intake import IngestReport, Intake, Progress
from ingest.store.ledger import Ledger
from ingest.store.origins import Origins, Unseen
from ingest.store.types import DocumentRecord
from ingest.types import RETURNING, Chunk, Document, Filter, Hit, Vectors
from settings import Settings


def silent(documents: float) -> None:
    """Show no progress."""


class KnowledgeBase:
    """The documents of one domain, searchable. Threads may share one; one process writes at a time.

    A query's words become the `terms` that stand for them, before anything is searched for.
    """

    def __init__(
        self, name: str, folder: Path, embedder: Embedder, settings: Settings, terms: Terms | None = None
    ) -> None:
        self.name = name
        self._terms = terms or Terms()
        self._embedder = embedder
        self._retrieval = settings.retrieval
        self._chunking = settings.chunking
        self._ledger = Ledger(folder / "ledger.sqlite")
        self.origins = Origins(self._ledger)
        self._derived = Derived(folder / "derived", self._ledger)
        snapshots = Snapshots(folder, open_backend(settings.retrieval, settings.threads))
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
        progress: Progress = silent,
        within: Collection[str] = (),
        emptied: bool = False,
    ) -> IngestReport:
        """Commit the documents that are new or changed, then build the index anew if anything was.

        Args:
            items: documents, and errors to be reported.
            progress: hears by how many documents the ingest has moved on.
            within: origins of which `items` are all there is: other documents from there are removed,
                but kept where an item that failed may have held them.
            emptied: remove them also where nothing was read, as from a disk that is not there.

        Raises:
            EmbedderMismatch: another embedder filled this knowledge base.
            KnowledgeBaseError: another process is writing, or the disk fails. What was committed is kept.
        """
        with self._index.writing():
            self._check_embedder(self._ledger.fact("embedder"))
            intake = Intake(self._ledger, self._embedder, self._chunking, progress)
            intake.run(items)
            report = self._pruned(intake, within, emptied)
            self._index.settle()
        return report

    def _pruned(self, intake: Intake, within: Collection[str], emptied: bool) -> IngestReport:
        """Remove what came from `within` and is not there any more."""
        report = intake.report
        unseen = self.origins.unseen(within, intake.seen, report.failures)
        is_missing = bool(unseen.gone) and not intake.seen and not emptied
        if is_missing:
            unseen = Unseen((), (*unseen.gone, *unseen.kept), ())
        self.origins.restore(unseen.restored)
        removed = self._ledger.delete(unseen.gone) if unseen.gone else 0
        kept = len(unseen.kept)
        warnings = [*report.warnings]
        if is_missing:
            warnings.append(f"nothing was read; {stays(kept, self.name)}")
        elif kept:
            warnings.append(f"what could not be read stays as it was read before ({_counted(kept)})")
        return replace(report, removed=removed, kept=kept, warnings=tuple(warnings))

    def derived(self) -> Path:
        """Return a folder for what is derived from the documents; what is in it goes when a text goes."""
        return self._derived.folder

    def delete(self, ids: Iterable[str], withdraw: bool = True) -> int:
        """Delete documents with all that was derived from them; return how many there were.

        No file holds their text or vectors then. What answered in the meantime is not touched: reports.
        Those whose file lies in the domain's own folder, and pages of a crawl, are withdrawn, unless they are
        gone from there: no update and no crawl takes them in again.
        """
        with self._index.writing():
            deleted = self._ledger.delete(ids, RETURNING if withdraw else ())
            self._index.settle()
        return deleted

    def restore(self, names: Iterable[str]) -> int:
        """Let the next ingest take in what was withdrawn, by id or by origin; return how many there were."""
        with self._index.writing():
            return self.origins.restore(names)

    def rebuild(self, progress: Progress = silent) -> IngestReport:
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

    def count(self, lang: str = "") -> int:
        """Return how many documents of a language, or in all, there are."""
        return self._ledger.count(lang)

    def read_from(self, file: str) -> Document | None:
        """Return the document that a file of this digest (`files.unchanged`) gave, where there is one."""
        return self._ledger.read_from(file)

    def documents(self, lang: str = "") -> Iterator[Document]:
        """Yield the documents of a language, or all, in the order they came."""
        return self._ledger.documents(lang)

    def document(self, document_id: str) -> Document:
        """Return one document by its id."""
        return self._ledger.document(document_id)

    def records(self) -> list[DocumentRecord]:
        """Return what is listed of every document, in the order they came."""
        return self._ledger.records()

    def chunk(self, chunk_id: str) -> Chunk:
        """Return one passage by its id."""
        return self._ledger.chunk(chunk_id)

    def corpus_sha256(self) -> str:
        """Return the digest of all ids and contents, whatever their order."""
        return self._ledger.corpus_sha256()

    def vectors(self) -> dict[str, Vectors]:
        """Return the vectors of each language's passages; those of one segment are mapped, not loaded.

        Raises:
            EmbedderMismatch: another embedder filled this knowledge base.
            KnowledgeBaseError: it holds no documents.
        """
        snapshot = self._serving()
        self._check_embedder(snapshot.embedder)
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
            lang: what they are asked in; all languages are searched, passages in this one preferred.
            top_k: passages a query; the setting by default.
            mode: hybrid, dense, bm25, exact or reranked; the setting by default.
            only: the documents that may be found.

        Raises:
            EmbedderMismatch: another embedder filled this knowledge base.
            KnowledgeBaseError: it holds no documents, or none in the language that `only` or the settings
                ask for, or the index can neither be opened nor built.
        """
        only = only if only.lang else replace(only, lang=self._retrieval.lang)
        wanted = Wanted(top_k or self._retrieval.top_k, mode or self._retrieval.mode, lang, only)
        snapshot = self._serving()
        if wanted.mode != "bm25":
            self._check_embedder(snapshot.embedder)
        said = [self._in_terms(query, lang) for query in queries]
        return self._search.run(snapshot, said, wanted) if queries else []

    def _in_terms(self, query: str, lang: str) -> str:
        """Return a query in the words of the domain's dictionary."""
        is_chinese = (lang or detect_question(query)) == "zh"
        return self._terms.unified(query, "zh" if is_chinese else "en")

    def close(self) -> None:
        """Let go of files and connections."""
        self._index.close()
        self._ledger.close()

    def _serving(self) -> Snapshot:
        """Return the snapshot that answers; an empty one is refused."""
        snapshot = self._index.snapshot()
        if not snapshot.languages:
            raise KnowledgeBaseError(f"no documents yet; run: python -m ingest add --domain {self.name}")
        return snapshot

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
        DomainError: a broken line of its dictionary.
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
    return KnowledgeBase(name, folder, embedder or open_embedder(settings), settings, domain.terms())


def stays(count: int, name: str) -> str:
    """Return what is told where nothing could be read in place of documents of before."""
    remedy = f"to remove it, run: python -m ingest update --emptied --domain {name}"
    return f"what was read from there before stays ({_counted(count)}); {remedy}"


def _counted(count: int) -> str:
    return f"{count} document{'s' if count > 1 else ''}"
