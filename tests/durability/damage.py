"""R3: index files that are cut, flipped, swapped, emptied or gone are built again. R4: once is enough.

Every case starts from a whole knowledge base; files of the snapshot that serves are harmed.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ingest.knowledge_base import KnowledgeBase
from tests.durability.corpus import Faults, Outcome, document, open_base, state
from tests.fakes import FakeEmbedder

_COUNT = 120
_QUERIES = [document(number).text[:20] for number in range(0, _COUNT, 9)]


def damaged_indexes(cases: int, home: Path, seed: int = 5) -> Outcome:
    """Harm `cases` files, each in another way; the answers must be those of before."""
    draw, faults = np.random.default_rng(seed), Faults()
    base = open_base(home)
    base.sync(document(number) for number in range(_COUNT - 1))
    base.sync([document(_COUNT - 1)])  # so that there is a snapshot before
    answers, scores = _answers(base), _scores(base)
    base.close()
    for case in range(cases):
        name, harm = list(HARMS.items())[case % len(HARMS)]
        victim = _victim(state(home), draw)
        faults.where = f"case {case}, {name} {victim.relative_to(state(home))}"
        harm(victim, draw)
        embedder = FakeEmbedder()
        base = open_base(home, embedder)
        faults.expect(base.verify() != [], "not noticed")
        faults.expect(np.allclose(_scores(base), scores, atol=1e-5), "nearer passages were not found")
        faults.expect(base.verify() == [], f"not mended: {base.verify()[:1]}")
        faults.expect(_answers(base) == answers, "other answers")
        faults.expect(embedder.embedded == 0, "passages were embedded again")
        base.close()
    return Outcome("R3", "damaged index files", cases, tuple(faults.lines))


def repeated_ingests(home: Path) -> Outcome:
    """The same ingest three times, then once more after a rebuild."""
    faults, digests = Faults("ingest again"), set()
    for time in range(4):
        embedder = FakeEmbedder()
        base = open_base(home, embedder)
        if time == 3:
            base.rebuild()
        base.sync(document(number) for number in range(_COUNT))
        digests.add(base.corpus_sha256())
        faults.expect(len(base.records()) == _COUNT, f"{len(base.records())} documents")
        faults.expect(
            embedder.embedded == (0 if time else _COUNT), f"{embedder.embedded} embedded, time {time}"
        )
        faults.expect(base.verify() == [], f"{base.verify()}")
        base.close()
    faults.expect(len(digests) == 1, "the digests differ")
    return Outcome("R4", "the same ingest again", 4, tuple(faults.lines), f"sha256 {min(digests)[:12]}")


def _answers(base: KnowledgeBase) -> list[list[str]]:
    """Return the best ten of each query in each mode."""
    return [
        [hit.chunk.id for hit in hits]
        for mode in ("hybrid", "dense", "bm25", "exact")
        for hits in base.search_many(_QUERIES, mode=mode, top_k=10)
    ]


def _scores(base: KnowledgeBase) -> list[list[float]]:
    """Return the best scores of each query: brute force, which may stand in, orders equals otherwise."""
    return [[hit.score for hit in hits] for hits in base.search_many(_QUERIES, mode="dense", top_k=10)]


def _victim(folder: Path, draw: np.random.Generator) -> Path:
    files = _files(folder)
    return files[int(draw.integers(len(files)))]


def _files(folder: Path) -> list[Path]:
    """Return the files of the snapshot that serves and of its segments."""
    segments = [path for some in _segments(folder).values() for one in some for path in one.rglob("*")]
    return sorted(path for path in (_seal(folder), *segments) if path.is_file())


def _segments(folder: Path) -> dict[str, list[Path]]:
    listed = json.loads(_seal(folder).read_text())["facts"]["languages"]
    return {lang: [folder / "segments" / part[0] for part in parts] for lang, parts in listed.items()}


def _seal(folder: Path) -> Path:
    return folder / "generations" / (folder / "CURRENT").read_text().strip() / "seal.json"


def _home(victim: Path) -> Path:
    return next(path for path in victim.parents if (path / "CURRENT").is_file())


def _cut(victim: Path, draw: np.random.Generator) -> None:
    content = victim.read_bytes()
    victim.write_bytes(content[: int(draw.integers(len(content)))])


def _flip(victim: Path, draw: np.random.Generator) -> None:
    content = bytearray(victim.read_bytes())
    content[int(draw.integers(len(content)))] ^= 1 << int(draw.integers(8))
    victim.write_bytes(content)


def _swap(victim: Path, draw: np.random.Generator) -> None:
    """Exchange a file with another of its snapshot."""
    others = [path for path in _files(_home(victim)) if path.read_bytes() != victim.read_bytes()]
    other = others[int(draw.integers(len(others)))]
    mine, theirs = victim.read_bytes(), other.read_bytes()
    victim.write_bytes(theirs)
    other.write_bytes(mine)


def _stale(victim: Path, draw: np.random.Generator) -> None:
    """Put a whole leg of the other language in place of this one: each of its files fits its own seal."""
    leg = ("dense", "exact", "bm25")[int(draw.integers(3))]
    here, there = (some[0] / leg for some in _segments(_home(victim)).values())
    here.rename(here.parent / "aside")
    there.rename(here)
    (here.parent / "aside").rename(there)


def _empty(victim: Path, draw: np.random.Generator) -> None:
    victim.write_bytes(b"")


def _remove(victim: Path, draw: np.random.Generator) -> None:
    victim.unlink()


HARMS: dict[str, Callable[[Path, np.random.Generator], None]] = {
    "cut": _cut,
    "one bit flipped in": _flip,
    "swapped": _swap,
    "the languages' indexes exchanged beside": _stale,
    "emptied": _empty,
    "removed": _remove,
}
