"""The training loop: setup, fit, validate, resume. Knows nothing of domains, methods or what is learned."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from assistant.generation.chat import Chat
from core.errors import TrainingError
from core.progress import progress_bar
from finetune.batches import fitting, plan
from finetune.checkpoint import Checkpoint, Saved, save_whole
from finetune.masters import Masters
from finetune.optimizers import OPTIMIZERS, SCHEDULES
from finetune.processes import ALONE, Processes
from finetune.types import Encoded, Example, Objective, StepTaken, Tunable, tell_nobody
from settings import Finetune

if TYPE_CHECKING:
    import torch

_CHECKPOINT_STEPS = 20  # optimizer steps that a kill can cost
_MAX_GRADIENT = 1.0  # norm


@dataclass(frozen=True, slots=True)
class Point:
    """One epoch of the training curve; losses are means over reply tokens, in nats.

    `dev_accuracy` is the share of reply tokens that the model would have chosen, given those before; of pairs
    the share of which it prefers the better, of its own answers their mean reward.
    """

    epoch: int
    train_loss: float
    dev_loss: float
    dev_accuracy: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands: everything a resumed run needs besides tensors."""

    step: int = 0
    """Optimizer steps taken."""
    loss_sum: float = 0.0
    """Of the current epoch, over `loss_tokens` reply tokens."""
    loss_tokens: int = 0
    curve: tuple[Point, ...] = ()

    @property
    def best(self) -> Point | None:
        """The epoch with the highest `dev` accuracy, the first of several.

        Not the lowest loss: an adapter that learns facts gets surer of the few it has wrong, and its
        `dev` loss rises while it still gets more of them right.
        """
        return max(self.curve, key=lambda point: point.dev_accuracy, default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the progress as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Progress":
        """Read what `to_dict` wrote."""
        return cls(**{**data, "curve": tuple(Point(**point) for point in data["curve"])})


@dataclass
class Trainer:
    """One run of training over encoded examples.

    `folder` holds the checkpoint and the best artefact; `identity` names model, data and settings, and a
    checkpoint of another identity is not resumed. Several `processes` share every step and its measuring; the
    first of them alone writes.
    """

    tunable: Tunable
    objective: Objective
    chat: Chat
    settings: Finetune
    folder: Path
    identity: str
    progress: Progress = field(default_factory=Progress)
    on_step: Callable[[StepTaken], None] = tell_nobody
    processes: Processes = ALONE

    def __post_init__(self) -> None:
        self.tunable = self.objective.attach(self.tunable)
        self.masters = Masters(self.tunable.parameters)
        self.checkpoint = Checkpoint(self.folder, self.identity)

    def fit(self, train: Sequence[Example], dev: Sequence[Example]) -> Progress:
        """Train until the epochs are done or `dev` no longer gets better; return the whole curve.

        The artefact of the best epoch is saved under `folder / "best"`. A run that was killed goes on
        from its last checkpoint and ends in the same weights.

        Raises:
            TrainingError: the loss is no number any more, the disk is full, or another process has ended.
        """
        self._follow_first()
        self.tunable.model.train()  # a loaded model comes as if it were to be measured
        learned, checked = (
            self.objective.prepare(self.tunable, self._encode(examples)) for examples in (train, dev)
        )
        steps = list(self._steps(learned))
        optimizer = self._optimizer()
        self.tunable.begin(len(steps))
        self._resume(optimizer)
        self.processes.agree(f"{self.identity} {self.progress.step}")
        self.tunable.model.train()
        done, total = self.progress.step, len(steps)
        with progress_bar(initial=done, total=total, desc="training", unit="step", stays=True) as bar:
            while self.progress.step < len(steps) and not self._has_stalled():
                step = steps[self.progress.step]
                start = time.perf_counter()
                self._take(optimizer, step, len(steps))
                self.on_step(StepTaken(self.progress.step, _size(step.groups), time.perf_counter() - start))
                bar.update()
                if step.ends_epoch:
                    self._validate(step.epoch, checked, self._rate(len(steps)))
                    bar.set_postfix(dev_accuracy=f"{self.progress.curve[-1].dev_accuracy:.2f}")
                if step.ends_epoch or self.progress.step % self._between == 0:
                    self._checkpoint(optimizer)
        return self.progress

    def measure(self, examples: Sequence[Encoded]) -> tuple[float, float]:
        """Return loss and accuracy, means over the reply tokens, without training."""
        summed, tokens, right = 0.0, 0, 0.0
        with _evaluating(self.tunable):
            groups = plan(examples, self.settings.batch_tokens, None, self.settings.packing)
            for group in self._share(groups):
                loss = self.objective.loss(self.tunable, group)
                summed, tokens, right = summed + loss.summed.item(), tokens + loss.tokens, right + loss.right
        summed, all_tokens, right = self.processes.sum(summed, tokens, right)
        return summed / all_tokens, right / all_tokens

    def _steps(self, examples: Sequence[Encoded]) -> Iterator["_Step"]:
        """Yield the optimizer steps, at most `max_updates`; the last of them ends its epoch, whole or not."""
        for number, step in enumerate(self._steps_of_epochs(examples), start=1):
            is_last = number == self.settings.max_updates
            yield step._replace(ends_epoch=step.ends_epoch or is_last)
            if is_last:
                return

    def _steps_of_epochs(self, examples: Sequence[Encoded]) -> Iterator["_Step"]:
        """Yield the optimizer steps of all epochs; one never reaches into the next epoch."""
        size, passes = self.settings.accumulation, self.objective.passes
        for epoch in range(self.settings.epochs):
            seed = self.settings.seed + epoch
            groups = plan(examples, self.settings.batch_tokens, seed, self.settings.packing)
            for start, again in product(range(0, len(groups), size), reversed(range(passes))):
                yield _Step(epoch, groups[start : start + size], start + size >= len(groups) and not again)

    def _take(self, optimizer: "torch.optim.Optimizer", step: "_Step", total: int) -> None:
        """Take an optimizer step, in which every token counts alike, whatever group it came in."""
        import torch

        tokens = sum(map(self.objective.tokens, step.groups))
        summed = 0.0
        self.processes.draw_apart(self.settings.seed, self.progress.step)
        for group in self._share(step.groups):
            loss = self.objective.loss(self.tunable, group)
            torch.autograd.backward(loss.summed / tokens)
            summed += loss.summed.item()
        (summed,) = self.processes.sum(summed)
        self._refuse_no_number(summed / tokens, "loss", step.epoch)
        self.progress = replace(
            self.progress,
            step=self.progress.step + 1,
            loss_sum=self.progress.loss_sum + summed,
            loss_tokens=self.progress.loss_tokens + tokens,
        )
        self._update(optimizer, self._rate(total))

    def _update(self, optimizer: "torch.optim.Optimizer", rate: float) -> None:
        import torch

        self.processes.sum_gradients(self.tunable.parameters)
        self.tunable.on_gradients()
        self.masters.collect_gradients()
        norm = torch.nn.utils.clip_grad_norm_(self.masters.copies, _MAX_GRADIENT)
        self._refuse_no_number(norm.item(), "gradient", len(self.progress.curve))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        self.masters.publish()
        if self.tunable.on_step(self.progress.step):
            self.masters.adopt()

    def _refuse_no_number(self, value: float, what: str, epoch: int) -> None:
        """Raise TrainingError where a loss or a gradient is no number any more."""
        if math.isfinite(value):
            return
        best = self.progress.best
        kept = (
            f"the artefact of epoch {best.epoch} stays in {self.folder / 'best'}"
            if best
            else "none is saved yet"
        )
        raise TrainingError(
            f"the {what} is {value} in epoch {epoch + 1}, after {self.progress.step} steps; {kept}; "
            f"lower finetune.learning_rate ({self.settings.learning_rate:g})"
        )

    def _rate(self, total: int) -> float:
        """Return the learning rate of this step: linear warm-up, then the schedule."""
        warmup = max(1, round(self.settings.warmup * total))
        if self.progress.step <= warmup:
            return self.settings.learning_rate * self.progress.step / warmup
        done = (self.progress.step - warmup) / max(1, total - warmup)
        return self.settings.learning_rate * SCHEDULES[self.settings.schedule](done)

    def _validate(self, epoch: int, dev: Sequence[Encoded], rate: float) -> None:
        train_loss = self.progress.loss_sum / self.progress.loss_tokens
        point = Point(epoch + 1, train_loss, *self.measure(dev), rate)
        self.progress = replace(
            self.progress, loss_sum=0.0, loss_tokens=0, curve=(*self.progress.curve, point)
        )
        if self.progress.best is point and self.processes.is_first:
            save_whole(self.tunable, self.folder / "best")

    def _has_stalled(self) -> bool:
        best = self.progress.best
        return best is not None and self.progress.curve[-1].epoch - best.epoch >= self.settings.patience

    def _share(self, groups: Sequence[Sequence[Encoded]]) -> list[Sequence[Encoded]]:
        return self.processes.share(groups, whole=self.objective.reads_whole)

    def _follow_first(self) -> None:
        """Begin with the weights of the first process, those that do not learn as well."""
        model = self.tunable.model
        tensors = chain(model.parameters(), model.buffers(), self.tunable.parameters)
        self.processes.follow_first({id(one): one for one in tensors}.values())
        self.masters.adopt()

    def _encode(self, examples: Sequence[Example]) -> list[Encoded]:
        return fitting(self.objective.encode(examples, self.chat), self.settings.batch_tokens)

    def _optimizer(self) -> "torch.optim.Optimizer":
        return OPTIMIZERS[self.settings.optimizer](self.masters.copies, self.settings.learning_rate)

    @property
    def _between(self) -> int:
        """Steps between checkpoints: whole rounds of passes, whose answers no checkpoint keeps."""
        passes = self.objective.passes
        return -(-_CHECKPOINT_STEPS // passes) * passes

    def _checkpoint(self, optimizer: "torch.optim.Optimizer") -> None:
        if not self.processes.is_first:
            return
        saved = Saved(self.progress.to_dict(), self.tunable.state())
        self.checkpoint.save(saved, self.masters.copies, optimizer)

    def _resume(self, optimizer: "torch.optim.Optimizer") -> None:
        saved = self.checkpoint.load(self.masters.copies, optimizer)
        if saved is not None:
            self.progress = Progress.from_dict(saved.progress)
            self.tunable.restore(saved.method)
            self.masters.publish()


class _Step(NamedTuple):
    """One optimizer step: the groups whose gradients are summed for it."""

    epoch: int
    groups: Sequence[Sequence[Encoded]]
    ends_epoch: bool


def _size(groups: Sequence[Sequence[Encoded]]) -> int:
    return sum(one.size for group in groups for one in group)


@contextmanager
def _evaluating(tunable: Tunable) -> Iterator[None]:
    """Switch dropout and gradients off."""
    import torch

    tunable.model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        tunable.model.train()
