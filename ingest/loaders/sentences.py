"""Rows of a table as sentences a reader can retrieve. Knows nothing of CSV, JSON, DOCX or HTML."""

from collections.abc import Iterable, Sequence

from ingest.language import detect

_MARKS = {"zh": ("：", "；", "。"), "en": (": ", "; ", ".")}


def rows_as_sentences(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return one line for each row that says something; the headers name the values.

    >>> rows_as_sentences(["Bag", "Fee"], [["cabin", "0"], ["hold", "30 euros"]])
    'Bag: cabin; Fee: 0.\nBag: hold; Fee: 30 euros.'
    """
    rows = [[_flat(cell) for cell in row] for row in rows]
    lang = detect(" ".join(headers) + " ".join(" ".join(row) for row in rows))
    lines = (_sentence([_flat(header) for header in headers], row, _MARKS[lang]) for row in rows)
    return "\n".join(line for line in lines if line)


def _flat(cell: str) -> str:
    return " ".join(cell.split())


def _sentence(headers: Sequence[str], row: Sequence[str], marks: tuple[str, str, str]) -> str:
    colon, semicolon, stop = marks
    names = [*headers, *[""] * (len(row) - len(headers))]
    parts = [f"{name}{colon}{cell}" if name else cell for name, cell in zip(names, row, strict=False) if cell]
    joined = semicolon.join(parts)
    return joined if not joined or joined.endswith((".", "。")) else joined + stop
