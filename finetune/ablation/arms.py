"""The arms of an ablation, their data and what they will cost. Knows nothing of results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.domain import Domain
from finetune.artefact import enough
from finetune.batches import plan
from finetune.budget import encoded, with_budget
from finetune.factory.questions import TrainingData, training_data
from finetune.factory.taking import chosen_steps
from settings import Finetune, Settings

_PROMPTS: dict[str, Callable[[Finetune], float]] = {
    "paraphrase": lambda settings: 1 + 2 * settings.variants,
    "back_translate": lambda _: 4,
    "restructure": lambda settings: 1 + 2 * min(2, settings.variants),
    "mask_replace": lambda settings: 2 * bool(settings.masked_model),
    "refuse": lambda settings: 2 * settings.extra_share,
    "converse": lambda settings: 2 * settings.extra_share,
    "pair": lambda _: 1,
}
"""Prompts that a step has for the writer, those that check included, for each example that it meets."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A set of steps, and the data that they make; `step` is what it has beside the base, which has none."""

    step: str
    settings: Settings
    data: TrainingData


@dataclass(frozen=True, slots=True)
class Cost:
    """What an ablation takes at most, told before anything is written or trained.

    `tokens` are trained, padding included; `prompts` are for the writer, fewer where its journal knows them.
    """

    runs: int
    updates: int
    examples: int
    questions: int
    tokens: int
    prompts: int

    def __str__(self) -> str:
        """Return the cost in one line."""
        return (
            f"{self.runs} runs of {self.updates} updates, about {self.tokens:,} tokens trained in all; "
            f"the base has {self.examples} examples; each run answers {self.questions} dev questions; "
            f"at most {self.prompts:,} prompts for the writer before"
        )


def base_arm(domain: Domain, settings: Settings, steps: Sequence[str]) -> Arm:
    """Return the arm without any of `steps`.

    Raises:
        AssistantError: one of them is not known.
    """
    chosen_steps(settings.finetune.model_copy(update={"steps": tuple(steps)}))
    kept = tuple(one for one in settings.finetune.steps if one not in steps)
    return _arm(domain, settings.with_finetune(steps=kept), "")


def arm_with(step: str, domain: Domain, base: Arm) -> Arm:
    """Return the base with one step more; `dev` is the base's, so that all arms answer the same questions."""
    steps = (*base.settings.finetune.steps, step)
    arm = _arm(domain, base.settings.with_finetune(steps=steps), step)
    return replace(arm, data=replace(arm.data, dev=base.data.dev, dev_questions=base.data.dev_questions))


def budgeted(arm: Arm, updates: int, seed: int) -> Arm:
    """Return an arm that takes so many optimizer steps, however many examples it has, with another seed.

    Its data stay those of the domain's own seed.
    """
    return replace(arm, settings=with_budget(arm.settings, updates, seed))


def cost(base: Arm, steps: Sequence[str], seeds: int, updates: int) -> Cost:
    """Return what it takes to compare the base with each of `steps`; no `updates`: as the base takes."""
    settings = base.settings.finetune
    groups = plan(encoded(base.data, base.settings), settings.batch_tokens, settings.seed)
    each = -(-len(groups) // settings.accumulation)
    updates = updates or settings.max_updates or each * settings.epochs
    padded = sum(len(group) * max(one.size for one in group) for group in groups)
    runs = seeds * (1 + len(steps))
    met = len(base.data.train)
    return Cost(
        runs=runs,
        updates=updates,
        examples=met,
        questions=len(base.data.dev_questions),
        tokens=round(runs * updates * padded / each),
        prompts=round(sum(_PROMPTS[step](settings) * met for step in steps if step in _PROMPTS)),
    )


def _arm(domain: Domain, settings: Settings, step: str) -> Arm:
    return Arm(step, settings, enough(training_data(domain, settings), domain))
