"""How a ratio is taken: arms in turn, in one run, medians. Knows nothing of what is timed."""

import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import median
from typing import ParamSpec, TypeVar

import numpy as np

from ingest.types import Vectors

P = ParamSpec("P")
T = TypeVar("T")
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Result:
    """How many times faster than `against`; `also` is what must hold beside it, `goal` None without one."""

    name: str
    against: str
    ratio: float
    goal: float | None
    also: str = ""

    def line(self) -> str:
        """Return the result as a row of the table."""
        goal = f"{self.goal:.3g}x" if self.goal else ""
        ratio = f"{self.ratio:.2f}" if self.ratio < 10 else f"{self.ratio:.0f}"
        return f"{self.name:16} {self.against:36} {ratio:>6}x {goal:>6}  {self.also}"


def in_turn(arms: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, float]:
    """Return the median seconds of each arm; a round runs all, so that all meet the same noise."""
    taken: dict[str, list[float]] = {name: [] for name in arms}
    for _ in range(rounds):
        for name, run in arms.items():
            taken[name].append(timed(run)[0])
    return {name: median(seconds) for name, seconds in taken.items()}


def timed(run: Callable[[], T]) -> tuple[float, T]:
    """Return how many seconds `run` took, and what it returned."""
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


def alone(run: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `run` returns in a process of its own: its copies of the weights end with it."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run, *args, **kwargs).result()


def nearest(queries: Vectors, vectors: Vectors, k: int = 10) -> list[list[int]]:
    """Return the places of the `k` vectors nearest to each query, exactly.

    >>> nearest(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32), k=1)
    [[0], [1]]
    """
    ranked: list[list[int]] = np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :k].tolist()
    return ranked


def overlap(found: Sequence[Sequence[int]], right: Sequence[Sequence[int]]) -> float:
    """Return the share of the right places that were found: recall, over all queries.

    >>> overlap([[1, 2], [3, 4]], [[2, 1], [3, 5]])
    0.75
    """
    pairs = zip(found, right, strict=True)
    return sum(len({*some} & {*those}) for some, those in pairs) / sum(map(len, right))
