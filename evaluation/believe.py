"""Is the verdict on drafted questions the verdict on people's questions?

    python -m evaluation.believe travel=PEOPLE,DRAFTED legal=PEOPLE,DRAFTED --out FILE

Reads the reports of two comparisons of each domain, in the folders PEOPLE and DRAFTED: the same strategies
were asked questions by people, and questions that a model drafted from the same documents. Knows no models.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import typer

from core.command_line import plain_errors
from core.errors import AssistantError

METRIC = "correct"
ALPHA = 0.05
"""Of a single difference, not corrected for how many there are: each is looked at by itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """The difference of two strategies in one comparison, with its interval."""

    value: float
    low: float
    high: float
    p: float

    @property
    def is_shown(self) -> bool:
        """Whether it is told from none."""
        return self.p < ALPHA

    def __str__(self) -> str:
        """Return the difference as it is printed."""
        return f"{self.value:+.2f} [{self.low:+.2f}, {self.high:+.2f}]{'*' if self.is_shown else ''}"


@dataclass(frozen=True, slots=True)
class Matched:
    """The same difference on people's and on drafted questions.

    `by_type`: on drafted ones of each type, `asked`: how many of these there are.
    """

    domain: str
    a: str
    b: str
    people: Found
    drafted: Found
    by_type: Mapping[str, float]
    asked: Mapping[str, int]

    @property
    def counts(self) -> bool:
        """Whether it is told from none on either."""
        return self.people.is_shown or self.drafted.is_shown

    @property
    def agrees(self) -> bool:
        """Whether both point the same way."""
        return self.people.value * self.drafted.value > 0

    def misleads(self, kind: str) -> bool:
        """Whether drafted questions of a type point the other way than people's clearly do."""
        return self.people.is_shown and self.by_type[kind] * self.people.value < 0


def match(domain: str, people: Path, drafted: Path) -> list[Matched]:
    """Return all differences between the strategies that both comparisons have.

    Raises:
        AssistantError: there is no report, or the two have fewer than two strategies in common.
    """
    ours, theirs = _report(people), _report(drafted)
    names = [name for name in ours["strategies"] if name in theirs["strategies"]]
    if len(names) < 2:
        raise AssistantError(f"{domain}: the two runs have fewer than two strategies in common")
    known, drawn = _differences(ours, names), _differences(theirs, names)
    kinds = _by_type(theirs, names)
    asked = Counter(one["type"] for one in theirs["questions"])
    return [
        Matched(
            domain=domain,
            a=a,
            b=b,
            people=found,
            drafted=drawn[a, b],
            by_type={kind: mean[a] - mean[b] for kind, mean in kinds.items()},
            asked=asked,
        )
        for (a, b), found in known.items()
        if (a, b) in drawn
    ]


def _report(folder: Path) -> dict[str, Any]:
    path = folder / "report.json"
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if missing := {"strategies", "pairs", "questions"} - {*report}:
            raise ValueError(f"it has no {', '.join(sorted(missing))}")
    except (OSError, ValueError, TypeError) as error:
        raise AssistantError(
            f"{path} cannot be read ({error}); run evaluation.compare --out {folder}"
        ) from error
    return report


def _differences(report: Mapping[str, Any], names: Sequence[str]) -> dict[tuple[str, str], Found]:
    """Return the differences in the order of `names`, whichever way round the report has them."""
    found = {}
    for row in report["pairs"]:
        if row["metric"] == METRIC and row["a"] in names and row["b"] in names:
            one = Found(row["difference"], row["low"], row["high"], row["p"])
            if names.index(row["a"]) < names.index(row["b"]):
                found[row["a"], row["b"]] = one
            else:
                found[row["b"], row["a"]] = Found(-one.value, -one.high, -one.low, one.p)
    return found


def _by_type(report: Mapping[str, Any], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the mean of each strategy on each type of question."""
    means = {}
    for kind in dict.fromkeys(one["type"] for one in report["questions"]):
        asked = [one["answers"] for one in report["questions"] if one["type"] == kind]
        means[kind] = {name: fmean(one[name]["scores"][METRIC] or 0.0 for one in asked) for name in names}
    return means


def as_markdown(matched: Sequence[Matched]) -> Iterator[str]:
    """Yield the lines of the two tables and of what follows from them."""
    yield "| domain | a - b | people's questions | drafted questions | the same way |"
    yield "|---|---|---|---|---|"
    for one in matched:
        way = "yes" if one.agrees else "**no**"
        cells = (one.domain, f"`{one.a}` - `{one.b}`", one.people, one.drafted, way if one.counts else "-")
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""
    counted = [one for one in matched if one.counts]
    agreed = sum(one.agrees for one in counted)
    yield f"\\* told from 0 (p < {ALPHA}). Where either is, {agreed} of {len(counted)} point the same way."
    both = [one for one in matched if one.people.is_shown and one.drafted.is_shown]
    yield f"Where both are, {sum(one.agrees for one in both)} of {len(both)}."
    yield ""
    yield "| type of drafted questions | n | points the other way than people's clear differences |"
    yield "|---|---|---|"
    asked = {one.domain: one.asked for one in matched}.values()
    for kind in sorted({kind for counts in asked for kind in counts}):
        clear = [one for one in matched if one.people.is_shown and kind in one.by_type]
        n = sum(counts.get(kind, 0) for counts in asked)
        yield f"| {kind} | {n} | {sum(one.misleads(kind) for one in clear)} of {len(clear)} |"


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    runs: Annotated[list[str], typer.Argument(help="NAME=PEOPLE,DRAFTED: folders of two comparisons.")],
    out: Annotated[Path | None, typer.Option(help="Write the tables here as well, as Markdown.")] = None,
) -> None:
    """Compare verdicts on people's questions with those on drafted ones."""
    with plain_errors():
        matched = [one for run in runs for one in match(*_named(run))]
        text = "\n".join(as_markdown(matched)) + "\n"
        print(text, end="")
        if out:
            out.write_text(text, encoding="utf-8")


def _named(run: str) -> tuple[str, Path, Path]:
    name, _, folders = run.partition("=")
    people, _, drafted = folders.partition(",")
    if not (name and people and drafted):
        raise AssistantError(f"{run!r}: write NAME=PEOPLE,DRAFTED, two folders of comparisons")
    return name, Path(people), Path(drafted)


if __name__ == "__main__":
    app()
