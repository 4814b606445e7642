"""What a command shows of an ingest: a bar meanwhile, then counts, warnings and errors. Knows no command."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from core.domain import Domain
from core.progress import progress_bar
from ingest.files.walking import walk
from ingest.store.intake import IngestReport, Progress

_BAR = "{desc}{percentage:3.0f}%|{bar}| {n:.0f}/{total_fmt} documents [{elapsed}<{remaining}]"


@contextmanager
def documents_bar(documents: int) -> Iterator[Progress]:
    """Show how many documents were taken in, and that the index is built after the last."""
    with progress_bar(total=documents, bar_format=_BAR, stays=True) as bar:

        def moved(by: float) -> None:
            bar.update(by)
            if round(bar.n) >= documents:
                bar.set_description_str("building the index: ")

        yield moved
        bar.set_description_str("")


def guessed(paths: Iterable[Path]) -> int:
    """Guess how many documents the paths hold."""
    return sum(map(_documents, paths))


def _documents(path: Path) -> int:
    """Guess how many documents a path holds: lines of JSONL, else files."""
    if path.is_dir():
        return sum(1 for _ in walk(path))
    if path.suffix != ".jsonl" or not path.is_file():
        return 1
    with path.open("rb") as lines:
        return sum(1 for _ in lines)


def tell(domain: Domain, report: IngestReport) -> None:
    """Print what was done, and each warning and failure on a line of its own."""
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for failure in report.failures:
        print(f"error: {failure}", file=sys.stderr)
    if report.withdrawn:
        print(f"{report.withdrawn} withdrawn; `list` shows the ids, `restore` lets in again", file=sys.stderr)
    print(
        f"{domain.name}: {report.added} added, {report.changed} changed, {report.unchanged} unchanged, "
        f"{report.removed} removed, {len(report.failures)} failed; {report.embedded} embedded"
        + (f"; {len(report.warnings)} warnings" if report.warnings else "")
    )
    raise typer.Exit(1 if report.failures else 0)
