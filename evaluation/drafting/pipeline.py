"""Drafts are written, guarded and reworded until there are enough. Knows nothing of files or splits."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import AssistantError
from evaluation.drafting.guards import GUARDS
from evaluation.drafting.slots import Slots
from evaluation.drafting.types import Bench, Draft, Dropped, Slot
from evaluation.drafting.wordings import faithful
from evaluation.drafting.writer import Writer

WORDINGS = 3
"""Other wordings that are asked for of each question."""
_ROUNDS = 5
_YIELD = 0.5
"""Share of the drafts that is expected to pass, before anything is known."""
_NONSENSE = 0.8
"""Share of replies that are no drafts from which on a writer cannot write."""
_LEAST_YIELD = 0.2
_PATIENCE = 2
"""Rounds in which each type is written as its share is missing."""
_EVERYWHERE = ("short", "number", "yesno")
"""Types that every document has."""

Announce = Callable[[str], None]


class CannotWrite(AssistantError):
    """The model does not write questions."""


@dataclass(frozen=True, slots=True)
class Passed:
    """How many drafts a guard has seen and let pass."""

    guard: str
    seen: int
    passed: int


@dataclass(frozen=True, slots=True)
class Drafted:
    """What has been written: the drafts that passed every guard, those that did not, and the counts."""

    kept: tuple[Draft, ...]
    dropped: tuple[Dropped, ...]
    passed: tuple[Passed, ...]


@dataclass(slots=True)
class Drafting:
    """Writes drafts about a corpus until enough pass, or the passages have no more."""

    writer: Writer
    bench: Bench
    slots: Slots
    announce: Announce = lambda line: None
    _seen: Counter[str] = field(default_factory=Counter)
    _passed: Counter[str] = field(default_factory=Counter)

    def run(self, wanted: Mapping[str, int]) -> Drafted:
        """Return as many drafts of each type as are `wanted`; what the documents lack, of others.

        Raises:
            CannotWrite: hardly a reply of the model was a draft.
        """
        kept: list[Draft] = []
        for number in range(_ROUNDS):
            slots = self._slots(wanted, kept, number)
            if not slots:
                break
            self.announce(
                f"round {number + 1}: {len(slots)} questions are written, "
                f"{len(kept)} of {sum(wanted.values())} kept"
            )
            written = self._written(slots)
            kept += self._guarded(written, [draft.question for draft in kept])
        kept = _chosen(kept, wanted)
        if kept:
            self.announce(f"{len(kept)} kept; each is said in other words")
        reworded = faithful(self.writer.reword(kept, WORDINGS), self.bench)
        return Drafted(
            tuple(reworded),
            tuple(self.bench.dropped),
            tuple(Passed(name, self._seen[name], self._passed[name]) for name in ("written", *GUARDS)),
        )

    def _slots(self, wanted: Mapping[str, int], kept: Sequence[Draft], number: int) -> list[Slot]:
        """Return what is to be written next: as much as is missing of each type, and more as many are lost.

        What a type has not given after some rounds, or has no passages for, is left to those that every
        document has.
        """
        have = Counter(draft.type for draft in kept)
        slots: list[Slot] = []
        if number < _PATIENCE:
            slots = self._taken({kind: few - have[kind] for kind, few in wanted.items()})
        missing = sum(wanted.values()) - len(kept)
        if not slots and missing > 0:
            slots = self._taken(dict.fromkeys(_EVERYWHERE, math.ceil(missing / len(_EVERYWHERE))))
        return slots

    def _taken(self, missing: Mapping[str, int]) -> list[Slot]:
        rate = self._yield()
        return [
            slot
            for kind, few in missing.items()
            if few > 0
            for slot in self.slots.take(kind, math.ceil(few / rate))
        ]

    def _yield(self) -> float:
        """Return the share of what is written that passes, as far as it is known."""
        seen, passed = self._seen["drafts"], self._passed["drafts"]
        return max(_LEAST_YIELD, passed / seen) if seen else _YIELD

    def _written(self, slots: Sequence[Slot]) -> list[Draft]:
        written: list[Draft] = []
        for one in self.writer.write(slots):
            self._seen["written"] += 1
            if isinstance(one, Draft):
                self._passed["written"] += 1
                written.append(one)
            else:
                self.bench.dropped.append(one)
        seen, useful = self._seen["written"], self._passed["written"]
        if useful < (1 - _NONSENSE) * seen:
            last = self.bench.dropped[-1]
            raise CannotWrite(
                f"{seen - useful} of {seen} replies of the writer were no questions ({last.reason}); "
                "name a model that follows a JSON schema (generator.model, or generator.endpoint)"
            )
        return written

    def _guarded(self, drafts: list[Draft], known: Sequence[str]) -> list[Draft]:
        bench = Bench(self.bench.reader, self.bench.corpus, [*self.bench.known, *known], self.bench.dropped)
        self._seen["drafts"] += len(drafts)
        for name, guard in GUARDS.items():
            self._seen[name] += len(drafts)
            drafts = list(guard(drafts, bench))
            self._passed[name] += len(drafts)
        self._passed["drafts"] += len(drafts)
        return drafts


def _chosen(drafts: Sequence[Draft], wanted: Mapping[str, int]) -> list[Draft]:
    """Return as many drafts of each type as are wanted, and in place of what is missing others.

    One that nothing answers comes in last: it does not make up for one that something does.
    """
    left = Counter(wanted)
    chosen: list[Draft] = []
    rest: list[Draft] = []
    for draft in drafts:
        (chosen if left[draft.type] > 0 else rest).append(draft)
        left[draft.type] -= 1
    rest.sort(key=lambda draft: not draft.answers)
    return [*chosen, *rest][: sum(wanted.values())]
