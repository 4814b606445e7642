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
_JUDGED = 10
"""Drafts of a type by which its yield is known."""

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
            slots = self._slots(wanted, kept, number)
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
        """Return what is to be written next: what is missing of each type, and more of it as many are lost.

        What the documents have not enough for goes to the types that fit every document.
        """
        have, short = Counter(draft.type for draft in kept), 0
        found: list[Slot] = []
        targets = {kind: math.ceil(share * wanted) for kind, share in SHARES.items()}
        for kind, target in targets.items():
            missing = max(0, target - have[kind])
            asked = math.ceil(missing / self._expected(kind))
            slots = self.slots.take(kind, asked)
            found += slots
            short += missing if len(slots) < asked else 0
        if number and short and len(kept) + len(found) * _YIELD < wanted:
            for kind in ("short", "number", "yesno"):
                found += self.slots.take(kind, math.ceil(short / 3 / self._expected(kind)))
        return found if len(kept) < wanted else []

    def _expected(self, kind: str) -> float:
        seen, passed = self._seen[f"type {kind}"], self._passed[f"type {kind}"]
        return max(0.1, passed / seen) if seen >= _JUDGED else _YIELD

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
        self._seen.update(f"type {draft.type}" for draft in drafts)
        for name, guard in GUARDS.items():
            self._seen[name] += len(drafts)
            drafts = list(guard(drafts, bench))
            self._passed[name] += len(drafts)
        self._passed.update(f"type {draft.type}" for draft in drafts)
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
