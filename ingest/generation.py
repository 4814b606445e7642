"""Generations: the indexes of all languages, built from the ledger as one and swapped in as one.

A generation is a folder under `generations/` that never changes; the file CURRENT names the one that
serves. Knows nothing of documents, queries or embedders.
"""

import os
import shutil
from pathlib import Path
from uuid import uuid4

import numpy as np

from ingest.errors import KnowledgeBaseError
from ingest.index import Damaged, Labels, VectorBackend, VectorIndex, Vectors
from ingest.index.exact import ExactIndex, open_exact, write_exact
from ingest.index.seal import flush, seal, unseal
from ingest.ledger import Ledger
from ingest.lexical import TOKENS, LexicalIndex

_DENSE, _EXACT, _BM25 = "dense", "exact", "bm25"
_PROBES = 64  # vectors of each new index that are searched for before it may serve
_LOST = 0.05  # share of the probes that may be missed; HNSW is approximate
_SAME = 0.999  # cosine: the passage itself, or one with the same text


class Generation:
    """One finished generation, open for searching."""

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
        self.lexical = {lang: LexicalIndex.load(folder / lang / _BM25) for lang in self.languages}
        self.exact = {lang: open_exact(folder / lang / _EXACT) for lang in self.languages}
        self.dense = {lang: backend.open(folder / lang / _DENSE) for lang in self.languages}

    def vectors(self, leg: str, lang: str) -> VectorIndex:
        """Return the index behind `dense` or `exact`."""
        return self.dense[lang] if leg == _DENSE else self.exact[lang]

    def problems(self, ledger: Ledger) -> list[str]:
        """Return what the indexes hold too much or too little, and what they do not find, a line each."""
        found = []
        for lang in ledger.languages():
            labels = ledger.labels(lang)
            for leg, index in ((_EXACT, self.exact.get(lang)), (_BM25, self.lexical.get(lang))):
                if index is None or not np.array_equal(index.labels, labels):
                    found.append(f"index {leg}, {lang}: it does not hold the passages of the ledger")
        for lang, dense in self.dense.items():
            for labels, vectors in ledger.vectors(lang):
                lost = ledger.find(_lost(dense, labels, vectors)).values()
                found += [f"index dense, {lang}: passage {chunk.id!r} is not found" for chunk in lost]
        return found

    def close(self) -> None:
        """Let go of files and connections."""
        for index in self.dense.values():
            index.close()


class Generations:
    """All generations of one knowledge base, in `folder`."""

    def __init__(self, folder: Path, backend: VectorBackend) -> None:
        self._pointer = folder / "CURRENT"
        self._root = folder / "generations"
        self._backend = backend

    @property
    def recipe(self) -> str:
        """What a generation is built by; one of another recipe is out of date."""
        return f"{self._backend.recipe}, {TOKENS}"

    def current(self) -> str:
        """Return the name of the generation that serves, or an empty string."""
        try:
            return self._pointer.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def open(self, name: str) -> Generation:
        """Open the generation called `name`.

        Raises:
            Damaged: it is not there, or not what was written.
        """
        if not name.isalnum():
            raise Damaged(f"{self._pointer} names no generation")
        return Generation(self._root / name, self._backend)

    def build(self, ledger: Ledger) -> Generation:
        """Build a generation beside the others, prove it, and let it serve from now on.

        Raises:
            KnowledgeBaseError: the disk is full or fails, or the index does not find its own passages.
        """
        folder, previous = self._root / uuid4().hex, self._previous()
        try:
            self._write(folder, ledger, previous)
            generation = Generation(folder, self._backend)
            for lang in generation.languages:
                _prove(generation.dense[lang], generation.exact[lang])
            self._swap(folder.name)
        except BaseException as error:
            self._remove(folder)
            if not isinstance(error, OSError | Damaged | RuntimeError):
                raise
            remedy = "free space or mend the disk and run again; the documents are kept"
            raise KnowledgeBaseError(f"the index was not written: {error}; {remedy}") from error
        self._clean(keep={folder, previous})
        return generation

    def _write(self, folder: Path, ledger: Ledger, previous: Path | None) -> None:
        facts = {"revision": ledger.revision, "recipe": self.recipe, "embedder": ledger.fact("embedder")}
        languages = ledger.languages()
        for lang, count in languages.items():
            dense, exact, bm25 = (folder / lang / leg for leg in (_DENSE, _EXACT, _BM25))
            for leg in (dense, exact, bm25):
                leg.mkdir(parents=True)
            write_exact(exact, ledger.vectors(lang), (count, ledger.dim))
            matrix = open_exact(exact)
            old = previous / lang / _DENSE if previous else None
            self._backend.build(dense, matrix.labels, matrix.vectors, old)
            LexicalIndex.build((label, chunk.passage) for label, chunk in ledger.chunks(lang)).save(bm25)
            flush(folder / lang)
        folder.mkdir(parents=True, exist_ok=True)
        seal(folder, {**facts, "languages": list(languages)})
        flush(self._root)

    def _previous(self) -> Path | None:
        """Return the folder of the generation that serves, where its graph may be taken over."""
        folder = self._root / self.current()
        try:
            return folder if self.current() and unseal(folder)["recipe"] == self.recipe else None
        except Damaged:
            return None

    def _swap(self, name: str) -> None:
        fresh = self._pointer.with_suffix(".new")
        fresh.write_text(name + "\n", encoding="utf-8")
        flush(fresh)
        os.replace(fresh, self._pointer)
        flush(self._pointer.parent)

    def _clean(self, keep: set[Path | None]) -> None:
        """Remove generations that neither serve nor did a moment ago: other processes may still read that."""
        for folder in self._root.iterdir():
            if folder not in keep:
                self._remove(folder)

    def _remove(self, folder: Path) -> None:
        try:
            for dense in folder.glob(f"*/{_DENSE}"):
                self._backend.drop(dense)
        except KnowledgeBaseError:  # the server is away: the folder stays to remind a later build
            return
        shutil.rmtree(folder, ignore_errors=True)


def _prove(index: VectorIndex, exact: ExactIndex) -> None:
    """Search a new index for some of its own vectors.

    Raises:
        Damaged: too few are found.
    """
    probes = np.unique(np.linspace(0, len(exact.labels) - 1, _PROBES).astype(int))
    lost = _lost(index, exact.labels[probes], exact.vectors[probes])
    if len(lost) > _LOST * len(probes):
        raise Damaged(f"{len(lost)} of {len(probes)} passages are not found by their own vectors")


def _lost(index: VectorIndex, labels: Labels, vectors: Vectors) -> list[int]:
    """Return the labels that a search for their own vectors does not find."""
    rankings = index.search(vectors, 10)
    return [
        own
        for own, ranking in zip(labels.tolist(), rankings, strict=True)
        if not any(label == own or score >= _SAME for label, score in ranking)
    ]
