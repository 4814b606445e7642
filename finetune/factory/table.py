"""What the steps of the factory did, for a terminal. Knows nothing of how they did it.

Questions come from documents, people and models: no character of them commands the terminal.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from finetune.factory.types import Change, Dropped, Taken
from finetune.types import Example

EXAMPLES = 3
"""Shown of each step."""
SHOWN = 40
"""Shown of the step that is asked for."""
_LONGEST = 240
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


def steps_table(taken: Sequence[Taken], show: str = "") -> Group:
    """Return the table of all steps, and under it examples of what each changed.

    Of the step `show` there are more, also of what it left out, and none of the others.
    """
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for name, justify in (("step", "left"), ("in", "right"), ("out", "right"), ("left out, and why", "left")):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for one in taken:
        if one.split == "train" or one.dropped:
            name = one.step if one.split == "train" else f"{one.step} ({one.split})"
            table.add_row(name, str(one.came), str(one.left), Text(_reasons(one.dropped)))
    told = [line for one in taken for line in _examples(one, show)]
    return Group(*([table] if taken else []), *told)


def _reasons(dropped: Sequence[Dropped]) -> str:
    """Return how often each reason was met, the most frequent first."""
    counts = Counter(one.reason for one in dropped)
    listed = ", ".join(f"{count} {_seen(reason)}" for reason, count in counts.most_common())
    return f"{counts.total()}: {listed}" if len(counts) > 1 else listed or "-"


def _examples(one: Taken, show: str) -> Iterator[RenderableType]:
    if show and one.step != show:
        return
    for change in one.changes[: SHOWN if show else EXAMPLES]:
        yield Text(f"{one.step}, {_seen(change.after.question_id)}", "bold")
        yield from _told(change)
    for lost in one.dropped[: SHOWN if show else 0]:
        detail = f" ({lost.detail})" if lost.detail else ""
        yield Text(_seen(f"left out by {lost.step}: {lost.question_id}: {lost.reason}{detail}"))


def _told(change: Change) -> Iterator[Text]:
    """Yield what an example was and what it is now, of both what differs."""
    if change.before is not None:
        yield Text(f"  before: {_line(change.before, change)}")
    yield Text(f"  after:  {_line(change.after, change)}")
    if change.after.rejected:
        yield Text(f"  rather than: {_seen(change.after.rejected)}")


def _line(example: Example, change: Change) -> str:
    turns = [turn.content for turn in example.record.turns]
    is_same_reply = change.before is not None and change.before.reply == change.after.reply
    reply = [] if is_same_reply and example is change.before else [example.reply]
    return _seen(" → ".join([*turns, example.question, *reply]))


def _seen(text: str) -> str:
    return _UNSEEN.sub(" ", text)[:_LONGEST]
