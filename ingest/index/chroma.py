"""Chroma as the vector index, in process or on a server. Knows nothing of texts or ledgers.

Chroma is written once and then only read: its own files do not survive a kill during writes.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from weakref import finalize

from core.errors import KnowledgeBaseError
from ingest.index import Damaged
from ingest.index.seal import seal, unseal
from ingest.types import Labels, Ranking, Vectors

_NAME, _STORE = "collection", "store"
_BATCH = 2000  # vectors a call; Chroma takes 5,461 at most


@dataclass(frozen=True, slots=True)
class ChromaBackend:
    """Builds and opens collections; the parameters are those of `settings.Retrieval`."""

    url: str = ""
    m: int = 16
    ef_construction: int = 200
    ef: int = 800

    @property
    def recipe(self) -> str:
        """What decides a collection and where it is."""
        graph = f"m={self.m} ef_construction={self.ef_construction} ef={self.ef}"
        return f"chroma {self.url or 'in process'} {graph}"

    def build(self, folder: Path, labels: Labels, vectors: Vectors, previous: Path | None = None) -> str:
        """Write a new collection; its name is noted first, so that an interrupted one can be dropped."""
        name = f"index-{uuid4().hex}"
        (folder / _NAME).write_text(name, encoding="utf-8")
        with _clear_errors(self.url), closing(self._client(folder)) as client:
            collection = client.create_collection(
                name, embedding_function=None, configuration={"hnsw": self._hnsw()}
            )
            for start in range(0, len(labels), _BATCH):
                part = slice(start, start + _BATCH)
                collection.add(ids=[str(label) for label in labels[part]], embeddings=vectors[part])
        return seal(folder, {"count": len(labels), "dim": vectors.shape[1]}, (_NAME,))

    def open(self, folder: Path) -> "ChromaIndex":
        """Open a collection after checking that it holds as many vectors as were written."""
        from chromadb.errors import ChromaError

        facts, name = unseal(folder), _name(folder)
        with _clear_errors(self.url), ExitStack() as undone:
            client = undone.enter_context(closing(self._client(folder)))
            try:
                collection = client.get_collection(name, embedding_function=None)
                count = collection.count()
            except ChromaError as error:
                raise Damaged(f"{folder}: {error}") from error
            if count != facts["count"]:
                raise Damaged(f"{folder} holds {count} vectors, not {facts['count']}")
            undone.pop_all()
        return ChromaIndex(client, collection, self.url, count)

    def drop(self, folder: Path) -> None:
        """Delete the server's collection; one in process goes with its folder."""
        from chromadb.errors import NotFoundError

        if not self.url or not (folder / _NAME).is_file():
            return
        with _clear_errors(self.url), closing(self._client(folder)) as client, suppress(NotFoundError):
            client.delete_collection(_name(folder))

    def _hnsw(self) -> dict[str, Any]:
        graph = {"max_neighbors": self.m, "ef_construction": self.ef_construction, "ef_search": self.ef}
        return {"space": "cosine", **graph}

    def _client(self, folder: Path) -> Any:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        quiet = ChromaSettings(anonymized_telemetry=False)
        if not self.url:
            return chromadb.PersistentClient(str(folder / _STORE), settings=quiet)
        where = urlsplit(self.url)
        host, port = where.hostname or "127.0.0.1", where.port or 8000
        return chromadb.HttpClient(host, port, ssl=where.scheme == "https", settings=quiet)


class ChromaIndex:
    """One collection."""

    def __init__(self, client: Any, collection: Any, url: str, count: int) -> None:
        self._closing = finalize(self, client.close)  # Chroma itself never forgets a client that is open
        self._collection = collection
        self._url = url
        self._count = count

    def search(self, queries: Vectors, k: int) -> list[Ranking]:
        """Return up to `k` nearest labels for each query, scored by cosine similarity."""
        with _clear_errors(self._url):
            found = self._collection.query(
                query_embeddings=queries, n_results=min(k, self._count), include=["distances"]
            )
        return [
            [(int(label), 1 - distance) for label, distance in zip(labels, distances, strict=True)]
            for labels, distances in zip(found["ids"], found["distances"], strict=True)
        ]

    def close(self) -> None:
        """Close the client, and with it the files of a collection in process."""
        self._closing()


def _name(folder: Path) -> str:
    try:
        return (folder / _NAME).read_text(encoding="utf-8")
    except OSError as error:
        raise Damaged(f"{folder} is no collection") from error


@contextmanager
def _clear_errors(url: str) -> Iterator[None]:
    """Say in one line what Chroma met and what to do."""
    import httpx
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, httpx.HTTPError, ValueError) as error:
        where = f"the Chroma server at {url}" if url else "Chroma"
        remedy = "start it with `chroma run`, or set retrieval.backend to hnsw"
        raise KnowledgeBaseError(f"{where} failed: {error}; {remedy}") from error
