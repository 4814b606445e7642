"""Parsing and embedding on the workers of a Ray cluster. Knows nothing of ledgers or indexes.

The process that was started reads the files, cuts the documents and alone writes; workers are sent bytes
and passages, so that hosts need not share a folder. Each host needs this project, `requirements/ray.txt`
and the weights of the embedder. Whoever reaches a Ray cluster can run code on it: keep it in a network
of its own.
"""

import logging
import os
import socket
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from core.errors import AssistantError, DocumentError, EmbedderMismatch, EngineError
from ingest.embedding import Embedder, LocalEmbedder, open_embedder
from ingest.files.child import Sandbox
from ingest.files.loaders import RawDocument
from ingest.files.reading import OpenSandbox
from ingest.files.unchanged import Entry
from ingest.files.walking import shown
from ingest.types import Vectors
from ingest.workers.pool import is_parsed_ahead
from settings import Embedder as EmbedderSettings
from settings import Parsing, Settings, load_settings

_QUEUED = 2  # pieces that a worker has: the second is there when the first is done
_AHEAD = 4  # pieces, or files, for each worker that may be done before the next in order is
_RETRIES = 3  # times that a worker is started anew, and that what it did is done again
_KNOCK = 10.0  # seconds in which a cluster must let itself be connected to
_PATIENCE = 900.0  # seconds without an answer of any worker; the first fetches and loads the weights


@dataclass(frozen=True, slots=True)
class Engine:
    """Where documents are parsed and passages embedded."""

    embedder: Embedder
    sandbox: OpenSandbox


@contextmanager
def connect(settings: Settings, address: str = "") -> Iterator[Engine]:
    """Use the cluster at `address` (empty: the one on this machine, or one that is started for this).

    Raises:
        EngineError: Ray is not installed, or no cluster answers.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise EngineError("Ray is not installed; run: pip install -r requirements/ray.txt") from error
    embedder = open_embedder(settings)
    fingerprint = embedder.fingerprint
    try:
        if address:
            _knock(address)
        ray.init(address or None, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        where = address or "this machine"
        raise EngineError(
            f"no Ray cluster at {where}: {error}; give host:port of one that `ray start --head` started"
        ) from error
    try:
        workers = _start(ray, settings.embedder, fingerprint)
        sandbox = partial(RaySandbox, flight=_AHEAD * len(workers))
        yield Engine(RayEmbedder(embedder, workers), sandbox)
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise an error where nobody listens; Ray itself would try for two minutes and end the process."""
    host, _, port = address.rpartition(":")
    socket.create_connection((host, int(port)), timeout=_KNOCK).close()


def _start(ray: Any, settings: EmbedderSettings, fingerprint: str) -> list[Any]:
    """Start a worker on each GPU of the cluster, or where there is none on each host."""
    gpus = int(ray.cluster_resources().get("GPU", 0))
    hosts = sum(node["Alive"] and "CPU" in node["Resources"] for node in ray.nodes())
    # by default a worker is placed where a CPU is, and leaves it to the tasks that parse
    needs = {"num_cpus": 0, "num_gpus": 1} if gpus else {}
    worker = ray.remote(
        **needs,
        max_restarts=_RETRIES,
        max_task_retries=_RETRIES,
        scheduling_strategy="SPREAD",
    )(_Worker)
    return [worker.remote(settings, fingerprint) for _ in range(gpus or hosts)]


