"""Our batches against sentence-transformers' own `encode`."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.embedding import LocalEmbedder
from settings import Embedder

TEXTS = ["退款", "The visa desk opens at nine. " * 4, "护照窗口九点开门。" * 20, "tram", "", "tram"]


@pytest.fixture(scope="module")
def prompted(tiny_embedder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny embedder with E5's prompts."""
    folder = tmp_path_factory.mktemp("prompted") / "model"
    shutil.copytree(tiny_embedder, folder)
    config = folder / "config_sentence_transformers.json"
    prompts = {"prompts": {"query": "query: ", "document": "passage: "}}
    config.write_text(json.dumps(json.loads(config.read_text()) | prompts))
    return folder


@pytest.fixture
def embedder(prompted: Path, tmp_path: Path) -> LocalEmbedder:
    settings = Embedder(model=str(prompted), dtype="float32", batch_tokens=200)
    return LocalEmbedder(settings, tmp_path, threads=1)


@pytest.fixture(scope="module")
def theirs(prompted: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(prompted), device="cpu", local_files_only=True)


def test_passages_are_those_of_encode(embedder: LocalEmbedder, theirs: Any) -> None:
    expected = theirs.encode_document(TEXTS, normalize_embeddings=True)
    assert np.allclose(embedder.embed_passages(TEXTS), expected, atol=1e-5)


def test_queries_are_those_of_encode(embedder: LocalEmbedder, theirs: Any) -> None:
    expected = theirs.encode_query(TEXTS, normalize_embeddings=True)
    assert np.allclose(embedder.embed_queries(TEXTS), expected, atol=1e-5)
    assert np.allclose(embedder.embed_queries(TEXTS[:2]), expected[:2], atol=1e-5)


def test_bfloat16_stays_near(prompted: Path, tmp_path: Path, embedder: LocalEmbedder) -> None:
    half = LocalEmbedder(Embedder(model=str(prompted), dtype="bfloat16"), tmp_path, threads=1)
    cosines = (half.embed_passages(TEXTS) * embedder.embed_passages(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.99


def test_passages_and_queries_have_prompts_of_their_own(embedder: LocalEmbedder) -> None:
    assert not np.allclose(embedder.embed_passages(["tram"]), embedder.embed_queries(["tram"]), atol=1e-3)


def test_nothing_to_embed_gives_an_empty_array(embedder: LocalEmbedder) -> None:
    assert embedder.embed_passages([]).shape == (0, 32)
    assert embedder.embed_queries([]).shape == (0, 32)


def test_nothing_is_loaded_before_the_first_use(tmp_path: Path) -> None:
    LocalEmbedder(Embedder(model="no/such/model"), tmp_path, threads=1)


def test_it_says_what_it_would_cut(embedder: LocalEmbedder, theirs: Any) -> None:
    window = theirs.max_seq_length
    texts = ["tram " * 9, "护照" * window, "护照" * (window // 9), "0123456789" * window, ""]
    counted = [len(theirs.tokenizer("passage: " + text)["input_ids"]) for text in texts]
    assert embedder.are_cut(texts) == [count > window for count in counted]
    assert {True, False} <= set(embedder.are_cut(texts))
    assert embedder.are_cut([]) == []
