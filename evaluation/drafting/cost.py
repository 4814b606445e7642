"""What drafting will cost, told from a few replies before the rest is written. Knows nothing of guards."""

import math
import time
from dataclasses import dataclass

from assistant.generation.types import Generator
from evaluation.drafting.pipeline import WORDINGS
from evaluation.drafting.slots import Slots
from evaluation.drafting.writer import Writer

_TRIED = 4
_EXPECTED_YIELD = 0.5
_READ, _REWORD = 0.3, 1.2


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls of the model, and minutes at the pace of the first replies; 0 minutes: they were known before."""

    calls: int
    minutes: float

    def __str__(self) -> str:
        """Return the cost as it is told."""
        if self.minutes == 0:
            return f"about {self.calls} calls of the model; the first replies are known from before"
        return f"about {self.calls} calls of the model, {math.ceil(self.minutes)} minutes at the pace so far"


def estimate(wanted: int, slots: Slots, generator: Generator) -> Cost:
    """Write for the first of the slots and return what `wanted` drafts cost; the replies are not lost."""
    first = slots.first(_TRIED)
    list(Writer(generator).write(first[:1]))  # loads the weights
    start = time.perf_counter()
    list(Writer(generator).write(first))
    each = (time.perf_counter() - start) / max(1, len(first) - 1)
    written = math.ceil(wanted / _EXPECTED_YIELD)
    reads = written * 2 + wanted * WORDINGS
    units = written + wanted * _REWORD + reads * _READ
    calls = written + wanted + reads
    return Cost(calls, units * each / 60 if each > 0.05 else 0.0)
