"""Which kind of vector index the settings name. Knows nothing of documents, texts or embedders."""

from ingest.index import VectorBackend
from ingest.index.chroma import ChromaBackend
from ingest.index.hnsw import HnswBackend
from settings import Retrieval


def open_backend(retrieval: Retrieval, threads: int) -> VectorBackend:
    """Return what indexes vectors."""
    graph = {"m": retrieval.m, "ef_construction": retrieval.ef_construction, "ef": retrieval.ef}
    if retrieval.backend == "chroma":
        return ChromaBackend(url=retrieval.chroma_url, **graph)
    return HnswBackend(threads=threads, **graph)
