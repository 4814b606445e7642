"""R13: one writer and eight readers, in two processes, for as long as asked: no error, no torn read.

The writer adds, changes and deletes. A reader asks for documents that are acknowledged and stay: each
must be found, and every passage that is found must be one that its document has had. How long after
its COMMIT a document is found is measured by a thread of the other process.
"""

import json
import multiprocessing
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event, Thread

import numpy as np

from ingest.knowledge_base import KnowledgeBase
from ingest.store import crash_points
from tests.durability.corpus import Outcome, document, open_base

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.durability.warm"])
_THREADS = 4  # readers in each of the two processes
_AGE = 10  # a document is left alone until it has been looked for
_PAUSE = 0.05  # seconds between two questions of a reader, and two changes of the writer


@dataclass(slots=True)
class Readings:
    """What the readers of one process saw."""

    questions: int = 0
    faults: list[str] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)


def soak(seconds: float, documents: int, home: Path) -> Outcome:
    """Write and read for `seconds` in a knowledge base of `documents` and more."""
    base = open_base(home)
    base.sync(document(number) for number in range(documents))
    log = home / "acknowledged"
    log.touch()
    ours, theirs = _forks.Pipe(duplex=False)
    other = _forks.Process(target=_other_process, args=(home, seconds, documents, theirs))
    other.start()
    readings, stop = Readings(), Event()
    readers = [_reader(base, documents, readings, stop, seed) for seed in range(_THREADS)]
    changes = _write(base, seconds, documents, log, readings)
    stop.set()
    for reader in readers:
        reader.join()
    elsewhere = (
        Readings(**json.loads(ours.recv())) if ours.poll(60) else Readings(faults=["the other process hangs"])
    )
    other.join()
    base.close()
    delays = sorted(elsewhere.delays) or [float("nan")]
    also = (
        f"{changes} changes, {readings.questions + elsewhere.questions} questions; found after "
        f"{median(delays):.2f} s, at most {delays[-1]:.2f} s ({len(elsewhere.delays)} measured)"
    )
    faults = (*readings.faults, *elsewhere.faults)
    return Outcome(
        "R13", f"1 writer, 8 readers, {seconds:.0f} s, {documents} documents", changes, faults, also
    )


def _write(base: KnowledgeBase, seconds: float, first: int, log: Path, readings: Readings) -> int:
    """Add a document and now and then change or delete one; log each when it is committed."""
    acknowledged = os.open(log, os.O_WRONLY | os.O_APPEND)
    end, number = time.monotonic() + seconds, first
    committed: list[float] = []

    def note(step: str) -> None:
        if step == "after commit":
            committed.append(time.monotonic())

    crash_points.listeners.append(note)
    try:
        while time.monotonic() < end:
            try:
                base.sync([document(number)])
                os.write(acknowledged, f"{number} {committed[-1]}\n".encode())
                if number % 3 == 0 and number - _AGE >= first:
                    base.sync([document(number - _AGE, version=1)])
                if number % 5 == 0 and number - _AGE >= first:
                    base.delete([f"d{number - _AGE}"])
            except Exception as error:
                readings.faults.append(f"writer: {error!r}")
            number += 1
            time.sleep(_PAUSE)
    finally:
        crash_points.listeners.remove(note)
    return number - first


def _reader(base: KnowledgeBase, documents: int, readings: Readings, stop: Event, seed: int) -> Thread:
    """Start a thread that asks for documents that are never changed."""
    draw = np.random.default_rng(seed)

    def read() -> None:
        while not stop.is_set():
            number = int(draw.integers(documents - 1))
            try:
                hits = base.search(document(number).text, top_k=5)
                readings.questions += 1
                if f"d{number}" not in {hit.chunk.document_id for hit in hits}:
                    readings.faults.append(f"d{number} is not found")
                for hit in hits:
                    own = int(hit.chunk.document_id[1:])
                    if hit.chunk.text not in {document(own, version).text for version in (0, 1)}:
                        readings.faults.append(f"torn: {hit.chunk}")
            except Exception as error:
                readings.faults.append(f"reader: {error!r}")
            time.sleep(_PAUSE)

    thread = Thread(target=read)
    thread.start()
    return thread


def _other_process(
    home: Path, seconds: float, documents: int, answer: "multiprocessing.connection.Connection"
) -> None:
    base = open_base(home)
    readings, stop = Readings(), Event()
    readers = [_reader(base, documents, readings, stop, seed) for seed in range(_THREADS, 2 * _THREADS)]
    _measure(base, home / "acknowledged", time.monotonic() + seconds, readings)
    stop.set()
    for reader in readers:
        reader.join()
    base.close()
    answer.send(
        json.dumps({"questions": readings.questions, "faults": readings.faults, "delays": readings.delays})
    )


def _measure(base: KnowledgeBase, log: Path, end: float, readings: Readings) -> None:
    """Ask for each new document until it is found; note how long after its commit that was."""
    with log.open() as lines:
        while time.monotonic() < end:
            for line in lines.readlines()[-1:]:
                number, committed = line.split()
                while f"d{number}" not in _found(base, int(number)) and time.monotonic() < end:
                    time.sleep(0.01)
                readings.delays.append(time.monotonic() - float(committed))
            time.sleep(0.01)


def _found(base: KnowledgeBase, number: int) -> set[str]:
    return {hit.chunk.document_id for hit in base.search(document(number).text, top_k=5)}
