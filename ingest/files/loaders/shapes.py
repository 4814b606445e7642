"""From a value of objects and lists to documents: which of its parts are records. Knows nothing of syntax.

A record with a text is a document, its other fields a line below the text. All other records are rows of one
document, a line each; a record inside a record is a line of its own, which names what it belongs to.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from core.errors import DocumentError, RecordError
from ingest.files.loaders.front_matter import FIELDS
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.rows import records_as_sentences
from ingest.files.loaders.table import table_as_text

_DEEPEST = 200
"""Levels of a record. Where Python's own limit lies depends on its version."""
_TEXTS = ("text", "content", "body", "page_content", "content_text", "正文", "内容")
_SHORT_TEXT = "description"  # of a line or less it is a field like the others
_NAMES = ("title", "name", "标题", "名称", "id")
_WRAPPERS = frozenset([
    "data", "items", "item", "records", "results", "result", "rows", "list", "entries", "features",
    "hits", "values", "docs", "response", "payload", "root",
])  # fmt: skip
"""What interfaces call what holds their records; the word says nothing of them."""
_ENVELOPE = frozenset([
    "code", "status", "message", "msg", "ok", "success", "error", "count", "total", "total_count", "page",
    "pages", "page_size", "pagesize", "per_page", "limit", "offset", "next", "previous", "prev",
    "has_more", "cursor", "next_cursor", "took", "timed_out", "meta", "paging", "links",
])  # fmt: skip
"""What stands beside the records, and says nothing either."""
_COLUMNS = ("columns", "headers", "header", "fields")
_INSIDE = ("properties", "_source", "attributes")
"""Where GeoJSON, search engines and JSON:API put the fields of a record."""
_KINDS = ("Feature", "FeatureCollection")  # of GeoJSON
_NAME_CHARS = 200
_ANCESTORS = 3
_TOLD = 20  # broken records that are named; of more their number is told


class Figure(str):
    """A number as it is written; alone it is no record."""


Cells = list[tuple[str, str]]
Found = Iterator[RawDocument | DocumentError]


def documents(records: Iterable[tuple[str, Any]], name: str) -> Found:
    """Yield the documents of a file's records, each given with what to call it in errors.

    What is no record is an error, and the others are read; rows come last, as one document.
    """
    rows: list[Cells] = []
    broken = texts = 0
    for where, record in records:
        try:
            for found in _read(record, where, is_text=texts > 0):
                if isinstance(found, RawDocument):
                    texts += 1
                    yield found
                else:
                    rows.append(found)
        except DocumentError as error:
            broken += 1
            if broken <= _TOLD:
                yield error if isinstance(error, RecordError) else RecordError(str(error), _stated(record))
    if said := _sentences(rows):
        yield RawDocument(said)
    if broken > _TOLD:
        yield DocumentError(
            f"{name} holds {broken - _TOLD} more records that cannot be read; mend or remove them"
        )


def of_list(values: list[Any], name: str) -> str:
    """Return a list of lists as a table, one of plain values as lines; nothing where it is neither."""
    try:
        if all(isinstance(value, list) for value in values):
            grid = [[_plain(cell) for cell in row] for row in values if row]
            return table_as_text(grid) if any(map(any, grid)) else ""
        if any(isinstance(value, list | dict) for value in values):
            return ""
        return "\n".join(filter(None, map(_plain, values)))
    except RecursionError as error:
        raise DocumentError(f"{name} nests too deep; flatten or remove it") from error


def _stated(record: Any) -> list[str]:
    """Return the id that a record states."""
    id = record.get("id") if isinstance(record, dict) else None
    return [id] if id and isinstance(id, str) else []


def _read(record: Any, where: str, is_text: bool) -> Iterator[RawDocument | Cells]:
    """Yield the documents and rows of one record; `is_text`: the records before it have texts."""
    if isinstance(record, DocumentError):
        raise record
    if isinstance(record, str) and not isinstance(record, Figure) and record.strip():
        yield [("", record)]
        return
    if not isinstance(record, dict | list):
        raise DocumentError(f"{where} is no record; write it as {{...}} or remove it")
    if is_text and isinstance(record, dict) and set(record) <= {*FIELDS, *_TEXTS} and not _text_key(record):
        raise DocumentError(f"{where}: 'text' is missing, empty or not a string; mend or remove it")
    is_empty = True
    try:
        for found in _walk(record, [], ""):
            is_empty = False
            yield found
    except RecursionError as error:
        raise DocumentError(f"{where} nests too deep; flatten or remove it") from error
    if is_empty:
        raise DocumentError(f"{where} is empty; fill or remove it")


def _walk(value: Any, above: Cells, prefix: str, level: int = _DEEPEST) -> Iterator[RawDocument | Cells]:
    """Yield what is in a value; `above` names what it is part of, `prefix` the part."""
    if not level:
        raise RecursionError
    if isinstance(value, list) and any(isinstance(item, list | dict) for item in value):
        for item in value:
            yield from _walk(item, above, prefix, level - 1)
    elif not isinstance(value, dict):
        if said := _plain(value):
            yield [*above, (prefix, said)]
    elif key := _text_key(record := _lifted(value)):
        yield from _document(record, key, level)
    else:
        yield from _row(record, above, prefix, level)


