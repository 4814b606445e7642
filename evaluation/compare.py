"""Which strategy answers a domain's questions best, by how much, how surely and at what cost?

    python -m evaluation.compare --domain travel

Brings the knowledge base up to date, asks every strategy the same questions (each once: a second run
computes nothing), measures the answers and writes report.json, report.md and report.html; `--replay` measures
the answers of the last run anew. Test questions are sealed: each run on them is counted (what a use is, and
what is none: `evaluation.asking.seals`). Knows nothing of how strategies are made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assistant.generation.journaled import JournaledGenerator
from assistant.generation.types import Generator
from assistant.registry import Assistant, open_assistant
from assistant.strategies import STRATEGIES, check_strategies
from assistant.types import Strategy
from core.command_line import plain_errors
from core.domain import Domain, find_domain
from core.errors import AssistantError
from core.progress import progress_bar
from evaluation.analyses import report_of
from evaluation.analyses.comparison import Comparison
from evaluation.asking.questions import Choice, all_questions, choose_questions
from evaluation.asking.record import Record, load_record, save_record
from evaluation.asking.runner import coverage_of, run_all
from evaluation.asking.sampling import balanced
from evaluation.asking.seals import Seal, Seals, use_of
from evaluation.metrics import METRICS, choose
from evaluation.metrics.calibration import calibrate, items, journal
from evaluation.metrics.judge import open_judge
from evaluation.metrics.judged import JUDGED, Panel, Ragas
from evaluation.metrics.recorded import load_judged, save_judged
from evaluation.metrics.retrieval import missing
from evaluation.report.blocks import Report
from evaluation.report.markdown import markdown
from evaluation.report.page import html
from evaluation.report.schema import as_json, dumps
from evaluation.report.terminal import terminal
from evaluation.types import Metric, ModelCard, Reference, Run, Score
from ingest.updating import bring_up_to_date
from settings import Settings

Announce = Callable[[str], None]
Scores = Mapping[str, Mapping[str, Score]]
"""By strategy, then metric."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to compare. `named`: the strategies were asked for by name, so none may be skipped."""

    domain: Domain
    settings: Settings
    references: Sequence[Reference]
    strategies: Sequence[str]
    named: bool
    metrics: Sequence[str]
    seed: int
    out: Path


def compare(plan: Plan, assistant: Assistant, announce: Announce) -> Report:
    """Have `assistant` carry out the plan and write the reports into `plan.out`.

    Raises:
        AssistantError: nothing can be compared, or a strategy that was asked for by name cannot run.
    """
    announce(f"{plan.domain.name}: bringing the knowledge base up to date")
    _bring_up_to_date(assistant, announce)
    local, seals = assistant.generator, _seals(plan)
    assistant.generator = journaled = JournaledGenerator(local, plan.out / "answers.jsonl")
    record = _ask(plan, assistant, announce)
    save_record(plan.out, record)
    announce(_measuring(plan))
    judged = _judged(assistant, local, plan)
    scores = score(record.runs, [*(METRICS[name] for name in plan.metrics if name in METRICS), *judged])
    save_judged(plan.out, record.runs, scores, [metric.name for metric in judged])
    use = use_of(plan.out, record.runs, datetime.now(UTC).date().isoformat(), journaled.made > 0)
    return _report(plan, record, scores, assistant, seals.note(record.references, use))


def replay(plan: Plan, assistant: Assistant) -> Report:
    """Score the last run in `plan.out` again, without any model; what a judge said then still counts.

    Raises:
        AssistantError: there is no finished run, or it does not fit the domain any more.
    """
    record = load_record(plan.out, plan.references, assistant.knowledge.documents())
    metrics = [METRICS[name] for name in plan.metrics if name in METRICS]
    scores = score(record.runs, [*metrics, *load_judged(plan.out, plan.metrics)])
    return _report(plan, record, scores, assistant, _seals(plan).of(record.references))


