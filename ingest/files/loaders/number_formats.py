"""Numbers and dates of a spreadsheet as it shows them, dates in ISO 8601. Knows nothing of cells or files."""

import re
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_PART = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]'
    r"|(?P<figures>General|[#0?][#0?,.]*(?:[eE][+-]0+)?|\.[#0?]+)|(?P<sign>[^\"\\\[])",
    re.DOTALL,
)
_LONGEST = 255
"""Characters of a format; a spreadsheet takes no longer ones."""


def shown(value: object, form: str) -> str:
    """Return what a cell with this number format shows.

    >>> [shown(0.25, "0%"), shown(1234.5, '#,##0.00" €"'), shown(3.0, "General"), shown(time(9, 30), "h:mm")]
    ['25%', '1,234.50 €', '3', '09:30']
    """
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value, form[:_LONGEST])
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, time):
        return value.isoformat("seconds").removesuffix(":00")
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    return "" if value is None else str(value)


def _moment(value: datetime) -> str:
    whole = (value + timedelta(milliseconds=500)).replace(microsecond=0)  # 9:30 is stored as 9:29:59.9999
    if whole.time() == time():
        return whole.date().isoformat()
    return whole.isoformat(" ").removesuffix(":00")


def _number(value: int | float, form: str) -> str:
    sections = _sections(form)
    at = 1 if value < 0 else 2 if value == 0 else 0
    has_own = at < len(sections)
    parts = list(_PART.finditer(sections[at if has_own else 0]))
    places = [part.group("figures") for part in parts if part.group("figures")]
    signs = [part.group("sign") for part in parts if part.group("sign")]
    if len(places) > 1 or "@" in signs or "/" in signs:
        return _plain(
            value
        )  # a fraction, a telephone number: what is shown can differ, what is meant does not
    try:
        stated = Decimal(repr(abs(value) if has_own and at == 1 else value)) * 100 ** signs.count("%")
        figures = _figures(stated, places[0]) if places else ""
    except InvalidOperation:  # more digits than a spreadsheet can show
        return _plain(value)
    text = "".join(figures.removeprefix("-") if part.group("figures") else _literal(part) for part in parts)
    return "-" * figures.startswith("-") + text.strip()


def _sections(form: str) -> list[str]:
    """Return the formats for positive numbers, negative ones and zero; semicolons in quotes part nothing."""
    sections = [""]
    for part in re.findall(r'"[^"]*"|\\.|.', form or "General", re.DOTALL):
        if part == ";":
            sections.append("")
        else:
            sections[-1] += part
    return sections


def _literal(part: re.Match[str]) -> str:
    return part.group("quoted") or part.group("escaped") or part.group("currency") or part.group("sign") or ""


def _figures(value: Decimal, place: str) -> str:
    if place == "General":
        return _plain(float(value) if value % 1 else int(value))
    if "E" in place.upper():
        digits = len(re.split("[eE]", place)[0].partition(".")[2])
        return f"{value:.{digits}E}"
    stem = place.rstrip(",")
    whole, _, fraction = stem.partition(".")
    value /= 1000 ** (len(place) - len(stem))
    value = value.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    text = f"{abs(value):{',' if ',' in whole else ''}f}"
    for _ in range(len(fraction) - len(fraction.rstrip("#?"))):
        text = text.removesuffix("0")
    text = text.removesuffix(".")
    wanted = whole.count("0")
    head, dot, tail = text.partition(".")
    return ("-" if value < 0 else "") + head.rjust(wanted, "0") + dot + tail


def _plain(value: int | float) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    return str(value) if isinstance(value, int) else f"{value:.11g}"
