"""What happens when memory runs out: one name for its several errors, one line for the user."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import GenerationError


class OutOfMemory(Exception):
    """Memory does not hold what was tried."""


@contextmanager
def named_errors() -> Iterator[None]:
    """Give the several ways in which memory runs out one name."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _is_out_of_memory(error):
            raise
        short = str(error).splitlines()[0][:200] if str(error) else "no memory"
    else:
        return
    raise OutOfMemory(short)  # not from the error, whose frames keep the tensors of the batch alive


@contextmanager
def clear_errors() -> Iterator[None]:
    """Say what to do where memory does not even hold one prompt."""
    try:
        with named_errors():
            yield
    except OutOfMemory as error:
        raise GenerationError(
            f"one prompt does not fit into memory ({error}); lower long_context.max_tokens or retrieval.top_k"
        ) from error


def _is_out_of_memory(error: BaseException) -> bool:
    """Say whether memory ran out, of a GPU or of the machine."""
    import torch

    told = isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
    return told or isinstance(error, torch.OutOfMemoryError | MemoryError)
