"""Which pages of a host are visited, in what order, which are the same. Knows nothing of how they are read.

Breadth first from a start; then the pages of an earlier crawl that no link led to, to learn whether they are
still there. What a visit does not find is only ever taken for gone where the host says so.
"""

import hashlib
import re
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from core.errors import DocumentError
from ingest.crawl.host import Host, Visit
from ingest.crawl.network import Unreachable
from ingest.crawl.reading import Page, Reader
from ingest.crawl.urls import host_of, may_be_read, page_id, page_url
from ingest.types import Document

_GONE = (404, 410)
_SILENCES = 5  # one after another, after which a host is left alone


@dataclass(frozen=True, slots=True)
class Plan:
    """Where a crawl starts, how many links it follows in a row, and how many addresses they may lead to."""

    start: str
    depth: int = 2
    limit: int = 200


class Crawl:
    """One crawl; what it learned beside the documents stands in its attributes when they were all yielded."""

    def __init__(self, plan: Plan, host: Host, reader: Reader, known: Mapping[str, str]) -> None:
        """Start from `plan.start`; `known` are the addresses of the pages of an earlier crawl, by id."""
        self.start = plan.start
        self._plan, self._host, self._reader, self._known = plan, host, reader, known
        self._queue = deque([(plan.start, 0)])
        self._queued = {page_id(plan.start)}
        self._visited: set[str] = set()
        self._kept: set[str] = set()
        self._texts: set[bytes] = set()
        self._moved: dict[str, str] = {}
        self._silences = 0
        self._is_secure = False
        self.gone: dict[str, str] = {}
        """Why a known page is no more, by id."""
        self.dated: Counter[str] = Counter()
        """How many new or changed pages have their day from where."""
        self.closed = 0
        """Addresses that robots.txt closes."""
        self.is_cut = self.is_interrupted = False
        """Whether the limit, or Ctrl-C, left pages out."""

    def items(self) -> Iterator[Document | DocumentError]:
        """Yield a document for each page that is kept, and an error for each that is not; ends at Ctrl-C."""
        try:
            self._host.enter()
            yield from self._walk()
            yield from self._look_again()
        except DocumentError as error:
            yield error
        except KeyboardInterrupt:
            self.is_interrupted = True
        if self._silences == _SILENCES:
            yield DocumentError(f"{self._host.name} does not answer any more; crawl it again later")
        self.gone |= {id: f"is now {new}" for id, new in self._moved.items() if new in self._kept}
        self.gone = {id: why for id, why in self.gone.items() if id in self._known and id not in self._kept}

    def notes(self) -> list[str]:
        """Return what is worth knowing beside counts and errors, a line each."""
        lines = [f"removed: {id} {why}" for id, why in self.gone.items()]
        days = ", ".join(f"{count} {whence}" for whence, count in self.dated.most_common())
        lines += [f"the day of new and changed pages is: {days}"] if days else []
        lines += [f"pages that robots.txt closes: {self.closed}"] if self.closed else []
        return lines + ["there is more than was visited; raise --limit for it"] * self.is_cut

    def _walk(self) -> Iterator[Document | DocumentError]:
        while self._queue and self._silences < _SILENCES:
            url, depth = self._queue.popleft()
            page = yield from self._visit(url)
            if page and depth < self._plan.depth:
                self._follow(page.about.links, depth + 1)

    def _look_again(self) -> Iterator[Document | DocumentError]:
        """Visit what is known and was not met, up to the limit once more."""
        missed = [id for id in self._known if id not in self._visited and id not in self._kept]
        self.is_cut |= len(missed) > self._plan.limit
        for id in missed[: self._plan.limit]:
            if not self._host.allows(self._known[id]):
                self.closed += 1
            elif self._silences < _SILENCES:
                yield from self._visit(self._known[id])

    def _visit(self, url: str) -> Generator[Document | DocumentError, None, Page | None]:
        """Yield what becomes of an address; return the page, if it is one that was not read before."""
        id = page_id(url)
        if id in self._visited:
            return None
        self._visited.add(id)
        try:
            visit = self._host.visit(url)
            self._silences = 0
            page = self._read(id, visit)
        except DocumentError as error:
            self._silences += isinstance(error, Unreachable)
            yield error
            return None
        if page:
            yield from self._keep(page)
        return page

    def _read(self, id: str, visit: Visit) -> Page | None:
        """Return the page that was answered; None for one that is gone or was read before."""
        answer = visit.answer
        self._is_secure |= answer.url.startswith("https:")
        if answer.status in _GONE and id in self._known:
            self.gone[id] = f"answers {answer.status}"
            return None
        if answer.status != 200:
            raise DocumentError(f"{answer.url} answers {answer.status}; tell its owner, or crawl again later")
        final = page_id(answer.url)
        if visit.has_moved:
            self._moved[id] = final
        if final != id and final in self._visited:
            return None
        self._visited.add(final)
        page = self._reader.read(answer)
        if page.id != final:  # it calls another address its own
            self._moved |= {final: page.id} | ({id: page.id} if visit.has_moved else {})
        return page

    def _keep(self, page: Page) -> Iterator[Document | DocumentError]:
        yield from page.errors
        if page.is_private:
            self.gone[page.id] = "asks not to be kept"
        if document := page.document:
            text = hashlib.sha256(f"{document.title}\0{document.text}".encode()).digest()
            if page.id not in self._kept and text not in self._texts:
                self._kept.add(page.id)
                self._texts.add(text)
                self.dated.update([page.dated] if page.dated else [])
                yield document

    def _follow(self, links: Iterable[str], depth: int) -> None:
        """Queue the links that lead to pages of this host, up to the limit."""
        for link in links:
            with suppress(DocumentError):
                url = page_url(link)
                if self._is_secure:  # else a page would be there twice
                    url = re.sub("^http:", "https:", url)
                id = page_id(url)
                if id in self._queued or host_of(url) != self._host.name or not may_be_read(url):
                    continue
                if len(self._queued) - self.closed >= self._plan.limit:
                    self.is_cut = True
                    return
                self._queued.add(id)
                if self._host.allows(url):
                    self._queue.append((url, depth))
                else:
                    self.closed += 1
