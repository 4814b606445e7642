"""Questions that people have already, into a domain and out of it, in the formats of others.

    python -m evaluation.questions import FILE... --domain shop [--format auto] [--split test]
    python -m evaluation.questions export --domain shop --format alpaca --out FILE [--split test]

An import adds what is new and changes nothing that is there; it says what it took, what it passed over and
why. Knows no format (`evaluation.formats`), and nothing of models.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from core.command_line import plain_errors
from core.domain import Domain, find_domain
from core.errors import AssistantError
from core.questions import amend_questions, read_questions
from evaluation.check_questions import SPLITS
from evaluation.formats import FORMATS
from evaluation.formats.evidence import Library, Placed, documents_of, needs_placing
from evaluation.formats.intake import SPLIT, Taken, take
from evaluation.formats.reading import AUTO, check_format, read_file
from evaluation.formats.types import Passed
from evaluation.formats.writing import write_file

_NAMED = 5  # rows of a kind

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


def import_files(files: Sequence[Path], domain: Domain, wanted: str = AUTO, split: str = "") -> Iterator[str]:
    """Add the new questions of some files to a domain's; yield what is to be told, line by line.

    Raises:
        AssistantError: a file cannot be read, holds no good row or lies among the domain's documents; then
            nothing is added.
        DomainError: the domain's questions are broken.
    """
    for file in files:
        check_apart(file, domain)
    path = domain.folder / "questions.jsonl"
    known = list(read_questions(path)) if path.exists() else []
    taken = take([read_file(file, wanted) for file in files], known, split)
    placed = _placed(taken, domain)
    if placed.records:
        amend_questions(path, {}, [replace(record, line=0) for record in placed.records])
    for one in taken:
        yield from _told(one)
    yield from _evidence(placed)
    yield from _summary(placed, path)


def check_apart(file: Path, domain: Domain) -> None:
    """Refuse a file of questions that would be read as a document: every search would find its answers.

    Raises:
        AssistantError: it lies among the domain's documents.
    """
    place = file.resolve()
    if place.is_relative_to(domain.documents) and place not in domain.own_files:
        raise AssistantError(
            f"{file} lies among the documents of {domain.name}, where its answers would be found; put it "
            f"elsewhere than in {domain.documents}"
        )


def _placed(taken: Sequence[Taken], domain: Domain) -> Placed:
    """Return all new questions, their evidence in its places; documents are read where there is some."""
    records = [record for one in taken for record in one.records]
    if not any(map(needs_placing, records)):
        return Placed(records)
    return Library(documents_of(domain)).place(records)


def _told(taken: Taken) -> Iterator[str]:
    reading = taken.reading
    skipped = len(reading.passed) + len(taken.differing)
    yield (
        f"{reading.path} ({reading.format}): {len(taken.records)} taken, {taken.there} there already, "
        f"{skipped} passed over"
    )
    for passed in (reading.passed, taken.differing, taken.renamed):
        yield from _lines(passed)
    if lines := [str(record.line) for record in taken.records if not record.answers]:
        more = f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
        yield f"  taken as without an answer (empty, or a refusal): line {', '.join(lines[:_NAMED])}{more}"
    for what, count in reading.left_out.most_common():
        yield f"  left out: {what} (of {_rows(count)})"


def _lines(passed: Sequence[Passed]) -> Iterator[str]:
    yield from (f"  line {line}: {' '.join(reason.split())}" for line, reason in passed[:_NAMED])
    if len(passed) > _NAMED:
        yield f"  and {len(passed) - _NAMED} more"


def _evidence(placed: Placed) -> Iterator[str]:
    if placed.quotes or placed.lost:
        passages = f"{placed.quotes} of {placed.quotes + placed.lost} passages"
        yield f"evidence: {passages} found in the domain's documents"
    if placed.lost:
        yield "  what was not found is left out; put its documents into the domain before you import"
    if placed.unknown:
        names = ", ".join(map(repr, placed.unknown[:_NAMED]))
        more = f" and {len(placed.unknown) - _NAMED} more" if len(placed.unknown) > _NAMED else ""
        yield f"  no document is called {names}{more}; the names are kept as they are"


def _summary(placed: Placed, path: Path) -> Iterator[str]:
    records = placed.records
    if not records:
        yield f"nothing to add to {path}"
        return
    parts = (
        Counter(record.split for record in records),
        Counter(record.lang for record in records),
        Counter("no answer" if not record.answers else "an answer" for record in records),
    )
    counts = "; ".join(", ".join(f"{name} {count}" for name, count in part.items()) for part in parts)
    yield f"{len(records)} questions added to {path}: {counts}"
    if odd := sorted({record.split for record in records} - {*SPLITS}):
        yield f"  no command asks split {', '.join(odd)} by itself; give --split to import as {SPLIT}"
    if follow_ups := sum(bool(record.turns) for record in records):
        yield f"  {follow_ups} with turns before the question; ask them with: compare --turns"


def _rows(count: int) -> str:
    return f"{count} row{'s' if count > 1 else ''}"


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Files of questions.")],
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a domain folder.")],
    wanted: Annotated[
        str,
        typer.Option("--format", help=f"{', '.join(FORMATS)}; auto: told by what is in it."),
    ] = AUTO,
    split: Annotated[
        str, typer.Option(help="train, dev or test; default: as the file says, else test.")
    ] = "",
) -> None:
    """Add questions to a domain; what it has stays as it is."""
    with plain_errors():
        for line in import_files(files, find_domain(domain), wanted, split):
            print(line)


@app.command("export")
def export(
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a domain folder.")],
    wanted: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))],
    out: Annotated[Path, typer.Option(help="A new file.")],
    split: Annotated[str, typer.Option(help="train, dev or test; default: all.")] = "",
) -> None:
    """Write a domain's questions in another format."""
    with plain_errors():
        check_format(wanted)
        where = find_domain(domain)
        check_apart(out, where)
        written = write_file(out, wanted, where.questions(split, follow_ups=None))
        print(f"{written.count} questions written to {out} ({wanted})")
        for what, count in written.lacking.most_common():
            print(f"  {wanted} has no place for: {what} (of {count} questions)")
        for id, reason in written.passed[:_NAMED]:
            print(f"  passed over: {id}: {reason}")
        if len(written.passed) > _NAMED:
            print(f"  and {len(written.passed) - _NAMED} more")


if __name__ == "__main__":
    app()