def score(runs: Sequence[Run], metrics: Sequence[Metric]) -> Scores:
    """Return each strategy's scores. A judge first reads the answers of all strategies in one go."""
    everything = [sample for run in runs for sample in run.samples]
    judged = [metric for metric in metrics if isinstance(metric, Ragas)]
    if judged:  # a passage that several metrics ask about is read once
        judged[0].panel.judge.weigh([claim for metric in judged for claim in metric.claims(everything)])
    for metric in judged:
        metric.score(everything)
    return {run.strategy: {metric.name: metric.score(run.samples) for metric in metrics} for run in runs}


def _ask(plan: Plan, assistant: Assistant, announce: Announce) -> Record:
    """Have all strategies answer all questions."""
    strategies, skipped = _open(assistant, plan)
    runs, failed = run_all(strategies, plan.references, plan.settings.evaluation.latency_sample, announce)
    if not runs:
        raise AssistantError("no strategy could answer: " + "; ".join((skipped | failed).values()))
    generator, knowledge = assistant.generator, assistant.knowledge
    return Record(
        model=ModelCard(generator.name, generator.fingerprint, generator.device, generator.dtype),
        corpus={"documents": knowledge.count(), "sha256": knowledge.corpus_sha256()},
        references=plan.references,
        runs=runs,
        skipped=skipped | failed,
        coverage=coverage_of(strategies, runs),
        documents=[one.id for one in knowledge.records()],
        taught=_taught(assistant, runs),
    )


def _seals(plan: Plan) -> Seals:
    """Return the uses of the domain's test sets; a file that is broken is told before anything is asked."""
    seals = Seals(plan.settings.home / "seals" / f"{plan.domain.key}.json")
    seals.of(plan.references)
    return seals


def _report(plan: Plan, record: Record, scores: Scores, assistant: Assistant, seal: Seal | None) -> Report:
    """Write the report in all its forms."""
    comparison = Comparison(
        domain=plan.domain.name,
        settings=plan.settings,
        model=record.model,
        corpus=record.corpus,
        references=record.references,
        runs=record.runs,
        scores=scores,
        skipped=record.skipped,
        coverage=record.coverage,
        absent=missing(record.references, assistant.knowledge.documents()),
        seed=plan.seed,
        documents=record.documents,
        taught=record.taught,
        seal=seal,
    )
    report = report_of(comparison, datetime.now(UTC).isoformat(timespec="seconds"))
    for name, write in (("report.json", dumps), ("report.md", markdown), ("report.html", html)):
        (plan.out / name).write_text(write(report), encoding="utf-8")
    return report


def _bring_up_to_date(assistant: Assistant, announce: Announce) -> None:
    with progress_bar(bar_format="{n:.0f} documents [{elapsed}]") as bar:
        done = bring_up_to_date(assistant.knowledge, assistant.domain, assistant.settings, bar.update)
    for failure in done.failures:
        announce(f"left out: {failure}")
    for warning in done.warnings:
        announce(f"warning: {warning}")
    announce(
        f"documents: {done.added} added, {done.changed} changed, {done.removed} removed, "
        f"{done.unchanged} unchanged; {done.embedded} passages embedded"
    )


def _open(assistant: Assistant, plan: Plan) -> tuple[list[Strategy], dict[str, str]]:
    """Return the strategies that can run, and why others cannot."""
    strategies: list[Strategy] = []
    skipped: dict[str, str] = {}
    for name in plan.strategies:
        try:
            strategies.append(assistant.strategy(name))
        except AssistantError as error:
            if plan.named:
                raise
            skipped[name] = str(error)
    return strategies, skipped


def _measuring(plan: Plan) -> str:
    if not any(name in JUDGED for name in plan.metrics):
        return "measuring"
    read = plan.settings.evaluation.ragas_sample or "all"
    return (
        f"measuring; a judge is checked against labelled items and reads the answers to {read} questions, "
        "unless it has (minutes on a CPU)"
    )


