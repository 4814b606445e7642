"""All snapshots of a knowledge base: built from the ledger, swapped in, merged, removed.

A snapshot is a folder under `generations/` with nothing but a seal, which names segments under `segments/` by
the digests of theirs; the file CURRENT names the snapshot that serves. Nothing of this ever changes: what is
new in the ledger becomes a segment, and a new snapshot names it beside the others. Knows nothing of
documents, queries or embedders.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import get_args
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from core.errors import KnowledgeBaseError
from core.language import Lang
from ingest.index import Damaged, VectorBackend
from ingest.index.bm25 import TOKENS
from ingest.index.seal import flush, seal, unseal
from ingest.index.segment import (
    DENSE,
    Content,
    Segment,
    from_ledger,
    from_segment,
    from_segments,
    identities,
    write_segment,
)
from ingest.index.snapshot import Contents, Part, Snapshot
from ingest.store.crash_points import reached
from ingest.store.ledger import Ledger
from ingest.types import Labels

_SHARE = 8
"""Segments become one when the earlier is at most so many times as large as all after it together: few are
searched, and a passage is written anew some times for each size of segment that it passes through."""
_AT_ONCE = 1000  # passages of small segments that become one together with what is new, in less than a second


class Snapshots:
    """All snapshots of one knowledge base, in `folder`."""

    def __init__(self, folder: Path, backend: VectorBackend) -> None:
        self._pointer = folder / "CURRENT"
        self._root = folder / "generations"  # what homes of earlier versions call it
        self._segments = folder / "segments"
        self._backend = backend

    @property
    def recipe(self) -> str:
        """What a snapshot is built by; one of another recipe is out of date."""
        return f"{self._backend.recipe}, {TOKENS}"

    def current(self) -> str:
        """Return the name of the snapshot that serves, or an empty string."""
        try:
            return self._pointer.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def contents(self, name: str) -> Contents:
        """Return what the snapshot called `name` is made of.

        Raises:
            Damaged: it is not there, or not what was written.
        """
        if not name.isalnum():
            raise Damaged(f"{self._pointer} names no snapshot")
        try:
            facts = unseal(self._root / name)
            languages = {lang: [Part(*part) for part in some] for lang, some in facts["languages"].items()}
            return Contents(**{**facts, "languages": languages})
        except (KeyError, TypeError, AttributeError) as error:
            raise Damaged(f"{self._root / name} is of another version") from error

    def open(self, name: str, held: Snapshot | None = None) -> Snapshot:
        """Open the snapshot called `name`; segments that `held` has open are shared with it.

        Raises:
            Damaged: it is not there, or not what was written.
        """
        contents, shared = self.contents(name), held.segments if held else {}
        segments = {
            part.name: shared.get(part.name)
            or Segment(self._segments / part.name, part.digest, self._backend)
            for parts in contents.languages.values()
            for part in parts
        }
        return Snapshot(name, contents, segments)

    def build(self, ledger: Ledger, anew: bool = False) -> None:
        """Write what the ledger has and the snapshot does not, and let that serve; `anew`: all of it.

        Raises:
            KnowledgeBaseError: the disk is full or fails.
        """
        before = None if anew else self._before(ledger)
        with self._undone():
            try:
                languages = self._languages(ledger, before)
            except Damaged:
                languages = self._languages(ledger, None)
            facts = ledger.revision, ledger.removal, self.recipe, ledger.fact("embedder")
            self._serve(Contents(*facts, languages))

    def merge(self) -> bool:
        """Make one of segments that are many; return whether there were any.

        Raises:
            KnowledgeBaseError: the disk is full or fails.
        """
        contents = self.contents(self.current())
        due = {
            lang: first
            for lang, parts in contents.languages.items()
            if (first := _due([part.size for part in parts])) < len(parts)
        }
        if not due:
            return False
        reached("before merging")
        with self._undone(), suppress(Damaged):  # the next search finds what is damaged and builds it
            languages = dict(contents.languages)
            for lang, first in due.items():
                parts = languages[lang]
                languages[lang] = [*parts[:first], self._write(self._content(parts[first:]))]
            self._serve(replace(contents, languages=languages))
        return True

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
            if number < len(others) or self._removal(folder.name) != removal:
                reached("while cleaning")
                self._remove(folder)
        self._sweep()

    def _before(self, ledger: Ledger) -> Contents | None:
        """Return the contents of the snapshot that serves, where its segments may be taken over."""
        with suppress(Damaged):
            contents = self.contents(self.current())
            if (contents.recipe, contents.embedder) == (self.recipe, ledger.fact("embedder")):
                return contents
        return None

    def _languages(self, ledger: Ledger, before: Contents | None) -> dict[str, Sequence[Part]]:
        written = {lang: self._parts(ledger, lang, before) for lang in sorted(get_args(Lang))}
        return {lang: parts for lang, parts in written.items() if parts}

    def _parts(self, ledger: Ledger, lang: str, before: Contents | None) -> Sequence[Part]:
        """Return the segments of a language: those of before as far as they stay, and what is new."""
        kept: Sequence[Part] = before.languages.get(lang, ()) if before else ()
        after = before.last if before else 0
        # a removal may be of any passage, and a ledger from a backup gives labels again: all are compared
        if before and (before.removal, before.revision) != (ledger.removal, ledger.fact("indexed")):
            kept, after = self._staying(ledger.identities(lang), kept)
        new = from_ledger(ledger, lang, after)
        if not len(new.passages):
            return kept
        first = _due([*(part.size for part in kept), len(new.passages)])
        if first < len(kept) and sum(part.size for part in kept[first:]) <= _AT_ONCE:
            new, kept = self._content(kept[first:]).joined(new), kept[:first]
        return [*kept, self._write(new)]

    def _staying(self, passages: Labels, parts: Sequence[Part]) -> tuple[Sequence[Part], int]:
        """Return segments of the passages that stay, and their highest label; none where labels mix."""
        held = [identities(self._segments / part.name, part.digest) for part in parts]
        stay = [_among(passages, some) for some in held]
        after = max(
            (int(some[mask, 0].max(initial=0)) for some, mask in zip(held, stay, strict=True)), default=0
        )
        if sum(map(np.count_nonzero, stay)) != np.count_nonzero(passages[:, 0] <= after):
            return (), 0
        kept = []
        for part, some, mask in zip(parts, held, stay, strict=True):
            if mask.all():
                kept.append(part)
            elif mask.any():
                kept.append(self._write(from_segment(self._segments / part.name, part.digest, some[mask, 0])))
        return kept, after

    def _content(self, parts: Sequence[Part]) -> Content:
        return from_segments((self._segments / part.name, part.digest) for part in parts)

    def _write(self, content: Content) -> Part:
        name, passages = uuid4().hex, content.passages
        digest = write_segment(self._segments / name, self._backend, content)
        return Part(name, digest, len(passages), int(passages[:, 0].max()))

    def _serve(self, contents: Contents) -> None:
        """Write a snapshot and swap it in."""
        folder = self._root / uuid4().hex
        try:
            folder.mkdir(parents=True)
            reached("before seal")
            seal(folder, asdict(contents))
            flush(self._root)
            self._swap(folder.name)
        except BaseException:
            if self.current() != folder.name:
                shutil.rmtree(folder, ignore_errors=True)
            raise

    def _swap(self, name: str) -> None:
        fresh = self._pointer.with_suffix(".new")
        fresh.write_text(name + "\n", encoding="utf-8")
        flush(fresh)
        reached("before swap")
        os.replace(fresh, self._pointer)  # if power fails now, the snapshot before serves, and is mended
        reached("after swap")

    @contextmanager
    def _undone(self) -> Iterator[None]:
        """Remove what was written where that fails, and say in one line what the disk did."""
        try:
            yield
        except BaseException as error:
            self._sweep()
            if not isinstance(error, OSError | Damaged | RuntimeError):
                raise
            remedy = "free space or mend the disk and run again; the documents are kept"
            raise KnowledgeBaseError(f"the index was not written: {error}; {remedy}") from error

    def _sweep(self) -> None:
        """Remove snapshots that were never finished, and segments that none names."""
        named = set()
        for folder in _folders(self._root):
            try:
                languages = self.contents(folder.name).languages
                named |= {part.name for parts in languages.values() for part in parts}
            except Damaged:
                self._remove(folder)
        for folder in _folders(self._segments):
            if folder.name not in named:
                self._remove(folder)

    def _remove(self, folder: Path) -> None:
        try:
            for dense in folder.rglob(DENSE):
                self._backend.drop(dense)
        except KnowledgeBaseError:  # the server is away: the folder stays to remind a later build
            return
        shutil.rmtree(folder, ignore_errors=True)

    def _removal(self, name: str) -> str:
        """Return the removal that a snapshot was built after, or an empty string where it is not whole."""
        try:
            return self.contents(name).removal
        except Damaged:
            return ""


def _due(counts: Sequence[int]) -> int:
    """Return from which segment on all should be one.

    >>> _due([1000, 9, 2]), _due([1000, 120, 9, 4]), _due([7])
    (1, 0, 1)
    """
    first, later = len(counts), 0
    for place in reversed(range(len(counts))):
        if later and counts[place] <= _SHARE * later:
            first = place
        later += counts[place]
    return first


def _among(passages: Labels, some: Labels) -> NDArray[np.bool_]:
    """Return which of `some` labels and texts are among `passages`."""
    if not len(passages):
        return np.zeros(len(some), bool)
    places = np.minimum(np.searchsorted(passages[:, 0], some[:, 0]), len(passages) - 1)
    same: NDArray[np.bool_] = (passages[places] == some).all(axis=1)
    return same


def _folders(root: Path) -> list[Path]:
    return list(root.iterdir()) if root.is_dir() else []
