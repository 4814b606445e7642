"""PDF files: their pages' text, and on request what scanned pages show. Knows nothing of layout."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from core.errors import DocumentError
from ingest.files.loaders.raw import RawDocument

if TYPE_CHECKING:
    from ingest.files.pages.text import Page


def load_pdf(data: bytes, name: str) -> list[RawDocument]:
    """Return the text of all pages as one document.

    Raises:
        DocumentError: encrypted, damaged, or without text.
    """
    return _load(data, name, None)


def load_scanned_pdf(data: bytes, name: str, on_scan: Callable[[], None]) -> list[RawDocument]:
    """Return the text of all pages, scanned ones too; `on_scan` is called before each of these.

    Raises:
        DocumentError: encrypted, damaged, without text, or text recognition is not installed.
    """
    return _load(data, name, on_scan)


def _load(data: bytes, name: str, on_scan: Callable[[], None] | None) -> list[RawDocument]:
    import pypdfium2 as pdfium  # 0.1 s

    from ingest.files.pages.pdfium import open_pdf
    from ingest.files.pages.recognition import RecognitionMissing
    from ingest.files.pages.text import text_of

    try:
        with open_pdf(data) as document:
            title = document.get_metadata_value("Title")
            text = text_of(list(_pages(document, on_scan)))
    except RecognitionMissing as error:
        raise DocumentError(f"{name} holds scanned pages, and {error}") from error
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY):
            raise DocumentError(f"{name} is encrypted; save a copy without a password") from error
        raise DocumentError(f"{name} is damaged or no PDF; export it again") from error
    if text.strip():
        return [RawDocument(text, title=title)]
    if on_scan is None:
        reason = "holds no text, perhaps scanned pages; set parsing.ocr = true to have these read"
        raise DocumentError(f"{name} {reason}")
    raise DocumentError(f"{name} holds no text, nor do its pages show any; scan it again")


def _pages(document: Any, on_scan: Callable[[], None] | None) -> Iterator["Page"]:
    from ingest.files.pages.pdfium import is_pictured, picture, sheets
    from ingest.files.pages.recognition import DPI, read_picture
    from ingest.files.pages.text import as_page

    for page in document:
        found = sheets(page)
        if on_scan is not None and is_pictured(page, found):
            on_scan()
            found = read_picture(picture(page, DPI)) or found
        yield as_page(found)
        page.close()
