"""Measure retrieval alone: are the documents with the evidence found, and how high?

    python -m evaluation.retrieval --domain travel [--modes bm25,dense,hybrid,exact] [--json]

Knows nothing of generators.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from evaluation.metrics.retrieval import MEASURES, score_rankings
from evaluation.questions import choose_questions
from evaluation.rendering import cell
from evaluation.report import entry
from evaluation.significance import Resampling
from evaluation.types import Reference
from ingest.command_line import plain_errors
from ingest.domain import find_domain
from ingest.errors import AssistantError
from ingest.knowledge_base import KnowledgeBase, bring_up_to_date, open_knowledge_base
from settings import Settings

MODES = ("bm25", "dense", "hybrid", "exact")
DEPTH = 10
"""Passages looked at per question."""


def measure(
    knowledge: KnowledgeBase, references: Sequence[Reference], modes: Sequence[str], settings: Settings
) -> dict[str, dict[str, Any]]:
    """Return every measure of every mode over questions that have evidence."""
    evidence = [one.evidence for one in references]
    resampling = Resampling(len(references), settings.evaluation.bootstrap, settings.evaluation.seed)
    found: dict[str, dict[str, Any]] = {}
    for mode in modes:
        rankings = _rankings(knowledge, references, mode)
        scores = [score_rankings(name, rankings, evidence) for name in MEASURES]
        found[mode] = {score.metric: entry(score, resampling) for score in scores}
    return found


def _rankings(knowledge: KnowledgeBase, references: Sequence[Reference], mode: str) -> list[list[str]]:
    """Return the documents of the passages found for each question, searched language by language."""
    rankings: list[list[str]] = [[] for _ in references]
    for lang in sorted({one.lang for one in references}):
        places = [place for place, one in enumerate(references) if one.lang == lang]
        queries = [references[place].question for place in places]
        for place, hits in zip(places, knowledge.search_many(queries, lang, DEPTH, mode), strict=True):
            rankings[place] = [hit.chunk.document_id for hit in hits]
    return rankings


def choose_modes(names: str) -> list[str]:
    """Return the modes that `names` lists, joined by commas.

    Raises:
        AssistantError: one is unknown; the message lists the known.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in MODES:
            raise AssistantError(f"no retrieval mode {name!r}: known are {', '.join(MODES)}")
    return list(dict.fromkeys(wanted)) or list(MODES)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a domain folder.")],
    modes: Annotated[str, typer.Option(help="Joined by commas.")] = ",".join(MODES),
    split: Annotated[str, typer.Option(help="train, dev or test; default: test, or dev without one.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="Ask a balanced sample; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure retrieval alone."""
    with plain_errors():
        wanted = choose_modes(modes)
        where = find_domain(domain)
        settings = where.settings()
        references = [
            one for one in choose_questions(where, split, "", 0, settings.evaluation.seed) if one.evidence
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

    table = Table("", *found, title=f"{n} questions, first {DEPTH} passages, 95 % intervals")
    for name in MEASURES:
        table.add_row(name, *(cell(name, of[name]) for of in found.values()))
    Console().print(table)


if __name__ == "__main__":
    app()
