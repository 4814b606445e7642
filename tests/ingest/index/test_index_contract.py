"""What every vector index must do, whichever library is behind it."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.errors import KnowledgeBaseError
from ingest.index import Damaged, VectorBackend, lost, top
from ingest.index.chroma import ChromaBackend
from ingest.index.exact import open_exact, write_exact
from ingest.index.hnsw import HnswBackend
from ingest.types import Labels, Vectors

COUNT, DIM = 400, 16


def unit(count: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def labelled(count: int = COUNT, seed: int = 0) -> tuple[Labels, Vectors]:
    return np.arange(100, 100 + count), unit(count, seed)


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Chroma server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("chroma")),
        "run",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    command += ["--path", str(tmp_path_factory.mktemp("chroma"))]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/api/v2/heartbeat")
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(url)


@pytest.fixture(params=["hnsw", "chroma in process", "chroma server"])
def backend(request: pytest.FixtureRequest) -> VectorBackend:
    if request.param == "hnsw":
        return HnswBackend(threads=1)
    url = request.getfixturevalue("chroma_server") if request.param == "chroma server" else ""
    return ChromaBackend(url=url)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


def test_finds_what_brute_force_finds(backend: VectorBackend, folder: Path, tmp_path: Path) -> None:
    labels, vectors = labelled()
    backend.build(folder, labels, vectors)
    index, queries = backend.open(folder), unit(20, seed=1)
    found = index.search(queries, 10)
    exact = [top(row, labels, 10) for row in queries @ vectors.T]
    for ours, theirs in zip(found, exact, strict=True):
        assert len({label for label, _ in ours} & {label for label, _ in theirs}) >= 9
        assert [score for _, score in ours] == sorted((score for _, score in ours), reverse=True)
        assert dict(ours)[theirs[0][0]] == pytest.approx(theirs[0][1], abs=1e-4)
    index.close()


def test_more_neighbours_than_vectors_are_all_vectors(backend: VectorBackend, folder: Path) -> None:
    labels, vectors = labelled(5)
    backend.build(folder, labels, vectors)
    index = backend.open(folder)
    (ranking,) = index.search(vectors[:1], 50)
    assert {label for label, _ in ranking} == set(labels.tolist())
    assert ranking[0][0] == labels[0]
    index.close()


def test_equal_vectors_are_no_obstacle(backend: VectorBackend, folder: Path) -> None:
    labels = np.arange(300)
    backend.build(folder, labels, np.repeat(unit(1), 300, axis=0))
    index = backend.open(folder)
    (ranking,) = index.search(unit(1), 5)
    assert len(ranking) >= 2
    assert all(score == pytest.approx(1, abs=1e-4) for _, score in ranking)
    index.close()


def test_an_unfinished_index_is_damaged(backend: VectorBackend, folder: Path) -> None:
    labels, vectors = labelled(20)
    backend.build(folder, labels, vectors)
    (folder / "seal.json").unlink()
    with pytest.raises(Damaged):
        backend.open(folder)


def test_a_dropped_index_is_gone(backend: VectorBackend, folder: Path, chroma_server: str) -> None:
    labels, vectors = labelled(20)
    backend.build(folder, labels, vectors)
    backend.drop(folder)
    backend.drop(folder)
    if "http" in backend.recipe:
        with pytest.raises(Damaged):
            backend.open(folder)


class TestHnsw:
    """What only files of our own can promise."""

    @pytest.mark.parametrize("cut", [1, 100, 10_000])
    def test_a_truncated_graph_is_damaged(self, folder: Path, cut: int) -> None:
        HnswBackend().build(folder, *labelled())
        graph = folder / "graph.hnsw"
        graph.write_bytes(graph.read_bytes()[:-cut])
        with pytest.raises(Damaged):
            HnswBackend().open(folder)

    @pytest.mark.parametrize("seed", range(5))
    def test_a_flipped_bit_is_damage(self, folder: Path, seed: int) -> None:
        HnswBackend().build(folder, *labelled())
        victim = sorted(path for path in folder.iterdir())[seed % 2]
        content = bytearray(victim.read_bytes())
        content[int(np.random.default_rng(seed).integers(len(content)))] ^= 4
        victim.write_bytes(content)
        with pytest.raises(Damaged):
            HnswBackend().open(folder)

    def test_a_graph_of_another_dimension_is_never_taken_over(self, folder: Path, tmp_path: Path) -> None:
        HnswBackend().build(folder, *labelled(50))
        wide = np.hstack([unit(50), unit(50)]) / np.sqrt(2, dtype=np.float32)
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        HnswBackend().build(fresh, np.arange(100, 150), wide, previous=folder)
        assert HnswBackend().open(fresh).search(wide[:1], 1)[0][0][0] == 100

    def test_a_changed_copy_holds_new_labels_and_not_the_old(self, folder: Path, tmp_path: Path) -> None:
        labels, vectors = labelled()
        HnswBackend().build(folder, labels[:-10], vectors[:-10])
        for step, keep in enumerate((slice(10, None), slice(20, None))):
            fresh = tmp_path / f"step-{step}"
            fresh.mkdir()
            HnswBackend().build(fresh, labels[keep], vectors[keep], previous=folder)
            folder = fresh
        assert json.loads((folder / "seal.json").read_text())["facts"]["dead"] == list(range(100, 120))
        found = HnswBackend().open(folder).search(vectors, 5)
        assert not {label for ranking in found for label, _ in ranking} & set(range(100, 120))
        assert [ranking[0][0] for ranking in found[20:]] == labels[20:].tolist()

    def test_what_a_graph_loses_is_found_beside_it(self, folder: Path) -> None:
        """So few links lose some of 400: each is found all the same, by itself and among the others."""
        labels, vectors = labelled()
        backend = HnswBackend(m=5, ef_construction=10, ef=10, threads=1)
        backend.build(folder, labels, vectors)
        strays = json.loads((folder / "seal.json").read_text())["facts"]["strays"]
        assert 0 < len(strays) <= 4
        index = backend.open(folder)
        assert lost(index, labels, vectors) == []
        (ranking,) = index.search(vectors[labels == strays[0]], 3)
        assert ranking[0] == (strays[0], pytest.approx(1, abs=1e-4))
        assert len({label for label, _ in ranking}) == 3

    def test_a_label_that_was_deleted_and_is_given_again_is_found(self, folder: Path, tmp_path: Path) -> None:
        labels, vectors = labelled()
        HnswBackend().build(folder, labels, vectors)
        for step, keep in enumerate((slice(0, -1), slice(0, None))):
            fresh = tmp_path / f"step-{step}"
            fresh.mkdir()
            HnswBackend().build(fresh, labels[keep], vectors[keep], previous=folder)
            folder = fresh
        assert HnswBackend().open(folder).search(vectors[-1:], 1)[0][0][0] == labels[-1]


def test_exact_search_is_written_in_batches_and_exact(folder: Path) -> None:
    labels, vectors = labelled()
    write_exact(folder, ((labels[i : i + 150], vectors[i : i + 150]) for i in (0, 150, 300)), vectors.shape)
    index, queries = open_exact(folder), unit(70, seed=3)
    best = labels[np.argmax(queries @ vectors.T, axis=1)]
    assert [ranking[0][0] for ranking in index.search(queries, 3)] == best.tolist()


def test_no_server_is_one_clear_line(folder: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"Chroma server at http://127\.0\.0\.1:9 .*chroma run"):
        ChromaBackend(url="http://127.0.0.1:9").build(folder, *labelled(3))
