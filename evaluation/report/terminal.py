"""A report for a terminal of 80 columns. Knows only blocks.

Questions, documents and answers are untrusted: no character of them commands the terminal.
"""

import re
from collections.abc import Iterator

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from evaluation.report import blocks

_COLUMNS = 4  # beside the first
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


def terminal(report: blocks.Report) -> Group:
    """Return the blocks with examples, then the summary's table and the notes, for a rich console."""
    told = [line for block in report.blocks if block.examples for line in _whole(block)]
    summary = _tables(f"{report.title}: {report.about}", report.summary())
    return Group(*told, *summary, *(Text(note) for note in report.notes()))


def _whole(block: blocks.Block) -> Iterator[RenderableType]:
    if block.table:
        yield from _tables(block.title, block.table)
    for example in block.examples:
        yield from _example(example)
    yield Text()


def _tables(title: str, table: blocks.Table) -> Iterator[Table]:
    """Yield the table, its columns by fours: with more of them no name and no interval is whole."""
    rows = table.bracketed()
    for start in range(1, max(len(table.header), 2), _COLUMNS):
        shown = slice(start, start + _COLUMNS)
        drawn = Table(
            title=escape(title) if start == 1 else None,
            title_justify="left",
            box=box.SIMPLE_HEAD,
            padding=0,
            pad_edge=False,
        )
        for name in [*table.header[:1], *table.header[shown]]:
            drawn.add_column(Text(name), overflow="fold")
        for row in rows:
            drawn.add_row(*map(Text, [row[0], *row[shown]]))
        yield drawn


def _example(example: blocks.Example) -> Iterator[Text]:
    yield Text(_seen(f"{example.title} ({example.about})"), "bold")
    for part in example.parts:
        pieces = ((_seen(text), "reverse" if marked else "") for text, marked in part.pieces)
        yield Text.assemble(f"  {part.label}: ", *pieces)


def _seen(text: str) -> str:
    return _UNSEEN.sub(" ", text)
