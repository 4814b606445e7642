"""From a file or folder to documents; a bad file never stops the rest. Knows nothing of indexes."""

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

from core.errors import DocumentError, RecordError
from core.language import Lang, detect
from ingest.code_blocks import block_at, code_blocks
from ingest.files.child import Sandbox
from ingest.files.cleaning import clean_line
from ingest.files.loaders import LOADERS, SAVED_AS, RawDocument, front_matter
from ingest.files.loaders.decoding import decode
from ingest.files.unchanged import Known, Limits, Recall, Recalled, nothing_known
from ingest.files.walking import SIDECAR, Names, Unreadable, Within, leads_out, shown, unreadable, walk
from ingest.types import Document
from settings import Parsing

_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_CLOSING_HASHES = re.compile(r"\s#+$")
_TITLE_CHARS = 200
_HEADING_CHARS = 1000
_SIDECAR_BYTES = 1 << 16
_LIMITS = Parsing()

OpenSandbox = Callable[[Parsing], Sandbox]
"""Makes what parses the files, within limits."""


def read_documents(
    source: Path,
    max_file_mb: int = 64,
    limits: Parsing = _LIMITS,
    sandbox: OpenSandbox = Sandbox,
    known: Known = nothing_known,
    names: Names | None = None,
    but: Collection[Path] = (),
) -> Iterator[Document | DocumentError]:
    """Yield the documents of a file or of all files under a folder `but` some, in order of their paths.

    What cannot be read, or not within `limits`, is yielded as an error, one line that names the file
    and the remedy. A file whose document is `known` is not parsed; one that states no
    id has that of `names`, which is its path in the folder by default.

    Raises:
        DocumentError: `source` does not exist, or is a folder without files.
    """
    if not os.path.exists(source):
        raise DocumentError(f"{shown(source)} does not exist or may not be entered; check the path")
    entries = walk(source, but)
    first = next(entries, None)
    if first is None:
        raise DocumentError(f"{shown(source)} holds no documents; put some there ({', '.join(LOADERS)})")
    base = source if source.is_dir() else source.parent
    called = names or Within(base)
    recall = Recall(known, called.id, SIDECAR, Limits(max_file_mb << 20, limits.max_chars, limits.ocr))
    read = partial(_read_file, base=base, called=called, max_file_mb=max_file_mb)
    return _read_all(chain([first], entries), recall, read, sandbox(limits), called)


def _read_all(
    entries: Iterable[Path | DocumentError],
    recall: Recall,
    read: Callable[..., Iterator[Document | DocumentError]],
    opened: Sandbox,
    called: Names,
) -> Iterator[Document | DocumentError]:
    seen: dict[str, str] = {}
    with opened as sandbox:
        for entry in sandbox.ahead(recall.entries(entries)):
            if isinstance(entry, DocumentError):
                yield _from(called.origin(entry.path), entry) if isinstance(entry, Unreadable) else entry
                continue
            path = entry.path if isinstance(entry, Recalled) else entry
            origin = called.origin(path)
            for item in _items(entry, recall, partial(read, sandbox=sandbox)):
                if isinstance(item, DocumentError):  # what no loader knows never gave a document
                    yield _from(origin, item) if path.suffix.lower() in LOADERS else item
                elif item.id in seen:
                    taken = f"{shown(path)}: id {item.id!r} is taken by {seen[item.id]}; rename one"
                    own = [item.id] if seen[item.id] == shown(path) else []
                    yield RecordError(taken, own, origin)
                else:
                    seen[item.id] = shown(path)
                    yield replace(item, origin=origin)


def _from(origin: str, error: DocumentError) -> DocumentError:
    error.origin = origin
    return error


def _items(
    entry: Path | Recalled, recall: Recall, read: Callable[..., Iterator[Document | DocumentError]]
) -> Iterator[Document | DocumentError]:
    return iter([entry.document]) if isinstance(entry, Recalled) else recall.noted(entry, read(entry))


