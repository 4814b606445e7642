"""Word documents: paragraphs, headings, lists and tables in reading order. Knows nothing of layout."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from zipfile import ZipFile, ZipInfo

from core.errors import DocumentError
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.rows import rows_as_sentences

_UNPACKED_MB = 512
_MEMBERS = 10_000
_RATIO = 200  # Word's own XML packs about 20 times, deflate can pack 1,032 times
_RATIO_FROM = 1 << 20  # bytes; a smaller part does no harm, however well it packs


def load_docx(data: bytes, name: str) -> list[RawDocument]:
    """Return the text, headings marked as in Markdown and table rows as sentences.

    Raises:
        DocumentError: damaged, no Word document, or packed as a bomb is.
    """
    from docx import Document  # 0.1 s

    try:
        with ZipFile(BytesIO(data)) as archive:
            _check_members(archive.infolist(), name)
        word = Document(BytesIO(data))
        text = "\n".join(_blocks(word))
        title = word.core_properties.title or ""
    except (DocumentError, MemoryError):
        raise
    except Exception as error:  # a parser fed damaged bytes may raise anything
        raise DocumentError(f"{name} is damaged or no DOCX; save it again from a word processor") from error
    return [RawDocument(text, title=title)]


def _check_members(members: Sequence[ZipInfo], name: str) -> None:
    """Refuse a bomb by what the archive says of itself; zipfile never unpacks more than it says."""
    unpacked = sum(member.file_size for member in members)
    if unpacked > _UNPACKED_MB << 20:
        raise DocumentError(f"{name} unpacks to {unpacked >> 20} MB, over {_UNPACKED_MB}; split it")
    if len(members) > _MEMBERS:
        raise DocumentError(f"{name} holds {len(members)} parts, over {_MEMBERS}; split it")
    for member in members:
        is_parsed = not member.filename.startswith("word/media/")  # a blank picture packs as well as a bomb
        if is_parsed and member.file_size > max(_RATIO_FROM, _RATIO * member.compress_size):
            raise DocumentError(f"{name} packs a part over {_RATIO} times, as bombs do; save it again")
        if member.filename.startswith("/") or ".." in PurePosixPath(member.filename).parts:
            raise DocumentError(f"{name} names a part outside of itself; save it again")


def _blocks(word: Any) -> Iterator[str]:
    from docx.table import Table

    for block in word.iter_inner_content():
        yield _table(block) if isinstance(block, Table) else _paragraph(block)


def _paragraph(paragraph: Any) -> str:
    style = paragraph.style.name if paragraph.style is not None else ""
    text = str(paragraph.text).strip()
    if not text:
        return ""
    if style == "Title":
        return f"\n# {text}\n"
    if style.startswith("Heading ") and style[8:].isdigit():
        return f"\n{'#' * min(int(style[8:]), 6)} {text}\n"
    return f"- {text}" if style.startswith("List") else text


def _table(table: Any) -> str:
    rows = [_cells(row) for row in table.rows]
    if len(rows) < 2 or len(rows[0]) < 2:
        return "\n".join(" ".join(row) for row in rows)
    return rows_as_sentences(rows[0], rows[1:])


def _cells(row: Any) -> list[str]:
    """Return the texts of a row; python-docx lists a merged cell once for every column it spans."""
    spanning = [cell for at, cell in enumerate(row.cells) if at == 0 or cell._tc is not row.cells[at - 1]._tc]
    return [str(cell.text) for cell in spanning]
