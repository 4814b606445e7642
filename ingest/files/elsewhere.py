"""What files from elsewhere are called, so that none takes another's place. Knows nothing of ledgers.

A file keeps the name that it was given first, and is told from others by the place where it lies.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from core.errors import DocumentError
from ingest.files.walking import Within, decoded
from ingest.types import OWN, Document

_NUMBER = re.compile(r":\d+$")  # of a record in its file


class Shelf(Protocol):
    """What is known of the documents that there are."""

    def holders(self, name: str) -> set[str]:
        """Return the origins of the documents that a file called `name` would replace."""
        ...

    def ids(self, origin: str) -> set[str]:
        """Return the ids of the documents that came from one file."""
        ...

    def origin(self, id: str) -> str:
        """Return where a document came from; empty where there is none, or nobody says."""
        ...

    def document(self, id: str) -> Document:
        """Return a document that there is."""
        ...


class Added:
    """Names of files that somebody adds by path; those in `own` are called as an update calls them."""

    def __init__(self, own: Path, shelf: Shelf) -> None:
        self._own, self._shelf = Path(os.path.realpath(own)), shelf
        self._inside = Within(self._own if own.is_dir() else self._own.parent, OWN)
        self._base = Path()
        self._called: dict[str, str] = {}
        self._names: set[str] = set()

    def under(self, base: Path) -> "Added":
        """Return the names of files in a folder; they remember those of the others."""
        other = copy(self)
        other._base = base
        return other

    def id(self, path: Path) -> str:
        """Return the path within the folder, with as many folders above it as name no other file."""
        place = _resolved(path)
        if self._is_own(place):
            return self._inside.id(place)
        origin = decoded(place)
        if origin not in self._called:
            inside = decoded(path.relative_to(self._base)) if path.is_relative_to(self._base) else ""
            self._called[origin] = self._before(origin) or self._free(origin, inside)
            self._names.add(self._called[origin])
        return self._called[origin]

    def origin(self, path: Path) -> str:
        """Return the path within the domain's own folder, or the whole path."""
        place = _resolved(path)
        return self._inside.origin(place) if self._is_own(place) else decoded(place)

    def documents(
        self, paths: Iterable[Path], read: Callable[..., Iterator[Document | DocumentError]], keeps: bool
    ) -> Iterator[Document | DocumentError]:
        """Yield what is read from all paths; of one that is missing, `keeps` what it gave before."""
        for path in paths:
            try:
                yield from self.claims(read(path, names=self.under(path if path.is_dir() else path.parent)))
            except DocumentError as error:
                error.origin = self.origin(path) if keeps else ""
                yield error

    def claims(self, items: Iterable[Document | DocumentError]) -> Iterator[Document | DocumentError]:
        """Yield what was added; an id that a document states, and another file as well, is an error."""
        for item in items:
            if isinstance(item, Document) and (other := self._claimant(item)):
                taken = f"{item.origin}: id {item.id!r} is taken by {other}"
                yield DocumentError(f"{taken}; rename one, or delete the document first", item.origin)
            else:
                yield item

    def making_room(self, items: Iterable[Document | DocumentError]) -> Iterator[Document | DocumentError]:
        """Yield the domain's own documents; before one the other that had its name, called otherwise."""
        for item in items:
            if isinstance(item, Document) and is_elsewhere(self._shelf.origin(item.id)):
                held = self._shelf.document(item.id)
                name = _NUMBER.sub("", held.id)
                if held.text != item.text and held.origin.endswith(f"/{name}"):  # else it is the same one
                    other = self._free(held.origin, taken=name)
                    source = other if held.source == name else held.source
                    yield replace(held, id=other + held.id.removeprefix(name), source=source, file="")
            yield item

    def _is_own(self, place: Path) -> bool:
        return place.is_relative_to(self._own)

    def _before(self, origin: str) -> str:
        """Return what the file was called when it was added before."""
        ids = {_NUMBER.sub("", id) for id in self._shelf.ids(origin)}
        return next((end for end in _ends(origin) if end in ids), "")

    def _free(self, origin: str, first: str = "", taken: str = "") -> str:
        for name in filter(None, (first, *_ends(origin)[first.count("/") :])):
            is_taken = name == taken or name in self._names
            if not is_taken and self._shelf.holders(name) <= {origin, ""}:
                return name
        return origin

    def _claimant(self, item: Document) -> str:
        """Return the file, still there, that gave another document of the same id."""
        origin = self._shelf.origin(item.id)
        if origin == item.origin or not is_elsewhere(origin) or not os.path.exists(origin):
            return ""
        return origin if self._shelf.document(item.id).text != item.text else ""


def is_elsewhere(origin: str) -> bool:
    """Tell the path of a file that somebody added."""
    return origin.startswith("/")


def _resolved(path: Path) -> Path:
    """Return where a file or link lies."""
    return Path(os.path.realpath(path.parent), path.name) if path.name else Path(os.path.realpath(path))


def _ends(origin: str) -> list[str]:
    """Return the last part of a path, the last two, and so on.

    >>> _ends("/home/ann/report.md")
    ['report.md', 'ann/report.md', 'home/ann/report.md']
    """
    parts = origin.strip("/").split("/")
    return ["/".join(parts[-count:]) for count in range(1, len(parts) + 1)]
