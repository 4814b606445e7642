"""HTML pages as text with Markdown headings. Knows nothing of the network: nothing is ever fetched.

Every block of the page is kept except navigation, footers and what is not shown. Extractors that guess the
main text (trafilatura 2.3.1 was tried) drop headings and list items of short pages without a word.
"""

import re
from collections.abc import Callable

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from core.errors import DocumentError
from core.language import CJK, detect
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.html_tables import BLOCKS, mark_table, write_out
from ingest.files.loaders.numerals import numeral, raised
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.unseen import clear_unseen

_CHARSET = re.compile(rb"""<meta[^>]+charset=["']?([\w-]+)""", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n]+")
_BREAK = re.compile(f"(?<=[{CJK}，、；：。])[ \t]*[\r\n]\\s*(?=[{CJK}])")
"""A line end of the source between Chinese characters is no blank (CSS Text 3, 4.1.3)."""
_LAST_TAGS = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)
"""What stands after them is shown, but not given by the parser."""
_GLUE = "\u2060"
"""Stands after the mark of an item or term, and takes what follows, another block even, to its line."""
_GLUED = re.compile(f"(：?){_GLUE}\\s*")
_KEPT = "\ufdd0"
"""A blank of preformatted text; others that follow one another are one."""
_BLANKS = re.compile(" {2,}")
_NOT_XML = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff{_GLUE}{_KEPT}]"
)  # lxml gives them but takes none; the last two are ours
_PARAGRAPH = re.compile("p|[uod]l|table|blockquote|pre|section|article|h[1-6]")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_NOTE_MARK = re.compile(r"[\[(（［〔【]\s*(?:note\s*|注\s*)?\w{1,3}\s*[\])）］〕】]|注\s*\d{0,2}")
_NOTE_LINK = re.compile(r"[\[［〔【]\s*\d{1,3}\s*[\]］〕】]|[↩^↑]\ufe0e?")
_PICTURE_FILE = re.compile(r".*\.(?:jpe?g|png|gif|webp|svg|bmp)\s*", re.IGNORECASE)
_TERM = 100
"""Characters: a longer term of a definition list is a paragraph."""


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
        page = document_fromstring(_LAST_TAGS.sub("", text).encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise DocumentError(f"{name} holds no text; fill or remove it") from error
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise DocumentError(f"{name} nests deeper than 2,048 elements, the parser's limit; simplify the page")
    return page


def page_document(page: HtmlElement) -> RawDocument:
    """Return what a page says; its elements are of no use afterwards."""
    title = page.findtext("head/title") or page.findtext("body/title") or ""
    return RawDocument(_body_text(page), title=title, lang=page.get("lang") or "")


def _body_text(page: HtmlElement) -> str:
    body = page.find("body")
    if body is None:
        return ""
    clear_unseen(page)
    for element in body.iter(etree.Element):
        _flatten_space(element)
        mark_table(element)
    for element in list(body.iter("sup", "a", "img", "li", "dt")):
        _IN_PLACE[element.tag](element)
    for table in reversed(list(body.iter("table"))):  # those inside others first
        write_out(table)
    for element in body.iter(etree.Element):
        _mark_block(element)
    lines = (line.strip(" ") for line in _BLANKS.sub(" ", str(body.text_content())).split("\n"))
    text = _GLUED.sub(lambda mark: mark.group(1) or " ", "\n".join(lines))
    return text.replace(_KEPT, " ")


def _flatten_space(element: HtmlElement) -> None:
    """Do to white space what a browser does, so that source line breaks do not end sentences."""
    outside = next(element.iterancestors("pre"), None) is None
    element.text = _flat(element.text, collapse=outside and element.tag != "pre")
    element.tail = _flat(element.tail, collapse=outside)


def _flat(text: str | None, collapse: bool) -> str:
    text = _NOT_XML.sub("", text or "")
    return _SPACE.sub(" ", _BREAK.sub("", text)) if collapse else text.replace(" ", _KEPT)


def _raise(sup: HtmlElement) -> None:
    """Take out the mark of a note, which would be read as part of a number; `m²` stays that."""
    text = str(sup.text_content())
    around = sup.getparent()
    is_whole = around.tag == "a" and str(around.text_content()).split() == text.split()
    links = [*sup.iterdescendants("a"), *([around] if is_whole else [])]
    if _NOTE_MARK.fullmatch(text.strip()) or any(map(_leads_to_note, links)):
        sup.clear(keep_tail=True)
    elif not len(sup):
        sup.text = raised(text)


def _leads_to_note(link: HtmlElement) -> bool:
    return (link.get("href") or "").startswith("#") or link.get("role") == "doc-noteref"


def _unlink(link: HtmlElement) -> None:
    if link.get("role") in ("doc-noteref", "doc-backlink") or (
        _leads_to_note(link) and _NOTE_LINK.fullmatch(str(link.text_content()).strip())
    ):
        link.clear(keep_tail=True)


def _describe(picture: HtmlElement) -> None:
    description = (picture.get("alt") or "").strip()
    if description and not _PICTURE_FILE.fullmatch(description):
        picture.text = f" {_flat(description, collapse=True)} "


def _number(item: HtmlElement) -> None:
    """Begin an item with its bullet or number; the number is kept with the list, for the next item."""
    above = item.getparent()
    mark = "-"
    if above.tag == "ol":
        is_down = above.get("reversed") is not None
        if above.get("start") is None and is_down:
            above.set("start", str(len(above.findall("li"))))
        number = _whole(item.get("value"), _whole(above.get("start"), 1))
        above.set("start", str(number - 1 if is_down else number + 1))
        mark = f"{numeral(number, _FORMS.get(above.get('type') or '', 'decimal'))}."
    item.text = mark + _GLUE + (item.text or "").lstrip(" ")


def _whole(stated: str | None, otherwise: int) -> int:
    stated = (stated or "").strip()[:7]
    return int(stated) if stated.removeprefix("-").isdecimal() else otherwise


def _define(term: HtmlElement) -> None:
    """Put a term and what it means on one line."""
    meaning = term.getnext()
    text = str(term.text_content()).strip()
    if meaning is None or meaning.tag != "dd" or not text or len(text) > _TERM:
        return
    mark = "" if text.endswith((":", "：")) else "：" if detect(text) == "zh" else ":"
    if len(term):
        term[-1].tail = (term[-1].tail or "").rstrip() + mark + _GLUE
    else:
        term.text = (term.text or "").rstrip() + mark + _GLUE


def _mark_block(element: HtmlElement) -> None:
    tag = str(element.tag)
    gap = "\n\n" if _PARAGRAPH.fullmatch(tag) else "\n" if tag in BLOCKS else ""
    if gap:
        lead = "#" * int(tag[1]) + " " if tag in _HEADINGS else ""
        element.text = gap + lead + (element.text or "").lstrip(" ")
        tail = (element.tail or "").lstrip(" ")
        below = element.getnext()
        is_above_words = bool(tail) or (below is not None and below.tag not in BLOCKS)
        needs_gap = tag != "br" and (is_above_words or gap == "\n\n")
        element.tail = gap + tail if needs_gap else tail


_IN_PLACE: dict[str, Callable[[HtmlElement], None]] = {
    "sup": _raise,
    "a": _unlink,
    "img": _describe,
    "li": _number,
    "dt": _define,
}
