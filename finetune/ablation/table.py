"""The effects of steps as a table, for a terminal and as Markdown. Knows no measure."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from finetune.ablation.effects import Effect

_HEADER = ("step", "examples", "correct", "difference", "95 %", "by seed", "answers that differ", "")


def terminal(title: str, effects: Sequence[Effect]) -> Table:
    """Return the table for a rich console."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for name in _HEADER:
        table.add_column(name, overflow="fold")
    for row in _rows(effects):
        table.add_row(*row)
    return table


def markdown(title: str, effects: Sequence[Effect], notes: Sequence[str]) -> str:
    """Return the table and the notes under it as Markdown."""
    lines = [_HEADER, ["---"] * len(_HEADER), *_rows(effects)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n\n".join([f"# {title}", table, "\n".join(f"- {note}" for note in notes)]) + "\n"


def _rows(effects: Sequence[Effect]) -> list[list[str]]:
    return [_row(one) for one in effects]


def _row(one: Effect) -> list[str]:
    interval = "n/a" if one.low is None or one.high is None else f"[{one.low:+.3f}, {one.high:+.3f}]"
    return [
        one.step,
        str(one.examples),
        f"{one.base:.3f} → {one.value:.3f}",
        f"{one.difference:+.3f}",
        interval,
        " ".join(f"{value:+.3f}" for value in one.by_seed),
        str(one.differing),
        one.verdict,
    ]
