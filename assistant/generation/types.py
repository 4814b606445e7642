"""Generator: the seam between strategies and models; fakes stand behind it in tests."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant.types import Ending, Prompt, Usage

Weights = tuple[float, ...]
"""The log-probability of each of some choices."""


@dataclass(frozen=True, slots=True)
class Generation:
    """Generated text so far, thoughts included; `first_token` and `total` are seconds since the call.

    `alone`: nothing else was generated meanwhile, so that the seconds are what one user waits.
    """

    text: str
    usage: Usage = field(default_factory=Usage)
    first_token: float = 0.0
    total: float = 0.0
    ending: Ending = ""
    alone: bool = False


class Generator(Protocol):
    """A chat model, deterministic (temperature 0)."""

    name: str
    """What a report calls the model."""
    fingerprint: str
    """Identity of the weights (sha256), or of the endpoint and model name."""
    max_new_tokens: int
    """Where a completion is cut unless a call says otherwise."""

    @property
    def device(self) -> str:
        """`cpu`, `cuda`, ..., or `endpoint`."""
        ...

    @property
    def dtype(self) -> str:
        """`bfloat16`, `float32`, ...; empty where nobody knows."""
        ...

    @property
    def window(self) -> int:
        """Tokens that prompt and completion may take together; 0 where nobody knows."""
        ...

    @property
    def estimates_tokens(self) -> bool:
        """Whether `count_tokens` guesses, since the model's tokenizer is not known."""
        ...

    def identity(self, adapter: str) -> tuple[str, ...]:
        """Return all that a completion depends on besides its prompt and its limit.

        Weights, the adapter of this name, dtype, kind of device, and the rules of decoding.

        Raises:
            AdapterError: there is no adapter of this name.
        """
        ...

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

    def choose(
        self,
        prompts: Sequence[Prompt],
        choices: Sequence[str],
        on_done: Callable[[int, Weights], None] | None = None,
    ) -> list[Weights]:
        """Weigh `choices` as the beginning of each reply; nothing is generated.

        A prompt costs one forward pass, and less where it shares a `prefix` with others; its `schema` and
        `one_line` do not matter. The difference of two weights is the log-odds of one choice against the
        other; a threshold for it has to be fitted on labelled replies. `on_done(index, weights)` is
        called as each is finished.

        Args:
            prompts: what is asked; they should say which replies are open.
            choices: what may be replied, such as ("yes", "no"): told apart by their first tokens.
            on_done: see above.

        Returns:
            Per prompt the log-probability of each choice, in the order of `choices`: natural logarithms,
            over all that could be replied.

        Raises:
            GenerationError: two choices begin with the same token, or as for `generate`.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens not counted."""
        ...
