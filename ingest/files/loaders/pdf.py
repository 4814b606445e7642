"""PDF files with a text layer. Knows nothing of layout or of optical character recognition."""

from core.errors import DocumentError
from ingest.files.loaders.raw import RawDocument


def load_pdf(data: bytes, name: str) -> list[RawDocument]:
    """Return the text of all pages as one document.

    Raises:
        DocumentError: encrypted, damaged, or without text.
    """
    import pypdfium2 as pdfium  # 0.1 s

    from ingest.files.pages.pdfium import open_pdf, sheets
    from ingest.files.pages.text import as_page, text_of

    pages = []
    try:
        with open_pdf(data) as document:
            title = document.get_metadata_value("Title")
            for page in document:
                pages.append(as_page(sheets(page)))
                page.close()
    except pdfium.PdfiumError as error:
        if error.err_code in (pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY):
            raise DocumentError(f"{name} is encrypted; save a copy without a password") from error
        raise DocumentError(f"{name} is damaged or no PDF; export it again") from error
    text = text_of(pages)
    if not text.strip():
        raise DocumentError(
            f"{name} holds no text, perhaps scanned pages; run text recognition (OCR) on it first"
        )
    return [RawDocument(text, title=title)]
