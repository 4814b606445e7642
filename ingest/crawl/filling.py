"""A crawl into a knowledge base: what is new or changed, and without what is gone. Knows nothing of requests.

Pages are kept by their text, as files from elsewhere are. They are committed every so many, since a crawl
takes its time: until then nobody is kept from writing, and what was read before Ctrl-C stays.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import DocumentError
from core.progress import progress_bar
from ingest.crawl.crawl import Crawl, Plan
from ingest.crawl.host import Host
from ingest.crawl.network import Client
from ingest.crawl.reading import Reader
from ingest.crawl.urls import page_id, page_url
from ingest.files.child import Sandbox
from ingest.knowledge_base import KnowledgeBase
from ingest.store.intake import IngestReport
from ingest.types import CRAWLED, Document
from settings import Settings

_BATCH = 200  # pages between two commits; each builds the index anew


@contextmanager
def open_crawl(
    plan: Plan, knowledge: KnowledgeBase, settings: Settings, allow_private: bool = False
) -> Iterator[Crawl]:
    """Make ready to crawl a host; `allow_private`: it may be inside, at an address that not all can reach.

    Raises:
        DocumentError: `plan.start` is no address of a page.
    """
    plan = replace(plan, start=page_url(plan.start))
    ids = knowledge.origins.ids(_origin(plan.start))
    known = {record.id: record.source for record in knowledge.records() if record.id in ids}
    crawling = settings.crawling
    with (
        TemporaryDirectory() as folder,
        Sandbox(settings.parsing) as sandbox,
        Client(crawling.page_seconds, settings.max_file_mb, allow_private) as client,
    ):
        host = Host(plan.start, client, crawling.delay_seconds)
        yield Crawl(plan, host, Reader(sandbox, Path(folder), knowledge.read_from), known)


def take_in(knowledge: KnowledgeBase, crawl: Crawl) -> IngestReport:
    """Commit what a crawl finds, then remove the pages that are gone; show how many were visited.

    Raises:
        EmbedderMismatch, KnowledgeBaseError: as `KnowledgeBase.sync`; what was committed is kept.
    """
    origin = _origin(crawl.start)
    report = knowledge.sync([])  # what keeps it from being filled is better told before an hour's crawl
    with progress_bar(crawl.items(), stays=True, unit=" pages") as items:
        pages = iter(items)
        while batch := list(islice(pages, _BATCH)):
            report = _sum(report, knowledge.sync(_from(origin, batch)))
    return replace(report, removed=knowledge.delete(crawl.gone, withdraw=False) if crawl.gone else 0)


def _origin(start: str) -> str:
    """Return where the documents of a crawl come from: the same for the same start."""
    return f"{CRAWLED}/{page_id(start)}"


def _from(origin: str, items: Iterable[Document | DocumentError]) -> Iterator[Document | DocumentError]:
    for item in items:
        yield replace(item, origin=origin) if isinstance(item, Document) else item


def _sum(one: IngestReport, other: IngestReport) -> IngestReport:
    return IngestReport(
        **{each.name: getattr(one, each.name) + getattr(other, each.name) for each in fields(IngestReport)}
    )
