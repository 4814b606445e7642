"""Measure retrieval alone: are the documents with the evidence found, and how high?

    python -m evaluation.retrieval --domain travel [--modes bm25,dense,hybrid,exact,reranked] [--json]

Knows nothing of generators.
"""

import json
import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Annotated, Any

import typer

from core.command_line import plain_errors
from core.domain import find_domain
from core.errors import AssistantError
from evaluation.asking.questions import Choice, choose_questions
from evaluation.metrics.retrieval import DEPTH, MEASURES, score_rankings
from evaluation.report.numbers import NOT_APPLICABLE, cell, entry
from evaluation.statistics import Inference, by_document
from evaluation.types import Reference, Score
from ingest.knowledge_base import KnowledgeBase, bring_up_to_date, open_knowledge_base
from ingest.search.reranking import open_reranker
from ingest.search.search import MODES as KNOWN
from settings import Settings

MODES = ("bm25", "dense", "hybrid", "exact")
"""What is measured unless `--modes` says otherwise; `reranked` needs a model that nobody has by default."""
PASSAGES = 50
"""Passages looked at per question: enough for ten documents."""
TIMED = 50
"""Questions per mode that are asked alone, so that their time is what a user feels."""
MILLISECONDS = "milliseconds"
"""Key of the median time beside the measures."""


def measure(
    knowledge: KnowledgeBase, references: Sequence[Reference], modes: Sequence[str], settings: Settings
) -> dict[str, dict[str, Any]]:
    """Return every measure of every mode over questions that have evidence, and its time per question."""
    inference = Inference(by_document(references), settings.evaluation.bootstrap, settings.evaluation.seed)
    timed = _timed(knowledge, references, modes)  # first: a query's vector is remembered
    found: dict[str, dict[str, Any]] = {}
    for mode in modes:
        scores = score_all(rank(knowledge, references, mode), references)
        found[mode] = {name: entry(score, inference) for name, score in scores.items()}
        found[mode][MILLISECONDS] = timed[mode]
    return found


def score_all(rankings: Sequence[Sequence[str]], references: Sequence[Reference]) -> dict[str, Score]:
    """Return every measure of the documents ranked for each question."""
    evidence = [one.evidence for one in references]
    return {name: score_rankings(name, rankings, evidence) for name in MEASURES}


def _timed(
    knowledge: KnowledgeBase, references: Sequence[Reference], modes: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return the median time of a search by each mode, query embedding included.

    Each mode is asked other questions: no vector of a query is remembered from the mode before.
    """
    found = {}
    share = min(TIMED, len(references) // len(modes))
    for place, mode in enumerate(modes):
        knowledge.search(f"{mode}?", "", DEPTH, mode)  # loads model and index
        taken = []
        for one in references[place * share : (place + 1) * share]:
            start = time.perf_counter()
            knowledge.search(one.question, one.lang, DEPTH, mode)
            taken.append(1000 * (time.perf_counter() - start))
        found[mode] = {"value": median(taken) if taken else None, "n": share}
    return found


def rank(knowledge: KnowledgeBase, references: Sequence[Reference], mode: str) -> list[list[str]]:
    """Return the documents found for each question, best first, searched language by language."""
    rankings: list[list[str]] = [[] for _ in references]
    for lang in sorted({one.lang for one in references}):
        places = [place for place, one in enumerate(references) if one.lang == lang]
        queries = [references[place].question for place in places]
        for place, hits in zip(places, knowledge.search_many(queries, lang, PASSAGES, mode), strict=True):
            rankings[place] = list(dict.fromkeys(id for hit in hits for id in hit.documents))
    return rankings


def choose_modes(names: str) -> list[str]:
    """Return the modes that `names` lists, joined by commas.

    Raises:
        AssistantError: one is unknown; the message lists the known.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in KNOWN:
            raise AssistantError(f"no retrieval mode {name!r}: known are {', '.join(KNOWN)}")
    return list(dict.fromkeys(wanted)) or list(MODES)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a domain folder.")],
    modes: Annotated[str, typer.Option(help=f"Joined by commas: {', '.join(KNOWN)}.")] = ",".join(MODES),
    split: Annotated[str, typer.Option(help="train, dev or test; default: test, or dev without one.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Ask a balanced sample; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure retrieval alone."""
    with plain_errors():
        wanted = choose_modes(modes)
        where = find_domain(domain)
        settings = where.settings()
        if "reranked" in wanted:
            open_reranker(settings)  # refuses at once where the settings name none
        references = [
            one
            for one in choose_questions(where, Choice(split, seed=settings.evaluation.seed))
            if one.evidence
        ][: limit or None]
        if not references:
            raise AssistantError(f"no question of {where.name} says where its evidence is (evidence_doc_ids)")
        knowledge = open_knowledge_base(where, settings)
        bring_up_to_date(knowledge, where, settings)
        found = measure(knowledge, references, wanted, settings)
        _print(found, len(references), as_json)


def _print(found: Mapping[str, Mapping[str, Any]], n: int, as_json: bool) -> None:
    if as_json:
        modes = {mode: {name: one["value"] for name, one in of.items()} for mode, of in found.items()}
        print(json.dumps({"n": n, "modes": modes}, ensure_ascii=False, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("", *found, title=f"{n} questions, first {DEPTH} documents, 95 % intervals")
    for name in MEASURES:
        table.add_row(name, *(cell(name, of[name]).replace("\n", " ") for of in found.values()))
    table.add_row("ms a query", *(_milliseconds(of[MILLISECONDS]) for of in found.values()))
    Console().print(table)


def _milliseconds(taken: Mapping[str, Any]) -> str:
    return f"{taken['value']:.1f} (n={taken['n']})" if taken["n"] else NOT_APPLICABLE


if __name__ == "__main__":
    app()
