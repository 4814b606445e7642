"""Reads pictures of pages, by RapidOCR. Knows nothing of PDF, and needs `requirements/ocr.txt`."""

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from core.errors import DocumentError
from ingest.files.pages.lines import is_wide
from ingest.files.pages.types import Glyph, Run

DPI = 200
_LETTER = 0.75  # of a line's height: its size
_ALIKE = 0.3  # of the usual height: a line of text, with or without letters that reach up and down
_THREADS = 2
_LONG = 5  # times as long as high: a line that shows how far the page leans

Recognise = Callable[[Any], list[Run]]
"""From a picture (height x width x 3, uint8) at `DPI` to the runs on it, in points."""


def open_recogniser() -> Recognise:
    """Return what reads pictures; loading its models takes a second.

    Raises:
        DocumentError: it is not installed.
    """
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise DocumentError("RapidOCR is not installed; run: pip install -r requirements/ocr.txt") from error
    # Its classifier of upside-down lines took whole Chinese lines for such.
    options = {"Global.use_cls": False, "Global.log_level": "critical"}
    options |= {f"EngineConfig.onnxruntime.{where}_op_num_threads": _THREADS for where in ("intra", "inter")}
    engine = RapidOCR(params=options)

    def recognise(picture: Any) -> list[Run]:
        found = engine(picture)
        return [] if found.boxes is None else _runs(found.boxes.tolist(), found.txts, len(picture))

    return recognise


def _runs(corners: Sequence[Any], texts: Sequence[str], height: int) -> list[Run]:
    """Return a run for each line; `corners` are its four, from the top left, clockwise."""
    scale = 72 / DPI
    heights = [math.dist(box[0], box[3]) * scale for box in corners]
    usual = median(heights)
    leans = [
        math.atan2(box[1][1] - box[0][1], box[1][0] - box[0][0])
        for box, own in zip(corners, heights, strict=True)
        if math.dist(box[0], box[1]) * scale > _LONG * own
    ]
    lean = median(leans) if leans else 0.0
    runs = []
    for box, own, text in zip(corners, heights, texts, strict=True):
        x, y = sum(corner[0] for corner in box) / 4, height - sum(corner[1] for corner in box) / 4
        middle = (
            (x * math.cos(lean) - y * math.sin(lean)) * scale,
            (x * math.sin(lean) + y * math.cos(lean)) * scale,
        )
        size = usual if abs(own / usual - 1) < _ALIKE else own
        width = math.dist(box[0], box[1]) * scale
        glyphs = _glyphs(text, middle[0] - width / 2, width)
        if glyphs:
            runs.append(Run(glyphs, middle[1] - size / 2, middle[1] + size / 2, size * _LETTER))
    return runs


def _glyphs(text: str, left: float, width: float) -> list[Glyph]:
    """Return the characters of a line, spread over its width."""
    weights = [2 if is_wide(char) else 1 for char in text]
    step = width / max(1, sum(weights))
    glyphs: list[Glyph] = []
    blank = False
    for char, weight in zip(text, weights, strict=True):
        right = left + weight * step
        if not char.isspace():
            glyphs.append(Glyph(char, left, right, blank))
        blank, left = char.isspace(), right
    return glyphs
