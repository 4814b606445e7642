"""From what a host answered to a document, parsed in the sandbox as files are. Knows nothing of queues.

A page whose text stayed is the document that it was, and keeps its day where that was the day of access.
"""

import hashlib
import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

from w3lib.encoding import http_content_type_encoding

from core.errors import DocumentError
from ingest.crawl.network import Answer
from ingest.crawl.urls import host_of, page_id, page_url
from ingest.files.child import Sandbox
from ingest.files.loaders import RawDocument, web_page
from ingest.files.loaders.web_page import About, read_about
from ingest.files.reading import to_document
from ingest.files.unchanged import Known
from ingest.types import Document

_SUFFIXES = {
    "text/html": web_page.SUFFIX,
    "application/xhtml+xml": web_page.SUFFIX,
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
}
_NAMELESS = ("application/octet-stream", "binary/octet-stream", "application/force-download", "")
# A host may name any codec of Python's; these decode in linear time.
_ENCODINGS = {
    "gb18030",
    "big5hkscs",
    "big5",
    "cp1252",
    "utf-16-le",
    "utf-16-be",
    "shift_jis",
    "cp949",
    "cp1251",
}
_WORD = re.compile(
    r"(?<![^\s,])[a-z]+(?![^\s,])"
)  # no value: `max-image-preview:none` forbids no more than that
Dated = Literal["stated by the page", "Last-Modified", "the day of access", ""]


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was read: what it says of itself, its document, if it gives one, and what went wrong."""

    id: str
    about: About
    document: Document | None = None
    errors: Sequence[DocumentError] = ()
    dated: Dated = ""
    """Where the day of a document that is new or changed comes from."""
    is_private: bool = False
    """Whether it asks not to be kept."""


class Reader:
    """Reads pages in a sandbox; their bytes lie in `folder` meanwhile. `known` are documents by digest."""

    def __init__(self, sandbox: Sandbox, folder: Path, known: Known) -> None:
        self._sandbox, self._folder, self._known = sandbox, folder, known

    def read(self, answer: Answer) -> Page:
        """Return the page that an answer of status 200 holds.

        Raises:
            DocumentError: it is empty, or in a format that is not read.
        """
        suffix = _suffix(answer)
        path = self._folder / f"page{suffix}"
        path.write_bytes(_in_utf8(answer) if suffix != ".pdf" else answer.body)
        items = list(self._sandbox.documents(path, answer.url))
        errors = [item for item in items if isinstance(item, DocumentError)]
        found = [item for item in items if isinstance(item, RawDocument)]
        is_page = suffix == web_page.SUFFIX
        about = next(
            (read_about(raw.text) for raw in found if is_page and raw.id == web_page.ABOUT), About([])
        )
        robots = _WORD.findall(f"{about.robots} {answer.headers.get('x-robots-tag', '')}".lower())
        if "nofollow" in robots or "none" in robots:
            about = replace(about, links=[])
        page = Page(_canonical(about, answer.url), about, errors=errors)
        if "noindex" in robots or "none" in robots:
            return replace(page, errors=[], is_private=True)
        raw = next((raw for raw in found if not (is_page and raw.id == web_page.ABOUT)), None)
        return self._with_document(page, raw, answer) if raw else page

    def _with_document(self, page: Page, raw: RawDocument, answer: Answer) -> Page:
        stated = page.about.as_of or raw.as_of
        raw = replace(raw, id="", source=answer.url, as_of=stated)  # whatever a page calls itself
        document = to_document(raw, page.id, answer.url)
        if isinstance(document, DocumentError):
            return replace(page, errors=[*page.errors, document])
        digest = hashlib.sha256(json.dumps([stated, *astuple(document)]).encode()).hexdigest()
        if known := self._known(digest):
            return replace(page, document=known)
        dated: Dated = "stated by the page"
        if not stated:
            stated, dated = _accessed(answer)
        return replace(page, document=replace(document, as_of=stated, file=digest), dated=dated)


def _suffix(answer: Answer) -> str:
    """Return the suffix of the format that an answer is in."""
    if answer.body.startswith(b"%PDF-"):  # often called octet-stream
        return ".pdf"
    stated = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not answer.body.strip():
        raise DocumentError(f"{answer.url} is empty; nothing is kept of it")
    by_name = PurePosixPath(urlsplit(answer.url).path).suffix.lower()
    if stated in _NAMELESS and by_name in _SUFFIXES.values():
        return by_name
    if stated not in _SUFFIXES:
        is_what = f"is {stated[:80]!r}" if stated else "does not say what it is"
        raise DocumentError(f"{answer.url} {is_what}; HTML, PDF, DOCX, CSV and plain text are read")
    return _SUFFIXES[stated]


def _in_utf8(answer: Answer) -> bytes:
    """Return the text in UTF-8 where the host names another encoding, which wins over what the page says."""
    encoding = http_content_type_encoding(answer.headers.get("content-type"))
    try:
        answer.body.decode()
    except UnicodeDecodeError:
        with suppress(UnicodeDecodeError):  # then the loader guesses
            if encoding in _ENCODINGS and not answer.body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
                return answer.body.decode(encoding).encode()
    return answer.body


def _canonical(about: About, url: str) -> str:
    """Return the id of a page: that of the address it calls its own, if on its host and not the front page.

    Sites that call all their pages by the address of the first one would be left with one document.
    """
    own = page_id(url)
    try:
        stated = page_url(about.canonical) if about.canonical else url
    except DocumentError:
        return own
    is_front = urlsplit(stated).path == "/" and not urlsplit(stated).query
    return own if is_front or host_of(stated) != host_of(url) else page_id(stated)


def _accessed(answer: Answer) -> tuple[str, Dated]:
    """Return the day on which the host says that the page was changed, else today."""
    try:
        changed = parsedate_to_datetime(answer.headers.get("last-modified", ""))
        return changed.date().isoformat(), "Last-Modified"
    except (ValueError, TypeError, OverflowError):
        return datetime.now(UTC).date().isoformat(), "the day of access"
