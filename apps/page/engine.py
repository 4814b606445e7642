"""The assistants behind the page: one thread owns them all. Knows nothing of Streamlit or HTML.

One model serves every visitor, so work is queued: the thread is the lock. The page meanwhile polls,
so that a visitor who stops, leaves or asks anew is never held up by a model that is still reading.
"""

import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Literal, Protocol, TypeVar

from assistant.types import Answer, Question, Strategy
from core.domain import Domain
from core.errors import AssistantError, DocumentError
from ingest.store.intake import IngestReport
from ingest.store.types import DocumentRecord
from ingest.types import Document

Result = TypeVar("Result")
State = Literal["waiting", "opening", "working", "answering", "done", "failed", "stopped"]
ENDED: tuple[State, ...] = ("done", "failed", "stopped")
_TICK = 0.25  # seconds between two looks at the clock: a running answer shows its age


class Knowledge(Protocol):
    """What the page needs of a knowledge base."""

    def sync(self, items: Iterable[Document | DocumentError], *, within: Collection[str]) -> IngestReport:
        """Add what is new or changed; remove what else there is from `within` these origins."""
        ...

    def records(self) -> list[DocumentRecord]:
        """Return what is known of each document."""
        ...


class Assistant(Protocol):
    """What the page needs of an assistant; `assistant.registry` has the real one."""

    @property
    def knowledge(self) -> Knowledge:
        """The documents of its domain."""
        ...

    def strategy(self, name: str) -> Strategy:
        """Return one way to answer."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """Where an answer stands: `seconds` since it was asked, and what there is of it.

    `records` describes the documents of the answer's contexts, `problem` says why there is no answer.
    """

    state: State
    seconds: float = 0.0
    answer: Answer | None = None
    problem: str = ""
    records: Mapping[str, DocumentRecord] = field(default_factory=dict)


class Engine:
    """Keeps one domain open and answers one question at a time, in the order of asking."""

    def __init__(self, open_domain: Callable[[Domain], Assistant]) -> None:
        self._open_domain = open_domain
        self._assistants: dict[str, Assistant] = {}
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        # A daemon: Ctrl-C ends the server at once, even while the model reads a long prompt.
        threading.Thread(target=self._work, name="assistants", daemon=True).start()

    def follow(self, domain: Domain, strategy: str, question: Question) -> Generator[Moment]:
        """Yield how the answer grows, at least every quarter of a second; closing it stops the model."""
        news: SimpleQueue[Moment | BaseException] = SimpleQueue()
        stop = threading.Event()
        self._jobs.put(lambda: _report(self._answer(domain, strategy, question), news, stop))
        asked, moment = time.monotonic(), Moment("waiting")
        try:
            while moment.state not in ENDED:
                yield replace(moment, seconds=time.monotonic() - asked)
                moment = _latest(news, moment)
            yield replace(moment, seconds=time.monotonic() - asked)
        finally:
            stop.set()

    def add(self, domain: Domain, items: Collection[Document | DocumentError]) -> IngestReport:
        """Put uploads into the domain's knowledge base; the next question finds them.

        What was uploaded before under the same name gives way.

        Raises:
            AssistantError: the knowledge base cannot take them.
        """
        origins = {item.origin for item in items if item.origin}
        return self._call(lambda: self._assistant(domain).knowledge.sync(items, within=origins))

    def _answer(self, domain: Domain, strategy: str, question: Question) -> Generator[Moment]:
        answer = None
        try:
            if domain.key not in self._assistants:
                yield Moment("opening")
            assistant = self._assistant(domain)
            yield Moment("working")
            for answer in assistant.strategy(strategy).stream(question):
                yield Moment("answering" if answer.text else "working", answer=answer)
            yield Moment("done", answer=answer, records=_records(assistant.knowledge, answer))
        except AssistantError as error:
            yield Moment("failed", answer=answer, problem=str(error))

    def _assistant(self, domain: Domain) -> Assistant:
        if domain.key not in self._assistants:
            self._assistants.clear()  # each brings its own weights: the memory of one machine holds one
            self._assistants[domain.key] = self._open_domain(domain)
        return self._assistants[domain.key]

    def _call(self, work: Callable[[], Result]) -> Result:
        future: Future[Result] = Future()
        self._jobs.put(lambda: _fulfil(future, work))
        return future.result()

    def _work(self) -> None:
        while True:
            self._jobs.get()()


def _report(
    moments: Generator[Moment], news: SimpleQueue[Moment | BaseException], stop: threading.Event
) -> None:
    """Pass the moments on until they end or nobody listens any more; a bug travels to who asked."""
    try:
        with closing(moments):
            for moment in moments:
                if stop.is_set():
                    return
                news.put(moment)
    except Exception as error:
        news.put(error)


def _latest(news: SimpleQueue[Moment | BaseException], known: Moment) -> Moment:
    """Return the newest moment: after a tick at the latest `known` again, never a queue of old ones."""
    latest: Moment | BaseException = known
    try:
        latest = news.get(timeout=_TICK)
        while True:
            latest = news.get_nowait()
    except Empty:
        pass
    if isinstance(latest, BaseException):
        raise latest
    return latest


def _fulfil(future: Future[Result], work: Callable[[], Result]) -> None:
    try:
        future.set_result(work())
    except Exception as error:
        future.set_exception(error)


def _records(knowledge: Knowledge, answer: Answer | None) -> dict[str, DocumentRecord]:
    read = {hit.chunk.document_id for hit in answer.contexts} if answer else set()
    return {record.id: record for record in knowledge.records() if record.id in read} if read else {}
