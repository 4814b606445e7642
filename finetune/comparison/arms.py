"""What is compared: methods, or settings of one, and the budget that all have. Knows no result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from pydantic import ValidationError

from core.domain import Domain
from core.errors import AssistantError
from finetune.artefact import enough
from finetune.batches import fitting
from finetune.budget import encoded, updates_for, whole_training
from finetune.factory.questions import TrainingData, training_data
from finetune.methods import METHODS
from finetune.registry import known
from finetune.tuning import staged
from settings import Finetune, Settings

_BATCH = (
    512  # tokens of a pass where the settings leave it to the device: what a method takes would change it
)
_NOT_SWEPT = {
    *("name", "method", "objective", "data", "seed", "held_out", "cost_per_cpu_hour", "cost_per_gpu_hour"),
    *("epochs", "max_updates", "patience"),  # the budget is one for all
}
SWEPT = tuple(name for name in Finetune.model_fields if name not in _NOT_SWEPT)
"""Settings that a grid may name."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One row of a comparison, and its settings with a learning rate of its own.

    `reason` says in one line why it cannot run here; empty: it can.
    """

    label: str
    settings: Settings
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """An arm that can run, its data, and the optimizer steps that use up the budget of tokens."""

    arm: Arm
    data: TrainingData
    updates: int
    tokens: int


def method_arms(settings: Settings, methods: Sequence[str]) -> list[Arm]:
    """Return an arm for each method, in order; one that lacks something here has its reason.

    Raises:
        AssistantError: there is no method of this name, or none is named.
    """
    if not methods:
        raise AssistantError(f"name the methods to compare: --methods with some of {', '.join(METHODS)}")
    for name in methods:
        known(METHODS, name, "--methods")
    return [_arm(name, settings.with_finetune(method=name)) for name in dict.fromkeys(methods)]


def arms_of(settings: Settings, methods: str, grid: Sequence[str]) -> list[Arm]:
    """Return the methods that a comma list names, or of one method the combinations of a grid.

    Raises:
        AssistantError: see `method_arms` and `grid_arms`, or there is a grid of several methods.
    """
    named = [name for one in methods.split(",") if (name := one.strip())]
    if not grid:
        return method_arms(settings, named)
    if len(named) > 1:
        raise AssistantError(f"--grid sweeps one method; name one of {', '.join(named)}")
    method = named[0] if named else settings.finetune.method
    known(METHODS, method, "--methods")
    return grid_arms(settings.with_finetune(method=method), grid)


def grid_arms(settings: Settings, grid: Sequence[str]) -> list[Arm]:
    """Return an arm for each combination of a grid, `["rank=4,8", "learning_rate=1e-4,4e-4"]`.

    Raises:
        AssistantError: a part has no such form, or a setting that there is not, or a value that it refuses.
    """
    axes = [_axis(one) for one in grid]
    if len({name for name, _ in axes}) < len(axes):
        raise AssistantError("--grid names a setting twice; join its values by commas")
    return [_swept(settings, combination) for combination in product(*map(_values, axes))]


def plan_arms(domain: Domain, arms: Sequence[Arm], tokens: int) -> list[Planned]:
    """Return the arms that can run with their data and steps; all answer the questions of the first.

    Args:
        domain: whose questions are learned.
        arms: those to compare.
        tokens: that each sees, padding not counted; 0: those of the first one's epochs.

    Raises:
        DomainError: there is nothing to learn from, or an example is too long for a pass.
        AssistantError: no arm can run here.
    """
    able = [one for one in arms if not one.reason]
    if not able:
        raise AssistantError(f"nothing can run here: {'; '.join(one.reason for one in arms)}")
    planned: list[Planned] = []
    for arm in able:
        data = _data(domain, arm, planned)
        examples = fitting(encoded(data, arm.settings), arm.settings.finetune.batch_tokens)
        tokens = tokens or whole_training(examples, arm.settings.finetune)
        planned.append(Planned(arm, data, *updates_for(tokens, examples, arm.settings.finetune)))
    return planned


def _data(domain: Domain, arm: Arm, planned: Sequence[Planned]) -> TrainingData:
    """Return what an arm learns: the same for all methods."""
    told = _without_method(arm)
    same = next((one.data for one in planned if _without_method(one.arm) == told), None)
    if same is not None:
        return same
    data = enough(training_data(domain, arm.settings), domain)
    first = planned[0].data if planned else data
    return replace(data, dev=first.dev, dev_questions=first.dev_questions)


def _without_method(arm: Arm) -> dict[str, object]:
    return arm.settings.finetune.model_dump(exclude={"method", "learning_rate", "name"})


def _arm(label: str, settings: Settings) -> Arm:
    """Return an arm whose objective is one, with its own learning rate.

    Raises:
        AssistantError: there are several objectives.
    """
    if len(settings.finetune.stages) > 1:
        raise AssistantError(f"{settings.finetune.objective}: one objective at a time here; name one of them")
    settings = settings.with_finetune(batch_tokens=settings.finetune.batch_tokens or _BATCH)
    try:
        METHODS[settings.finetune.method].refuse(settings.finetune.method, settings.finetune)
    except AssistantError as error:
        return Arm(label, settings, str(error))
    return Arm(label, staged(settings)[0])


def _axis(part: str) -> tuple[str, list[str]]:
    name, _, values = part.partition("=")
    name, found = name.strip(), [one.strip() for one in values.split(",") if one.strip()]
    if name not in SWEPT:
        raise AssistantError(f"--grid {part}: no setting {name!r} to sweep; there are {', '.join(SWEPT)}")
    if not found:
        raise AssistantError(f"--grid {part}: give values, such as {name}=A,B")
    return name, found


def _values(axis: tuple[str, list[str]]) -> Iterator[tuple[str, str]]:
    name, values = axis
    return ((name, value) for value in values)


def _swept(settings: Settings, combination: Sequence[tuple[str, str]]) -> Arm:
    label = ", ".join(f"{name}={value}" for name, value in combination)
    said = {name: getattr(settings.finetune, name) for name in settings.finetune.model_fields_set}
    try:
        finetune = Finetune.model_validate(
            {**said, **{name: _read(name, value) for name, value in combination}}
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise AssistantError(f"--grid {label}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    return _arm(label, settings.model_copy(update={"finetune": finetune}))


def _read(name: str, value: str) -> object:
    """Return what a value means: several of one setting are joined by `+`."""
    is_list = isinstance(Finetune.model_fields[name].default, tuple)
    return tuple(value.split("+")) if is_list else value