def _read_file(
    path: Path, base: Path, called: Names, max_file_mb: int, sandbox: Sandbox
) -> Iterator[Document | DocumentError]:
    try:
        beside = _sidecar(path, base)
        relative = called.id(path)
        stated_id = beside.pop("id", relative)
        is_placed = False
        for number, raw in enumerate(_load(path, max_file_mb, sandbox), start=1):
            fallback_id = stated_id if number == 1 else f"{stated_id}:{number}"
            if isinstance(raw, DocumentError):
                if isinstance(raw, RecordError):
                    raw.ids = tuple(map(clean_line, raw.ids)) or ((fallback_id,) if is_placed else ())
                yield raw
                continue
            is_placed = not raw.id  # its place names it, and a broken record after it
            yield to_document(replace(raw, **beside), fallback_id, shown(path))
    except DocumentError as error:
        yield error
    except OSError as error:
        yield unreadable(path, error)


def _sidecar(path: Path, base: Path) -> dict[str, str]:
    """Return what the file beside `path` says of it; that wins over what the file itself says."""
    beside = path.with_name(path.name + SIDECAR)
    if not os.path.isfile(beside):  # Path.is_file fails where this name would be too long
        return {}
    if leads_out(beside, base):
        raise DocumentError(f"{shown(beside)} is a link that leads out of {shown(base)}; put the file there")
    with beside.open("rb") as file:
        stated = front_matter.parse(decode(file.read(_SIDECAR_BYTES), shown(beside)), shown(beside))
    if stated is None:
        raise DocumentError(f"{shown(beside)} states no fields; write `title: ...` a line, or remove it")
    return stated


def _load(path: Path, max_file_mb: int, sandbox: Sandbox) -> Iterator[RawDocument | DocumentError]:
    if path.suffix.lower() not in LOADERS:
        other = SAVED_AS.get(path.suffix.lower(), "")
        remedy = f"save it as {other}" if other else f"known are {', '.join(LOADERS)}"
        raise DocumentError(f"{shown(path)} is in no known format; {remedy}")
    _check_size(path, max_file_mb)
    return sandbox.documents(path, shown(path))


def _check_size(path: Path, max_file_mb: int) -> None:
    """Refuse before reading: opening a named pipe would wait for ever."""
    size = path.stat().st_size
    if not path.is_file():
        raise DocumentError(f"{shown(path)} is not a regular file; remove it")
    if size == 0:
        raise DocumentError(f"{shown(path)} is empty; fill or remove it")
    if size > max_file_mb << 20:
        limit = f"over the limit of {max_file_mb} MB"
        raise DocumentError(
            f"{shown(path)} has {size >> 20} MB, {limit}; split it or raise max_file_mb in domain.toml"
        )


def to_document(raw: RawDocument, relative: str, name: str) -> Document | DocumentError:
    """Return the document of what a loader gave, with what it does not say; `name` is for errors."""
    if not raw.text:
        return DocumentError(f"{name} holds no text; fill or remove it")
    blocks = code_blocks(raw.text)
    headings = (found for found in _HEADING.finditer(raw.text) if not block_at(blocks, found.start()))
    heading = next(headings, None)
    title = clean_line(raw.title) or (
        _CLOSING_HASHES.sub("", clean_line(heading.group(1)[:_HEADING_CHARS])) if heading else ""
    )
    return Document(
        id=clean_line(raw.id) or relative,
        title=title[:_TITLE_CHARS] or clean_line(raw.id) or Path(relative).stem,
        text=raw.text,
        lang=_lang(raw.lang, raw.text),
        source=clean_line(raw.source) or relative,
        as_of=clean_line(raw.as_of),
    )


def _lang(stated: str, text: str) -> Lang:
    """Return the language a file states (`zh-CN`, `en_US`), where it is one of ours."""
    prefix = stated.strip().lower()[:2]
    if prefix == "zh":
        return "zh"
    return "en" if prefix == "en" else detect(text)
