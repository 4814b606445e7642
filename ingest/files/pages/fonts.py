"""A stand-in for Chinese fonts that a PDF names and this machine does not have. Knows nothing of text.

PDFium leaves out a character that is set alone and has no shape. In this font each character is a box.
"""

import base64
import ctypes
import zlib
from functools import cache
from typing import Any

import pypdfium2 as pdfium

_FAR_EASTERN = (128, 129, 134, 136)  # Windows' numbers: Japanese, Korean, simplified, traditional Chinese
_HANDLE = 1
# Made with fontTools: one glyph, a box of 1000 units, and a table `cmap` of format 13 that gives it to every
# character from U+0020 to U+2FFFF.
_FONT = zlib.decompress(
    base64.b64decode(
        "eNpjYGRgYGBncGBgYjBIzk0sYBBmCGFgAAkyaKTnVKYFHsv8AeQbAPkGGamJKYZRbbOA7BogNssACrBzMSsB2VuAWCUjt6SC+QVI"
        "KwNQDwNbTn5yIoMEAw9QvwaIn5tYUcDAwsAGZN8AYgWwNUC83ebsn3h+m68MzBDdz/UUXiLTzC/A4sxAN0IAUA+zwn8LkAxEHuJg"
        "JMAIFmEC2gaRYUKTh+qEqmVm4ALSPAy8YL4MwhagG5n+/4eyeYB+gQYN2EXMDAyGgoqCIPYfCVziAB8BMqE="
    )
)


class _Substitute(pdfium.PdfSysfontBase):  # type: ignore[misc]
    """Asks the machine for a font first."""

    def MapFont(
        self, _: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any
    ) -> Any:
        found = super().MapFont(_, weight, italic, charset, pitch, face, exact)
        return found or (_HANDLE if charset in _FAR_EASTERN else None)

    def GetFontData(self, _: Any, font: int, table: int, buffer: Any, size: int) -> int:
        if font != _HANDLE:
            return int(super().GetFontData(_, font, table, buffer, size))
        if table:  # one of a collection: this is none
            return 0
        if buffer and size >= len(_FONT):
            ctypes.memmove(buffer, _FONT, len(_FONT))
        return len(_FONT)

    def GetFaceName(self, _: Any, font: int, buffer: Any, size: int) -> int:
        return 0 if font == _HANDLE else int(super().GetFaceName(_, font, buffer, size))

    def GetFontCharset(self, _: Any, font: int) -> int:
        return _FAR_EASTERN[2] if font == _HANDLE else int(super().GetFontCharset(_, font))

    def DeleteFont(self, _: Any, font: int) -> None:
        if font != _HANDLE:
            super().DeleteFont(_, font)


@cache
def install_substitute() -> None:
    """Let PDFium use it from now on."""
    _Substitute().setup()
