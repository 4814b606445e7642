"""Taking documents in: pieces may be embedded ahead, and memory does not grow with the corpus."""

import tracemalloc
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from core.errors import DocumentError
from ingest.files.reading import read_documents
from ingest.store.intake import IngestReport, Intake
from ingest.store.ledger import Ledger
from ingest.types import Document, Vectors
from settings import Chunking
from tests.fakes import FakeEmbedder
from tests.scale import TableEmbedder


class AheadEmbedder(FakeEmbedder):
    """Takes three pieces before it gives the vectors of the first."""

    def embed_pieces(self, pieces: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        taken: deque[Sequence[str]] = deque()
        for piece in pieces:
            taken.append(piece)
            if len(taken) > 3:
                yield self.embed_passages(taken.popleft())
        yield from map(self.embed_passages, taken)


def take_in(
    folder: Path, items: Iterable[Document | DocumentError], embedder: FakeEmbedder | TableEmbedder
) -> tuple[IngestReport, Ledger, float]:
    """Return the report, the ledger, and by how many documents the progress moved."""
    ledger = Ledger(folder / "ledger.sqlite")
    moved: list[float] = []
    intake = Intake(ledger, embedder, Chunking(), moved.append)
    intake.run(items)
    return intake.report, ledger, sum(moved)


def committed(ledger: Ledger) -> list[object]:
    chunks = [*ledger.chunks("en"), *ledger.chunks("zh")]
    vectors = [vectors.tolist() for lang in ("en", "zh") for _, vectors in ledger.vectors(lang)]
    return [*ledger.documents(), *chunks, *vectors, *ledger.problems()]


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.store.intake._WINDOW", 4)
    monkeypatch.setattr("ingest.store.intake._PIECE", 3)


def documents(*numbers: int, text: str = "Desk {} opens at nine.") -> list[Document]:
    return [Document(f"d{number}", "Desks", text.format(number), "en") for number in numbers]


@pytest.mark.parametrize(
    "items",
    [
        pytest.param(documents(*range(23)), id="more than is taken ahead"),
        pytest.param(documents(1, 2), id="less than a window"),
        pytest.param([], id="nothing"),
        pytest.param(documents(*range(9), 3, 4, *range(9, 14)), id="an id twice"),
        pytest.param(
            documents(*range(4)) + documents(*range(4, 20), text="All desks are closed."),
            id="windows that wait for passages in flight",
        ),
    ],
)
def test_pieces_taken_ahead_change_nothing(tmp_path: Path, items: list[Document]) -> None:
    for name in ("in turn", "ahead"):
        (tmp_path / name).mkdir()
    in_turn = take_in(tmp_path / "in turn", items, FakeEmbedder())
    ahead = take_in(tmp_path / "ahead", items, AheadEmbedder())
    assert committed(ahead[1]) == committed(in_turn[1])
    assert repr(ahead[0]) == repr(in_turn[0])
    assert ahead[2] == pytest.approx(len(items))
    again = take_in(tmp_path / "ahead", items, AheadEmbedder())
    assert (again[0].embedded, again[0].added, again[2]) == (0, 0, pytest.approx(len(items)))


def test_a_vector_that_an_earlier_window_removes_is_embedded_again(tmp_path: Path) -> None:
    take_in(tmp_path, documents(0, text="The old rule."), FakeEmbedder())
    changed = documents(0, text="The new rule.")
    later = [*documents(*range(1, 6)), *documents(7, text="The old rule.")]
    report, ledger, _ = take_in(tmp_path, [*changed, *later], AheadEmbedder())
    assert ledger.problems() == []
    assert report.embedded == 7


def test_memory_does_not_grow_with_the_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside its id and the name of its file nothing of a document is held: some hundred of 6,000 bytes.

    On Python 3.14 it is up to 1,500.
    """
    monkeypatch.setattr("ingest.store.intake._WINDOW", 64)
    monkeypatch.setattr("ingest.store.intake._PIECE", 64)
    counts, peaks = (40, 160), []
    for count in counts:
        folder = tmp_path / str(count)
        (folder / "documents").mkdir(parents=True)
        for number in range(count):
            lines = (
                f"Desk {number} opens at nine on day {line} and closes at five.\n" for line in range(100)
            )
            (folder / "documents" / f"{number}.txt").write_text("".join(lines))
        embedder = TableEmbedder()
        tracemalloc.start()
        report, _, _ = take_in(folder, read_documents(folder / "documents"), embedder)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert report.added == count
    assert (peaks[1] - peaks[0]) / (counts[1] - counts[0]) < 2000, peaks
