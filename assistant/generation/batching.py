"""Which prompts are answered in one batch. Knows nothing of models.

Prompts are grouped by adapter and shared prefix and sorted by length, so that little is padded.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ingest.embedding import batches as length_sorted

_TOGETHER = 6
"""Prompts answered together whatever else: to read the weights takes most of a step's time."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A prompt as token ids; the first `shared` of them are its prefix."""

    index: int
    ids: tuple[int, ...]
    shared: int
    adapter: str
    schema: str = ""
    one_line: bool = False
    first_bias: tuple[tuple[int, float], ...] = ()

    @property
    def prefix(self) -> tuple[int, ...]:
        """The ids shared with other prompts."""
        return self.ids[: self.shared]

    @property
    def own(self) -> tuple[int, ...]:
        """The ids after the prefix; never empty."""
        return self.ids[self.shared :]


def batches(
    prompts: Sequence[Encoded], budget: int, mixes: Callable[[str], bool] = lambda adapter: True
) -> Iterator[list[Encoded]]:
    """Yield the prompts in batches that share adapter and prefix, longest first.

    A batch holds at most `budget` tokens, padding included and the shared prefix not, or one prompt. A few
    prompts are one batch whatever their adapters and prefixes, except those with an adapter that does not
    mix: they are answered apart.
    """
    groups: dict[tuple[str, tuple[int, ...]], list[Encoded]] = {}
    together = len(prompts) <= _TOGETHER
    for prompt in prompts:
        company = ("" if mixes(prompt.adapter) else prompt.adapter), ()
        groups.setdefault(company if together else (prompt.adapter, prompt.prefix), []).append(prompt)
    for group in groups.values():
        for batch in length_sorted([len(prompt.own) for prompt in group], budget):
            yield [group[place] for place in batch]
