"""From one file to its raw documents, cleaned, whatever the file holds. Knows nothing of folders or ids.

`python -m ingest.files.parsing FD MEMORY_MB CPU_SECONDS MAX_CHARS OCR` does so for the files named on a
socket, within limits that the kernel holds; `ingest.files.child` starts it.
"""

import contextlib
import json
import math
import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from core.errors import DocumentError, DocumentWarning, RecordError
from ingest.files.cleaning import clean
from ingest.files.loaders import LOADERS, Loader, RawDocument, web_page
from ingest.files.loaders.front_matter import FIELDS
from ingest.files.loaders.pdf import load_scanned_pdf
from ingest.files.loaders.records import stream_jsonl
from ingest.files.loaders.signatures import HEAD_BYTES, refuse_foreign

PARSERS = "parsers-3"
"""Changes whenever the same file would give another text."""
BUSY = b" "
"""A message that a page was scanned and takes its time."""
_LOADERS = {**LOADERS, web_page.SUFFIX: web_page.load_web_page}
OUT_OF_MEMORY = 75
"""Exit code of a child that its memory limit ended."""
_FIELD_CHARS = 1000  # an id or title of more is cut


def parse(
    path: Path, name: str, max_chars: int, loaders: Mapping[str, Loader] = _LOADERS
) -> Iterator[RawDocument | DocumentError]:
    """Yield the documents of a file in a known format, or errors of one line that begin with `name`."""
    suffix = path.suffix.lower()
    try:
        with path.open("rb") as file:
            refuse_foreign(file.read(HEAD_BYTES), suffix, name)
            file.seek(0)
            found: Iterable[RawDocument | DocumentError] = (
                stream_jsonl(file, name) if suffix == ".jsonl" else loaders[suffix](file.read(), name)
            )
            item = None
            for item in found:
                if isinstance(item, RecordError):
                    item.ids = tuple(id[:_FIELD_CHARS] for id in item.ids)
                yield item if isinstance(item, DocumentError) else _cleaned(item, name, max_chars)
            if item is None:
                raise DocumentError(f"{name} holds no text; fill or remove it")
    except DocumentError as error:
        yield error
    except OSError as error:
        yield DocumentError(f"{name} cannot be read: {error.strerror}; check its permissions")
    except MemoryError:
        raise
    except Exception as error:  # whatever one file does to its parser, the others are read
        reason = f"breaks its parser ({type(error).__name__})"
        yield DocumentError(f"{name} {reason}; save it again from the program that made it")


def _cleaned(raw: RawDocument, name: str, max_chars: int) -> RawDocument | DocumentError:
    if len(raw.text) > max_chars:
        return DocumentError(
            f"{name} holds a text of over {max_chars:,} characters; split it or raise parsing.max_chars"
        )
    return RawDocument(clean(raw.text), *(getattr(raw, field)[:_FIELD_CHARS] for field in FIELDS))


def pack(item: RawDocument | DocumentError) -> bytes:
    """Return a document (an array), an error (a string), a warning or a record's error (objects) as JSON."""
    value: object
    match item:
        case RecordError():
            value = {"error": str(item), "ids": item.ids}
        case DocumentWarning():
            value = {"warning": str(item)}
        case DocumentError():
            value = str(item)
        case _:
            value = astuple(item)
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def unpack(message: bytes) -> RawDocument | DocumentError:
    """Return what `pack` packed.

    Raises:
        ValueError, TypeError: another message.
    """
    match json.loads(message.decode("utf-8", "surrogatepass")):
        case str(error):
            return DocumentError(error)
        case {"warning": str(warning)}:
            return DocumentWarning(warning)
        case {"error": str(error), "ids": [*ids]}:
            return RecordError(error, list(map(str, ids)))
        case value:
            return RawDocument(*map(str, value))


def _serve(connection: Connection, cpu_seconds: int, max_chars: int, ocr: bool) -> None:
    """Answer each file's path and name with its documents and an empty message, until nobody asks."""

    def on_scan() -> None:
        _limit_cpu(cpu_seconds)
        connection.send_bytes(BUSY)

    loaders = _LOADERS | {".pdf": partial(load_scanned_pdf, on_scan=on_scan)} if ocr else _LOADERS
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            path, _, name = connection.recv_bytes().partition(b"\0")
            _limit_cpu(cpu_seconds)
            for item in parse(Path(os.fsdecode(path)), name.decode(), max_chars, loaders):
                connection.send_bytes(pack(item))
            connection.send_bytes(b"")


def _limit_cpu(seconds: int) -> None:
    """Let the kernel end this process `seconds` of CPU time from now."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    _limit(resource.RLIMIT_CPU, math.ceil(time.process_time()) + seconds, hard)


def _limit(what: int, soft: int, hard: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS
        resource.setrlimit(what, (soft, hard))


def main(arguments: list[str]) -> int:
    """Serve until the other end hangs up; return the exit code."""
    descriptor, memory_mb, cpu_seconds, max_chars, ocr = map(int, arguments)
    _limit(resource.RLIMIT_AS, memory_mb << 20, memory_mb << 20)
    _limit(resource.RLIMIT_CORE, 0, 0)
    _limit(resource.RLIMIT_FSIZE, 0, 0)  # a parser has nothing to write
    try:
        _serve(Connection(descriptor), cpu_seconds, max_chars, bool(ocr))
    except MemoryError:
        return OUT_OF_MEMORY
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
