"""JSON and JSON Lines: a record with `text` is a document, records without are rows of one table."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from core.errors import DocumentError
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.front_matter import FIELDS
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.rows import records_as_sentences

_DEEPEST = 200
"""Levels of a record. Where Python's own limit lies depends on its version."""


def load_json(data: bytes, name: str) -> list[RawDocument]:
    """Return the documents of an array of records, or of a single record.

    Raises:
        DocumentError: not JSON, no records, or a record that is no document, by number.
    """
    value = _parse(data, name)
    records = value if isinstance(value, list) else [value]
    if not records:
        raise DocumentError(f"{name} holds no records; fill or remove it")
    return _or_raise(
        _documents((f"{name}, record {number}", record) for number, record in enumerate(records, start=1))
    )


def load_jsonl(data: bytes, name: str) -> list[RawDocument]:
    """Return the documents, one a line.

    Raises:
        DocumentError: names the first broken line.
    """
    return _or_raise(stream_jsonl(data.splitlines(), name))


def stream_jsonl(lines: Iterable[bytes], name: str) -> Iterator[RawDocument | DocumentError]:
    """Yield one document a line, and for each broken line an error that names its number."""
    return _documents(_parsed(lines, name))


def _parsed(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            yield where, _parse(line, where)
        except DocumentError as error:
            yield where, error


def _parse(data: bytes, where: str) -> Any:
    try:
        return json.loads(decode(data, where))
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{where} is not JSON: {error}; mend or remove it") from error


def _documents(records: Iterable[tuple[str, Any]]) -> Iterator[RawDocument | DocumentError]:
    """Yield the documents; the first record decides whether this is a table."""
    is_table: bool | None = None
    rows: list[dict[str, str]] = []
    for where, record in records:
        if isinstance(record, DocumentError):
            yield record
            continue
        if not isinstance(record, dict):
            yield DocumentError(f"{where} is not a JSON object; write it as {{...}} or remove it")
            continue
        is_table = "text" not in record if is_table is None else is_table
        try:
            said = {key: _plain(value) for key, value in record.items() if is_table or key in FIELDS}
        except RecursionError:
            yield DocumentError(f"{where} nests too deep; flatten or remove it")
            continue
        if is_table:
            rows.append(said)
        else:
            yield _document(record.get("text"), said, where)
    if rows:
        yield RawDocument(_table(rows))


def _table(rows: list[dict[str, str]]) -> str:
    """Return the rows as sentences. No row is widened to all keys: their product can fill the memory."""
    places = {key: place for place, key in enumerate(dict.fromkeys(key for row in rows for key in row))}
    return records_as_sentences(
        places, [sorted(row.items(), key=lambda cell: places[cell[0]]) for row in rows]
    )


def _document(text: Any, said: dict[str, str], where: str) -> RawDocument | DocumentError:
    if not isinstance(text, str) or not text.strip():
        return DocumentError(f"{where}: 'text' is missing, empty or not a string; mend or remove it")
    return RawDocument(text, **said)


def _plain(value: Any, levels: int = _DEEPEST) -> str:
    """Return a JSON value as a reader would say it."""
    if not levels:
        raise RecursionError
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part, levels - 1)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(part, levels - 1) for part in value)
    return "" if value is None else str(value)


def _or_raise(found: Iterator[RawDocument | DocumentError]) -> list[RawDocument]:
    documents = []
    for item in found:
        if isinstance(item, DocumentError):
            raise item
        documents.append(item)
    return documents
