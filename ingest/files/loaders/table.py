"""CSV: one document, one sentence for each row. Knows nothing of types of columns."""

import csv
from io import StringIO

from core.errors import DocumentError
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.rows import rows_as_sentences


def load_csv(data: bytes, name: str) -> list[RawDocument]:
    """Return the rows as sentences; the first row names the columns.

    Raises:
        DocumentError: no rows, or quotes that do not close.
    """
    text = decode(data, name)
    header = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t|", key=header.count)
    try:
        headers, *rows = (
            row for row in csv.reader(StringIO(text), delimiter=delimiter, strict=True) if any(row)
        )
    except (csv.Error, ValueError) as error:
        reason = error if isinstance(error, csv.Error) else "it is empty"
        raise DocumentError(f"{name} is no table: {reason}; mend it in a spreadsheet") from error
    if not rows:
        raise DocumentError(f"{name} holds no rows under its header; fill or remove it")
    return [RawDocument(rows_as_sentences(headers, rows))]
