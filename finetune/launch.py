"""Where the processes of a training come from: a launcher, or none. Knows nothing of what they share."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from core.errors import AssistantError, TrainingError
from core.progress import SWITCHES
from finetune.processes import ALONE, LOST, Processes

_PATIENCE = timedelta(days=1)
"""How long one waits for another: the first may have training data written for hours. That one has died is
told by its connections and by the launcher, not by this."""
_SET = {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}
_NOT_BUILT = {
    "ACCELERATE_USE_FSDP": "FSDP",
    "ACCELERATE_USE_DEEPSPEED": "DeepSpeed",
    "ACCELERATE_USE_MEGATRON_LM": "Megatron-LM",
}


@contextmanager
def joined() -> Iterator[Processes]:
    """Meet the processes that a launcher has started (`torchrun`, `accelerate launch`); alone without one.

    What they all have to say, an error or that they were interrupted, one of them says, whichever is first;
    the others end without a word.

    Raises:
        AssistantError: the launcher asks for what is not built, or for more processes than there are GPUs.
    """
    _keep_to_cpu()
    if not os.environ.keys() >= _SET or os.environ["WORLD_SIZE"] == "1":
        yield ALONE
        return
    import torch
    from torch.distributed.rendezvous import rendezvous

    store, rank, count = next(rendezvous("env://", timeout=_PATIENCE))
    with _said_once(store), _ended_by_launcher():
        _refuse_not_built()
        card = _choose_card()
        backend = "cpu:gloo,cuda:nccl" if card else "gloo"
        torch.distributed.init_process_group(
            backend, store=store, rank=rank, world_size=count, timeout=_PATIENCE
        )
        if rank:
            os.environ.update(dict.fromkeys(SWITCHES, "1"))  # one bar is enough
        yield Processes(rank, count, int(os.environ.get("LOCAL_WORLD_SIZE", count)))
        torch.distributed.destroy_process_group()


def _refuse_not_built() -> None:
    for switch, name in _NOT_BUILT.items():
        if os.environ.get(switch, "").lower() in ("1", "true"):
            raise AssistantError(
                f"{name} is not built: every process holds the whole base; start without it, and where that "
                "does not fit one GPU take finetune.method qlora, gradient_checkpointing or a smaller base"
            )


def _keep_to_cpu() -> None:
    """Hide the GPUs where accelerate was told to; raise AssistantError where it starts too few processes."""
    if os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true"):
        if "MASTER_PORT" in os.environ and "RANK" not in os.environ:
            raise AssistantError(
                "accelerate launch --cpu starts one process, however many it is asked for; "
                "on CPUs run: torchrun --nproc-per-node 2 -m finetune train --domain NAME"
            )
        os.environ["CUDA_VISIBLE_DEVICES"] = ""


def _choose_card() -> bool:
    """Let `cuda` mean a GPU of this process's own; return whether there is one.

    Raises:
        AssistantError: there are fewer of them than processes.
    """
    import torch

    if not torch.cuda.is_available():
        return False
    own, cards = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
    if own >= cards:
        raise AssistantError(
            f"process {own + 1} of this machine has no GPU of its own; start as many as there are: {cards}"
        )
    torch.cuda.set_device(own)
    return True


@contextmanager
def _said_once(store: Any) -> Iterator[None]:
    """Let the first process that ends by an error say it; the store counts them."""
    try:
        yield
    except (AssistantError, OSError, KeyboardInterrupt):
        with suppress(RuntimeError):  # a store that is gone with the process that held it
            if store.add("said", 1) > 1:
                raise SystemExit(1) from None
        raise


@contextmanager
def _ended_by_launcher() -> Iterator[None]:
    """Raise TrainingError where the launcher ends this process because another has died.

    From an error on the launcher is not heard: the error is still to be said, and then the process ends.
    """

    def end(number: int, frame: Any) -> None:
        raise TrainingError(LOST)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except BaseException:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise
    signal.signal(signal.SIGTERM, before)
