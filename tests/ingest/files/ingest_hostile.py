"""Ingests a folder, a JSON line for each outcome: python -m tests.ingest.files.ingest_hostile FOLDER HOME."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from core.domain import Domain
from core.errors import DocumentError
from ingest.files.reading import read_documents
from ingest.knowledge_base import open_knowledge_base
from ingest.types import Document
from ingest.workers.pool import Pool
from settings import Parsing, load_settings
from tests.fakes import FakeEmbedder

# Below the defaults: what hangs or fills the memory does so in any case, and here sooner.
LIMITS = Parsing(cpu_seconds=1, wait_seconds=20, max_chars=200_000, processes=2)


def ingest(folder: Path, home: Path, limits: Parsing) -> None:
    """Bring the files into a knowledge base; print each outcome and the seconds that it was waited for."""

    def told() -> Iterator[Document | DocumentError]:
        start = time.monotonic()
        for item in read_documents(folder, limits=limits, sandbox=Pool):
            is_error = isinstance(item, DocumentError)
            outcome = {"error": str(item)} if is_error else {"source": item.source, "chars": len(item.text)}
            print(json.dumps({"seconds": time.monotonic() - start, **outcome}), flush=True)
            yield item
            start = time.monotonic()

    settings = load_settings({"home": home, "threads": 1})
    base = open_knowledge_base(Domain("hostile", folder), settings, FakeEmbedder())
    base.sync(told())
    print(json.dumps({"records": [record.source for record in base.records()]}))
    base.close()


if __name__ == "__main__":
    ingest(Path(sys.argv[1]), Path(sys.argv[2]), LIMITS)
