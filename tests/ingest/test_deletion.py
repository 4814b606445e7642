"""Deleted is gone: not only is nothing found, no file under the home holds the text or its vector."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import KnowledgeBaseError
from ingest.knowledge_base import KnowledgeBase
from ingest.types import Document
from tests.durability.corpus import document, open_base, state
from tests.fakes import FakeEmbedder

WORD = "zanzibarian"
TEXT = " ".join(f"The {WORD} tangerine number {n} lies in drawer {n * 77}." for n in range(300))
CANARY = Document("secret-canary-id", f"About {WORD} fruit", TEXT, "en", "secret-canary-source")
OTHERS = [document(number) for number in range(60)]


@pytest.fixture(params=["hnsw", "chroma"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterable[KnowledgeBase]:
    """A knowledge base whose last two snapshots hold the canary."""
    opened = open_base(tmp_path, backend=request.param)
    opened.sync([*OTHERS[:-1], CANARY])
    opened.sync(OTHERS)
    yield opened
    opened.close()


def needles(home: Path) -> list[bytes]:
    """What must not be found afterwards: words, ids, vectors as the ledger and the indexes have them."""
    with sqlite3.connect(state(home) / "ledger.sqlite") as ledger:
        rows = ledger.execute(
            "SELECT vector FROM passages JOIN vectors USING (key) WHERE document_id = ?", (CANARY.id,)
        ).fetchall()
    ledger.close()
    stored = [np.frombuffer(row[0], "<f2") for row in rows]
    assert len(stored) > 3
    return [
        *(one.encode() for one in (WORD, "secret-canary", "tangerine")),
        *(vector.tobytes() for vector in stored),
        *(_as_matrix(vector).tobytes()[:256] for vector in stored),
        *(_as_graph(vector).tobytes()[:256] for vector in stored),
    ]


def _as_matrix(vector: "np.ndarray[tuple[int], np.dtype[np.float16]]") -> "np.ndarray":  # type: ignore[type-arg]
    """Return a vector as brute force has it."""
    rows = vector.astype("<f4")[None]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True))[0]


def _as_graph(vector: "np.ndarray[tuple[int], np.dtype[np.float16]]") -> "np.ndarray":  # type: ignore[type-arg]
    """Return a vector as hnswlib stores it."""
    import hnswlib

    graph = hnswlib.Index("cosine", len(vector))
    graph.init_index(1)
    graph.add_items(vector.astype(np.float32)[None], [0])
    return graph.get_items([0], return_type="numpy")[0]


def holding(home: Path, wanted: Iterable[bytes]) -> list[str]:
    """Return the files under `home` that hold one of `wanted`, Chroma's own aside.

    Its graph file holds whatever lay in the memory of the process, such as vectors read a moment ago.
    """
    files = [path for path in home.rglob("*") if path.is_file() and "store" not in path.parts]
    return [str(path.relative_to(home)) for path in files for one in wanted if one in path.read_bytes()]


def assert_gone(base: KnowledgeBase, home: Path, wanted: Iterable[bytes]) -> None:
    assert holding(home, wanted) == []
    for mode in ("hybrid", "dense", "bm25", "exact"):
        for query in (TEXT[:200], CANARY.title, CANARY.id, WORD):
            hits = base.search(query, mode=mode, top_k=50)
            assert not [hit for hit in hits if WORD in hit.chunk.text]
    assert base.verify() == []


def test_of_a_deleted_document_no_byte_stays(base: KnowledgeBase, tmp_path: Path) -> None:
    wanted = needles(tmp_path)
    kinds = {Path(name).name for name in holding(tmp_path, wanted)}
    assert {"ledger.sqlite", "vectors.npy", "vocabulary.json"} <= kinds
    assert base.delete([CANARY.id]) == 1
    assert_gone(base, tmp_path, wanted)
    with pytest.raises(KnowledgeBaseError):
        base.chunk(f"{CANARY.id}#0")


def test_of_a_replaced_text_no_byte_stays(base: KnowledgeBase, tmp_path: Path) -> None:
    wanted = [one for one in needles(tmp_path) if not one.startswith(b"secret")]
    base.sync([replace(CANARY, title="About fruit", text="There is no fruit any more.")])
    assert_gone(base, tmp_path, wanted)


def test_a_deletion_that_was_cut_off_is_completed(base: KnowledgeBase, tmp_path: Path) -> None:
    """Killed between COMMIT and the new index: the next change of the knowledge base removes the rest."""
    wanted = needles(tmp_path)
    base._ledger.delete([CANARY.id])
    open_base(tmp_path).delete([])
    assert holding(tmp_path, wanted) == []


def test_what_was_derived_goes_with_the_text(tmp_path: Path) -> None:
    base = open_base(tmp_path)
    base.sync([*OTHERS, CANARY])
    folder = base.derived()
    (folder / "notes").write_text(TEXT)
    base.sync([document(1000)])
    assert base.derived() == folder, "nothing was removed"
    base.delete([CANARY.id])
    assert not folder.exists()
    assert list(base.derived().iterdir()) == []


def test_an_overwritten_vector_does_not_harm_the_graph(tmp_path: Path) -> None:
    base = open_base(tmp_path, FakeEmbedder())
    base.sync(document(number) for number in range(400))
    base.delete([f"d{number}" for number in range(0, 60, 2)])
    kept = [document(number) for number in range(60, 400)]
    hits = base.search_many([each.text for each in kept], mode="dense", top_k=1)
    found = sum(some[0].chunk.document_id == each.id for some, each in zip(hits, kept, strict=True))
    assert found >= 0.99 * len(kept)  # HNSW is approximate, and its graph depends on the order of threads
