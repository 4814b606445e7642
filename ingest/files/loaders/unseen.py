"""What a page does not show: taken out by its tag, an attribute, a style or a rule of its own style sheets.

Knows nothing of the network: sheets from elsewhere are not fetched, so what they hide is read. What a
click would show (`details`) is read as well; what is struck out is not.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from cssselect import HTMLTranslator, SelectorError
from cssselect import parse as parse_selectors
from lxml import etree
from lxml.html import HtmlElement
from tinycss2 import parse_rule_list, parse_stylesheet, serialize

_TAGS = (
    "script style template noscript nav footer button select datalist svg iframe object video audio canvas "
    "annotation annotation-xml rt rp rtc del s strike"
)
_UNSEEN = frozenset(_TAGS.split())
_OPENED = ("html", "body")
"""A rule that hides all is undone by a script when the page has been fetched."""
_HIDES = re.compile(
    r"(?<![\w-])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)"
    r"|text-decoration(?:-line)?\s*:[^;]{0,80}line-through"
    r"|(?:left|top)\s*:\s*-\d{4,}|clip\s*:\s*rect\(\s*[01](?:px)?[\s,]|clip-path\s*:\s*inset\(\s*(?:50|100)%"
    r"|content-visibility\s*:\s*hidden)",
    re.IGNORECASE,
)
_HIDES_HERE = re.compile(
    r"(?<![\w-])(?:(?:opacity\s*:\s*0(?:\.0*)?|font-size\s*:\s*[01](?:\.\d*)?(?:px|pt|%)?)\s*(?:;|!|$)"
    r"|text-indent\s*:\s*-\d{4,}|transform\s*:\s*scale\(\s*0\s*\)|color\s*:\s*transparent)",
    re.IGNORECASE,
)
"""In a style of its own an element also hides so; in a sheet it may wait for a script, or for a picture."""
_SHOWS = re.compile(r"(?<![\w-])(?:display\s*:|visibility\s*:\s*visible)", re.IGNORECASE)
_FOR_SCREENS = re.compile(r"\s*(?:(?:only\s+)?screen|all)?\s*", re.IGNORECASE)
_NAMED = re.compile(r"[.#]((?:[\w-]|[^\x00-\x7f])+)")
_RULES = 1000


class _Rule(NamedTuple):
    is_important: bool
    specificity: tuple[int, int, int]
    order: int
    path: str
    hides: bool


def clear_unseen(page: HtmlElement) -> None:
    """Empty what is not shown; it stays as an element without meaning, so that the text after it stays."""
    try:
        hidden = _hidden_by_rules(page)
    except RecursionError:  # brackets in a sheet, deeper than any that a browser has to read
        hidden = {}
    for element in [element for element in page.iter(etree.Element) if _is_unseen(element, hidden)]:
        if element.tag not in _OPENED:
            element.clear(keep_tail=True)
            element.tag = "span"


def _is_unseen(element: HtmlElement, hidden: dict[HtmlElement, bool]) -> bool:
    if element.tag in _UNSEEN or element.get("hidden") is not None or element.get("role") == "navigation":
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    style = element.get("style") or ""
    if _HIDES.search(style) or _HIDES_HERE.search(style):
        return True
    return element in hidden and (hidden[element] or not _SHOWS.search(style))


def _hidden_by_rules(page: HtmlElement) -> dict[HtmlElement, bool]:
    """Return what rules hide, and whether so importantly that no style of its own shows it."""
    rules = sorted(_rules(page))
    if not any(rule.hides for rule in rules):
        return {}
    last: dict[HtmlElement, _Rule] = {}
    for rule in rules:
        last.update(dict.fromkeys(page.xpath(rule.path), rule))
    return {element: rule.is_important for element, rule in last.items() if rule.hides}


def _rules(page: HtmlElement) -> Iterator[_Rule]:
    """Yield the rules of the page that hide or show, for elements that it may hold."""
    names = set(" ".join(page.xpath("//@class | //@id")).split())
    order = 0
    for selectors, declared in _declarations(page):
        hides = _HIDES.search(declared) is not None
        if not (hides or _SHOWS.search(declared)) or order >= _RULES:
            continue
        try:
            parsed = parse_selectors(selectors)
            for selector in parsed:
                if selector.pseudo_element or not names.issuperset(_NAMED.findall(selector.canonical())):
                    continue
                order += 1
                path = HTMLTranslator().selector_to_xpath(selector)
                yield _Rule("!important" in declared, selector.specificity(), order, path, hides)
        except SelectorError:
            continue


def _declarations(page: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield selectors and what is declared for them, of all sheets in the page that may hide something."""
    for sheet in page.iter("style"):
        text = sheet.text or ""
        if not _FOR_SCREENS.fullmatch(sheet.get("media") or "") or not _HIDES.search(text):
            continue
        nodes = parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
        for node in nodes:
            is_group = node.type == "at-rule" and node.lower_at_keyword == "media" and node.content
            if is_group and _FOR_SCREENS.fullmatch(serialize(node.prelude)):
                nodes += parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            elif node.type == "qualified-rule":
                yield serialize(node.prelude), serialize(node.content)
