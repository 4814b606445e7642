"""A report for a terminal of 80 columns. Knows only blocks."""

from rich import box
from rich.console import Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from evaluation.report.blocks import Report


def terminal(report: Report) -> Group:
    """Return the summary's table and the notes for a rich console."""
    summary = report.summary()
    table = Table(
        title=escape(f"{report.title}: {report.about}"),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=0,
        pad_edge=False,
    )
    for name in summary.header:
        table.add_column(Text(name), overflow="fold")
    for row in summary.rows:
        table.add_row(*map(Text, row))
    return Group(table, *(Text(note) for note in report.notes()))
