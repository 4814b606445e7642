"""Several processes that share one training. Knows nothing of models, methods or what is learned.

Not torch's DistributedDataParallel: it averages the means of its processes, where here every token of an
update counts alike; it expects one backward pass an update, where here are several, some of objectives that
read the model more than once; and it wraps the model, into which methods and objectives look. What learns
is mostly small beside its base: its gradients are summed once an update, in float32.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import AssistantError, TrainingError

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

_BUCKET = 1 << 25
"""Numbers that are summed at a time: 128 MB beside the gradients."""
LOST = (
    "another process of this training has ended, or what started it, and this one with it; "
    "run the same command again: it goes on from the last checkpoint"
)


@dataclass(frozen=True, slots=True)
class Processes:
    """All processes of a training, as one of them sees them. Each of them does the same, in the same order.

    What is summed or said by the first is the same in all of them, so that all decide alike.
    """

    rank: int = 0
    count: int = 1
    here: int = 1
    """How many of them are on this machine."""

    @property
    def is_first(self) -> bool:
        """Whether it is this one that writes and tells."""
        return self.rank == 0

    def share(self, groups: Sequence[Sequence[T]], whole: bool = False) -> list[Sequence[T]]:
        """Return what this process reads of the groups of an update: it may be nothing.

        Groups are dealt out as long as there is one for each process, the rest row by row; if they must stay
        `whole` the rest, too, goes to the first few.

        >>> [Processes(rank, 2).share(["abcd", "ef", "ghi"]) for rank in (0, 1)]
        [['abcd', 'gi'], ['ef', 'h']]
        >>> [Processes(rank, 2).share(["abcd", "ef", "ghi"], whole=True) for rank in (0, 1)]
        [['abcd', 'ghi'], ['ef']]
        """
        dealt = len(groups) if whole else len(groups) // self.count * self.count
        rows = [part for group in groups[dealt:] if (part := group[self.rank :: self.count])]
        return [*groups[:dealt][self.rank :: self.count], *rows]

    def sum(self, *values: float) -> tuple[float, ...]:
        """Return the sum of each value over all processes.

        Raises:
            TrainingError: one of them has ended.
        """
        if self.count == 1:
            return values
        import torch

        summed = torch.tensor(values, dtype=torch.float64)
        with _together():
            torch.distributed.all_reduce(summed)
        return tuple(summed.tolist())

    def sum_gradients(self, parameters: "Iterable[torch.nn.Parameter]") -> None:
        """Sum the gradients of what learns over all processes; where none has one there is none.

        Raises:
            TrainingError: a process has ended.
        """
        if self.count == 1:
            return
        import torch

        learning = [one for one in parameters if one.requires_grad]
        having = self.sum(*(float(one.grad is not None) for one in learning))
        for bucket in _buckets(one for one, some in zip(learning, having, strict=True) if some):
            parts = [
                torch.zeros_like(one, dtype=torch.float32) if one.grad is None else one.grad.float()
                for one in bucket
            ]
            flat = torch.cat([part.flatten() for part in parts])
            with _together():
                torch.distributed.all_reduce(flat)
            for one, part in zip(bucket, torch.split(flat, [one.numel() for one in bucket]), strict=True):
                one.grad = part.view_as(one).to(one.dtype)

    def follow_first(self, tensors: "Iterable[torch.Tensor]") -> None:
        """Let tensors be as they are in the first process: what begins at random, or by an SVD on a GPU.

        Raises:
            TrainingError: a process has ended.
        """
        if self.count == 1:
            return
        import torch

        with torch.no_grad(), _together():
            for tensor in tensors:
                sent = tensor.detach().contiguous()
                torch.distributed.broadcast(sent, src=0)
                if sent.data_ptr() != tensor.data_ptr():
                    tensor.copy_(sent)

    def once(self, make: Callable[[], T]) -> T:
        """Return what the first process makes, in all of them; what a user can put right is raised in all.

        Raises:
            TrainingError: the first process has ended.
        """
        if self.count == 1:
            return make()
        import torch

        made: list[Any] = [None]
        if self.is_first:
            try:
                made = [make()]
            except (AssistantError, OSError) as error:
                made = [error]
        with _together():
            torch.distributed.broadcast_object_list(made, src=0)
        if isinstance(made[0], (AssistantError, OSError)):
            raise made[0]
        result: T = made[0]
        return result

    def agree(self, state: str) -> None:
        """Make sure that all processes stand where this one does.

        Raises:
            TrainingError: they do not, or one has ended.
        """
        if self.count == 1:
            return
        import torch

        states: list[Any] = [None] * self.count
        with _together():
            torch.distributed.all_gather_object(states, state)
        if len(set(states)) > 1:
            raise TrainingError(
                "the processes of this training do not see the same files and settings; let ASSISTANT_HOME "
                "be on a disk that all machines share, and set finetune.batch_tokens where their GPUs differ"
            )

    def draw_apart(self, seed: int, step: int) -> None:
        """Begin a step by random numbers of this process's own, such as its dropout.

        They follow from the seed and the step: a run that was cut off has them again, and no checkpoint keeps
        those of each process.
        """
        if self.count > 1:
            import torch

            torch.manual_seed(hash((seed, step, self.rank)) % (1 << 63))


ALONE = Processes()


@contextmanager
def _together() -> Iterator[None]:
    """Say in one line that another process is gone.

    Raises:
        TrainingError: it is.
    """
    import torch

    try:
        yield
    except RuntimeError as error:
        lost = isinstance(error, torch.distributed.DistError) or "gloo" in str(error).lower()
        if not lost:
            raise
        raise TrainingError(LOST) from error


def _buckets(parameters: "Iterable[torch.nn.Parameter]") -> "Iterator[list[torch.nn.Parameter]]":
    """Yield parameters of at most `_BUCKET` numbers together, or one that has more."""
    bucket: list[torch.nn.Parameter] = []
    for parameter in parameters:
        if bucket and sum(one.numel() for one in bucket) + parameter.numel() > _BUCKET:
            yield bucket
            bucket = []
        bucket.append(parameter)
    if bucket:
        yield bucket
