"""R1: an ingest is killed at random moments and at each of its steps; nothing acknowledged is lost.

Children are forked by a server that has imported everything, so that a cycle is spent on ingesting.
What a child has acknowledged it appends to a log, which outlives it.
"""

import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import ingest.index.snapshots
import ingest.store.intake
from core.errors import AssistantError
from ingest.index.bm25 import tokens
from ingest.store import crash_points
from ingest.types import Vectors
from tests.durability.corpus import Faults, Outcome, document, open_base
from tests.fakes import FakeEmbedder

_TEN = 10
forks = multiprocessing.get_context("forkserver")
forks.set_forkserver_preload(["tests.durability.warm"])


@dataclass(slots=True)
class Acknowledged:
    """What the log says: the versions that each document may have now, and which are gone."""

    versions: dict[int, set[int]] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)

    def read(self, log: Path) -> None:
        """Follow the log: `begin` says what is about to happen, `done` that it was acknowledged."""
        self.versions.clear()
        self.deleted.clear()
        doubtful: set[int] = set()
        for line in log.read_text().splitlines():
            word, act, *numbers = line.split()
            for number in map(int, numbers):
                self._note(word == "done", act, number, doubtful)
        for number in doubtful:
            self.versions.pop(number, None)

    def _note(self, done: bool, act: str, number: int, doubtful: set[int]) -> None:
        if act == "add" and done:
            self.versions[number] = {0}
        elif act == "change":
            self.versions[number] = {1} if done else {0, 1}
        elif act == "delete" and done:
            self.versions.pop(number, None)
            doubtful.discard(number)
            self.deleted.add(number)
        elif act == "delete":
            doubtful.add(number)


