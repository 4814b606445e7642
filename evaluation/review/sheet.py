"""Drafts as a sheet for spreadsheet programs, there and back. Knows nothing of verdicts or journals.

A spreadsheet runs a cell that begins like a formula, and turns `3-5` into a date and `1.50` into `1.5`: such
cells go out with an apostrophe before them, which is taken off when they come back.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from core.errors import DocumentError
from core.questions import QuestionRecord
from core.quotes import squeezed
from evaluation.review.editing import Fields, fields_of
from evaluation.review.types import Draft, ReviewError
from ingest.files.loaders.decoding import decode

COLUMNS = ("id", "question", "answers", "quote", "document", "type", "split", "verdict", "note", "seen")
"""`seen` tells which words of a draft a row shows: a draft may change before the sheet comes back."""
_SEPARATOR = " | "
_ESCAPED = r" \| "
_RUNS = re.compile(r"['=+\-@\t\r\n＝＋－＠]")
_NUMBER = re.compile(r"[1-9]\d{0,14}|0")
_NUMERAL = re.compile(r"\d[\d\s.,:/%-]*")
_DATE = re.compile(
    r"(?i)(?:\d{1,4}\W?)?(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*(?:\W?\d{1,4})?"
)


def export(drafts: Iterable[Draft], path: Path) -> int:
    """Write drafts as a CSV file that Excel opens as UTF-8; return how many."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(COLUMNS)
    rows = [[*map(_guarded, _cells(one.record)), "", "", one.sha] for one in drafts]
    table.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8-sig", newline="")
    return len(rows)


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a sheet by number, the head being row 1, each cell under its column.

    Raises:
        ReviewError: it cannot be read as CSV, or has no column `id`.
    """
    try:
        text = decode(path.read_bytes(), str(path))
    except (OSError, DocumentError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ReviewError(f"{path}: {reason}; save the sheet as CSV") from error
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # where a comma is decimal, Excel writes `;`
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        head = [name.strip().casefold() for name in next(table, [])]
        if "id" not in head:
            raise ReviewError(f"{path} has no column id; its columns should be {', '.join(COLUMNS)}")
        for number, cells in enumerate(table, start=2):
            row = dict(zip(head, map(_plain, cells), strict=False))
            if any(map(str.strip, cells)):
                yield number, {**row, "id": row.get("id", "").strip()}
    except csv.Error as error:
        raise ReviewError(f"{path}, line {table.line_num}: {error}; save the sheet as CSV") from error


def fields_in(row: Mapping[str, str], record: QuestionRecord) -> Fields:
    """Return what a row makes of a question; cells that are missing or as they were change nothing."""
    now = fields_of(record)
    before = dict(zip(COLUMNS, _cells(record), strict=False))
    new = {
        key: cell for key, cell in row.items() if key in before and squeezed(cell) != squeezed(before[key])
    }
    lists = {"answers": now.answers, "quote": now.quotes, "document": now.documents}
    answers, quotes, documents = (parts(new[key]) if key in new else values for key, values in lists.items())
    return Fields(
        question=new.get("question", now.question),
        answers=answers,
        quotes=quotes,
        documents=documents,
        type=new.get("type", now.type).strip(),
        split=new.get("split", now.split).strip(),
    )


def parts(cell: str) -> tuple[str, ...]:
    """Return the values that a cell joins."""
    values = (part.replace(_ESCAPED, _SEPARATOR).strip() for part in cell.split(_SEPARATOR))
    return tuple(filter(None, values))


def _cells(record: QuestionRecord) -> tuple[str, ...]:
    now = fields_of(record)
    lists = (_joined(values) for values in (now.answers, now.quotes, now.documents))
    return (record.id, now.question, *lists, now.type, now.split)


def _joined(values: Sequence[str]) -> str:
    return _SEPARATOR.join(value.replace(_SEPARATOR, _ESCAPED) for value in values)


def _guarded(cell: str) -> str:
    """Return a cell that no spreadsheet runs or rewrites.

    >>> [_guarded(cell) for cell in ("=1+1", "'tis", "3-5", "1.50", "250", "250 euros", "May 5")]
    ["'=1+1", "''tis", "'3-5", "'1.50", '250', '250 euros', "'May 5"]
    """
    return f"'{cell}" if _is_risky(cell) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _is_risky(cell[1:]) else cell


def _is_risky(cell: str) -> bool:
    is_rewritten = _NUMERAL.fullmatch(cell) and not _NUMBER.fullmatch(cell)
    return bool(_RUNS.match(cell) or is_rewritten or _DATE.fullmatch(cell))
