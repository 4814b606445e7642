"""Texts to unit vectors with a sentence-transformers model. Knows nothing of documents, indexes or files.

`SentenceTransformer.encode` pads batches of a fixed count; here texts are sorted by token length and
batches are filled to a token budget, in bfloat16 where the processor multiplies it natively.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.weights.catalogue import fingerprint, model_folder
from ingest.types import Vectors
from settings import Embedder as EmbedderSettings
from settings import Settings

if TYPE_CHECKING:
    import torch

_REMEMBERED = 1024  # query vectors
_PASSAGE, _QUERY = ("document", "passage"), ("query",)
"""Names that models give to their prompts."""
_MARKS = 32  # tokens of the longest prompt, and of what begins and ends a text


class Embedder(Protocol):
    """What turns passages and queries into vectors."""

    @property
    def name(self) -> str:
        """Name of the model."""
        ...

    @property
    def fingerprint(self) -> str:
        """Identity of the weights; vectors of different fingerprints do not mix."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def are_cut(self, texts: Sequence[str]) -> list[bool]:
        """Say of each passage whether only its beginning is read."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return an (n, dim) float32 array with rows of length 1."""
        ...

    def embed_pieces(self, pieces: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """Yield what `embed_passages` returns for each piece, in order; several may be taken ahead."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return an (n, dim) float32 array with rows of length 1."""
        ...


class LocalEmbedder:
    """A sentence-transformers folder; nothing is fetched or loaded before the first use."""

    def __init__(self, settings: EmbedderSettings, home: Path, threads: int) -> None:
        self.name = settings.model
        self._dtype = settings.dtype
        self._batch_tokens = settings.batch_tokens
        self._home = home
        self._threads = threads
        self._queries: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Identity of the weights."""
        return fingerprint(self._folder)

    @cached_property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension())

    def are_cut(self, texts: Sequence[str]) -> list[bool]:
        """Say of each passage whether it has more tokens than the model reads."""
        with self._lock:
            window = self._model.max_seq_length
            # a token holds at least a byte, so that most passages need not be counted
            long = [at for at, text in enumerate(texts) if window and len(text.encode()) > window - _MARKS]
            cut = [False] * len(texts)
            for at, row in zip(long, self._rows([texts[at] for at in long], _PASSAGE), strict=True):
                cut[at] = len(row) > window
        return cut

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return an (n, dim) float32 array with rows of length 1."""
        with self._lock:
            return self._embed(texts, _PASSAGE)

    def embed_pieces(self, pieces: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """Yield what `embed_passages` returns for each piece; none is taken before it is asked for."""
        return map(self.embed_passages, pieces)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return an (n, dim) float32 array with rows of length 1; the last queries are remembered."""
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._queries]
            self._queries.update(zip(new, self._embed(new, _QUERY), strict=True))
            vectors = np.array([self._queries[text] for text in texts], np.float32).reshape(-1, self.dim)
            for text in texts:
                self._queries.move_to_end(text)
            while len(self._queries) > _REMEMBERED:
                self._queries.popitem(last=False)
        return vectors

    @cached_property
    def _folder(self) -> Path:
        return model_folder(self.name, self._home)

    @cached_property
    def _model(self) -> Any:
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # it would tear the bar of an ingest
        device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.set_num_threads(self._threads)
        dtype = fast_dtype(self._dtype, device)
        model = SentenceTransformer(
            str(self._folder), device=device, local_files_only=True, model_kwargs={"dtype": dtype}
        )
        return model.eval()

    def _embed(self, texts: Sequence[str], prompts: tuple[str, ...]) -> Vectors:
        import torch

        vectors = np.empty((len(texts), self.dim), np.float32)
        if not texts:
            return vectors
        model = self._model
        rows = self._rows(texts, prompts, truncation=True, max_length=model.max_seq_length)
        with torch.inference_mode():
            for batch in batches([len(row) for row in rows], self._batch_tokens):
                padded = model.tokenizer.pad({"input_ids": [rows[i] for i in batch]}, return_tensors="pt")
                vectors[batch] = self._forward(padded).cpu().numpy()
        return vectors

    def _rows(self, texts: Sequence[str], prompts: tuple[str, ...], **limits: Any) -> list[list[int]]:
        """Return the tokens of each text behind the model's own prompt."""
        model = self._model
        prompt = next((model.prompts[name] for name in prompts if name in model.prompts), "")
        if not texts:
            return []
        rows = model.tokenizer([prompt + text for text in texts], verbose=False, **limits)["input_ids"]
        return list(rows)

    def _forward(self, features: Any) -> "torch.Tensor":
        """Run the encoder in its own dtype, and pooling after it in float32."""
        import torch

        features = {name: tensor.to(self._model.device) for name, tensor in features.items()}
        encoder, *after = self._model
        features = encoder(features)
        features["token_embeddings"] = features["token_embeddings"].float()
        for module in after:
            features = module(features)
        return torch.nn.functional.normalize(features["sentence_embedding"].float())


def open_embedder(settings: Settings) -> Embedder:
    """Return the embedder that the settings name, not yet loaded."""
    return LocalEmbedder(settings.embedder, settings.home, settings.threads)


def batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Yield positions of `lengths`, longest first, as batches of at most `budget` tokens with padding.

    >>> list(batches([2, 9, 3, 4], budget=8))
    [[1], [3, 2], [0]]
    """
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        if batch and lengths[batch[0]] * (len(batch) + 1) > budget:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def fast_dtype(wanted: str, device: str) -> "torch.dtype":
    """Return the dtype that `wanted` names; `auto` is bfloat16 where `device` multiplies it natively."""
    import torch

    if wanted != "auto":
        return torch.bfloat16 if wanted == "bfloat16" else torch.float32
    if device.startswith("cuda"):
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if native else torch.float32
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if native else torch.float32
