"""A report for readers: terminal, Markdown, HTML. Knows only `report.json`'s schema.

Questions, documents and answers are untrusted: HTML is escaped by the template, pictures are images.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from evaluation.report.plots import Bar, bar_chart
from evaluation.report.schema import Report

NOT_APPLICABLE = "n/a"
SHOWN = 200
"""Questions whose answers the HTML shows; report.json has all."""
_PER_CENT = frozenset({"bleu"})
_FACTS = ("taught", "not taught")
_SLICES = {
    "F1 by language": "by_language",
    "F1 by question type": "by_type",
    "F1 by whether the fact was taught": "by_fact",
}
_COSTS = {
    "first token p50, s": ("latency", "first_token_p50"),
    "answer p50, s": ("latency", "p50"),
    "answer p95, s": ("latency", "p95"),
}
_TOKENS = {
    "prompt tokens": "prompt_tokens",
    "of them cached": "cached_tokens",
    "completion tokens": "completion_tokens",
}


def metric_names(report: Report) -> list[str]:
    """Return the metrics that some strategy has a value of or failed at, in the report's order."""
    names = dict.fromkeys(name for block in report["strategies"].values() for name in block["metrics"])
    blocks = report["strategies"].values()
    return [name for name in names if any(_is_shown(block["metrics"].get(name)) for block in blocks)]


def _is_shown(entry: Mapping[str, Any] | None) -> bool:
    return entry is not None and (entry["value"] is not None or bool(entry.get("failed")))


def cell(name: str, entry: Mapping[str, Any] | None) -> str:
    """Return value, interval and n of a metric in one line."""
    if entry is None or not _is_shown(entry):
        return NOT_APPLICABLE
    failed = f", {entry['failed']} failed" if entry.get("failed") else ""
    if entry["value"] is None:
        return f"{NOT_APPLICABLE} (n=0{failed})"
    digits = 1 if name in _PER_CENT else 2
    numbers = [f"{entry[key]:.{digits}f}" for key in ("value", "low", "high")]
    return f"{numbers[0]} [{numbers[1]}, {numbers[2]}] (n={entry['n']}{failed})"


def rows(report: Report) -> Iterator[list[str]]:
    """Yield the summary's lines: a label, then one cell per strategy."""
    blocks = report["strategies"].values()
    for name in metric_names(report):
        yield [name, *(cell(name, block["metrics"].get(name)) for block in blocks)]
    for part in _FACTS:
        cells = [cell("f1", block["by_fact"].get(part, {}).get("f1")) for block in blocks]
        if any(one != NOT_APPLICABLE for one in cells):
            yield [f"f1, facts {part}", *cells]
    for label, (section, key) in _COSTS.items():
        yield [label, *(_seconds(block[section], key) for block in blocks)]
    for label, key in _TOKENS.items():
        yield [label, *(f"{block['usage'][key] / max(block['n'], 1):,.0f} a question" for block in blocks)]


def _seconds(latency: Mapping[str, Any], key: str) -> str:
    return f"{latency[key]:.2f} (n={latency['n']})" if latency["n"] else NOT_APPLICABLE


def notes(report: Report) -> Iterator[str]:
    """Yield what stands under the table: the verdict, what was skipped, what was not read."""
    yield report["verdict"]
    for name, reason in report["skipped"].items():
        yield f"{name} skipped: {reason}"
    for lang, one in report["coverage"].items():
        left = f", left out: {', '.join(one['left_out'][:5])}" if one["left_out"] else ""
        more = f" and {len(one['left_out']) - 5} more" if len(one["left_out"]) > 5 else ""
        read = f"{one['included']} of {one['documents']} documents ({one['tokens']:,} tokens)"
        yield f"long_context ({lang}) reads {read}{left}{more}"


def terminal(report: Report) -> Group:
    """Return the table and its notes for a rich console."""
    corpus, model = report["corpus"], report["model"]
    table = Table(
        title=f"{report['domain']}: {len(report['questions'])} questions, "
        f"{corpus['documents']} documents, {model['name']}, 95 % intervals",
    )
    table.add_column("")
    for name in report["strategies"]:
        table.add_column(escape(name), overflow="fold")
    for row in rows(report):
        table.add_row(*map(escape, row))
    return Group(table, *map(escape, notes(report)))


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    header = ["", *report["strategies"]]
    lines = [
        f"# {_md(report['domain'])}: which strategy answers best?",
        "",
        f"{_about(report)} {report['created']}.",
        "",
        *(f"- {_md(note)}" for note in notes(report)),
        "",
        _md_row(header),
        _md_row(["---"] * len(header)),
        *map(_md_row, rows(report)),
        "",
        "## Pairs",
        "",
        _md_row(PAIR_HEADER),
        _md_row(["---"] * len(PAIR_HEADER)),
        *(_md_row(row) for row in pair_rows(report)),
        "",
        f"p (Holm): {_md(report['statistics']['p_holm'])}.",
        "",
        "## Signatures",
        "",
        *(f"- {_md(name)}: {_md(signature)}" for name, signature in signatures(report).items()),
        "",
    ]
    return "\n".join(lines)