class _Worker:
    """The embedder of one host, with the threads and the store of weights that the host has."""

    def __init__(self, settings: EmbedderSettings, fingerprint: str) -> None:
        self._settings, self._fingerprint = settings, fingerprint

    @cached_property
    def _embedder(self) -> Embedder:
        here = load_settings()
        embedder = LocalEmbedder(self._settings, here.home, here.threads)
        if embedder.fingerprint != self._fingerprint:
            raise EmbedderMismatch(
                f"a Ray worker has other weights of {embedder.name}; copy those of this host to its own"
            )
        return embedder

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of a piece."""
        return self._embedder.embed_passages(texts)


class RayEmbedder:
    """Hands whole pieces to the workers, which batch them as one embedder would; queries stay here."""

    def __init__(self, local: Embedder, workers: Sequence[Any]) -> None:
        self._local, self._workers = local, workers
        self.name, self.fingerprint = local.name, local.fingerprint

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._local.dim

    def are_cut(self, texts: Sequence[str]) -> list[bool]:
        """Say of each passage whether only its beginning is read."""
        return self._local.are_cut(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return an (n, dim) float32 array with rows of length 1."""
        return next(self.embed_pieces([texts]))

    def embed_pieces(self, pieces: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """Yield the vectors of each piece, in order; a worker that is done gets the next."""
        idle = deque([*self._workers] * _QUEUED)
        busy: dict[Any, Any] = {}
        handed: deque[Any] = deque()
        for piece in pieces:
            worker = idle.popleft()
            answer = worker.embed.remote(list(piece))
            busy[answer] = worker
            handed.append(answer)
            while not idle or len(handed) >= _AHEAD * len(self._workers):
                idle.extend(busy.pop(done) for done in _wait(busy))
                while handed and handed[0] not in busy:
                    yield _get(handed.popleft())
        while handed:
            yield _get(handed.popleft())

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return an (n, dim) float32 array with rows of length 1."""
        return self._local.embed_queries(texts)


class RaySandbox(Sandbox):
    """Has files parsed by workers, each in its own sandbox, while those before them are taken in."""

    def __init__(self, limits: Parsing, flight: int) -> None:
        import ray

        super().__init__(limits)
        self._flight = flight
        self._parse = ray.remote(max_retries=_RETRIES, scheduling_strategy="SPREAD")(_parse)
        self._sent: dict[Path, Any] = {}

    def ahead(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield the entries when the next ones are on their way to the workers."""
        queue: deque[Entry] = deque()
        for entry in entries:
            self._send(entry)
            queue.append(entry)
            if len(queue) > self._flight:
                yield queue.popleft()
        yield from queue

    def documents(self, path: Path, name: str) -> Iterator[RawDocument | DocumentError]:
        """Yield the documents of a file that was sent, or parse it here."""
        answer = self._sent.pop(path, None)
        return super().documents(path, name) if answer is None else iter(_get(answer))

    def _send(self, entry: Entry) -> None:
        if is_parsed_ahead(entry):
            with suppress(OSError):  # it is reported when its turn comes
                self._sent[entry] = self._parse.remote(
                    entry.read_bytes(), entry.suffix.lower(), shown(entry), self._limits
                )


def _parse(data: bytes, suffix: str, name: str, limits: Parsing) -> list[RawDocument | DocumentError]:
    """Parse the bytes of a file in the sandbox of this worker."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"document{suffix}")
        path.write_bytes(data)
        return list(_sandbox(limits).documents(path, name))


@cache
def _sandbox(limits: Parsing) -> Sandbox:
    return Sandbox(limits)


def _wait(answers: Iterable[Any]) -> list[Any]:
    """Return the answers that are there, at least one."""
    import ray

    done, _ = ray.wait(list(answers), timeout=_PATIENCE)
    if not done:
        raise EngineError(f"no Ray worker answered for {_PATIENCE:.0f} s; see `ray status`, then run again")
    return list(done)


def _get(answer: Any) -> Any:
    """Return an answer; what went wrong at the worker is raised as it would be here."""
    import ray
    from ray.exceptions import RayError, RayTaskError

    _wait([answer])
    try:
        return ray.get(answer)
    except RayTaskError as error:
        if isinstance(error.cause, AssistantError):
            raise error.cause from None
        raise
    except RayError as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        remedy = "see that its host runs and has memory, and run again; what was committed is kept"
        raise EngineError(f"a Ray worker was lost: {reason}; {remedy}") from error
