"""One loader for each format: bytes in, raw documents out. Knows nothing of folders, ids or cleaning.

To read another format, write a loader beside these and name its suffix here.
"""

from collections.abc import Callable, Iterable

from core.errors import DocumentError
from ingest.files.loaders.docx import load_docx
from ingest.files.loaders.html import load_html
from ingest.files.loaders.markdown import load_markdown
from ingest.files.loaders.pdf import load_pdf
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.records import load_json, load_jsonl
from ingest.files.loaders.table import load_csv
from ingest.files.loaders.text import load_text
from ingest.files.loaders.xlsx import load_xlsx
from ingest.files.loaders.xml import load_xml

__all__ = ["LOADERS", "SAVED_AS", "Loader", "RawDocument"]

Loader = Callable[[bytes, str], Iterable[RawDocument | DocumentError]]

LOADERS: dict[str, Loader] = {
    ".md": load_markdown,
    ".markdown": load_markdown,
    ".txt": load_text,
    ".html": load_html,
    ".htm": load_html,
    ".pdf": load_pdf,
    ".docx": load_docx,
    ".xlsx": load_xlsx,
    ".csv": load_csv,
    ".tsv": load_csv,
    ".json": load_json,
    ".jsonl": load_jsonl,
    ".xml": load_xml,
}
"""By lower-case suffix. A loader takes the bytes and the name to give in errors, and raises DocumentError
where nothing can be read; what it says of parts of a file stands among the documents or follows them."""

_OTHERS = {
    ".docx": ".doc .docm .dot .dotx .odt .rtf .pages .wps",
    ".xlsx": ".xls .xlsm .xlsb .ods .numbers .et",
    ".pdf": ".ppt .pptx .odp .key .dps .epub .mobi .msg .eml .ps .djvu .xps .png .jpg .jpeg .tif .tiff .webp",
    ".html": ".mht .mhtml .xhtml .webarchive",
    ".jsonl": ".ndjson .parquet",
    ".txt": ".rst .adoc .org .tex .log .srt .yaml .yml .toml",
}
SAVED_AS = {suffix: known for known, suffixes in _OTHERS.items() for suffix in suffixes.split()}
"""By the suffix of a format that has no loader, the one to save such files in."""
