"""HTML pages as text with Markdown headings. Knows nothing of the network: nothing is ever fetched.

Every block of the page is kept except navigation, footers and scripts. Extractors that guess the main
text (trafilatura 2.3.1 was tried) drop headings and list items of short pages without a word.
"""

import re

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from core.errors import DocumentError
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.rows import rows_as_sentences

_CHARSET = re.compile(rb"""<meta[^>]+charset=["']?([\w-]+)""", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n]+")
_NOT_XML = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)  # lxml gives them but takes none
_DASH_ALONE = re.compile(r"^-\n+", re.MULTILINE)
_SKIPPED = "script style template noscript nav footer button select svg iframe"
_PARAGRAPH = re.compile("p|[uod]l|table|blockquote|pre|section|article|h[1-6]")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LINE = re.compile("li|d[td]|tr|div|br|caption|figcaption|header|main")


def load_html(data: bytes, name: str) -> list[RawDocument]:
    """Return the page's text, with its title and language.

    Raises:
        DocumentError: nothing that could be a page, or elements nested too deep to be read.
    """
    return [page_document(parse_page(data, name))]


def parse_page(data: bytes, name: str) -> HtmlElement:
    """Return the page's elements; raises as `load_html` does."""
    declared = _CHARSET.search(data[:2048])
    text = decode(data, name, declared.group(1).decode() if declared else "")
    parser = HTMLParser(
        encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        page = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise DocumentError(f"{name} holds no text; fill or remove it") from error
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise DocumentError(f"{name} nests deeper than 2,048 elements, the parser's limit; simplify the page")
    return page


def page_document(page: HtmlElement) -> RawDocument:
    """Return what a page says; its elements are of no use afterwards."""
    title = page.findtext(".//title") or ""
    return RawDocument(_body_text(page), title=title, lang=page.get("lang") or "")


def _body_text(page: HtmlElement) -> str:
    body = page.find("body")
    if body is None:
        return ""
    for element in list(body.iter(*_SKIPPED.split())):
        element.drop_tree()
    for element in body.iter(etree.Element):
        _flatten_space(element)
    for table in list(body.iter("table")):
        _write_out(table)
    for element in body.iter(etree.Element):
        _mark_block(element)
    lines = (line.strip(" ") for line in str(body.text_content()).split("\n"))
    return _DASH_ALONE.sub("- ", "\n".join(lines))


def _flatten_space(element: HtmlElement) -> None:
    """Do to white space what a browser does, so that source line breaks do not end sentences."""
    outside = next(element.iterancestors("pre"), None) is None
    element.text = _flat(element.text, collapse=outside and element.tag != "pre")
    element.tail = _flat(element.tail, collapse=outside)


def _flat(text: str | None, collapse: bool) -> str:
    text = _NOT_XML.sub("", text or "")
    return _SPACE.sub(" ", text) if collapse else text


def _write_out(table: HtmlElement) -> None:
    """Turn a table whose first row is headers into sentences; any other may be layout and stays."""
    rows = [[cell for cell in row if cell.tag in ("th", "td")] for row in table.iter("tr")]
    has_headers = len(rows) > 1 and rows[0] and all(cell.tag == "th" for cell in rows[0])
    if not has_headers or table.find(".//table") is not None:
        return
    caption = table.findtext("caption") or ""
    headers, *records = [[str(cell.text_content()) for cell in row] for row in rows]
    for child in list(table):
        table.remove(child)
    table.text = f"{caption}\n{rows_as_sentences(headers, records)}"


def _mark_block(element: HtmlElement) -> None:
    tag = str(element.tag)
    if tag in ("td", "th") and element.getnext() is not None:
        element.tail = " | "
    gap = "\n\n" if _PARAGRAPH.fullmatch(tag) else "\n" if _LINE.fullmatch(tag) else ""
    if gap:
        lead = "#" * int(tag[1]) + " " if tag in _HEADINGS else "- " if tag == "li" else ""
        element.text = gap + lead + (element.text or "").lstrip(" ")
        tail = (element.tail or "").lstrip(" ")
        needs_gap = tag != "br" and (tail or gap == "\n\n")
        element.tail = gap + tail if needs_gap else tail
