"""Draft the questions that a comparison is decided by, from the documents alone.

    python -m evaluation.draft --domain ~/handbook --n 120

Writes test, train and dev questions with answers and quotes into the domain's `questions.jsonl`, each marked
as drafted; what the guards left out is kept with its reason (`--show GUARD`). A run that was cut off goes on
where it was. Knows nothing of strategies or reports.
"""

import shlex
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from assistant.generation.journaled import JournaledGenerator
from assistant.registry import Assistant, open_assistant
from core.command_line import plain_errors
from core.domain import Domain, find_domain
from core.errors import DomainError
from core.progress import progress_bar
from core.questions import QuestionRecord
from evaluation.drafting.cost import Cost, estimate
from evaluation.drafting.guards import GUARDS
from evaluation.drafting.passages import Corpus, choose_passages
from evaluation.drafting.pipeline import Announce, Drafted, Drafting
from evaluation.drafting.slots import Slots
from evaluation.drafting.splits import as_records, drafts_for
from evaluation.drafting.store import Store, open_store
from evaluation.drafting.types import Bench
from evaluation.drafting.writer import Writer
from evaluation.statistics.intervals import least_difference
from ingest.updating import bring_up_to_date

_SHOWN = 20

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
@plain_errors()
def main(
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a folder of documents.")],
    n: Annotated[
        int, typer.Option(min=1, help="Test questions wanted; train and dev come beside them.")
    ] = 120,
    seed: Annotated[int, typer.Option(help="Which passages are asked about; default: the setting.")] = -1,
    yes: Annotated[bool, typer.Option("--yes", help="Go on without asking once the cost is known.")] = False,
    show: Annotated[str, typer.Option(help="Show what a guard left out in the last run, and end.")] = "",
) -> None:
    """Draft questions from a domain's documents."""
    found = find_domain(domain)
    settings = found.settings()
    if show:
        _print_dropped(open_store(found, settings), show)
        return
    seed = settings.evaluation.seed if seed < 0 else seed
    outcome = draft(open_assistant(found, settings), n, seed, partial(_agree, yes))
    _print_counts(outcome.drafted)
    _print_result(found, outcome, n)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was drafted, the questions that it gives, and those of them that are new to the domain.

    `gone` are those that somebody has taken out of the domain since they were added.
    """

    drafted: Drafted
    records: Sequence[QuestionRecord]
    added: Sequence[QuestionRecord]
    gone: Sequence[QuestionRecord]


def draft(assistant: Assistant, n: int, seed: int, agree: Callable[[Cost, bool], None]) -> Outcome:
    """Have `n` test questions drafted, with train and dev questions, and add them to the domain.

    `agree` hears the cost before most of it arises, and whether it may be money; it raises to stop.

    Raises:
        AssistantError: there are no documents to ask about, the model cannot write, the folder cannot be
            written, or another run drafts for the domain.
    """
    store = open_store(assistant.domain, assistant.settings)
    with store.opened():
        there = store.questions()
        corpus = _corpus(assistant, n, seed)
        generator = JournaledGenerator(assistant.generator, store.replies)
        print(f"{n} test questions from {corpus.documents} documents")
        wanted = drafts_for(n)
        cost = estimate(sum(wanted.values()), Slots(corpus, seed), generator)
        agree(cost, bool(assistant.settings.generator.endpoint))
        bench = Bench(generator, assistant.knowledge, [one.question for one in there if not one.is_drafted])
        try:
            drafted = _drafted(corpus, bench, wanted, seed)
        finally:
            store.keep_dropped(bench.dropped)
        records = as_records(drafted.kept, generator.name, seed, there)
        return Outcome(drafted, records, store.add(records), store.taken_out(records))


def _corpus(assistant: Assistant, n: int, seed: int) -> Corpus:
    done = bring_up_to_date(assistant.knowledge, assistant.domain, assistant.settings)
    for failure in done.failures:
        print(f"left out: {failure}")
    corpus = choose_passages(assistant.knowledge.documents(), assistant.knowledge.embedder, n, seed)
    if corpus.foreign:
        named = ", ".join(corpus.foreign[:3])
        print(f"in neither English nor Chinese, not asked about: {len(corpus.foreign)} documents ({named})")
    if not corpus.passages:
        folder = assistant.domain.documents
        raise DomainError(f"{folder} holds no sentence to ask about; add documents in English or Chinese")
    return corpus


def _agree(yes: bool, cost: Cost, is_paid: bool) -> None:
    """Say the cost and ask whether to go on; where nobody can answer, work on this machine goes on.

    Raises:
        DomainError: an endpoint may cost money, and nobody has agreed.
    """
    print(cost)
    if yes:
        return
    if sys.stdin.isatty():
        typer.confirm("Go on?", default=True, abort=True)
    elif is_paid:
        raise DomainError("an endpoint may cost money; give --yes to go on")


def _drafted(corpus: Corpus, bench: Bench, wanted: Mapping[str, int], seed: int) -> Drafted:
    with progress_bar(unit=" replies", stays=True) as bar:
        announce: Announce = bar.write if not bar.disable else print
        writer = Writer(bench.reader, bar.update)
        return Drafting(writer, bench, Slots(corpus, seed), announce).run(wanted)


def _print_counts(drafted: Drafted) -> None:
    table = Table(title="Guards", title_justify="left", box=None, pad_edge=False)
    for name in ("guard", "in", "out", "left out"):
        table.add_column(name, justify="left" if name == "guard" else "right")
    for one in drafted.passed:
        table.add_row(one.guard, str(one.seen), str(one.passed), str(one.seen - one.passed))
    Console().print(table)


def _print_result(domain: Domain, outcome: Outcome, n: int) -> None:
    standing = [record for record in outcome.records if record not in outcome.gone]
    splits = Counter(record.split for record in standing)
    tested = splits["test"]
    if outcome.gone:
        print(f"{len(outcome.gone)} were taken out before and stay out; another --seed asks for others")
    elif tested < n:
        print(f"{tested} of {n} test questions: the documents gave no more that pass")
    print(f"test {tested}, train {splits['train']}, dev {splits['dev']}; {len(outcome.added)} are new")
    if tested:
        least = least_difference(tested)
        print(
            f"with {tested} test questions two strategies must differ by about {least:.2f} to be told apart"
        )
    folder = shlex.quote(str(domain.folder))
    print(f"questions: {domain.folder / 'questions.jsonl'}")
    print(f"review them: streamlit run apps/side_by_side.py -- {folder}, or python -m evaluation.review")
    if outcome.drafted.dropped:
        print(f"what was left out, and why: python -m evaluation.draft --domain {folder} --show all")


def _print_dropped(store: Store, guard: str) -> None:
    """Print what a guard left out.

    Raises:
        DomainError: there is no such guard.
    """
    names = ("all", "written", *GUARDS)
    if guard not in names:
        raise DomainError(f"no guard {guard!r}; known are {', '.join(names)}")
    console = Console()
    rows = [row for row in store.dropped() if guard in ("all", row["guard"])]
    for row in rows[:_SHOWN]:
        console.print(Text(f"{row['guard']} · {row['type']} · {row['document']}", "bold"))
        console.print(Text(f"  {row['question'] or row['reply']}"))
        for key in ("answers", "evidence_text"):
            console.print(Text(f"  {key}: {' | '.join(row[key])}"))
        console.print(Text(f"  {row['reason']}"))
    print(f"{len(rows)} left out by {guard}" + (f", {_SHOWN} shown" if len(rows) > _SHOWN else ""))


if __name__ == "__main__":
    app()