def _row(record: dict[str, Any], above: Cells, prefix: str, level: int) -> Iterator[RawDocument | Cells]:
    """Yield a record as a row, then what is inside it."""
    is_keyed = len(record) > 1 and all(isinstance(value, dict) for value in record.values())
    inner = {key: value for key, value in record.items() if is_keyed or _is_nested(value)}
    is_envelope = any(key.lower() in _WRAPPERS for key in inner)
    cells = [
        (key, said)
        for key, value in record.items()
        if key not in inner and not (is_envelope and key.lower() in _ENVELOPE) and (said := _plain(value))
    ]
    if cells and prefix:
        cells[0] = (f"{prefix} {cells[0][0]}", cells[0][1])
    if cells:
        yield [*above, *cells]
    is_named = bool(cells) and next(iter(record)) not in inner  # what comes after the records names none
    named = [*above, *_name(cells, is_named)][-_ANCESTORS:]
    for key, value in inner.items():
        if is_keyed:
            record = {"id": key, **value} if _text_key(value) else value
            yield from _walk(record, [*named, ("", key[:_NAME_CHARS])], "", level - 1)
        elif key.lower() in _WRAPPERS or (isinstance(value, list) and not cells and len(inner) == 1):
            yield from _walk(value, named, "", level - 1)
        elif isinstance(value, list):
            yield from _walk(value, named, key, level - 1)
        else:
            yield from _walk(value, [*named, ("", key[:_NAME_CHARS])], "", level - 1)


def _name(cells: Cells, is_first: bool) -> Cells:
    """Return the cell that a record is told apart by: one that is called so, or else the first."""
    by_name = {name.rpartition(" ")[2].lower(): (name, said) for name, said in reversed(cells)}
    found = next((by_name[name] for name in _NAMES if name in by_name), cells[0] if is_first else None)
    return [(found[0], found[1][:_NAME_CHARS])] if found else []


def _document(record: dict[str, Any], key: str, level: int) -> Iterator[RawDocument]:
    """Yield a record's text with all that it says beside it, then the documents inside it."""
    described = {field: said for field in ("title", *FIELDS) if (said := _plain(record.get(field), level))}
    described.setdefault(
        "title", next((said for name in _NAMES[:-1] if (said := _plain(record.get(name), level))), "")
    )
    is_field = key == _SHORT_TEXT and "\n" not in record[key].strip()
    rest = record if is_field else {name: said for name, said in record.items() if name not in (key, *FIELDS)}
    found = list(_row(rest, [], "", level))
    beside = _sentences([cells for cells in found if isinstance(cells, list)])
    text = beside if is_field else "\n\n".join(filter(None, (record[key], beside)))
    yield RawDocument(text, **described)
    yield from (inner for inner in found if isinstance(inner, RawDocument))


def _lifted(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record with the fields that stand in an object, or in columns, of their own."""
    columns: list[Any] = next((record[key] for key in _COLUMNS if isinstance(record.get(key), list)), [])
    if columns and all(isinstance(name, str) for name in columns):
        record = {key: _by_column(value, columns) for key, value in record.items() if value is not columns}
    inside = next((key for key in _INSIDE if isinstance(record.get(key), dict)), None)
    beside = {key: value for key, value in record.items() if key != inside and value not in _KINDS}
    return {**record[inside], **beside} if inside else beside


def _text_key(record: dict[str, Any]) -> str:
    """Return under which key a record has a text of its own, if it has one."""
    keys = (*_TEXTS, _SHORT_TEXT) if any(name in record for name in _NAMES) else _TEXTS
    return next((key for key in keys if isinstance(record.get(key), str) and record[key].strip()), "")


def _by_column(rows: Any, columns: list[str]) -> Any:
    """Return a list of rows as records, any other value as it is."""
    is_grid = isinstance(rows, list) and all(
        isinstance(row, list) and len(row) == len(columns) for row in rows
    )
    return [dict(zip(columns, row, strict=True)) for row in rows] if is_grid else rows


def _is_nested(value: Any) -> bool:
    """Say whether a field holds records: objects or rows of words in a list, or objects in an object."""
    if isinstance(value, dict):
        return any(isinstance(part, dict) or _is_nested(part) for part in value.values())
    parts = value if isinstance(value, list) else ()
    return any(isinstance(part, dict) or (isinstance(part, list) and _holds_words(part)) for part in parts)


def _holds_words(row: list[Any]) -> bool:
    """Tell a row of a table from a pair of coordinates, of which a field may hold thousands."""
    return any(
        isinstance(cell, dict)
        or (isinstance(cell, str) and not isinstance(cell, Figure))
        or (isinstance(cell, list) and _holds_words(cell))
        for cell in row
    )


def _sentences(rows: list[Cells]) -> str:
    """Return the rows as lines. No row is widened to all keys: their product can fill the memory."""
    return records_as_sentences(dict.fromkeys(name for row in rows for name, _ in row), rows)


def _plain(value: Any, levels: int = _DEEPEST) -> str:
    """Return a value as a reader would say it."""
    if not levels:
        raise RecursionError
    if isinstance(value, dict):
        parts = ((key, _plain(part, levels - 1)) for key, part in value.items())
        return ", ".join(f"{key} {said}".strip() for key, said in parts if said)
    if isinstance(value, list):
        return ", ".join(filter(None, (_plain(part, levels - 1) for part in value)))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
