"""A page as a web host gives it: its text without what all its pages repeat, and what it says of itself.

Knows nothing of the network. Menus, banners and footers go where the page names them as such, by element,
role, class or id, and only where the greater part of the text stays: a page may be a menu.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urljoin

from lxml import etree
from lxml.html import HtmlElement

from core.dates import readings
from ingest.files.loaders.html import page_document, parse_page
from ingest.files.loaders.raw import RawDocument

SUFFIX = ".webpage"
"""Of the file that a page is put into; no file in a folder is read as one."""
ABOUT = "about"
"""The id of what is no document but an `About`."""
_MAX_LINKS, _MAX_CHARS = 1000, 1000
_REFRESH = re.compile(r"[\d.\s]*[;,]\s*url\s*=\s*['\"]?([^'\"]+)", re.IGNORECASE)
_DATED = (
    "article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "dc.date.modified",
    "last-modified", "revised", "article:published_time", "datepublished", "dcterms.issued", "dc.date.issued",
    "dcterms.date", "dc.date", "pubdate", "publishdate", "date",
)  # fmt: skip
_LINKED_DATA = re.compile(r'"date(Modified|Published)"\s*:\s*"([^"]{1,40})"')
_ROLES = {"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog"}
_FOOT = {"footer", "foot"}
_COOKIES = {"cookie", "cookies", "gdpr"}
_BANNERS = _COOKIES | {"banner", "bar", "consent", "dialog", "message", "modal", "notice", "overlay", "popup"}
_LISTS = {
    "nav", "navbar", "navigation", "daohang", "menu", "breadcrumb", "breadcrumbs", "crumb", "crumbs",
    "sidebar", "skip", "share", "social",
}  # fmt: skip
_HEADED = {"h1", "main", "article"}
_TELLING = {*_HEADED, "button"}
_WITHOUT_TEXT = ("script", "style", "template", "noscript")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class About:
    """What a page says of itself: where it leads, its true address, what robots may do, its date."""

    links: list[str]
    canonical: str = ""
    robots: str = ""
    as_of: str = ""


def load_web_page(data: bytes, name: str) -> list[RawDocument]:
    """Return the page's document, which has no id, and an `About` as JSON; `name` is the page's address.

    Raises:
        DocumentError: as for HTML files.
    """
    page = parse_page(data, name)
    about = _about(page, name)
    _drop_chrome(page)
    return [page_document(page), RawDocument(json.dumps(asdict(about)), id=ABOUT)]


def read_about(text: str) -> About:
    """Return the `About` that `load_web_page` wrote; an empty one for anything else.

    >>> read_about('{"links": ["a"]}').links, read_about("7").links
    (['a'], [])
    """
    try:
        said: Any = json.loads(text)
        links = [str(link) for link in said["links"][:_MAX_LINKS]]
        return About(
            links, *(str(said.get(key, ""))[:_MAX_CHARS] for key in ("canonical", "robots", "as_of"))
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return About([])


def _about(page: HtmlElement, address: str) -> About:
    metas = dict(reversed([*_metas(page)]))  # the first of a name counts
    base = _joined(address, next((element.get("href") or "" for element in page.iter("base")), ""))
    links = dict.fromkeys(_joined(base, link) for link in _links(page))
    canonical = next(
        (link.get("href") or "" for link in page.iter("link") if link.get("rel") == "canonical"), ""
    )
    return About(
        [link for link in links if 0 < len(link) <= _MAX_CHARS][:_MAX_LINKS],
        canonical=_joined(base, canonical) if canonical else "",
        robots=metas.get("robots", "").lower(),
        as_of=_date(page, metas),
    )


def _metas(page: HtmlElement) -> Iterator[tuple[str, str]]:
    for meta in page.iter("meta"):
        name = next(filter(None, map(meta.get, ("name", "property", "itemprop", "http-equiv"))), "")
        yield name.lower(), meta.get("content") or ""


def _links(page: HtmlElement) -> Iterator[str]:
    for element in page.iter("a", "area", "meta"):
        if element.tag != "meta":
            if "nofollow" not in (element.get("rel") or "").lower():
                yield element.get("href") or ""
        elif (element.get("http-equiv") or "").lower() == "refresh":
            found = _REFRESH.match(element.get("content") or "")
            yield found.group(1).strip() if found else ""


def _joined(base: str, link: str) -> str:
    try:
        return urljoin(base, link.strip()) if link.strip() else base
    except ValueError:  # [ without ]
        return base


def _date(page: HtmlElement, metas: dict[str, str]) -> str:
    """Return the day of the last change that the page states, or of its publication."""
    stated = [metas.get(name, "") for name in _DATED]
    scripts = (script.text or "" for script in page.iter("script") if "ld+json" in (script.get("type") or ""))
    stated += [value for _, value in sorted(_LINKED_DATA.findall(next(scripts, "")))]
    stated += [time.get("datetime") or "" for time in page.iter("time") if time.get("itemprop")]
    return next(filter(None, map(_day, stated)), "")


def _day(text: str) -> str:
    """Return the day that a text means, if it is one.

    >>> _day("2024年5月1日"), _day("2024-05-01T08:00:00+08:00"), _day("May 2024")
    ('2024-05-01', '2024-05-01', '')
    """
    found = readings(text)
    return found[0].first.isoformat() if len(found) == 1 and found[0].first == found[0].last else ""


def _drop_chrome(page: HtmlElement) -> None:
    """Take out what is not the page's own, where anything is left without it."""
    body = page.find("body")
    if body is None:
        return
    sizes = _sizes(list(body.iter(etree.Element)))
    mains = [element for element in sizes if element.tag == "main" or element.get("role") == "main"]
    own = mains[0] if len(mains) == 1 and sizes[mains[0]].text else body
    chrome = list(_chrome(own, sizes))
    if sum(sizes[element].text for element in chrome) < sizes[own].text:
        for element in chrome:
            element.drop_tree()
    if own is not body:
        body[:] = [own]
        body.text = own.tail = None


