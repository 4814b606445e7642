"""A cross-encoder reads query and passage together: slower than two vectors, and better. Knows no index."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from core.errors import KnowledgeBaseError
from core.weights.catalogue import model_folder
from ingest.embedding import fast_dtype
from settings import Settings


class Reranker(Protocol):
    """What orders hits anew."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return for each query and passage how well the passage answers; higher is better."""
        ...


class CrossEncoderReranker:
    """A sentence-transformers cross-encoder; nothing is fetched or loaded before the first use."""

    def __init__(self, model: str, home: Path, threads: int) -> None:
        self._name, self._home, self._threads = model, home, threads

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return for each query and passage how well the passage answers; higher is better."""
        return [float(score) for score in self._model.predict(list(pairs), show_progress_bar=False)]

    @cached_property
    def _model(self) -> Any:
        import torch
        from sentence_transformers import CrossEncoder

        device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.set_num_threads(self._threads)
        return CrossEncoder(
            str(model_folder(self._name, self._home)),
            device=device,
            local_files_only=True,
            num_labels=1,
            model_kwargs={"dtype": fast_dtype("auto", device)},
        )


def open_reranker(settings: Settings) -> Reranker:
    """Return the reranker that the settings name, not yet loaded.

    Raises:
        KnowledgeBaseError: they name none.
    """
    if not settings.retrieval.reranker:
        raise KnowledgeBaseError(
            "retrieval.reranker is empty; name a cross-encoder, such as BAAI/bge-reranker-v2-m3"
        )
    return CrossEncoderReranker(settings.retrieval.reranker, settings.home, settings.threads)
