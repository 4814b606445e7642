"""The ways to answer, by name. To add one: write a file beside these, and a line here.

`fine_tuned:dora` is `fine_tuned` with the adapter called dora. Knows nothing of domains or files.
"""

from collections.abc import Iterable

from assistant.strategies.auto import Auto
from assistant.strategies.base import NamedStrategy
from assistant.strategies.closed_book import ClosedBook
from assistant.strategies.fine_tuned import FineTuned
from assistant.strategies.long_context import LongContext
from assistant.strategies.rag import FineTunedRag, Rag
from assistant.strategies.self_route import SelfRoute
from assistant.types import About
from core.errors import AssistantError

STRATEGIES: dict[str, type[NamedStrategy]] = {
    "rag": Rag,
    "long_context": LongContext,
    "fine_tuned": FineTuned,
    "fine_tuned_rag": FineTunedRag,
    "closed_book": ClosedBook,
    "self_route": SelfRoute,
    "auto": Auto,
}


def kind_of(name: str) -> type[NamedStrategy]:
    """Return the strategy that `name` names, whatever its variant.

    Raises:
        AssistantError: there is none; the message lists the known.
    """
    kind, colon, variant = name.partition(":")
    if kind not in STRATEGIES:
        raise AssistantError(f"no strategy {name!r}; known are {', '.join(STRATEGIES)}")
    if colon and not (variant and STRATEGIES[kind].has_variants):
        known = ", ".join(f"{one}:NAME" for one, strategy in STRATEGIES.items() if strategy.has_variants)
        raise AssistantError(f"no strategy {name!r}; of those with a variant there are {known}")
    return STRATEGIES[kind]


def check_strategies(names: Iterable[str]) -> None:
    """Raise AssistantError, which lists the known, unless each name is a strategy's."""
    for name in names:
        kind_of(name)


def about(name: str) -> About:
    """Return what is to be known of the strategy called `name`; its variant stands in the label."""
    return kind_of(name).about_variant(name.partition(":")[2])
