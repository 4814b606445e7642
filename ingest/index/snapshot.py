"""Snapshots: the indexes of all languages, built from the ledger as one and swapped in as one.

A snapshot is a folder under `generations/` that never changes; the file CURRENT names the one that
serves. Knows nothing of documents, queries or embedders.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import numpy as np

from core.errors import KnowledgeBaseError
from ingest.index import Damaged, VectorBackend, VectorIndex, lost
from ingest.index.bm25 import TOKENS, Bm25Index
from ingest.index.exact import ExactIndex, open_exact, write_exact
from ingest.index.seal import SEAL, flush, seal, unseal
from ingest.store.crash_points import reached
from ingest.store.ledger import Ledger
from ingest.types import Labels, Vectors

_DENSE, _EXACT, _BM25 = _LEGS = "dense", "exact", "bm25"
_PASSAGES = "passages.npy"  # what `Ledger.identities` said when the indexes beside it were built
_ROWS = 4096  # vectors copied at a time
_PROBES = 256  # vectors of each new index that are searched for before it may serve
_LOST = 0.01  # share of the probes that may be missed; HNSW is approximate


class Snapshot:
    """One finished snapshot, open for searching."""

    def __init__(self, folder: Path, backend: VectorBackend) -> None:
        """Check every file that was sealed, then open the indexes.

        Raises:
            Damaged: a file is missing or has changed.
        """
        facts = unseal(folder)
        self.folder = folder
        self.revision = str(facts["revision"])
        self.recipe = str(facts["recipe"])
        self.embedder = str(facts["embedder"])
        self.languages = tuple(facts["languages"])
        self.bm25 = {lang: Bm25Index.load(folder / lang / _BM25) for lang in self.languages}
        self.exact = {lang: open_exact(folder / lang / _EXACT) for lang in self.languages}
        self.dense: dict[str, VectorIndex] = {
            lang: self.exact[lang] if leg == _EXACT else backend.open(folder / lang / _DENSE)
            for lang, leg in facts["languages"].items()
        }

    def vectors(self, leg: str, lang: str) -> VectorIndex:
        """Return the index behind `dense` or `exact`."""
        return self.dense[lang] if leg == _DENSE else self.exact[lang]

    def problems(self, ledger: Ledger) -> list[str]:
        """Return what the indexes hold too much or too little, and what they do not find, a line each."""
        found = []
        for lang in ledger.languages():
            labels = ledger.labels(lang)
            for leg, index in ((_EXACT, self.exact.get(lang)), (_BM25, self.bm25.get(lang))):
                if index is None or not np.array_equal(index.labels, labels):
                    found.append(f"index {leg}, {lang}: it does not hold the passages of the ledger")
        for lang, dense in self.dense.items():
            for labels, vectors in ledger.vectors(lang):
                missed = ledger.find(lost(dense, labels, vectors)).values()
                found += [f"index dense, {lang}: passage {chunk.id!r} is not found" for chunk in missed]
        return found

    def close(self) -> None:
        """Let go of files and connections."""
        for index in self.dense.values():
            index.close()


class Snapshots:
    """All snapshots of one knowledge base, in `folder`."""

    def __init__(self, folder: Path, backend: VectorBackend, exact_up_to: int = 0) -> None:
        """Remember how to build; up to so many vectors brute force answers, `backend` above."""
        self._exact_up_to = exact_up_to
        self._pointer = folder / "CURRENT"
        self._root = folder / "generations"  # what homes of earlier versions call it
        self._backend = backend

    @property
    def recipe(self) -> str:
        """What a snapshot is built by; one of another recipe is out of date."""
        return f"{self._backend.recipe}, exact up to {self._exact_up_to}, {TOKENS}"

    def current(self) -> str:
        """Return the name of the snapshot that serves, or an empty string."""
        try:
            return self._pointer.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def open(self, name: str) -> Snapshot:
        """Open the snapshot called `name`.

        Raises:
            Damaged: it is not there, or not what was written.
        """
        if not name.isalnum():
            raise Damaged(f"{self._pointer} names no snapshot")
        return Snapshot(self._root / name, self._backend)

    def build(self, ledger: Ledger) -> Snapshot:
        """Build a snapshot beside the others, prove it, and let it serve from now on.

        Raises:
            KnowledgeBaseError: the disk is full or fails.
        """
        folder, previous = self._root / uuid4().hex, self._previous()
        try:
            self._write(folder, ledger, previous)
            snapshot = Snapshot(folder, self._backend)
            self._swap(folder.name)
        except BaseException as error:
            if self.current() != folder.name:
                self._remove(folder)
            if not isinstance(error, OSError | Damaged | RuntimeError):
                raise
            remedy = "free space or mend the disk and run again; the documents are kept"
            raise KnowledgeBaseError(f"the index was not written: {error}; {remedy}") from error
        return snapshot

    def clean(self, removal: str) -> None:
        """Remove all snapshots but the one that serves and the one before, which others may still read.

        That goes too if it is not of this `removal`: it holds words of text that was removed since.
        """
        serves = self.current()
        others = sorted(
            (folder for folder in self._root.iterdir() if folder.name != serves),
            key=lambda folder: folder.stat().st_mtime,
        )
        for number, folder in enumerate(others, start=1):
            if number < len(others) or _removal(folder) != removal:
                reached("while cleaning")
                self._remove(folder)

    def _write(self, folder: Path, ledger: Ledger, previous: Path | None) -> None:
        folder.mkdir(parents=True)
        facts = {
            "revision": ledger.revision,
            "removal": ledger.removal,
            "recipe": self.recipe,
            "embedder": ledger.fact("embedder"),
            "languages": {
                lang: self._write_language(folder / lang, ledger, previous / lang if previous else None)
                for lang in ledger.languages()
            },
        }
        reached("before seal")
        parts = (_PASSAGES, *(f"{leg}/{SEAL}" for leg in _LEGS))
        seal(folder, facts, tuple(f"{lang}/{part}" for lang in ledger.languages() for part in parts))
        flush(self._root)

    def _write_language(self, folder: Path, ledger: Ledger, old: Path | None) -> str:
        """Write the indexes of the language that `folder` is called by; return what answers for `dense`.

        What `old`, its folder in the snapshot before, holds of passages that stay is taken over.
        """
        for leg in _LEGS:
            (folder / leg).mkdir(parents=True)
        reached("while building")
        passages = ledger.identities(folder.name)
        with (folder / _PASSAGES).open("wb") as out:
            np.save(out, passages)
        kept = _kept(passages, old) if old and old.is_dir() else passages[:0, 0]
        vectors = _vectors(ledger, folder.name, kept, old)
        write_exact(folder / _EXACT, vectors, (len(passages), ledger.dim))
        matrix = open_exact(folder / _EXACT)
        reached("while building")
        self._backend.build(
            folder / _DENSE, matrix.labels, matrix.vectors, old / _DENSE if len(kept) and old else None
        )
        answers = self._proven(folder / _DENSE, matrix)
        reached("while building")
        _bm25(ledger, folder.name, kept, old).save(folder / _BM25)
        flush(folder)
        return answers

    def _proven(self, dense: Path, exact: ExactIndex) -> str:
        """Return the leg that answers for `dense`: the new index, or brute force if that is better.

        Few vectors are all looked at in the time that a graph takes, and none is missed.

        A graph of passages that are all equally near, such as the rows of a table cut to one pattern,
        can fall apart: in 200 of them hnswlib did not find 18 of 64 by their own vectors.
        """
        if len(exact.labels) <= self._exact_up_to:
            return _EXACT
        probes = np.unique(np.linspace(0, len(exact.labels) - 1, _PROBES).astype(int))
        index = self._backend.open(dense)
        missed = lost(index, exact.labels[probes], exact.vectors[probes])
        index.close()
        return _DENSE if len(missed) <= _LOST * len(probes) else _EXACT

    def _previous(self) -> Path | None:
        """Return the folder of the snapshot that serves, where its graph may be taken over."""
        folder = self._root / self.current()
        try:
            return folder if self.current() and unseal(folder)["recipe"] == self.recipe else None
        except Damaged:
            return None

    def _swap(self, name: str) -> None:
        fresh = self._pointer.with_suffix(".new")
        fresh.write_text(name + "\n", encoding="utf-8")
        flush(fresh)
        reached("before swap")
        os.replace(fresh, self._pointer)  # if power fails now, the snapshot before serves, and is mended
        reached("after swap")

    def _remove(self, folder: Path) -> None:
        try:
            for dense in folder.glob(f"*/{_DENSE}"):
                self._backend.drop(dense)
        except KnowledgeBaseError:  # the server is away: the folder stays to remind a later build
            return
        shutil.rmtree(folder, ignore_errors=True)


def _kept(passages: Labels, old: Path) -> Labels:
    """Return the labels, the first of `passages`, that had the same text when `old` was written.

    Labels are never given twice, but a ledger from a backup gives those again that came after it: then
    nothing is taken over.
    """
    before = np.load(old / _PASSAGES)
    places = np.minimum(np.searchsorted(before[:, 0], passages[:, 0]), len(before) - 1)
    same = (before[places] == passages).all(axis=1)
    count = int(same.sum())
    later = passages[count:, 0]
    if not same[:count].all() or (later <= before[-1, 0]).any():
        return passages[:0, 0]
    return passages[:count, 0]


def _vectors(ledger: Ledger, lang: str, kept: Labels, old: Path | None) -> Iterator[tuple[Labels, Vectors]]:
    """Yield labels and vectors of a language, those of `kept` from the files of the snapshot before."""
    after = 0
    if old and len(kept):
        with suppress(Damaged):
            matrix = open_exact(old / _EXACT)
            for start in range(0, len(kept), _ROWS):
                some = kept[start : start + _ROWS]
                yield some, matrix.vectors[np.searchsorted(matrix.labels, some)]
            after = int(kept[-1])
    yield from ledger.vectors(lang, after)


def _bm25(ledger: Ledger, lang: str, kept: Labels, old: Path | None) -> Bm25Index:
    """Index the words of a language, those of `kept` as the snapshot before counted them."""
    terms = None
    if old and len(kept):
        with suppress(Damaged):
            terms = Bm25Index.load(old / _BM25).terms.only(kept)
    new = ledger.chunks(lang, int(kept[-1]) if terms else 0)
    return Bm25Index.build(((label, chunk.passage) for label, chunk in new), terms)


def _removal(folder: Path) -> str:
    """Return the removal that a snapshot was built after, or an empty string where it is not whole."""
    try:
        return str(unseal(folder)["removal"])
    except (Damaged, KeyError):
        return ""
