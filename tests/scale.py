"""How a knowledge base grows: memory, CPU time, one change and one query at three sizes; what a kill costs.

    python -m tests.scale 100000          chunks; a hundredth, a tenth and all of them, some ten minutes

The texts are made up as they are read and the embedder is a table of random vectors (384 dimensions), so
that what is measured is the knowledge base. Each size has one of its own, and two processes: one that fills
it, one that comes later, adds documents one by one and asks.
"""

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from threading import Event, Thread
from zlib import crc32

import numpy as np

from core.domain import Domain
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.store import crash_points
from ingest.types import Document, Vectors
from settings import load_settings

DIM = 384
CHUNKS_A_DOCUMENT = 5
_WORDS, _WORDS_A_SENTENCE = 940, 12  # of a document
_TOPICS, _TOPIC = 200, 2000  # words that the documents of a topic share, some more often than others
_KILLS = 6
_CHANGES = 5  # documents of each language that are added one by one
_QUESTION = 60  # characters
_SAMPLE = 0.05  # seconds between two looks at the memory


class TableEmbedder:
    """The mean of the random vectors that stand for the words of a text; notes what it embeds in `log`."""

    name, fingerprint, dim = "table", "table-1", DIM

    def __init__(self, log: Path | None = None) -> None:
        self._table = np.random.default_rng(5).standard_normal((1 << 14, DIM)).astype(np.float32)
        self._log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if log else None

    def are_cut(self, texts: Sequence[str]) -> list[bool]:
        return [False] * len(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = self.embed_queries(texts)
        if self._log:
            os.write(self._log, f"{len(texts)}\n".encode())
        return vectors

    def embed_pieces(self, pieces: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        return map(self.embed_passages, pieces)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), DIM), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            places = [crc32(word.encode()) % len(self._table) for word in text.split()]
            row[:] = self._table[places].sum(axis=0)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def documents(count: int, start: int = 0) -> Iterator[Document]:
    """Yield documents of about `CHUNKS_A_DOCUMENT` chunks, in English and Chinese by turns."""
    for number in range(start, start + count):
        draw = np.random.default_rng(number)
        picks = (draw.random(_WORDS) ** 2 * _TOPIC).astype(int) + number // 2 % _TOPICS * (_TOPIC // 5)
        if number % 2:
            yield Document(f"d{number}", f"第{number}号", _text(picks, "zh"), "zh")
        else:
            yield Document(f"d{number}", f"Number {number}", _text(picks, "en"), "en")


def _text(picks: np.ndarray, lang: str) -> str:  # type: ignore[type-arg]
    """Return sentences of the picked words."""
    words = [f"word{pick}" if lang == "en" else _chinese(int(pick)) for pick in picks]
    stop, gap = (".\n", " ") if lang == "en" else ("。\n", "")
    sentences = (
        gap.join(words[start : start + _WORDS_A_SENTENCE])
        for start in range(0, len(words), _WORDS_A_SENTENCE)
    )
    return "".join(f"{sentence[:1].upper()}{sentence[1:]}{stop}" for sentence in sentences)


def _chinese(pick: int) -> str:
    return chr(0x4E00 + pick * 7 % 20_000)


def open_base(home: Path, log: Path | None = None) -> KnowledgeBase:
    """Open the one knowledge base under `home`."""
    settings = load_settings({"home": home})
    return open_knowledge_base(Domain("scale", home / "scale"), settings, TableEmbedder(log))  # type: ignore[arg-type]


