"""Generator: the seam between strategies and models; fakes stand behind it in tests."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant.types import Prompt, Usage


@dataclass(frozen=True, slots=True)
class Generation:
    """Generated text so far; `first_token` and `total` are seconds since the call."""

    text: str
    usage: Usage = field(default_factory=Usage)
    first_token: float = 0.0
    total: float = 0.0


class Generator(Protocol):
    """A chat model, deterministic (temperature 0)."""

    name: str
    """What a report calls the model."""
    fingerprint: str
    """Identity of the weights (sha256), or of the endpoint and model name."""

    def generate(
        self,
        prompts: Sequence[Prompt],
        max_new_tokens: int | None = None,
        on_done: Callable[[int, Generation], None] | None = None,
    ) -> list[Generation]:
        """Complete all prompts in batches; `on_done(index, generation)` is called as each is finished."""
        ...

    def stream(self, prompt: Prompt, max_new_tokens: int | None = None) -> Iterator[Generation]:
        """Yield the growing completion; closing the iterator stops the model."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens not counted."""
        ...