def kill_ingests(cycles: int, home: Path, seed: int = 3) -> Outcome:
    """Kill `cycles` ingests into one knowledge base: at a random moment, at the next step, and so on."""
    moments = np.random.default_rng(seed)
    known, faults, reached = Acknowledged(), Faults(), 0
    log = home / "acknowledged"
    log.touch()
    for cycle in range(cycles):
        step = crash_points.STEPS[cycle // 2 % len(crash_points.STEPS)] if cycle % 2 else ""
        nth = int(moments.integers(1, 9))  # within three rounds of adding, changing and deleting
        child = forks.Process(target=_ingest, args=(home, cycle * 1000, step, nth))
        child.start()
        if step:
            child.join(30)
            reached += child.exitcode == -signal.SIGKILL
        else:
            _wait_for_more(log, lines=nth)
            time.sleep(moments.uniform(0, 0.1))
        child.kill()
        child.join()
        faults.where = f"cycle {cycle}, {step or 'random'}"
        faults.expect(not step or child.exitcode == -signal.SIGKILL, f"exit code {child.exitcode}")
        known.read(log)
        _check(home, known, faults)
    count = f"{len(known.versions)} documents kept, {len(known.deleted)} deleted, {reached} killed at a step"
    return Outcome("R1", "kill -9 while ingesting", cycles, tuple(faults.lines), count)


def _ingest(home: Path, first: int, step: str, nth: int) -> None:
    """Add ten documents, change one, delete one, and so on, until killed."""
    ingest.store.intake._WINDOW, ingest.index.snapshots._AT_ONCE = 5, 12
    if step:
        crash_points.listeners.append(Assassin(step, nth))
    base = open_base(home)
    log = os.open(home / "acknowledged", os.O_WRONLY | os.O_APPEND)

    def noted(act: str, numbers: list[int], run: Callable[[], object]) -> None:
        line = f"{act} {' '.join(map(str, numbers))}\n"
        os.write(log, f"begin {line}".encode())
        run()
        os.write(log, f"done {line}".encode())

    for start in range(first, first + 1000, _TEN):
        ten = list(range(start, start + _TEN))
        noted("add", ten, lambda ten=ten: base.sync(document(number) for number in ten))
        noted("change", ten[1:2], lambda ten=ten: base.sync([document(ten[1], version=1)]))
        noted("delete", ten[:1], lambda ten=ten: base.delete([f"d{ten[0]}"]))


class Assassin:
    """Kills its own process when `step` is reached for the `nth` time."""

    def __init__(self, step: str, nth: int) -> None:
        self._step, self._left = step, nth

    def __call__(self, step: str) -> None:
        self._left -= step == self._step
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


def _wait_for_more(log: Path, lines: int = 1) -> None:
    """Wait until so much is begun or acknowledged, so that a random moment is one of ingesting."""
    before, deadline = log.read_bytes().count(b"\n"), time.monotonic() + 30
    while log.read_bytes().count(b"\n") < before + lines and time.monotonic() < deadline:
        time.sleep(0.01)


def _check(home: Path, known: Acknowledged, faults: Faults) -> None:
    """Open the knowledge base and look for every acknowledged document by its own text."""
    embedder = FakeEmbedder()
    try:
        base = open_base(home, embedder)
        ids = [record.id for record in base.records()]
        faults.expect(len(set(ids)) == len(ids), "a document is there twice")
        faults.expect(not {f"d{number}" for number in known.deleted} & set(ids), "a deleted document is back")
        wanted = [(number, version) for number, some in known.versions.items() for version in sorted(some)]
        texts = [document(*pair).text for pair in wanted]
        hits = base.search_many(texts, top_k=3) if ids else []
        found = {
            number
            for (number, _), text, some in zip(wanted, texts, hits, strict=True)
            if any(hit.chunk.document_id == f"d{number}" and hit.chunk.text == text for hit in some)
        }
        faults.expect(
            found == known.versions.keys(), f"not found: {sorted(known.versions.keys() - found)[:5]}"
        )
        for problem in base.verify() if ids else []:
            faults.expect(False, problem)
        faults.expect(embedder.embedded == 0, f"{embedder.embedded} passages were embedded again")
        base.close()
    except AssistantError as error:
        faults.expect(False, f"{type(error).__name__}: {error}")


def kill_chroma(most: int, seed: int = 3) -> str:
    """Kill a stock persistent Chroma client at random moments; say when it first fails, and how."""
    moments = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        log = home / "acknowledged"
        log.touch()
        for kill in range(1, most + 1):
            child = forks.Process(target=_fill_chroma, args=(home, kill * 100_000))
            child.start()
            _wait_for_more(log)
            time.sleep(moments.uniform(0, 1.5))
            child.kill()
            child.join()
            if problem := _chroma_problem(home):
                return f"stock Chroma after {kill} kills: {problem}"
    return f"stock Chroma survived {most} kills"


def _chroma_problem(home: Path) -> str:
    """Return what is wrong with the collection; looked at in a child, which may crash or hang."""
    ours, theirs = forks.Pipe(duplex=False)
    child = forks.Process(target=_look_at_chroma, args=(home, theirs))
    child.start()
    theirs.close()
    try:
        return str(ours.recv()) if ours.poll(60) else "opening it hangs"
    except EOFError:
        return "opening it crashes the process"
    finally:
        child.kill()
        child.join()


def _fill_chroma(home: Path, first: int) -> None:
    collection = _collection(home)
    log = os.open(home / "acknowledged", os.O_WRONLY | os.O_APPEND)
    for start in range(first, first + 100_000, 100):
        numbers = list(range(start, start + 100))
        texts = [document(number).text for number in numbers]
        collection.add(ids=list(map(str, numbers)), embeddings=_apart(numbers), documents=texts)
        os.write(log, f"{' '.join(map(str, numbers))}\n".encode())


def _look_at_chroma(home: Path, answer: "multiprocessing.connection.Connection") -> None:
    try:
        collection = _collection(home)
        wanted = (home / "acknowledged").read_text().split()
        lost = 0
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            vectors = _apart(map(int, some))
            found = collection.query(query_embeddings=vectors, n_results=3, include=[])["ids"]
            lost += sum(number not in ids for number, ids in zip(some, found, strict=True))
        answer.send(f"{lost} of {len(wanted)} acknowledged documents are not found" if lost else "")
    except BaseException as error:  # whatever it is, it is what a user would meet
        answer.send(f"cannot be used: {type(error).__name__}: {' '.join(str(error).split())[:90]}")


def _apart(numbers: Iterable[int]) -> Vectors:
    """Return random vectors: each is found by itself, as 3,000 of them were without a kill."""
    return np.stack([np.random.default_rng(number).normal(size=64) for number in numbers]).astype(np.float32)


def _collection(home: Path):  # type: ignore[no-untyped-def]
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    client = chromadb.PersistentClient(str(home / "chroma"), ChromaSettings(anonymized_telemetry=False))
    return client.get_or_create_collection(
        "desks", embedding_function=None, metadata={"hnsw:space": "cosine"}
    )


def warm() -> None:
    """Load what every child needs."""
    import hnswlib  # noqa: F401

    tokens("行李")
