"""CSV: one document, one sentence for each row. Knows nothing of types of columns.

The delimiter is the one that gives most rows the same number of cells; what stands above the header is a
title, not the name of a column.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain, groupby, pairwise, repeat

from core.errors import DocumentError, DocumentWarning
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.forms import counts_on, is_form
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.rows import records_as_sentences

_DELIMITERS = "\t;|,，"
"""The rarest in a text comes first: it wins where several fit as well."""
_NONE = "\x1f"  # parts nothing: a table of one column may hold any of them
_SAMPLE = 1 << 16  # characters that tell the delimiter
_ABOVE = 20  # rows among which the header is
_SEPARATOR = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n?|\n|\Z)', re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[$€£¥￥]?\d[\d.,:/ -]*(?:%|[kKMG]?[A-Za-z]{0,2})?")
_YEAR = re.compile(r"(?:1[89]|2[01])\d\d")
_RULE = re.compile(r"[-=_+:. \t]*")

Row = list[str]

csv.field_size_limit(1 << 26)  # what a document may hold is limited elsewhere


def load_csv(data: bytes, name: str) -> list[RawDocument | DocumentError]:
    """Return the rows as sentences; the header names the columns.

    Raises:
        DocumentError: no rows.
    """
    text = decode(data, name)
    separator = _SEPARATOR.match(text)
    text = text[separator.end() :] if separator else text
    delimiter = separator[1] if separator else _delimiter(text)
    warnings: list[DocumentWarning] = []
    try:
        rows = list(_rows(text, delimiter))
    except csv.Error as error:
        rows, warnings = _leniently(text, delimiter, name, str(error))
    if not any(rows):
        raise DocumentError(f"{name} is no table: it is empty; mend it in a spreadsheet")
    said = "\n\n".join(filter(None, map(table_as_text, _tables(rows))))
    if not said:
        raise DocumentError(f"{name} holds no rows under its header; fill or remove it")
    return [RawDocument(said), *warnings]


def _tables(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Part the rows where a blank one stands between two tables; one within a table parts nothing."""
    table: list[Row] = []
    wide = 0
    for is_told, run in groupby(rows, key=bool):
        part = list(run) if is_told else []
        if wide > 1 and _has_names(part):
            yield table
            table, wide = [], 0
        table += part
        wide += sum(_filled(row) > 1 for row in part)
    yield table


def _has_names(rows: Sequence[Row]) -> bool:
    """Tell rows that begin, below their titles, with words over figures."""
    first, *others = rows[_titles(rows) :] if rows else [[]]
    if _filled(first) < 2 or not others or any(map(_NUMBER.fullmatch, first)):
        return False
    return any(2 * sum(_is_figure(row, at) for row in others) > len(others) for at in range(len(first)))


def table_as_text(rows: Sequence[Row]) -> str:
    r"""Return titles and comments, then each row below the header as a sentence; nothing where none is.

    >>> table_as_text([["Fares", ""], ["Route", "Price"], ["to Brim", "12,50"]])
    '# Fares\n\nRoute: to Brim; Price: 12,50.'
    """
    usual = _usual(map(len, rows))
    comments = [row for row in rows if row[0].startswith("#") and len(row) < usual]
    rows = [row for row in rows if not (row[0].startswith("#") and len(row) < usual)] or rows
    titles = _titles(rows)
    above, table = rows[:titles], rows[titles:]
    has_header = not _is_data(table)
    names = table[0] if has_header else []
    is_wide = _filled(names) > 2
    own = (row for row in table[has_header:] if row != names)
    said = records_as_sentences(names, (_record(row, names, is_wide) for row in own))
    notes = [", ".join(filter(None, row)).lstrip("# ") for row in (*above, *comments)]
    heading = [f"# {notes.pop(0)}\n"] if titles and notes else []
    return "\n".join([*heading, *notes, said]) if said else ""


def _record(row: Row, names: Row, is_wide: bool) -> Iterable[tuple[str, str]]:
    """Return a row's values with their names; one that stands alone in a wide table is a title or a note."""
    if is_wide and _filled(row) == 1 and row[0]:
        return [("", row[0])]
    return zip(chain(names, repeat("")), row, strict=False)


