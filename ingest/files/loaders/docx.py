"""Word documents: the package and its parts, page headers first, footers last. Knows nothing of text."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from core.errors import DocumentError
from ingest.files.loaders.archives import check_archive
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.word.body import Body, Notes
from ingest.files.loaders.word.numbering import Numbering
from ingest.files.loaders.word.styles import Styles, W

_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PAGE_WORDS = re.compile(r"(?:page|of|第|页|頁|共|[\W_])*", re.IGNORECASE)
"""What is left of a line that numbers the pages."""


def load_docx(data: bytes, name: str) -> list[RawDocument]:
    """Return the text, headings marked as in Markdown and table rows as sentences.

    Raises:
        DocumentError: damaged, no Word document, or packed as a bomb is.
    """
    from docx import Document  # 0.1 s

    try:
        check_archive(data, name)
        word = Document(BytesIO(data))
        text = "\n".join(_lines(word.part))
        has_properties = any(
            each.reltype.endswith("/core-properties") for each in word.part.package.rels.values()
        )
        title = word.core_properties.title if has_properties else ""  # python-docx would make one up
    except (DocumentError, MemoryError):
        raise
    except Exception as error:  # a parser fed damaged bytes may raise anything
        raise DocumentError(f"{name} is damaged or no DOCX; save it again from a word processor") from error
    return [RawDocument(text, title=title or "")]


def _lines(part: Any) -> Iterator[str]:
    document = part.element
    styles, numbering = Styles(_related(part, "styles")), Numbering(_related(part, "numbering"))
    body = Body(styles, numbering, _notes(part))
    yield from _page_lines(part, "header", body)
    yield from body.lines(document.body)
    yield from _page_lines(part, "footer", body)


def _related(part: Any, kind: str) -> Any:
    """Return the root of the part of a kind, or None where there is none."""
    for related in part.rels.values():
        if related.reltype == _TYPES + kind and not related.is_external:
            return _root(related.target_part)
    return None


def _root(part: Any) -> Any:
    from docx.oxml import parse_xml

    return parse_xml(part.blob)


def _notes(part: Any) -> Notes:
    notes: Notes = {}
    for kind in ("footnote", "endnote"):
        root = _related(part, f"{kind}s")
        for note in () if root is None else root.findall(f"{W}{kind}"):
            notes[f"{W}{kind}Reference", note.get(f"{W}id", "")] = note
    return notes


def _page_lines(part: Any, kind: str, body: Body) -> Iterator[str]:
    """Yield the lines that stand over or under the pages, each once, without the numbers of the pages."""
    settings = _related(part, "settings")
    has_even = settings is not None and settings.find(f"{W}evenAndOddHeaders") is not None
    references: dict[str, None] = {}
    for section in part.element.body.iter(f"{W}sectPr"):
        kinds = {
            "default",
            "first" if section.find(f"{W}titlePg") is not None else "",
            "even" if has_even else "",
        }
        stated = section.findall(f"{W}{kind}Reference")
        references |= {each.get(_ID): None for each in stated if each.get(f"{W}type", "default") in kinds}
    told: dict[str, None] = {}
    for key in references:
        related = part.rels.get(key)
        if related is not None and not related.is_external:
            told |= dict.fromkeys(body.lines(_root(related.target_part)))
    return (line for line in told if not _PAGE_WORDS.fullmatch(line))
