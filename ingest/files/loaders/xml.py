"""XML: records as rows, a feed's articles as documents, prose as text. Knows nothing of schemas.

Nothing is fetched and no entity is resolved; one that is declared is refused, as bombs are made of them.
"""

import html
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from core.errors import DocumentError
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.html import load_html
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.shapes import documents

_XML = "http://www.w3.org/XML/1998/namespace"
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}encoding=["']([\w-]{1,40})""")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(\w{1,32};)")
_SPACE = re.compile(r"\s+")
_TITLES = frozenset(["title", "head", "heading", "caption"])
_PROSE = frozenset(["p", "para", "section", "sect1", "chapter", "topic", "article", "div", "simpara"])
_ITEMS = ("li", "item", "listitem")
_APART = frozenset([*_ITEMS, *_PROSE, "row", "entry", "tr", "td", "th", "br", "lb"])
_ARTICLES = {"rss": "item", "RDF": "item", "feed": "entry"}
_TEXTS = ("encoded", "content", "description", "summary")
_DATES = ("pubDate", "published", "updated", "date")


def load_xml(data: bytes, name: str) -> Iterator[RawDocument | DocumentError]:
    """Yield the documents.

    Raises:
        DocumentError: not XML, by line, or entities that the file itself declares.
    """
    declared = _ENCODING.match(data)
    text = decode(data, name, declared[1].decode() if declared else "")
    if "<!ENTITY" in text:
        raise DocumentError(f"{name} declares entities of its own, as bombs do; save it without")
    root = _parse(_DECLARATION.sub("", text, count=1), name)
    kind = _name(root)
    if kind == "html":
        yield from load_html(text.encode(), name)
    elif kind in _ARTICLES:
        yield from _articles(root, _ARTICLES[kind], name)
    elif _is_prose(root) and not _is_list(root):
        yield RawDocument(
            "\n".join(_blocks(root)), lang=root.get(f"{{{_XML}}}lang") or root.get("lang") or ""
        )
    elif value := _value(root):
        yield from documents([(name, value)], name)


def _parse(text: str, name: str) -> Any:
    """Return the root; names of characters that only HTML knows are read as there."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        try:
            return etree.fromstring(text.encode("utf-8", "replace"), parser)
        except etree.XMLSyntaxError:
            known = _ENTITY.sub(lambda found: html.escape(html.unescape(found[0]), quote=False), text)
            if known == text:
                raise
            return etree.fromstring(known.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        reason = (error.msg or "it is empty").splitlines()[0]
        raise DocumentError(
            f"{name}, line {error.lineno or 1} is not XML: {reason}; mend or remove it"
        ) from error


def _articles(root: Any, kind: str, name: str) -> Iterator[RawDocument | DocumentError]:
    found = [element for element in root.iter(etree.Element) if _name(element) == kind]
    for number, element in enumerate(found, start=1):
        fields = {_name(child): child for child in reversed(element)}
        said = {key: _markup(child, name) if key in _TEXTS else _said(child) for key, child in fields.items()}
        text = next((said[key] for key in _TEXTS if said.get(key)), "")
        if not (text or said.get("title")):
            yield DocumentError(f"{name}, article {number} is empty; fill or remove it")
            continue
        link = fields.get("link")
        yield RawDocument(
            f"# {said['title']}\n\n{text}" if said.get("title") else text,
            id=said.get("guid") or said.get("id") or "",
            title=said.get("title", ""),
            source=said.get("link") or (link.get("href") if link is not None else "") or "",
            as_of=_day(next((said[key] for key in _DATES if said.get(key)), "")),
        )


def _markup(element: Any, name: str) -> str:
    """Return the text of what may be HTML, escaped or not."""
    inside = _all_text(element)
    if "<" in inside:
        return "\n".join(page.text for page in load_html(inside.encode("utf-8", "replace"), name)).strip()
    return inside.strip()


def _day(said: str) -> str:
    try:
        return parsedate_to_datetime(said).date().isoformat()
    except (TypeError, ValueError):
        return said[:10]


def _is_prose(root: Any) -> bool:
    """Say whether elements stand among words, or are named as paragraphs are."""
    elements = list(root.iter(etree.Element))
    marked = sum(_name(element) in _PROSE for element in elements)
    return any(map(_is_mixed, elements)) or 4 * marked >= len(elements)


def _is_list(root: Any) -> bool:
    """Tell records of one kind that state attributes: what stands in one is its own, and no sentence."""
    children = list(root.iterchildren(etree.Element))
    are_alike = len(children) > 1 and len({child.tag for child in children}) == 1
    return are_alike and _name(children[0]) not in _PROSE and all(child.attrib for child in children)


def _is_mixed(element: Any) -> bool:
    texts = [element.text, *(child.tail for child in element)] if len(element) else []
    return any(text and not text.isspace() for text in texts)


def _blocks(root: Any) -> Iterator[str]:
    """Yield the paragraphs and headings; what stands among words is part of its paragraph."""
    pending: list[tuple[Any, int]] = [(root, 0)]
    while pending:
        element, level = pending.pop()
        name = _name(element)
        is_item = name in _ITEMS
        if len(element) and not is_item and not _is_mixed(element):
            deeper = level + any(_name(child) in _TITLES for child in element)
            pending += [(child, deeper) for child in reversed(element) if isinstance(child.tag, str)]
            yield ""
        elif said := _said(element):
            yield (
                f"\n{'#' * min(max(level, 1), 6)} {said}\n"
                if name in _TITLES
                else f"- {said}"
                if is_item
                else said
            )


def _value(element: Any) -> Any:
    """Return an element as an object of its attributes and parts, or as its text where it has neither.

    The parser refuses what nests deeper than 256 elements.
    """
    parts: dict[str, list[Any]] = {_local(key): [said] for key, said in element.attrib.items()}
    for child in element.iterchildren(etree.Element):
        parts.setdefault(_name(child), []).append(_value(child))
    text = (element.text or "").strip()
    if not parts:
        return text
    found = {key: said[0] if len(said) == 1 else said for key, said in parts.items()}
    return {"": text, **found} if text else found


def _all_text(element: Any) -> str:
    return "".join(element.itertext())


def _said(element: Any) -> str:
    """Return the text on one line; what stands apart on a page is no part of the word before it."""
    for part in element.iterdescendants(etree.Element):
        if _name(part) in _APART:
            part.text, part.tail = f" {part.text or ''}", f" {part.tail or ''}"
    return _SPACE.sub(" ", _all_text(element)).strip()


def _name(element: Any) -> str:
    return _local(element.tag) if isinstance(element.tag, str) else ""


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
