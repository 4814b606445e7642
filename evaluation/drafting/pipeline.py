"""Drafts are written, guarded and reworded until there are enough. Knows nothing of files or splits."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.errors import AssistantError
from evaluation.drafting.guards import GUARDS
from evaluation.drafting.slots import SHARES, Slots
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
    wordings: int


@dataclass(slots=True)
class Drafting:
    """Writes drafts about a corpus until `wanted` pass, or the passages have no more."""

    writer: Writer
    bench: Bench
    slots: Slots
    announce: Announce = lambda line: None
    _seen: Counter[str] = field(default_factory=Counter)
    _passed: Counter[str] = field(default_factory=Counter)

    def run(self, wanted: int) -> Drafted:
        """Return the drafts; the types have their shares as far as the documents allow.

        Raises:
            CannotWrite: hardly a reply of the model was a draft.
        """
        kept: list[Draft] = []
        for number in range(_ROUNDS):
            slots = self._slots(wanted, kept, number) if len(kept) < wanted else []
            if not slots:
                break
            self.announce(
                f"round {number + 1}: {len(slots)} questions are written, {len(kept)} of {wanted} kept"
            )
            written = self._written(slots)
            kept += self._guarded(written, [draft.question for draft in kept])
        kept = _balanced(kept, wanted)
        self.announce(f"{len(kept)} kept; each is said in other words")
        reworded = faithful(self.writer.reword(kept, WORDINGS), self.bench)
        return Drafted(
            tuple(reworded),
            tuple(self.bench.dropped),
            tuple(Passed(name, self._seen[name], self._passed[name]) for name in ("written", *GUARDS)),
            sum(len(draft.wordings) for draft in reworded),
        )

    def _slots(self, wanted: int, kept: Sequence[Draft], number: int) -> list[Slot]:
        """Return what is to be written next: as much as is missing of each type, and more as many are lost.

        What a type has not given after some rounds is left to those that every document has.
        """
        have = Counter(draft.type for draft in kept)
        missing = {kind: max(0, math.ceil(share * wanted) - have[kind]) for kind, share in SHARES.items()}
        if number >= _PATIENCE:
            missing = {kind: 1 for kind in _EVERYWHERE}
        count = math.ceil((wanted - len(kept)) / self._yield())
        asked = {
            kind: math.ceil(count * few / max(1, sum(missing.values()))) for kind, few in missing.items()
        }
        slots = [slot for kind, few in asked.items() if few for slot in self.slots.take(kind, few)]
        if len(slots) < count:  # a type has no more passages
            slots += [one for kind in _EVERYWHERE for one in self.slots.take(kind, (count - len(slots)) // 3)]
        return slots

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


def _balanced(drafts: Sequence[Draft], wanted: int) -> list[Draft]:
    """Return `wanted` drafts: no more of a type than its share, but where others have too few."""
    targets = Counter({kind: math.ceil(share * wanted) for kind, share in SHARES.items()})
    first: list[Draft] = []
    rest: list[Draft] = []
    for draft in drafts:
        (first if targets[draft.type] > 0 else rest).append(draft)
        targets[draft.type] -= 1
    return [*first, *rest][:wanted]
