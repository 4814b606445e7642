"""A report as Markdown. Knows only blocks.

Questions, documents and answers are untrusted: what would be read as markup is escaped.
"""

from collections.abc import Iterator, Sequence

from evaluation.report.blocks import Example, Report, Table


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    lines = [
        f"# {_shown(report.title)}: which strategy answers best?",
        "",
        f"{_shown(report.about)} {report.created}.",
        "",
        *(f"- {_shown(note)}" for note in report.notes()),
        "",
        *_table(report.summary()),
        "",
    ]
    for block in report.blocks:
        if block.level == "detail":
            lines += [f"## {_shown(block.title)}", ""]
            lines += [*_table(block.table), ""] if block.table and block.table.rows else []
            lines += [line for note in block.notes for line in (f"- {_shown(note)}",)]
            lines += [""]
            lines += [line for example in block.examples for line in _example(example)]
    return "\n".join(lines)


def _example(example: Example) -> Iterator[str]:
    yield f"### {_shown(example.title)}"
    yield ""
    yield f"{_shown(example.about)}"
    yield ""
    for part in example.parts:
        marks = (("**" if marked and text.strip() else "", text) for text, marked in part.pieces)
        yield f"- {_shown(part.label)}: {' '.join(f'{mark}{_shown(text)}{mark}' for mark, text in marks)}"
    yield ""


def _table(table: Table) -> Iterator[str]:
    yield _row(table.header)
    yield f"|{'---|' * len(table.header)}"
    yield from map(_row, table.bracketed())


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_shown, cells))} |"


def _shown(text: str) -> str:
    """Return untrusted text so that Markdown shows it as it is."""
    flat = " ".join(str(text).split())
    for mark in "\\`*_|":
        flat = flat.replace(mark, f"\\{mark}")
    return flat.replace("<", "&lt;").replace(">", "&gt;").replace("](", "]\\(")
