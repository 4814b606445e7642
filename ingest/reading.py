"""From a file or folder to documents; a bad file never stops the rest. Knows nothing of indexes."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from ingest.cleaning import clean, clean_line
from ingest.errors import DocumentError
from ingest.language import detect
from ingest.loaders import LOADERS, RawDocument, front_matter
from ingest.loaders.decoding import decode
from ingest.loaders.records import stream_jsonl
from ingest.loaders.signatures import HEAD_BYTES, refuse_foreign
from ingest.types import Document, Lang

SIDECAR = ".yaml"
"""`fares.csv.yaml` beside `fares.csv` says what its front matter would: id, title, lang, source, as_of."""
_HIDDEN = (".", "~$")  # `~$report.docx` is the lock that Word leaves beside an open file
_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.*)$", re.MULTILINE)
_CLOSING_HASHES = re.compile(r"\s#+$")
_TITLE_CHARS = 200
_SIDECAR_BYTES = 1 << 16


def read_documents(source: Path, max_file_mb: int = 64) -> Iterator[Document | DocumentError]:
    """Yield the documents of a file or of all files under a folder, in order of their paths.

    What cannot be read is yielded as an error, one line that names the file and the remedy.

    Raises:
        DocumentError: `source` does not exist, or is a folder without files.
    """
    if not os.path.exists(source):
        raise DocumentError(f"{source} does not exist or may not be entered; check the path")
    entries = _walk(source) if source.is_dir() else iter([source])
    first = next(entries, None)
    if first is None:
        raise DocumentError(f"{source} holds no documents; put some there ({', '.join(LOADERS)})")
    base = source if source.is_dir() else source.parent
    return _read_all(chain([first], entries), base, max_file_mb)


def _walk(folder: Path) -> Iterator[Path | DocumentError]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield DocumentError(f"{folder} cannot be read: {error.strerror}; check its permissions")
        return
    for entry in entries:
        if entry.name.startswith(_HIDDEN):
            continue
        if entry.name.endswith(SIDECAR) and entry.with_name(entry.name.removesuffix(SIDECAR)).exists():
            continue
        if entry.is_dir() and not entry.is_symlink():  # a link to a parent would never end
            yield from _walk(entry)
        else:
            yield entry


def _read_all(
    entries: Iterable[Path | DocumentError], base: Path, max_file_mb: int
) -> Iterator[Document | DocumentError]:
    seen: dict[str, Path] = {}
    for entry in entries:
        if isinstance(entry, DocumentError):
            yield entry
            continue
        for item in _read_file(entry, base, max_file_mb):
            if isinstance(item, Document) and item.id in seen:
                yield DocumentError(f"{entry}: id {item.id!r} is taken by {seen[item.id]}; rename one")
                continue
            if isinstance(item, Document):
                seen[item.id] = entry
            yield item


def _read_file(path: Path, base: Path, max_file_mb: int) -> Iterator[Document | DocumentError]:
    relative = clean_line(os.fsencode(path.relative_to(base)).decode("utf-8", "replace"))
    try:
        beside = _sidecar(path)
        stated_id = beside.pop("id", relative)
        for number, raw in enumerate(_load(path, max_file_mb), start=1):
            if isinstance(raw, DocumentError):
                yield raw
                continue
            fallback_id = stated_id if number == 1 else f"{stated_id}:{number}"
            yield _document(replace(raw, **beside), fallback_id, path)
    except DocumentError as error:
        yield error
    except OSError as error:
        yield DocumentError(f"{path} cannot be read: {error.strerror}; check its permissions")


def _sidecar(path: Path) -> dict[str, str]:
    """Return what the file beside `path` says of it; that wins over what the file itself says."""
    beside = path.with_name(path.name + SIDECAR)
    if not beside.is_file():
        return {}
    stated = front_matter.parse(decode(beside.read_bytes()[:_SIDECAR_BYTES], str(beside)), str(beside))
    if stated is None:
        raise DocumentError(f"{beside} states no fields; write `title: ...` a line, or remove it")
    return stated


def _load(path: Path, max_file_mb: int) -> Iterator[RawDocument | DocumentError]:
    suffix = path.suffix.lower()
    if suffix not in LOADERS:
        raise DocumentError(f"{path} is in no known format; known are {', '.join(LOADERS)}")
    _check_size(path, max_file_mb)
    with path.open("rb") as file:
        refuse_foreign(file.read(HEAD_BYTES), suffix, str(path))
        file.seek(0)
        if suffix == ".jsonl":
            yield from stream_jsonl(file, str(path))
        else:
            yield from LOADERS[suffix](file.read(), str(path))


def _check_size(path: Path, max_file_mb: int) -> None:
    """Refuse before reading: opening a named pipe would wait for ever."""
    size = path.stat().st_size
    if not path.is_file():
        raise DocumentError(f"{path} is not a regular file; remove it")
    if size == 0:
        raise DocumentError(f"{path} is empty; fill or remove it")
    if size > max_file_mb << 20:
        limit = f"over the limit of {max_file_mb} MB"
        raise DocumentError(
            f"{path} has {size >> 20} MB, {limit}; split it or raise max_file_mb in domain.toml"
        )


def _document(raw: RawDocument, relative: str, path: Path) -> Document | DocumentError:
    text = clean(raw.text)
    if not text:
        return DocumentError(f"{path} holds no text; fill or remove it")
    heading = _HEADING.search(text)
    title = clean_line(raw.title) or (
        _CLOSING_HASHES.sub("", clean_line(heading.group(1))) if heading else ""
    )
    return Document(
        id=clean_line(raw.id) or relative,
        title=title[:_TITLE_CHARS] or clean_line(raw.id) or Path(relative).stem,
        text=text,
        lang=_lang(raw.lang, text),
        source=clean_line(raw.source) or relative,
        as_of=clean_line(raw.as_of),
    )


def _lang(stated: str, text: str) -> Lang:
    """Return the language a file states (`zh-CN`, `en_US`), where it is one of ours."""
    prefix = stated.strip().lower()[:2]
    if prefix == "zh":
        return "zh"
    return "en" if prefix == "en" else detect(text)