@dataclass(slots=True)
class _Size:
    """Of an element and what is in it."""

    text: int = 0
    """Characters, white space left out."""
    links: int = 0
    """Those of them that stand in links."""
    elements: int = 0
    """Elements in it."""
    tags: set[str] = field(default_factory=set)
    """Which of `_TELLING` there are, itself included."""


def _sizes(elements: Sequence[HtmlElement]) -> dict[HtmlElement, _Size]:
    """Return the sizes of elements, given in their order, each from those in it: once over, however deep."""
    sizes = {element: _Size() for element in elements}
    for element in reversed(elements):
        size = sizes[element]
        children = list(element.iterchildren(etree.Element))
        size.elements = sum(1 + sizes[child].elements for child in children)
        size.tags = _TELLING & {element.tag}.union(*(sizes[child].tags for child in children))
        if element.tag not in _WITHOUT_TEXT:
            size.text = _count(element.text) + sum(
                sizes[child].text + _count(child.tail) for child in children
            )
            size.links = size.text if element.tag == "a" else sum(sizes[child].links for child in children)
    return sizes


def _count(text: str | None) -> int:
    return sum(map(len, (text or "").split()))


def _chrome(own: HtmlElement, sizes: Mapping[HtmlElement, _Size]) -> Iterator[HtmlElement]:
    """Yield the outermost elements that are menus, banners or footers."""
    skipped = 0
    for element in own.iter(etree.Element):
        if skipped:
            skipped -= 1
        elif element is not own and _is_chrome(element, sizes[element], own.tag == "body"):
            skipped = sizes[element].elements
            yield element


def _is_chrome(element: HtmlElement, size: _Size, is_outside: bool) -> bool:
    """Tell a menu or banner, and where the page names no main part, or outside of it, a footer."""
    if element.tag in ("nav", "footer"):
        return True
    if not size.tags.isdisjoint(_HEADED):
        return False
    words = {word.lower() for name in ("class", "id") for word in _WORD.findall(element.get(name) or "")}
    is_list = 2 * size.links > size.text and not words.isdisjoint(_LISTS)
    # a section about cookies is none of them
    is_banner = bool(words & _COOKIES) and (len(words & _BANNERS) > 1 or "button" in size.tags)
    is_footer = is_outside and bool(words & _FOOT)
    return element.get("role") in _ROLES or is_list or is_banner or is_footer
