"""Small PDFs with every line in a place of its own, in fonts that are named and not embedded."""

from collections.abc import Sequence
from typing import NamedTuple

from tests.ingest.files.hostile import pdf

_FONTS = (
    b"<</Font<</F1 %d 0 R/F2 %d 0 R/F3 %d 0 R>>>>",
    b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H/DescendantFonts[%d 0 R]>>",
    b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000"
    b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>",
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
)
_FIRST_PAGE = 8


class Put(NamedTuple):
    """A line of text: its left end, its foot, its size; turned by `turn` quarters, counter-clockwise."""

    text: str
    x: float = 50
    y: float = 700
    size: float = 11
    bold: bool = False
    turn: int = 0

    def drawn(self) -> bytes:
        """Return it as a content stream draws it."""
        a, b = ((1, 0), (0, 1), (-1, 0), (0, -1))[self.turn]
        font = "F3" if self.bold else "F2" if self.text.isascii() else "F1"
        shown = self.text.encode("latin-1") if self.text.isascii() else self.text.encode("utf-16-be")
        return (
            f"BT /{font} {self.size} Tf {a} {b} {-b} {a} {self.x} {self.y} Tm <{shown.hex()}> Tj ET".encode()
        )


def down(
    texts: Sequence[str], x: float = 50, y: float = 700, step: float = 14, size: float = 11
) -> list[Put]:
    """Return lines one under the other."""
    return [Put(text, x, y - number * step, size) for number, text in enumerate(texts)]


def pages(*contents: Sequence[Put] | bytes, turn: int = 0) -> bytes:
    """Return a PDF with these pages; a page given as bytes is a content stream."""
    drawn = [part if isinstance(part, bytes) else b" ".join(put.drawn() for put in part) for part in contents]
    kids = b" ".join(b"%d 0 R" % (_FIRST_PAGE + 2 * number) for number in range(len(drawn)))
    fonts = (_FONTS[0] % (4, 6, 7), _FONTS[1] % 5, *_FONTS[2:])
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(drawn)),
        *fonts,
    ]
    for number, stream in enumerate(drawn):
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Rotate %d/Resources 3 0 R/Contents %d 0 R>>"
            % (turn, _FIRST_PAGE + 2 * number + 1),
            b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        ]
    return pdf(*objects)
