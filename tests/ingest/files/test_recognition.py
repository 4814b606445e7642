"""Scanned pages: read where that is wished for and RapidOCR is there, else a line that says what to do."""

import io
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageFilter
from rapidfuzz.distance import Levenshtein

from core.errors import DocumentError
from ingest.files.child import Sandbox
from ingest.files.loaders import LOADERS
from ingest.files.pages.pdfium import picture
from settings import PROJECT, Parsing
from tests.ingest.files.pdfs import down, pages

_HAS_OCR = find_spec("rapidocr") is not None
_ENGLISH = PROJECT / "data/travel/documents/en/us-refunds.pdf"
_CHINESE = PROJECT / "data/travel/documents/zh/exit-entry-penalties.pdf"


def _scanned(path: Path, degrees: float = 0.5) -> bytes:
    """Return the first page of a PDF as a scanner gives it: a picture that leans, a little blurred."""
    with pdfium.PdfDocument(path) as document:
        shown = Image.fromarray(picture(document[0], 200)).convert("L")
    shown = shown.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
    blurred = np.asarray(shown.filter(ImageFilter.GaussianBlur(0.7)), dtype=float)
    noise = np.random.default_rng(17).normal(0, 8, blurred.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(0.92 * blurred + noise, 0, 255).astype(np.uint8)).save(
        buffer, "PDF", resolution=200, quality=80
    )
    return buffer.getvalue()


def _read(path: Path, limits: Parsing) -> str:
    with Sandbox(limits) as sandbox:
        (item,) = sandbox.documents(path, path.name)
    return str(item) if isinstance(item, DocumentError) else item.text


def _letters(text: str) -> str:
    return re.sub(r"[\s#]", "", text)


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.pdf"
    path.write_bytes(_scanned(_ENGLISH))
    return path


def test_a_scan_is_a_line_that_names_the_setting(scan: Path) -> None:
    line = "scan.pdf holds no text, perhaps scanned pages; set parsing.ocr = true to have these read"
    assert _read(scan, Parsing()) == line


@pytest.mark.skipif(_HAS_OCR, reason="RapidOCR is installed")
def test_without_rapidocr_the_line_says_how_to_install_it(scan: Path) -> None:
    assert _read(scan, Parsing(ocr=True)).endswith(
        "RapidOCR is not installed; run: pip install -r requirements/ocr.txt"
    )


def test_a_page_with_text_is_never_recognised(tmp_path: Path) -> None:
    path = tmp_path / "text.pdf"
    path.write_bytes(pages(down(["Free."])))
    assert _read(path, Parsing(ocr=True)) == "Free."


@pytest.mark.timeout(900)  # ten seconds of CPU time, on a machine however busy
@pytest.mark.skipif(not _HAS_OCR, reason="RapidOCR is not installed; pip install -r requirements/ocr.txt")
@pytest.mark.parametrize("original", [_ENGLISH, _CHINESE], ids=["English", "Chinese"])
def test_a_scan_says_what_its_original_says(tmp_path: Path, original: Path) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(_scanned(original))
    (document,) = LOADERS[".pdf"](original.read_bytes(), original.name)
    read = _letters(_read(path, Parsing(ocr=True, cpu_seconds=60)))
    assert Levenshtein.normalized_distance(read, _letters(document.text)) < 0.01
