"""A file of questions in any format, which it tells by itself. Knows nothing of domains.

A row that cannot be read is passed over, with its line and the reason; a file without a good one is an error.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import AssistantError
from core.questions import QuestionRecord, as_row
from evaluation.formats import FORMATS
from evaluation.formats.rows import rows_of
from evaluation.formats.table import known_columns
from evaluation.formats.types import Passed, Row
from ingest.files.loaders.decoding import decode

AUTO = "auto"
_GUESSED = "csv"
"""What fits by its columns' names alone; any other that fits is meant."""
_SAMPLE = 100  # rows that tell the format
_SHOWN = 6  # keys
_SAVE_AS = {
    **dict.fromkeys((".xlsx", ".xls", ".ods", ".numbers"), "save it in the spreadsheet as CSV"),
    **dict.fromkeys((".parquet", ".arrow", ".feather"), "write it as JSON Lines (pandas: `to_json`)"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds: its questions, without a split where it states none, and what was passed over.

    `left_out` counts the rows of which some part has no place in a question.
    """

    path: Path
    format: str
    records: Sequence[QuestionRecord]
    passed: Sequence[Passed]
    left_out: Counter[str]


def read_file(path: Path, wanted: str = AUTO) -> Reading:
    """Read the questions of a file in the format `wanted`, or in the one that it seems to have.

    Raises:
        AssistantError: there is no such file or format, or no good row; or the format cannot be told.
    """
    if wanted != AUTO:
        check_format(wanted)
    rows = rows_of(_text(path), known_columns)
    found = [row for row in rows if isinstance(row, Row)]
    passed = [row for row in rows if isinstance(row, Passed)]
    if not rows:
        raise AssistantError(f"{path} holds no questions; write one a line, see docs/bring-your-own.md")
    if not found:
        raise AssistantError(f"{path}, line {passed[0].line}: {passed[0].reason}; no row can be read")
    name = _told(path, found) if wanted == AUTO else wanted
    reading = _read(path, name, found)
    if not reading.records:
        first, *_ = reading.passed
        raise AssistantError(
            f"{path}, line {first.line}: {first.reason}; no row is {name}{_hint(found, name)}"
        )
    return replace(reading, passed=sorted([*passed, *reading.passed]))


def check_format(name: str) -> None:
    """Refuse an unknown format.

    Raises:
        AssistantError: it is none of `FORMATS`.
    """
    if name not in FORMATS:
        raise AssistantError(f"no format {name!r}; known are {', '.join(FORMATS)}")


def _text(path: Path) -> str:
    if remedy := _SAVE_AS.get(path.suffix.lower()):
        raise AssistantError(f"{path} is no text; {remedy}, and import that")
    try:
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise AssistantError(f"{path} cannot be read: {error.strerror}; check the path") from error


def _read(path: Path, name: str, rows: Iterable[Row]) -> Reading:
    style = FORMATS[name]
    records, passed, left_out = [], [], Counter[str]()
    for line, values in rows:
        try:
            record = style.read(values)
            json.dumps(as_row(record), ensure_ascii=False).encode()
        except UnicodeEncodeError:
            passed.append(Passed(line, "it holds half a character (a lone surrogate)"))
            continue
        except ValueError as error:
            passed.append(Passed(line, str(error)))
            continue
        records.append(replace(record, line=line))
        left_out.update(style.leaves(values))
    return Reading(path, name, records, passed, left_out)


def _told(path: Path, rows: Sequence[Row]) -> str:
    """Return the format that most rows fit.

    Raises:
        AssistantError: they fit none, or several as well.
    """
    best = _fitting(rows)
    line, values = rows[0]
    if len(best) > 1:
        raise AssistantError(
            f"{path}, line {line}: this may be {' or '.join(best)}; say which, with --format {best[0]}"
        )
    if not best:
        keys = ", ".join(map(repr, list(values)[:_SHOWN]))
        raise AssistantError(
            f"{path}, line {line}: {keys} are the names of no known format ({', '.join(FORMATS)}); call the "
            "question question or 问题 and the answer answer or 答案"
        )
    return best[0]


def _fitting(rows: Sequence[Row]) -> list[str]:
    """Return the formats that most of the first rows fit."""
    counts = {
        name: sum(one.fits(row.values) for row in rows[:_SAMPLE])
        for name, one in FORMATS.items()
        if name != _GUESSED
    }
    most = max(counts.values())
    if most:
        return [name for name, count in counts.items() if count == most]
    return [_GUESSED] if any(FORMATS[_GUESSED].fits(row.values) for row in rows[:_SAMPLE]) else []


def _hint(rows: Sequence[Row], wrong: str) -> str:
    other = [name for name in _fitting(rows) if name != wrong]
    return f", it looks like {other[0]}: --format {other[0]}" if other else ""
