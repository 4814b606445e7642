"""PDF files with a text layer. Knows nothing of optical character recognition."""

import logging
import re
from io import BytesIO

from core.errors import DocumentError
from core.language import CJK
from ingest.files.loaders.raw import RawDocument

_SENTENCE_END = re.compile(r"[.!?:;。！？：；]['\"”’)）]*$")
_FULL_LINE = 0.8
_WORD_BROKEN = re.compile(r"[A-Za-z]-$")
_CJK_END = re.compile(f"[{CJK}，、]$")


def load_pdf(data: bytes, name: str) -> list[RawDocument]:
    """Return the text of all pages as one document.

    Raises:
        DocumentError: encrypted, damaged, or without text.
    """
    from pypdf import PdfReader  # 0.2 s
    from pypdf.errors import DependencyError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what it warns of is in the error's line
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError(f"{name} is encrypted; save a copy without a password")
        pages = [_unwrap(page.extract_text()) for page in reader.pages]
        title = str((reader.metadata and reader.metadata.title) or "")
    except (DocumentError, MemoryError):
        raise
    except DependencyError as error:
        raise DocumentError(f"{name} is encrypted; save a copy without a password") from error
    except Exception as error:  # a parser fed damaged bytes may raise anything
        raise DocumentError(f"{name} is damaged or no PDF; export it again") from error
    if not any(page.strip() for page in pages):
        raise DocumentError(
            f"{name} holds no text, perhaps scanned pages; run text recognition (OCR) on it first"
        )
    return [RawDocument("\n\n".join(pages), title=title)]


def _unwrap(page: str) -> str:
    """Join the lines that the page's width broke, so that sentences are whole again.

    A line was broken by the width when it is about as long as the longest of its page and does not
    end a sentence.
    """
    lines = [line.strip() for line in page.splitlines()]
    full = _FULL_LINE * max(map(len, lines), default=0)
    whole: list[str] = []
    broken = False
    for line in lines:
        if broken and line:
            whole[-1] = _join(whole[-1], line)
        else:
            whole.append(line)
        broken = len(line) >= full and not _SENTENCE_END.search(line)
    return "\n".join(whole)


def _join(text: str, line: str) -> str:
    end = text[-2:]
    if _WORD_BROKEN.search(end) and line[0].islower():
        return text[:-1] + line
    return text + line if _CJK_END.search(end) else f"{text} {line}"
