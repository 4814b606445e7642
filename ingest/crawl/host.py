"""One host, visited as it asks to be: robots.txt, pace, redirects. Knows nothing of what its pages say."""

import time
from dataclasses import dataclass
from urllib.parse import urljoin

from protego import Protego

from core.errors import DocumentError
from ingest.crawl.network import USER_AGENT, Answer, Client
from ingest.crawl.urls import host_of, page_url

_REDIRECTS = 5
_PERMANENT = (301, 308)
_REDIRECTING = (*_PERMANENT, 302, 303, 307)
_BUSY = (429, 503)
_LONGEST_WAIT = 60.0  # seconds; a host that wants more is not worth a process that waits for it
_ROBOTS_BYTES = 500 << 10  # as RFC 9309 asks to read at least


@dataclass(frozen=True, slots=True)
class Visit:
    """The answer that redirects led to; `has_moved`: by permanent ones alone, and by at least one."""

    answer: Answer
    has_moved: bool = False


class Host:
    """Asks for the pages of the host of `start`, at least `delay` seconds apart."""

    def __init__(self, start: str, client: Client, delay: float) -> None:
        self.name = host_of(start)
        self._robots_url = urljoin(start, "/robots.txt")
        self._client = client
        self._delay = delay
        self._free_at = 0.0
        self._robots = Protego.parse("User-agent: *\nDisallow: /")

    def enter(self) -> None:
        """Read robots.txt: until then nothing may be visited.

        Raises:
            DocumentError: it cannot be read now, or asks for more patience than a process has.
        """
        answer = self._followed(self._robots_url).answer
        if answer.status != 200 and not 400 <= answer.status < 500:
            raise DocumentError(
                f"{answer.url} answers {answer.status}: who may visit is not known; try later"
            )
        robots = Protego.parse(answer.body[:_ROBOTS_BYTES].decode("utf-8-sig", "replace"))
        asked = robots.crawl_delay(USER_AGENT) or 0.0
        if rate := robots.request_rate(USER_AGENT):
            asked = max(asked, min(rate.seconds, 10**6) / rate.requests)  # figures of any length
        if asked > _LONGEST_WAIT:
            raise DocumentError(f"{answer.url} asks for {asked:g} s between pages; ask its owner for files")
        self._delay = max(self._delay, asked)
        self._free_at = time.monotonic() + self._delay
        self._robots = robots

    def allows(self, url: str) -> bool:
        """Tell whether robots.txt lets a URL be visited."""
        return self._robots.can_fetch(url, USER_AGENT)

    def visit(self, url: str) -> Visit:
        """Return the answer for a page of this host, after redirects inside it.

        Raises:
            DocumentError: closed by robots.txt, redirected in a circle or to another host, or no answer.
        """
        if not self.allows(url):
            raise DocumentError(f"{url} is closed to crawlers by robots.txt; ask its owner for it")
        return self._followed(url)

    def _followed(self, url: str) -> Visit:
        first, statuses = url, set[int]()
        for _ in range(_REDIRECTS + 1):
            answer = self._ask(url)
            if answer.status not in _REDIRECTING:
                return Visit(answer, bool(statuses) and statuses <= {*_PERMANENT})
            statuses.add(answer.status)
            try:
                url = page_url(answer.headers.get("location", ""), url)
            except DocumentError as error:
                raise DocumentError(f"{first} redirects to nowhere: {error}") from error
            if host_of(url) != self.name:
                raise DocumentError(f"{first} redirects to another host, {url}; crawl that if it is wanted")
            if url != self._robots_url and first != self._robots_url and not self.allows(url):
                raise DocumentError(f"{first} redirects to {url}, closed by robots.txt; ask its owner for it")
        raise DocumentError(f"{first} redirects in a circle, or over {_REDIRECTS} times; tell its owner")

    def _ask(self, url: str) -> Answer:
        """Ask in the host's own time, and once more where it is busy and says for how long."""
        answer = self._ask_once(url)
        wait = answer.headers.get("retry-after", "")
        if answer.status in _BUSY and wait.isdecimal() and len(wait) < 4 and int(wait) <= _LONGEST_WAIT:
            self._free_at += int(wait)
            answer = self._ask_once(url)
        return answer

    def _ask_once(self, url: str) -> Answer:
        time.sleep(max(0.0, self._free_at - time.monotonic()))
        try:
            return self._client.get(url)
        finally:
            self._free_at = time.monotonic() + self._delay
