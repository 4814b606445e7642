"""Command line of the review. Only parses and prints.

python -m evaluation.review status --domain travel
python -m evaluation.review export --domain travel --out review.csv
python -m evaluation.review import review.csv --domain travel --reviewer ann
"""

import shlex
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from core.command_line import plain_errors, run
from core.domain import find_domain
from evaluation.review.agreement import Tally, tally
from evaluation.review.evidence import read_evidence
from evaluation.review.review import named, open_review
from evaluation.review.sheet import export as export_sheet
from evaluation.review.verdicts import take_in

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Review the questions that a model drafted."
)
DomainName = Annotated[str, typer.Option("--domain", help="A name under data/, or a domain folder.")]


@app.command()
@plain_errors()
def status(domain: DomainName) -> None:
    """Say how many drafts there are, how many are reviewed, and how far reviewers agree."""
    print("\n".join(_lines(tally(open_review(find_domain(domain)).drafts()), domain)))


@app.command()
@plain_errors()
def export(
    domain: DomainName,
    out: Annotated[Path, typer.Option(help="CSV file to write.")],
    everything: Annotated[bool, typer.Option("--all", help="Those that are reviewed as well.")] = False,
) -> None:
    """Write the drafts that wait for a review as a sheet; a verdict goes into its column `verdict`."""
    drafts = open_review(find_domain(domain)).drafts()
    count = export_sheet(
        [one for one in drafts if not one.rejected and (everything or not one.reviewed)], out
    )
    sheet, name = shlex.quote(str(out)), shlex.quote(domain)
    back = f"python -m evaluation.review import {sheet} --domain {name} --reviewer NAME"
    print(f"{out}: {_drafts(count)}; fill the column verdict (accept or reject, 通过 or 拒绝), then: {back}")


@app.command("import")
@plain_errors()
def import_(
    sheet: Annotated[Path, typer.Argument(help="A sheet that `export` wrote, with verdicts.")],
    domain: DomainName,
    reviewer: Annotated[str, typer.Option(help="Whose verdicts they are.")],
) -> None:
    """Take in the verdicts and changes of a sheet; bad rows are told by number, and the exit code is 1."""
    found = find_domain(domain)
    review = open_review(found)
    taken = take_in(sheet, review, named(reviewer), partial(read_evidence, found))
    for problem in taken.problems:
        print(f"row {problem.row}: {problem.reason}")
    print(
        f"{taken.accepted} accepted, {taken.edited} edited, {taken.rejected} rejected, "
        f"{taken.empty} without a verdict, {len(taken.problems)} bad"
    )
    if taken.problems:
        raise typer.Exit(1)


def _lines(counts: Tally, domain: str) -> list[str]:
    if not counts.drafts:
        return [f"{domain} has no drafts; make some: python -m evaluation.draft --domain {domain}"]
    lines = [
        f"{_drafts(counts.drafts)}: {counts.reviewed} reviewed, {counts.rejected} rejected, "
        f"{counts.waiting} to review"
    ]
    if counts.disputed:
        lines.append(f"disputed: {', '.join(counts.disputed)}")
    return [*lines, *map(str, counts.agreement)]


def _drafts(count: int) -> str:
    return f"{count} draft" if count == 1 else f"{count} drafts"


if __name__ == "__main__":
    raise SystemExit(run(app))
