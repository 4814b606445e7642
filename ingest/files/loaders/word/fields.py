"""The fields of a Word document: their results are text, their codes are not. Knows nothing of paragraphs."""

import re
from dataclasses import dataclass
from typing import Any

from ingest.files.loaders.word.styles import W, value, whole

_PAGE = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Field:
    code: str = ""
    has_result: bool = False

    @property
    def is_read(self) -> bool:
        return self.has_result and not _PAGE.match(self.code)


class Fields:
    """Those that are open at a place of the text; they nest, and go on over paragraphs."""

    def __init__(self) -> None:
        self._open: list[_Field] = []

    @property
    def are_read(self) -> bool:
        """Whether text at this place is read: it stands in no code."""
        return all(field.is_read for field in self._open)

    def is_of_page(self, code: str) -> bool:
        """Tell a field that gives the number of a page."""
        return _PAGE.match(code) is not None

    def code(self, text: str) -> None:
        """Take in a piece of a code."""
        if self._open and not self._open[-1].has_result:
            self._open[-1].code += text

    def mark(self, element: Any) -> str:
        """Begin or end a field or its code; return what it shows by itself, as the boxes of forms do."""
        kind = element.get(f"{W}fldCharType")
        if kind == "begin":
            is_seen = self.are_read
            self._open.append(_Field())
            return _form_value(element.find(f"{W}ffData")) if is_seen else ""
        if self._open and kind == "separate":
            self._open[-1].has_result = True
        elif self._open and kind == "end":
            self._open.pop()
        return ""

    def end_paragraph(self) -> None:
        """Close what no paragraph goes on with: a code whose end is missing would hide the rest."""
        self._open = [field for field in self._open if field.is_read]


def _form_value(form: Any) -> str:
    if form is None:
        return ""
    box, choices = form.find(f"{W}checkBox"), form.find(f"{W}ddList")
    if box is not None:
        stated = next(
            (each for each in (box.find(f"{W}checked"), box.find(f"{W}default")) if each is not None), None
        )
        is_checked = stated is not None and stated.get(f"{W}val", "1") not in ("0", "false", "off")
        return "☒" if is_checked else "☐"
    if choices is not None:
        entries = [entry.get(f"{W}val", "") for entry in choices.findall(f"{W}listEntry")]
        at = whole(value(choices, "result")) or 0
        return entries[at] if 0 <= at < len(entries) else ""
    return ""
