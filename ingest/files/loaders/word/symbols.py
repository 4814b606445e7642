"""What the signs of Symbol and Wingdings stand for, as Word inserts them. Knows those that carry meaning."""

_PRIVATE = 0xF000
_SYMBOL = dict(
    zip(
        "abgdezhqiklmnxoprstufcywDFGLPQSWYX",
        "αβγδεζηθικλμνξοπρστυφχψωΔΦΓΛΠΘΣΩΨΞ",
        strict=True,
    )
) | {
    chr(code): sign
    for code, sign in (
        (0xA3, "≤"), (0xA5, "∞"), (0xAB, "↔"), (0xAC, "←"), (0xAD, "↑"), (0xAE, "→"), (0xAF, "↓"),
        (0xB0, "°"), (0xB1, "±"), (0xB2, "″"), (0xB3, "≥"), (0xB4, "×"), (0xA2, "′"), (0xB7, "•"),
        (0xB8, "÷"), (0xB9, "≠"), (0xBB, "≈"), (0xBC, "…"), (0xD2, "®"), (0xD3, "©"), (0xD4, "™"),
        (0xD7, "⋅"), (0xE5, "∑"), (0xD6, "√"), (0x25, "%"), (0x2B, "+"), (0x2D, "−"), (0x3D, "="),
    )
}  # fmt: skip
_WINGDINGS = {
    chr(code): sign
    for code, sign in (
        (0xFC, "✓"), (0xFB, "✗"), (0xFE, "☑"), (0xFD, "☒"), (0x6F, "☐"), (0xA8, "☐"), (0xA3, "☐"),
        (0x52, "☑"), (0x54, "☒"), (0x78, "☒"), (0xE0, "→"), (0xDF, "←"), (0xE1, "↑"), (0xE2, "↓"),
    )
}  # fmt: skip
_WINGDINGS |= {chr(0x81 + at): chr(0x2460 + at) for at in range(10)}  # ①
_WINGDINGS |= {chr(0x8C + at): chr(0x2776 + at) for at in range(10)}  # ❶


def symbol(font: str, code: str) -> str:
    """Return the character for a sign of a font, given in hexadecimal; nothing where it is not known.

    >>> symbol("Symbol", "F0B3"), symbol("Wingdings", "F0FC"), symbol("Arial", "2103")
    ('≥', '✓', '℃')
    """
    try:
        sign = chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
    if _PRIVATE <= ord(sign) < _PRIVATE + 256:
        sign = chr(ord(sign) - _PRIVATE)
    elif not font.startswith(("Symbol", "Wingdings")):
        return sign
    return (_SYMBOL if font == "Symbol" else _WINGDINGS).get(sign, "")
