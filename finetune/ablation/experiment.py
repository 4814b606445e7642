"""An ablation from first to last: what it costs, the runs, the effects. Knows no command line."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.clusters import by_document
from core.domain import Domain
from core.errors import AssistantError
from finetune.ablation.arms import Arm, Cost, arm_with, base_arm, budgeted, cost
from finetune.ablation.effects import Effect, effect
from finetune.ablation.runs import Result, Runs
from finetune.bootstrap import DRAWS, LEVEL
from finetune.factory import STEPS
from settings import Settings

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ablation:
    """Effects of steps on a domain, with what they cost and what has to be known to read them."""

    title: str
    cost: Cost
    effects: tuple[Effect, ...]
    notes: tuple[str, ...]


class Experiment:
    """Each of some steps beside the base, which are the settings' steps without them."""

    def __init__(self, domain: Domain, settings: Settings, steps: Sequence[str]) -> None:
        """Make the data of the base.

        Raises:
            AssistantError: a step is not known, or none is named.
        """
        if not steps:
            raise AssistantError(f"name the steps to measure: --steps with some of {', '.join(STEPS)}")
        self._domain = domain
        self._steps = tuple(dict.fromkeys(steps))
        self._base = base_arm(domain, settings, self._steps)

    def cost(self, seeds: int, updates: int = 0) -> Cost:
        """Return what so many seeds will take, before anything is written or trained.

        No `updates`: as many as the base takes in its epochs.
        """
        return cost(self._base, self._steps, seeds, updates)

    def run(self, expected: Cost, tell: Tell) -> Ablation:
        """Train what is missing and measure; each run that ends is kept, whatever becomes of the next."""
        first = self._base.settings.finetune.seed
        seeds = range(first, first + expected.runs // (1 + len(self._steps)))
        arms = [self._base, *(arm_with(step, self._domain, self._base) for step in self._steps)]
        for note in dict.fromkeys(note for arm in arms for note in arm.data.notes):
            tell(note)
        results = self._results(arms, seeds, expected.updates, tell)
        records = self._base.data.dev_questions
        effects = tuple(
            effect(results[0], ours, records, len(arm.data.train), first)
            for arm, ours in zip(arms[1:], results[1:], strict=True)
        )
        title = f"Steps of the training data: {self._domain.name}"
        return Ablation(title, expected, effects, tuple(self._notes(expected, len(seeds))))

    def _results(self, arms: Sequence[Arm], seeds: range, updates: int, tell: Tell) -> list[list[Result]]:
        """Return the results of each arm, a seed each."""
        runs = Runs(self._domain, self._base.settings)
        wanted = [[budgeted(arm, updates, seed) for seed in seeds] for arm in arms]
        known = sum(runs.is_known(one) for arm in wanted for one in arm)
        tell(f"{known} of {len(arms) * len(seeds)} runs are there already")
        results: list[list[Result]] = []
        for arm in wanted:
            results.append([])
            for one in arm:
                if not runs.is_known(one):
                    tell(f"training: {one.step or 'the base'}, seed {one.settings.finetune.seed}")
                results[-1].append(runs.result(one))
        return results

    def _notes(self, expected: Cost, seeds: int) -> Iterator[str]:
        settings, records = self._base.settings, self._base.data.dev_questions
        base = ", ".join(settings.finetune.steps) or "no step"
        yield (
            f"base: {base}; {expected.examples} examples; each step beside it, alone; "
            f"{expected.updates} updates in every run, {seeds} seeds; weights after the last update"
        )
        count = max(by_document([one.evidence_doc_ids for one in records])) + 1
        yield f"correct: means over {len(records)} dev questions, in {count} clusters by their document"
        yield (
            f"{LEVEL} %: percentile bootstrap of paired differences, {DRAWS:,} draws over clusters and "
            "seeds; too narrow where there are few; not corrected for the number of steps"
        )
        yield f"model: {settings.generator.model}; objective: {settings.finetune.objective}"
