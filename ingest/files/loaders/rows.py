"""Rows of a table as sentences a reader can retrieve. Knows nothing of CSV, JSON, DOCX or HTML."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain, repeat

from core.language import detect

_MARKS = {"zh": ("：", "；", "。"), "en": (": ", "; ", ".")}


def rows_as_sentences(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return one line for each row that says something; the headers name the values.

    >>> rows_as_sentences(["Bag", "Fee"], [["cabin", "0"], ["hold", "30 euros"]])
    'Bag: cabin; Fee: 0.\nBag: hold; Fee: 30 euros.'
    """
    return records_as_sentences(headers, (zip(chain(headers, repeat("")), row, strict=False) for row in rows))


def records_as_sentences(headers: Iterable[str], records: Iterable[Iterable[tuple[str, str]]]) -> str:
    """Return one line for each record, given as names and values; `headers` tell the language with them."""
    name_of = cache(_flat)
    rows = [[(name_of(name), _flat(cell)) for name, cell in record] for record in records]
    lang = detect(" ".join(headers) + " ".join(cell for row in rows for _, cell in row))
    lines = (_sentence(row, _MARKS[lang]) for row in rows)
    return "\n".join(line for line in lines if line)


def _flat(cell: str) -> str:
    return " ".join(cell.split())


def _sentence(row: Iterable[tuple[str, str]], marks: tuple[str, str, str]) -> str:
    colon, semicolon, stop = marks
    joined = semicolon.join(f"{name}{colon}{cell}" if name else cell for name, cell in row if cell)
    return joined if not joined or joined.endswith((".", "。")) else joined + stop
