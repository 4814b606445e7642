"""The named steps of an ingest, so that a test can stop it at each. Free where nobody listens."""

from collections.abc import Callable
from typing import Literal, get_args

Step = Literal[
    "before vectors",
    "after vectors",
    "before commit",
    "after commit",
    "while building",
    "before seal",
    "before swap",
    "after swap",
    "while cleaning",
    "before merging",
]
STEPS: tuple[Step, ...] = get_args(Step)
"""In the order that an ingest comes to them."""

listeners: list[Callable[[Step], None]] = []
"""Called with each step that is reached; only tests put something here."""


def reached(step: Step) -> None:
    """Tell who listens that the process has come to `step`."""
    for listen in listeners:
        listen(step)
