"""JSON and JSON Lines, also as people and programs write them. Knows nothing of what a record is.

Figures stay as they are written. What strict JSON does not have is read where its meaning is plain: comments,
commas before a bracket, values that follow each other.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from core.errors import DocumentError, RecordError
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.shapes import Figure, documents, of_list

_ASIDE = re.compile(r'("(?:[^"\\]|\\.)*+"?)|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|,(?=\s*[\]}])', re.DOTALL)
_BETWEEN = " \t\r\n,"
_IDS = 100
_ID = re.compile(r'"id"\s*:\s*(?:"((?:[^"\\]|\\.)*+)"|(-?\d[\d.]*))')


def load_json(data: bytes, name: str) -> Iterator[RawDocument | DocumentError]:
    """Yield the documents of the records in an array, an object around one, or a single record.

    Raises:
        DocumentError: not JSON, or no records; by number where only some are no documents.
    """
    values = _values(decode(data, name), name)
    records = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    if not any(records):
        raise DocumentError(f"{name} holds no records; fill or remove it")
    if said := of_list(records, name):
        yield RawDocument(said)
        return
    numbered = ((f"{name}, record {number}", record) for number, record in enumerate(records, start=1))
    yield from documents(numbered, name)


def load_jsonl(data: bytes, name: str) -> Iterator[RawDocument | DocumentError]:
    """Yield the documents, one a line."""
    return stream_jsonl(data.splitlines(), name)


def stream_jsonl(lines: Iterable[bytes], name: str) -> Iterator[RawDocument | DocumentError]:
    """Yield one document a line, and for each broken line an error that names its number."""
    return documents(_parsed(lines, name), name)


def _parsed(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where, text = f"{name}, line {number}", ""
        try:
            text = decode(line, where)
            for value in _values(text, where):
                yield where, value
        except DocumentError as error:
            yield where, RecordError(str(error), _ids(text))


def _ids(text: str) -> list[str]:
    """Return the ids that can be read in a broken record; none where they are too many for one.

    >>> _ids('{"id": "a-1", "text": "Two'), _ids('text": "Two", "id": 7}'), _ids("----")
    (['a-1'], ['7'], [])
    """
    found = []
    for said, figure in _ID.findall(text):
        try:
            found.append(str(json.loads(f'"{said}"')) if said else figure)
        except ValueError:  # no such escape
            return []
    return found if len(found) <= _IDS else []


def _values(text: str, where: str) -> list[Any]:
    """Return the values of a text, as a rule one.

    Raises:
        DocumentError: not JSON.
    """
    try:
        return [_DECODER.decode(text)]
    except RecursionError as error:
        raise DocumentError(f"{where} is not JSON: it nests too deep; mend or remove it") from error
    except ValueError as error:
        try:
            return list(_each(_ASIDE.sub(lambda found: found[1] or "", text)))
        except (ValueError, RecursionError):
            raise DocumentError(f"{where} is not JSON: {error}; mend or remove it") from error


def _each(text: str) -> Iterator[Any]:
    at = _after(text, 0)
    while at < len(text):
        value, at = _DECODER.raw_decode(text, at)
        yield value
        at = _after(text, at)


def _after(text: str, at: int) -> int:
    """Return where what stands between values ends."""
    while at < len(text) and text[at] in _BETWEEN:
        at += 1
    return at


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; a key that is there twice has both values."""
    found: dict[str, Any] = dict(pairs)
    if len(found) < len(pairs):
        every: dict[str, list[Any]] = {}
        for key, value in pairs:
            every.setdefault(key, []).append(value)
        found = {key: values if len(values) > 1 else values[0] for key, values in every.items()}
    return found


def _constant(name: str) -> str | None:
    return None if name == "NaN" else name


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Figure, parse_float=Figure, parse_constant=_constant
)
