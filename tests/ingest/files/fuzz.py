"""Mutates good files, and reads them: each must give documents or a DocumentError, whatever became of it.

`python -m tests.ingest.files.fuzz --minutes 30` goes on for so long; a file that breaks a parser is kept.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from core.errors import DocumentError
from ingest.files.child import Sandbox
from settings import Parsing
from tests.ingest.files.hostile import archive, good, members

LIMITS = Parsing(cpu_seconds=5)
_FAILED = ("breaks its parser", "crashes its parser", "makes its parser")
_LIMITED = ("takes over", "gives no document", "needs over", "holds a text of over")
_LONGEST = 1 << 16
_TOKENS = [
    *(
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\r",
        b"\n\n",
        b"\t",
        b"---\n",
        b"&a ",
        b"!!bool ",
        b" 0 R",
        b"PK\x01\x02",
    ),
    *rb"""
        " ' \u0000 \ud800 99999999999999 -1 1e999 NaN null true {} [] [[[[ }}}} , : | text title id lang
        *a <<: !!timestamp ? - %YAML <table> <th> <td> </p> <p <!-- <![CDATA[ <!DOCTYPE> &#0; &amp; <body>
        <title> <svg> <pre> charset=idna <w:p> <w:tbl> <w:tc> </w:tc> w:val='-1' w:val='99999999' 1 obj
        endobj stream endstream << >> /Kids /Length /Filter/FlateDecode /Prev xref trailer startxref BT ( ) Tj
    """.split(),
]


def _flip(data: bytearray, at: int, rng: random.Random) -> None:
    data[at] ^= 1 << rng.randrange(8)


def _overwrite(data: bytearray, at: int, rng: random.Random) -> None:
    data[at : at + rng.randrange(1, 5)] = rng.randbytes(rng.randrange(1, 5))


def _insert(data: bytearray, at: int, rng: random.Random) -> None:
    data[at:at] = rng.choice(_TOKENS) * rng.choice((1, 1, 1, 2, 50))


def _delete(data: bytearray, at: int, rng: random.Random) -> None:
    del data[at : at + rng.randrange(1, 40)]


def _repeat(data: bytearray, at: int, rng: random.Random) -> None:
    data[at:at] = data[at : at + rng.randrange(1, 200)] * rng.choice((1, 2, 20))


def _move(data: bytearray, at: int, rng: random.Random) -> None:
    part = data[at : at + rng.randrange(1, 200)]
    to = rng.randrange(len(data))
    data[to:to] = part


def _cut(data: bytearray, at: int, rng: random.Random) -> None:
    del data[at:]


_MUTATIONS: tuple[Callable[[bytearray, int, random.Random], None], ...]
_MUTATIONS = (_flip, _flip, _overwrite, _insert, _insert, _insert, _delete, _repeat, _move, _cut)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return `data` after up to eight mutations; half of the ZIPs are mutated before they are packed."""
    if data.startswith(b"PK") and rng.random() < 0.5:
        parts = members(data)
        part = rng.choice(sorted(parts))
        return archive({**parts, part: mutated(parts[part], rng)})
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        if changed:
            rng.choice(_MUTATIONS)(changed, rng.randrange(len(changed)), rng)
    return bytes(changed[:_LONGEST]) or b"\n"


def fuzz(suffix: str, seeds: Iterator[int], folder: Path) -> tuple[Counter[str], list[str]]:
    """Read one mutation of the good file for each seed.

    Returns the counts of what came of them, and a line for each that broke a parser; those files are
    left in `folder`.
    """
    outcomes: Counter[str] = Counter()
    failures: list[str] = []
    with Sandbox(LIMITS) as sandbox:
        for seed in seeds:
            path = folder / f"{seed}{suffix}"
            path.write_bytes(mutated(good()[suffix], random.Random(f"{suffix} {seed}")))
            items = list(sandbox.documents(path, path.name))
            errors = [str(item) for item in items if isinstance(item, DocumentError)]
            broken = [line for line in errors if any(sign in line for sign in _FAILED) or "\n" in line]
            limited = any(sign in line for line in errors for sign in _LIMITED)
            outcomes["limited" if limited else "refused" if errors else "read"] += 1
            failures += broken
            if not broken:
                path.unlink()
    return outcomes, failures


def main(arguments: list[str]) -> int:
    """Fuzz all formats in turn until the time is over; return 1 where something broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0, help="the first of the seeds, which count up from it")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    total: Counter[str] = Counter()
    failures: list[str] = []
    end = time.monotonic() + 60 * options.minutes
    for start in count(options.seed, 500):
        for suffix in good():
            if time.monotonic() > end:
                print(f"{total.total()} files: {dict(total)}; {len(failures)} broke a parser, see {folder}")
                return 1 if failures else 0
            outcomes, broken = fuzz(suffix, iter(range(start, start + 500)), folder)
            total += outcomes
            failures += broken
            for line in broken:
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
