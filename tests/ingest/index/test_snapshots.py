"""Snapshots: a change writes what is new, segments become few, a search waits for no build."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from ingest.index import VectorBackend
from ingest.index.chroma import ChromaBackend
from ingest.index.exact import ExactIndex
from ingest.index.hnsw import HnswBackend, HnswIndex
from ingest.index.live import LiveIndex
from ingest.index.seal import seal
from ingest.index.snapshots import Snapshots
from ingest.store.derived import Derived
from ingest.store.ledger import Ledger
from ingest.store.types import Entry
from ingest.types import Chunk, Document, Labels, Vectors

DIM = 16


@dataclass(frozen=True)
class Watched(HnswBackend):
    """Notes how many vectors each index was built of; builds when it may."""

    built: list[int] = field(default_factory=list, compare=False)
    may_build: Event = field(default_factory=Event, compare=False)

    def build(self, folder: Path, labels: Labels, vectors: Vectors, previous: Path | None = None) -> str:
        assert self.may_build.wait(60)
        self.built.append(len(labels))
        return super().build(folder, labels, vectors, previous)


class Base:
    """A ledger and its index, without an embedder."""

    def __init__(self, home: Path, backend: VectorBackend) -> None:
        home.mkdir(exist_ok=True)
        self.ledger = Ledger(home / "ledger.sqlite")
        self.snapshots = Snapshots(home, backend)
        self.live = LiveIndex("base", self.ledger, self.snapshots, Derived(home / "derived", self.ledger))

    def add(self, *numbers: int) -> None:
        entries = [entry(number) for number in numbers]
        vectors = np.stack([vector(number) for number in numbers])
        with self.live.writing():
            self.ledger.put_vectors([one.keys[0] for one in entries], vectors)
            self.ledger.put(entries)
            self.live.settle()

    def delete(self, *numbers: int) -> None:
        with self.live.writing():
            self.ledger.delete(f"d{number}" for number in numbers)
            self.live.settle()

    def found(self, number: int) -> str:
        (ranking,) = self.live.snapshot().dense["en"].search(vector(number)[None], 1)
        return self.ledger.find([ranking[0][0]])[ranking[0][0]].document_id

    @property
    def sizes(self) -> list[int]:
        contents = self.snapshots.contents(self.snapshots.current())
        return [part.size for part in contents.languages["en"]]


def entry(number: int) -> Entry:
    text = f"passage number{number}"
    document = Document(f"d{number}", "title", text, "en")
    chunk = Chunk(f"d{number}#0", document.id, text, 0, len(text))
    return Entry(document, [chunk], [sha256(text.encode()).digest()], text, "recipe")


def vector(number: int) -> Vectors:
    row = np.random.default_rng(number).normal(size=DIM).astype(np.float32)
    return row / np.linalg.norm(row)


@pytest.fixture
def backend() -> Watched:
    watched = Watched(threads=1)
    watched.may_build.set()
    return watched


@pytest.fixture
def base(tmp_path: Path, backend: Watched) -> Iterator[Base]:
    opened = Base(tmp_path, backend)
    yield opened
    opened.live.close()


class TestGrowth:
    def test_one_more_passage_builds_an_index_of_one(self, base: Base, backend: Watched) -> None:
        base.add(*range(100))
        base.add(100)
        assert backend.built == [100, 1]
        assert base.sizes == [100, 1]
        assert [base.found(number) for number in (7, 100)] == ["d7", "d100"]

    def test_a_language_without_news_is_left_alone(self, tmp_path: Path, base: Base) -> None:
        base.add(*range(20))
        (before,) = (tmp_path / "segments").iterdir()
        touched = before.stat().st_mtime_ns
        base.add(20)
        assert before.stat().st_mtime_ns == touched

    def test_many_changes_leave_few_segments_and_lose_nothing(self, base: Base, backend: Watched) -> None:
        base.add(*range(60))
        for number in range(60, 160):
            base.add(number)
        assert len(base.sizes) <= 3
        assert sum(base.sizes) == 160
        assert sum(backend.built) < 12 * 160
        assert base.live.problems() == base.ledger.problems() == []

    def test_a_build_is_not_repeated_where_nothing_changed(self, base: Base, backend: Watched) -> None:
        base.add(*range(20))
        base.add(3)
        built, name = list(backend.built), base.snapshots.current()
        with base.live.writing():
            base.live.settle()
        assert (backend.built, base.snapshots.current()) == (built, name)

    def test_a_large_merge_comes_after_the_news_can_be_found(
        self, base: Base, backend: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingest.index.snapshots._AT_ONCE", 0)
        base.add(*range(10))
        base.add(*range(10, 20))
        assert backend.built == [10, 10, 20]
        assert base.sizes == [20]
        assert base.live.problems() == []


class TestRemoval:
    def test_only_the_segment_that_held_it_is_written_anew(self, base: Base, backend: Watched) -> None:
        base.add(*range(100))
        base.add(*range(100, 104))
        base.delete(102)
        assert backend.built == [100, 4, 3]
        assert base.found(103) == "d103"
        assert base.live.problems() == []

    def test_what_lies_around_a_deleted_vector_is_looked_for(self, base: Base, tmp_path: Path) -> None:
        base.add(*range(300))
        for number in range(0, 40):
            base.delete(number)
        assert base.live.problems() == []

    def test_a_fork_of_the_ledger_is_noticed_whatever_labels_it_shares(
        self, tmp_path: Path, backend: Watched
    ) -> None:
        """The backup goes on with other passages under the labels of the lost ones, the last one the same."""
        first = Base(tmp_path, backend)
        first.add(*range(10))
        first.live.close()
        first.ledger.close()
        backup = (tmp_path / "ledger.sqlite").read_bytes()
        first.add(10, 11)
        first.live.close()
        first.ledger.close()
        (tmp_path / "ledger.sqlite").write_bytes(backup)
        second = Base(tmp_path, backend)
        second.add(12, 11)
        assert second.found(12) == "d12"
        assert second.live.problems() == []


class TestSearch:
    def test_waits_for_no_build_while_an_older_snapshot_is_whole(
        self, tmp_path: Path, base: Base, backend: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingest.index.live._PATIENCE", 0.01)
        base.add(1)
        base.live.snapshot()
        base.ledger.put_vectors([entry(2).keys[0]], vector(2)[None])
        base.ledger.put([entry(2)])  # as if killed after the commit
        backend.may_build.clear()
        assert base.found(2) == "d1"
        assert Base(tmp_path, backend).found(2) == "d1", "another process, which has none open yet"
        backend.may_build.set()
        assert base.live.problems() == []
        assert base.found(2) == "d2"

    def test_brute_force_answers_while_a_graph_is_missing(
        self, tmp_path: Path, base: Base, backend: Watched, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingest.index.live._PATIENCE", 0.01)
        base.add(*range(30))
        (graph,) = tmp_path.rglob("graph.hnsw")
        graph.unlink()
        backend.may_build.clear()
        other = Base(tmp_path, backend)
        assert other.found(7) == "d7"
        assert [type(one.dense) for one in other.live.snapshot().segments.values()] == [ExactIndex]
        backend.may_build.set()
        assert other.live.problems() == []
        assert [type(one.dense) for one in other.live.snapshot().segments.values()] == [HnswIndex]
        other.live.close()

    def test_another_breadth_is_another_recipe(self, tmp_path: Path, base: Base) -> None:
        base.add(1, 2)
        before = base.snapshots.current()
        other = Base(tmp_path, HnswBackend(ef=100, threads=1))
        assert other.found(2) == "d2"
        other.live.close()
        assert base.snapshots.current() != before


def test_what_was_open_before_a_change_is_closed(tmp_path: Path) -> None:
    """Chroma keeps every client that is not closed."""
    from chromadb.api.shared_system_client import SharedSystemClient

    before = len(SharedSystemClient._identifier_to_system)
    base = Base(tmp_path, ChromaBackend())
    for number in range(16):
        base.add(number)
        assert base.found(number) == f"d{number}"
    alive = len(SharedSystemClient._identifier_to_system) - before
    assert alive == len(base.live.snapshot().segments) <= 3
    base.live.close()
    assert len(SharedSystemClient._identifier_to_system) == before


def test_a_snapshot_of_an_earlier_version_is_replaced(tmp_path: Path, backend: Watched) -> None:
    old = tmp_path / "generations" / "abc"
    (old / "en" / "dense").mkdir(parents=True)
    seal(old, {"revision": "", "removal": "none", "recipe": "", "embedder": "", "languages": {"en": "exact"}})
    (tmp_path / "CURRENT").write_text("abc\n")
    base = Base(tmp_path, backend)
    base.add(1)
    assert base.found(1) == "d1"
    assert not old.exists()
    base.live.close()