PAIR_HEADER = (
    "metric", "a", "b", "a - b", "95 %", "p", "p (Holm)", "family", "n", "clusters", "detectable",
)  # fmt: skip


def pair_rows(report: Report) -> Iterator[list[str]]:
    """Yield the lines of the table of pairs."""
    for pair in report["pairs"]:
        interval = f"[{pair['low']:.3f}, {pair['high']:.3f}]"
        numbers = [f"{pair['difference']:.3f}", interval, f"{pair['p']:.4f}", f"{pair['p_holm']:.4f}"]
        counts = [str(pair[key]) for key in ("family", "n", "clusters")]
        least = NOT_APPLICABLE if pair["detectable"] is None else f"{pair['detectable']:.3f}"
        yield [pair["metric"], pair["a"], pair["b"], *numbers, *counts, least]


def signatures(report: Report) -> dict[str, str]:
    """Return each shown metric's signature (those of the strategies, where they differ), then statistics'."""
    found: dict[str, str] = {}
    for name in metric_names(report):
        each = (block["metrics"].get(name) for block in report["strategies"].values())
        found[name] = " / ".join(dict.fromkeys(entry["signature"] for entry in each if _is_shown(entry)))
    return {**found, **report["statistics"]}


def _about(report: Report) -> str:
    model = report["model"]
    return (
        f"{len(report['questions'])} questions, {report['corpus']['documents']} documents, {model['name']} "
        f"({model['device']}, {model['dtype']}), 95 % intervals, seed {report['seed']}."
    )


def _md(text: str) -> str:
    """Return untrusted text so that Markdown shows it as it is."""
    flat = " ".join(str(text).split())
    for mark in "\\`*_|":
        flat = flat.replace(mark, f"\\{mark}")
    return flat.replace("<", "&lt;").replace(">", "&gt;").replace("](", "]\\(")


def _md_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(one if set(one) == {'-'} else _md(one) for one in cells)} |"


def html(report: Report) -> str:
    """Return the report as one page that needs no other file."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html").render(
        report=report,
        about=_about(report),
        notes=list(notes(report)),
        rows=list(rows(report)),
        pair_header=PAIR_HEADER,
        pairs=list(pair_rows(report)),
        signatures=signatures(report),
        plots=[(title, _image(svg)) for title, svg in plots(report)],
        shown=report["questions"][:SHOWN],
    )


def _image(svg: str) -> str:
    """Return a data URL: in an image no script runs, whatever a label says."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def plots(report: Report) -> Iterator[tuple[str, str]]:
    """Yield title and SVG of each plot."""
    blocks: Mapping[str, Report] = report["strategies"]
    for name in metric_names(report):
        series = {key: [_bar(block["metrics"].get(name))] for key, block in blocks.items()}
        yield name, bar_chart(name, [""], series)
    for title, key in _SLICES.items():
        groups = sorted({group for block in blocks.values() for group in block[key]})
        parts = {
            name: [_bar(block[key].get(group, {}).get("f1")) for group in groups]
            for name, block in blocks.items()
        }
        if groups:
            yield title, bar_chart(title, groups, parts)
    seconds = {
        name: [_length(block["latency"][key]) for _, key in _COSTS.values()] for name, block in blocks.items()
    }
    yield "Seconds, asked alone", bar_chart("Seconds, asked alone", ["first token", "p50", "p95"], seconds)
    tokens = {
        name: [_length(block["usage"][key] / max(block["n"], 1)) for key in _TOKENS.values()]
        for name, block in blocks.items()
    }
    yield "Tokens a question", bar_chart("Tokens a question", ["prompt", "cached", "completion"], tokens)


def _bar(entry: Mapping[str, Any] | None) -> Bar | None:
    if entry is None or entry["value"] is None:
        return None
    return Bar(entry["value"], entry["low"], entry["high"])


def _length(value: float | None) -> Bar | None:
    return None if value is None else Bar(value)