def main(arguments: Sequence[str]) -> int:
    """Measure and print; exit with 1 where a kill cost more than the passages in flight."""
    parser = argparse.ArgumentParser(description="How an ingest grows with the corpus.")
    parser.add_argument("chunks", nargs="?", type=int, default=100_000)
    parser.add_argument("--child", choices=_CHILDREN, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        print(json.dumps(_CHILDREN[options.child](options.home, options.chunks)))
        return 0
    print("        | peak RSS (anonymous) in MB              | CPU s         | wall s | ms")
    print(
        " chunks | intake      | index       | serving     | intake  index | ingest | add  query", flush=True
    )
    for share in (100, 10, 1):
        with tempfile.TemporaryDirectory() as home:
            seen = [_run(Path(home), options.chunks // share, child) for child in _CHILDREN]
            print(_row(seen[0] | seen[1]), flush=True)
    with tempfile.TemporaryDirectory() as home:
        return _kill(Path(home), options.chunks // 4)


def _row(seen: dict[str, float]) -> str:
    phases = ("intake", "index", "serving")
    sizes = " | ".join(f"{seen[f'{one} rss']:5.0f} {_bracketed(seen[f'{one} anonymous'])}" for one in phases)
    times = f"{seen['intake cpu']:6.1f} {seen['index cpu']:6.1f} | {seen['wall']:6.1f}"
    return f"{seen['chunks']:7.0f} | {sizes} | {times} | {seen['add']:4.0f} {seen['query']:5.1f}"


def _bracketed(size: float) -> str:
    return f"({size:.0f})".rjust(6)


def _run(home: Path, chunks: int, child: str) -> dict[str, float]:
    seen: dict[str, float] = json.loads(_child(home, chunks, child).communicate()[0])
    return seen


def _child(home: Path, chunks: int, child: str = "ingest") -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.scale", str(chunks), "--child", child, "--home", str(home)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def _ingest(home: Path, chunks: int) -> dict[str, float]:
    """Ingest in this process; return MB, seconds and counts."""
    watch = _Watch()
    crash_points.listeners.append(lambda step: watch.turn("index") if step == "while building" else None)
    start = time.monotonic()
    base = open_base(home, home / "embedded")
    report = base.sync(documents(chunks // CHUNKS_A_DOCUMENT))
    seen = watch.end()
    base.close()
    count = sum(len(vectors) for vectors in base.vectors().values())
    return {**seen, "chunks": count, "embedded": report.embedded, "wall": time.monotonic() - start}


def _serve(home: Path, chunks: int) -> dict[str, float]:
    """Add documents one by one and ask, in a process that finds the base as it is; return MB and ms."""
    watch = _Watch("serving")
    base = open_base(home)
    new = list(documents(2 * _CHANGES, chunks // CHUNKS_A_DOCUMENT))
    queries = [one.text[:_QUESTION] for one in new]
    base.search(queries[0])
    add = [_timed(lambda one=one: base.sync([one])) for one in new]
    query = [_timed(lambda one=one: base.search(one)) for one in queries]
    base.close()
    return {**watch.end(), "add": median(add), "query": median(query)}


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


_CHILDREN = {"ingest": _ingest, "serve": _serve}


class _Watch:
    """Looks at the memory of this process, phase by phase."""

    def __init__(self, phase: str = "intake") -> None:
        self._seen: dict[str, float] = {}
        self._phase, self._cpu, self._stop = phase, time.process_time(), Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def turn(self, phase: str) -> None:
        """Begin another phase."""
        if phase != self._phase:
            now = time.process_time()
            self._seen[f"{self._phase} cpu"] = now - self._cpu
            self._phase, self._cpu = phase, now

    def end(self) -> dict[str, float]:
        """Return the peaks in MB and the CPU seconds of all phases."""
        self._stop.set()
        self._thread.join()
        self.turn("")
        return self._seen

    def _look(self) -> None:
        while not self._stop.wait(_SAMPLE):
            lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
            sizes = {name: int(rest.split()[0]) / 1024 for name, rest in _fields(lines)}
            for name, size in (("rss", sizes["VmRSS"]), ("anonymous", sizes["RssAnon"])):
                key = f"{self._phase} {name}"
                self._seen[key] = max(self._seen.get(key, 0), size)


def _fields(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, rest = line.partition(":")
        if name in ("VmRSS", "RssAnon"):
            yield name, rest


def _kill(home: Path, chunks: int) -> int:
    """Kill an ingest again and again; what was committed before must not be embedded again."""
    in_flight = 0
    for kill in range(1, _KILLS + 1):
        child = _child(home, chunks)
        while _committed(home) < chunks * kill // (_KILLS + 1) and child.poll() is None:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        in_flight = _embedded(home) - _committed(home)
    last = json.loads(_child(home, chunks).communicate()[0])
    again = _embedded(home) - int(last["chunks"])
    twice = f"{again} passages embedded twice, the {in_flight} in flight at the kills"
    print(f"{_KILLS} kills in {last['chunks']:.0f} chunks: {twice}")
    return 0 if again == in_flight else 1


def _embedded(home: Path) -> int:
    return sum(map(int, (home / "embedded").read_text(encoding="utf-8").split()))


def _committed(home: Path) -> int:
    ledgers = list(home.glob("domains/*/ledger.sqlite"))
    if not ledgers:
        return 0
    with closing(sqlite3.connect(ledgers[0], timeout=30)) as db:
        try:
            return int(db.execute("SELECT count(*) FROM vectors").fetchone()[0])
        except sqlite3.OperationalError:  # the table is not there yet
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