def _judged(assistant: Assistant, local: Generator, plan: Plan) -> list[Metric]:
    """Return the metrics that need a judge, which reads a sample of the questions."""
    names = [name for name in plan.metrics if name in JUDGED]
    if not names:
        return []
    answerable = [one for one in plan.references if one.answerable]
    sample = balanced(answerable, plan.settings.evaluation.ragas_sample, plan.seed)
    judge = open_judge(plan.settings, lambda: local, plan.out / "judge.jsonl")
    panel = Panel(judge, assistant.knowledge.embedder, frozenset(one.id for one in sample))
    checked = replace(panel, judge=open_judge(plan.settings, lambda: local, journal(plan.settings)))
    panel = calibrate(items(), checked, names).of(panel)
    return [Ragas(name, JUDGED[name], panel) for name in names]


def _taught(assistant: Assistant, runs: Sequence[Run]) -> dict[str, tuple[str, ...] | None]:
    """Return the documents behind each adapter that answered."""
    adapters = {sample.answer.adapter for run in runs for sample in run.samples} - {""}
    return {name: assistant.taught(name) for name in sorted(adapters)}


def choose_strategies(names: str) -> list[str]:
    """Return the strategies that `names` lists, joined by commas; empty means all.

    Raises:
        AssistantError: one is unknown; the message lists the known.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    check_strategies(wanted)
    return list(dict.fromkeys(wanted)) or list(STRATEGIES)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a domain folder.")],
    strategies: Annotated[str, typer.Option(help="Joined by commas; default: all.")] = "",
    metrics: Annotated[str, typer.Option(help="Joined by commas; default: those of the task.")] = "",
    split: Annotated[str, typer.Option(help="train, dev or test; default: test, or dev without one.")] = "",
    lang: Annotated[str, typer.Option(help="zh or en; default: both.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Ask a balanced sample; 0: all questions.")] = 0,
    questions: Annotated[
        Path | None, typer.Option(help="Ask these, in the format of questions.jsonl.", exists=True)
    ] = None,
    turns: Annotated[
        bool, typer.Option("--turns", help="Ask the follow-ups, questions with turns before them, instead.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Of samples and resampling; default: the setting.")] = None,
    again: Annotated[
        bool, typer.Option("--replay", help="Score the last run again, without a model.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the reports; default: runs/ of the home.")
    ] = None,
) -> None:
    """Compare the strategies on a domain's questions."""
    with plain_errors():
        where = find_domain(domain)
        settings = where.settings()
        drawn = settings.evaluation.seed if seed is None else seed
        plan = Plan(
            domain=where,
            settings=settings,
            references=all_questions(where, questions)
            if again
            else choose_questions(where, Choice(split, lang, limit, drawn, questions, turns)),
            strategies=choose_strategies(strategies),
            named=bool(strategies.strip()),
            metrics=choose(metrics, settings.task),
            seed=drawn,
            out=out or settings.home / "runs" / _run_name(where, questions, turns),
        )
        _run(plan, again)


def _run_name(domain: Domain, questions: Path | None, turns: bool) -> str:
    """Return the folder of a run: follow-ups and questions from elsewhere have one of their own."""
    name = f"{domain.key}-{questions.resolve().parent.name}" if questions else domain.key
    return f"{name}-turns" if turns else name


def _run(plan: Plan, again: bool) -> None:
    console = Console()
    assistant = open_assistant(plan.domain, plan.settings)

    def announce(line: str) -> None:
        console.print(line, style="dim", markup=False)

    report = replay(plan, assistant) if again else compare(plan, assistant, announce)
    console.print(terminal(report))
    console.print(f"report: {plan.out / 'report.html'}", markup=False, soft_wrap=True)
    skipped = as_json(report)["skipped"]
    if plan.named and skipped:
        raise AssistantError("; ".join(f"{name}: {reason}" for name, reason in skipped.items()))


if __name__ == "__main__":
    app()