def _delimiter(text: str) -> str:
    """Return what parts the cells: what gives most rows of the sample as many cells as the most usual row."""
    sample = text[:_SAMPLE]
    best, agreeing = _NONE, 0.0
    for delimiter in _DELIMITERS:
        try:
            widths = [len(row) for row in _rows(sample, delimiter, strict=False) if row]
        except csv.Error:
            continue
        if not widths or (usual := _usual(widths)) == 1 or (widths[0] == 1 and _is_prose(sample, delimiter)):
            continue
        if widths.count(usual) / len(widths) > agreeing:
            best, agreeing = delimiter, widths.count(usual) / len(widths)
    if best == _NONE:  # ragged rows, or one column
        header = sample.lstrip().split("\n", 1)[0]
        best = max(_DELIMITERS, key=header.count)
        return best if best in header else _NONE
    return best


def _is_prose(sample: str, delimiter: str) -> bool:
    """Say whether commas stand as in sentences: then a first line without one heads a single column."""
    return delimiter == "，" or (delimiter == "," and sample.count(",") == sample.count(", "))


def _rows(text: str, delimiter: str, strict: bool = True) -> Iterator[Row]:
    """Yield the rows, blank ones without cells; lines end as on any system."""
    lines = StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=strict)
    for row in reader:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            yield []
        elif not all(map(_RULE.fullmatch, cells)):
            yield cells


def _leniently(text: str, delimiter: str, name: str, why: str) -> tuple[list[Row], list[DocumentWarning]]:
    """Return the rows of a table whose quotes are followed by blanks, or by worse."""
    try:
        return list(_rows(re.sub(rf'"[ \t]+(?=[{re.escape(delimiter)}\r\n])', '"', text), delimiter)), []
    except csv.Error:
        warning = DocumentWarning(f"{name}: quotes do not close ({why}); each line was read as a row")
        return _lines_alone(text, delimiter, name), [warning]


def _lines_alone(text: str, delimiter: str, name: str) -> list[Row]:
    """Return each line as a row; a quote without its fellow is taken as it stands (5" pipe)."""
    try:
        return [row for line in StringIO(text, newline="") for row in _line(line, delimiter)]
    except csv.Error as error:
        raise DocumentError(f"{name} is no table: {error}; mend it in a spreadsheet") from error


def _line(line: str, delimiter: str) -> Iterable[Row]:
    try:
        return list(_rows(line, delimiter))
    except csv.Error:
        cells = [cell.strip() for cell in line.split(delimiter)]
        return [cells] if any(cells) else []


def _titles(rows: Sequence[Row]) -> int:
    """Return how many rows stand above the header: it has about as many cells as the rows below."""
    usual = _usual(map(_filled, rows))
    if usual == 1:
        return 0
    for at, (row, below) in enumerate(pairwise(rows[:_ABOVE])):
        is_comment = row[0].startswith("# ") and not any(map(_NUMBER.fullmatch, below))
        wanted = max(2, usual - 1) if row[0] else usual - 1  # a header may begin with an empty corner
        if _filled(row) >= wanted and not is_comment and not _is_over_names(rows[at : at + _ABOVE], usual):
            return at
    return 0


def _is_over_names(rows: Sequence[Row], usual: int) -> bool:
    """Tell a title that holds a delimiter: shorter than the row below, which has words over figures."""
    if len(rows) < 3 or not _filled(rows[0]) < usual == _filled(rows[1]):
        return False
    words = [at for at in range(len(rows[1])) if not _is_figure(rows[1], at)]
    return any(2 * sum(_is_figure(row, at) for row in rows[2:]) > len(rows) - 2 for at in words)


def _usual(counts: Iterable[int]) -> int:
    """Return the most frequent of some numbers, of several the largest."""
    return max(Counter(counts).items(), key=lambda item: (item[1], item[0]))[0]


def _filled(row: Row) -> int:
    return sum(map(bool, row))


def _is_data(table: Sequence[Row]) -> bool:
    """Say whether the first row is one like the others: figures stand in it above figures, or it is a form's.

    Years and ordinals may head columns of figures.
    """
    first, *others = table[:_ABOVE]
    texts = [[*row, *[""] * (len(first) - len(row))] for row in table[:_ABOVE]]
    if is_form(texts) or counts_on([row[0] for row in texts]):
        return True
    figures = [at for at, cell in enumerate(first) if _NUMBER.fullmatch(cell)]
    counts = [int(first[at]) if first[at].isdecimal() else -1 for at in figures]
    if all(map(_YEAR.fullmatch, (first[at] for at in figures))) or counts == [*range(1, len(counts) + 1)]:
        return False
    return any(2 * sum(_is_figure(row, at) for row in others) > len(others) for at in figures)


def _is_figure(row: Row, at: int) -> bool:
    return at < len(row) and bool(_NUMBER.fullmatch(row[at]))
