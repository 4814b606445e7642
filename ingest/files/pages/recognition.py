"""Reads pictures of pages, by RapidOCR. Knows nothing of PDF, and needs `requirements/ocr.txt`."""

import math
import re
from collections.abc import Sequence
from functools import cache
from statistics import median
from typing import Any

from core.language import CJK
from ingest.files.pages.lines import glyph
from ingest.files.pages.types import Blank, Glyph, Run, Sheet

DPI = 200
_LETTER = 0.75  # of a line's height: its size
_ALIKE = 1.18  # times as high: lines of one size, with and without letters that reach up and down
_HAN = re.compile(f"[{CJK}]")
_WIDE_BRACKETS = str.maketrans("()", "（）")
_THREADS = 2
_LONG = 5  # times as long as high: a line that shows how far the page leans


class RecognitionMissing(Exception):
    """RapidOCR is not installed; the message says how to."""


def read_picture(picture: Any) -> list[Sheet]:
    """Return what a page shows; nothing, where it shows no text.

    Args:
        picture: height x width x 3, uint8, at `DPI`.

    Raises:
        RecognitionMissing: it is not installed.
    """
    found = _engine()(picture)
    runs = [] if found.boxes is None else _runs(found.boxes.tolist(), found.txts, len(picture))
    return [Sheet(len(picture[0]) * 72 / DPI, runs)] if runs else []


@cache
def _engine() -> Any:
    """Return RapidOCR; it loads its models in a second, and downloads nothing."""
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise RecognitionMissing(
            "RapidOCR is not installed; run: pip install -r requirements/ocr.txt"
        ) from error
    # Its classifier of upside-down lines takes whole Chinese lines for such.
    options = {"Global.use_cls": False, "Global.log_level": "critical"}
    options |= {f"EngineConfig.onnxruntime.{where}_op_num_threads": _THREADS for where in ("intra", "inter")}
    return RapidOCR(params=options)


def _runs(corners: Sequence[Any], texts: Sequence[str], height: int) -> list[Run]:
    """Return a run for each line; `corners` are its four, from the top left, clockwise."""
    scale = 72 / DPI
    heights = [math.dist(box[0], box[3]) * scale for box in corners]
    usual = _usual(heights)
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
        size = usual[own]
        width = math.dist(box[0], box[1]) * scale
        glyphs = _glyphs(text, middle[0] - width / 2, width)
        if glyphs:
            runs.append(Run(glyphs, middle[1] - size / 2, middle[1] + size / 2, size * _LETTER))
    return runs


def _usual(heights: Sequence[float]) -> dict[float, float]:
    """Return for each height that of the lines which are set like its own."""
    groups: list[list[float]] = []
    for height in sorted(heights):
        if not groups or height > _ALIKE * groups[-1][0]:
            groups.append([])
        groups[-1].append(height)
    return {height: median(group) for group in groups for height in group}


def _glyphs(text: str, left: float, width: float) -> list[Glyph]:
    """Return the characters of a line, spread over its width."""
    if _HAN.search(text):
        text = text.translate(_WIDE_BRACKETS)  # it takes every second one for narrow
    weights = [2 if glyph(char, 0, 0).wide else 1 for char in text]
    step = width / max(1, sum(weights))
    glyphs: list[Glyph] = []
    blank = Blank.NONE
    for char, weight in zip(text, weights, strict=True):
        right = left + weight * step
        if not char.isspace():
            glyphs.append(glyph(char, left, right, blank))
        blank, left = Blank.WRITTEN if char.isspace() else Blank.NONE, right
    return glyphs
