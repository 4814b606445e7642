"""Which strategy answers a domain's questions best, by how much, how surely and at what cost?

    python -m evaluation.compare --domain travel

Brings the knowledge base up to date, asks every strategy the same questions (each once: a second run
computes nothing), measures the answers and writes report.json, report.md and report.html. Knows nothing
of how strategies are made.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assistant.generation.journaled import JournaledGenerator
from assistant.generation.types import Generator
from assistant.registry import Assistant, open_assistant
from assistant.strategies import STRATEGIES, check_strategies
from assistant.types import Coverage, Strategy
from core.command_line import plain_errors
from core.domain import Domain, find_domain
from core.errors import AssistantError
from evaluation.asking.questions import Choice, choose_questions
from evaluation.asking.runner import Run, run_all
from evaluation.asking.sampling import balanced
from evaluation.metrics import METRICS, choose
from evaluation.metrics.judge import open_judge
from evaluation.metrics.judged import JUDGED, Panel, Ragas
from evaluation.report.rendering import html, markdown, terminal
from evaluation.report.schema import Comparison, ModelCard, Report, build, dumps
from evaluation.types import Metric, Reference, Score
from ingest.knowledge_base import bring_up_to_date
from settings import Settings

Announce = Callable[[str], None]


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
    judged_by = assistant.generator
    assistant.generator = JournaledGenerator(assistant.generator, plan.out / "answers.jsonl")
    strategies, skipped = _open(assistant, plan)
    runs, failed = run_all(strategies, plan.references, plan.settings.evaluation.latency_sample, announce)
    if not runs:
        raise AssistantError("no strategy could answer: " + "; ".join((skipped | failed).values()))
    announce("measuring")
    comparison = Comparison(
        domain=plan.domain.name,
        settings=plan.settings,
        model=_card(assistant.generator),
        corpus=_corpus(assistant),
        references=plan.references,
        runs=runs,
        scores=_score(runs, _metrics(assistant, judged_by, plan)),
        skipped=skipped | failed,
        coverage=_coverage(strategies, plan.references),
    )
    report = build(comparison, plan.seed, datetime.now(UTC).isoformat(timespec="seconds"))
    _write(report, plan.out)
    return report


def _bring_up_to_date(assistant: Assistant, announce: Announce) -> None:
    from tqdm import tqdm

    with tqdm(bar_format="{n:.0f} documents [{elapsed}]", delay=3, leave=False) as bar:
        done = bring_up_to_date(assistant.knowledge, assistant.domain, assistant.settings, bar.update)
    for failure in done.failures:
        announce(f"left out: {failure}")


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


def _card(generator: Generator) -> ModelCard:
    return ModelCard(generator.name, generator.fingerprint, generator.device, generator.dtype)


def _corpus(assistant: Assistant) -> dict[str, int | str]:
    return {
        "documents": assistant.knowledge.count(),
        "sha256": assistant.knowledge.corpus_sha256(),
    }


def _metrics(assistant: Assistant, local: Generator, plan: Plan) -> list[Metric]:
    wanted = [METRICS[name] for name in plan.metrics if name in METRICS]
    judged = [name for name in plan.metrics if name in JUDGED]
    if not judged:
        return wanted
    answerable = [one for one in plan.references if one.answerable]
    sample = balanced(answerable, plan.settings.evaluation.ragas_sample, plan.seed)
    judge = open_judge(plan.settings, lambda: local, plan.out / "judge.jsonl")
    panel = Panel(judge, assistant.knowledge.embedder, frozenset(one.id for one in sample))
    return [*wanted, *(Ragas(name, JUDGED[name], panel) for name in judged)]


def _score(runs: Sequence[Run], metrics: Sequence[Metric]) -> dict[str, dict[str, Score]]:
    """Return each strategy's scores. A judge first reads the answers of all strategies in one go."""
    for metric in metrics:
        if isinstance(metric, Ragas):
            metric.score([sample for run in runs for sample in run.samples])
    return {run.strategy: {metric.name: metric.score(run.samples) for metric in metrics} for run in runs}


def _coverage(strategies: Sequence[Strategy], references: Sequence[Reference]) -> dict[str, Coverage]:
    languages = sorted({one.lang for one in references})
    read = ((lang, one.coverage("zh" if lang == "zh" else "en")) for lang in languages for one in strategies)
    return {lang: one for lang, one in read if one is not None}


def _write(report: Report, out: Path) -> None:
    for name, text in (
        ("report.json", dumps(report)),
        ("report.md", markdown(report)),
        ("report.html", html(report)),
    ):
        (out / name).write_text(text, encoding="utf-8")


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
    metrics: Annotated[str, typer.Option(help="Joined by commas; default: all.")] = "",
    split: Annotated[str, typer.Option(help="train, dev or test; default: test, or dev without one.")] = "",
    lang: Annotated[str, typer.Option(help="zh or en; default: both.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Ask a balanced sample; 0: all questions.")] = 0,
    questions: Annotated[
        Path | None, typer.Option(help="Ask these, in the format of questions.jsonl.", exists=True)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of samples and resampling; default: the setting.")] = None,
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
            references=choose_questions(where, Choice(split, lang, limit, drawn, questions)),
            strategies=choose_strategies(strategies),
            named=bool(strategies.strip()),
            metrics=choose(metrics),
            seed=drawn,
            out=out or settings.home / "runs" / _run_name(where, questions),
        )
        _run(plan)


def _run_name(domain: Domain, questions: Path | None) -> str:
    """Return the folder of a run: questions from elsewhere have one of their own."""
    return f"{domain.key}-{questions.resolve().parent.name}" if questions else domain.key


def _run(plan: Plan) -> None:
    console = Console()
    assistant = open_assistant(plan.domain, plan.settings)
    report = compare(plan, assistant, lambda line: console.print(line, style="dim", markup=False))
    console.print(terminal(report))
    console.print(f"report: {plan.out / 'report.html'}", markup=False, soft_wrap=True)
    if plan.named and report["skipped"]:
        raise AssistantError("; ".join(f"{name}: {reason}" for name, reason in report["skipped"].items()))


if __name__ == "__main__":
    app()
