"""Which files lie under a folder, and what they are called. Knows nothing of what is in them.

A link never leads out of the folder, and a file that it leads to within is read once.
"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from core.errors import DocumentError
from ingest.files.cleaning import clean_line
from ingest.files.loaders import LOADERS

SIDECAR = ".yaml"
"""`fares.csv.yaml` beside `fares.csv` says what its front matter would: id, title, lang, source, as_of."""
_HIDDEN = (".", "~$")  # `~$report.docx` is the lock that Word leaves beside an open file


class Names(Protocol):
    """What files are called."""

    def id(self, path: Path) -> str:
        """Return the id of a document that states none."""
        ...

    def origin(self, path: Path) -> str:
        """Return where a file or folder lies."""
        ...


class Within:
    """Names by the path within `folder`; origins begin with `owner`, or are empty where there is none."""

    def __init__(self, folder: Path, owner: str = "") -> None:
        self._folder, self._owner = folder, owner

    def id(self, path: Path) -> str:
        """Return the path within the folder."""
        return decoded(path.relative_to(self._folder))

    def origin(self, path: Path) -> str:
        """Return the path within the folder, after the owner."""
        return str(PurePosixPath(self._owner, self.id(path))) if self._owner else ""


def decoded(path: Path | str) -> str:
    """Return a path, or a name that was typed, as text on one line, whatever bytes it holds."""
    return clean_line(os.fsencode(path).decode("utf-8", "replace"))


def shown(path: Path) -> str:
    r"""Return the path on one line, as it is written in a program: a line break in a name as `\n`."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(path))


class Unreadable(DocumentError):
    """What lies at `path` cannot be read; a folder with all that is in it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{shown(path)} {reason}")
        self.path = path


def unreadable(path: Path, error: OSError) -> Unreadable:
    """Say why the system does not let a file or folder be read."""
    return Unreadable(path, f"cannot be read: {error.strerror}; check its permissions")


def walk(source: Path, but: Collection[Path] = ()) -> Iterator[Path | DocumentError]:
    """Yield a file, or what lies under a folder `but` some files, in order.

    A folder that cannot be read is an error, and so is a link that leads out of the folder. One that stays
    inside is passed over where its file is walked anyway.
    """
    pending = [source]  # not a recursion: folders can nest deeper than calls
    linked: set[str] = set()
    while pending:
        entry = pending.pop()
        try:
            if Path(os.path.abspath(entry)) in but:
                continue
            if entry is not source and entry.is_symlink():
                yield from _followed(entry, source, linked)
            elif entry.is_dir():
                pending += sorted((inner for inner in entry.iterdir() if _is_wanted(inner)), reverse=True)
            else:
                yield entry
        except OSError as error:
            yield unreadable(entry, error)


def leads_out(path: Path, base: Path) -> bool:
    """Tell a link to something that does not lie under `base`."""
    return path.is_symlink() and _inside(path, base) is None


def _inside(link: Path, base: Path) -> Path | None:
    """Return the path under `base` of what a link leads to."""
    target, root = Path(os.path.realpath(link)), Path(os.path.realpath(base))
    return target.relative_to(root) if target.is_relative_to(root) else None


def _followed(link: Path, base: Path, linked: set[str]) -> Iterator[Path | DocumentError]:
    """Yield a link to a file that is not walked under its own name, since that is hidden; each once."""
    target = _inside(link, base)
    if target is None:
        remedy = "put what it leads to in its place"
        yield DocumentError(f"{shown(link)} is a link that leads out of {shown(base)}; {remedy}")
    elif link.is_dir():
        if any(part.startswith(_HIDDEN) for part in target.parts):
            yield DocumentError(f"{shown(link)} is a link to a hidden folder; put the folder in its place")
    elif not link.exists():
        yield Unreadable(link, "is a link that leads nowhere; remove it")
    elif _is_hidden(target) and str(target) not in linked:
        linked.add(str(target))
        yield link


def _is_hidden(target: Path) -> bool:
    """Tell a file that is passed over where it lies."""
    return any(part.startswith(_HIDDEN) for part in target.parts) or target.suffix.lower() not in LOADERS


def _is_wanted(entry: Path) -> bool:
    if entry.name.startswith(_HIDDEN):
        return False
    return not (entry.name.endswith(SIDECAR) and entry.with_name(entry.name.removesuffix(SIDECAR)).exists())
