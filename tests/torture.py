"""What the knowledge base survives: kills, full disks, damage, repetition, strangers, crowds, bad files.

    make torture                       all of it (about twenty minutes on two cores)
    python -m tests.torture kill       those whose name contains a word
    python -m tests.torture readers --minutes 30

Exits 1 where a fault was found. The tests of every day run the same with smaller numbers.
"""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from tests.durability.corpus import Outcome
from tests.durability.damage import damaged_indexes, repeated_ingests
from tests.durability.disk import failing_disks, full_disks
from tests.durability.files import changing_files
from tests.durability.hostile import hostile_files
from tests.durability.isolation import foreign_hits
from tests.durability.kills import kill_chroma, kill_ingests
from tests.durability.soak import soak
from tests.fakes import FakeEmbedder

KILLS, CHROMA_KILLS, DAMAGED, QUERIES, DOCUMENTS, ROUNDS = 200, 40, 100, 2000, 20_000, 300


def main(arguments: Sequence[str]) -> int:
    """Run the parts whose name contains one of the words; print a table."""
    parser = argparse.ArgumentParser(description="What the knowledge base survives.")
    parser.add_argument("words", nargs="*", help="parts to run, by words of their names; default: all")
    parser.add_argument("--minutes", type=float, default=5, help="how long readers and writer run")
    options = parser.parse_args(arguments)
    parts: dict[str, Callable[[Path], Outcome]] = {
        "kill": lambda home: kill_ingests(KILLS, home),
        "kill chroma": _chroma,
        "files": lambda home: changing_files(ROUNDS, home),
        "hostile": hostile_files,
        "disk fails": failing_disks,
        "disk full": lambda home: full_disks(),
        "damage": lambda home: damaged_indexes(DAMAGED, home),
        "again": repeated_ingests,
        "isolation": lambda home: foreign_hits(QUERIES, home, FakeEmbedder()),
        "readers": lambda home: soak(options.minutes * 60, DOCUMENTS, home),
    }
    logging.disable(logging.WARNING)  # an older index answers, and says so: that is what is tried
    wanted = {name: run for name, run in parts.items() if _is_wanted(name, options.words)}
    return _report(wanted.values())


def _is_wanted(name: str, words: Sequence[str]) -> bool:
    return not words or any(word in name for word in words)


def _report(parts: Iterable[Callable[[Path], Outcome]]) -> int:
    faults = 0
    print(f"{'goal':5} {'what':52} {'cases':>6} {'faults':>6} {'s':>5}  also")
    for run in parts:
        with tempfile.TemporaryDirectory() as home:
            start = time.perf_counter()
            outcome = run(Path(home))
            seconds = time.perf_counter() - start
        figures = f"{outcome.cases:6} {len(outcome.faults):6} {seconds:5.0f}"
        print(f"{outcome.goal:5} {outcome.what:52} {figures}  {outcome.also}", flush=True)
        for fault in outcome.faults[:10]:
            print(f"      {fault}")
        faults += len(outcome.faults)
    return 1 if faults else 0


def _chroma(home: Path) -> Outcome:
    """For comparison: its faults are not ours."""
    return Outcome(
        "", "the same done to a stock persistent client", CHROMA_KILLS, (), kill_chroma(CHROMA_KILLS)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
