"""Measure retrieval alone: are the documents with the evidence found, and how high?

    python -m evaluation.retrieval --domain travel [--modes bm25,dense,hybrid,exact,reranked] [--json]
    python -m evaluation.retrieval --domain travel --tune      the weights of the legs, from `dev` questions

Knows nothing of generators.
"""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from statistics import median
from typing import Annotated, Any

import typer

from core.command_line import plain_errors
from core.domain import Domain, find_domain
from core.errors import AssistantError
from evaluation.asking.questions import Choice, choose_questions
from evaluation.metrics.retrieval import DEPTH, MEASURES, score_rankings
from evaluation.report.numbers import NOT_APPLICABLE, cell, entry
from evaluation.statistics import Inference, by_document
from evaluation.tuning import EQUAL, WEIGHTS, Tuned, tune
from evaluation.types import Reference, Score
from ingest.embedding import open_embedder
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.search.reranking import open_reranker
from ingest.search.search import MODES as KNOWN
from ingest.updating import bring_up_to_date
from settings import Settings

MODES = ("bm25", "dense", "hybrid", "exact")
"""What is measured unless `--modes` says otherwise; `reranked` needs a model that nobody has by default."""
PASSAGES = 50
"""Passages looked at per question: enough for ten documents."""
TIMED = 50
"""Questions per mode that are asked alone, so that their time is what a user feels."""
MILLISECONDS = "milliseconds"
"""Key of the median time beside the measures."""
TUNED_BY = "ndcg@10"


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
            knowledge.search(one.in_full, one.lang, DEPTH, mode)
            taken.append(1000 * (time.perf_counter() - start))
        found[mode] = {"value": median(taken) if taken else None, "n": share}
    return found


def rank(knowledge: KnowledgeBase, references: Sequence[Reference], mode: str) -> list[list[str]]:
    """Return the documents found for each question, best first, searched language by language."""
    rankings: list[list[str]] = [[] for _ in references]
    for lang in sorted({one.lang for one in references}):
        places = [place for place, one in enumerate(references) if one.lang == lang]
        queries = [references[place].in_full for place in places]
        for place, hits in zip(places, knowledge.search_many(queries, lang, PASSAGES, mode), strict=True):
            rankings[place] = list(dict.fromkeys(id for hit in hits for id in hit.documents))
    return rankings


def tune_weight(domain: Domain, references: Sequence[Reference], settings: Settings) -> Tuned:
    """Return which weight of the dense leg ranks the evidence of these questions best."""
    embedder = open_embedder(settings)
    values = {}
    for weight in WEIGHTS:
        retrieval = settings.retrieval.model_copy(update={"dense_weight": weight})
        at_weight = settings.model_copy(update={"retrieval": retrieval})
        with closing(open_knowledge_base(domain, at_weight, embedder)) as knowledge:
            rankings = rank(knowledge, references, "hybrid")
        per_question = score_all(rankings, references)[TUNED_BY].per_question
        values[weight] = [value or 0.0 for value in per_question]
    return tune(values, by_document(references), settings.evaluation.bootstrap, settings.evaluation.seed)


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
    tunes: Annotated[
        bool,
        typer.Option("--tune", help="Choose dense_weight by dev questions; write domain.toml."),
    ] = False,
) -> None:
    """Measure retrieval alone."""
    with plain_errors():
        wanted = choose_modes(modes)
        where = find_domain(domain)
        settings = where.settings()
        if "reranked" in wanted:
            open_reranker(settings)  # refuses at once where the settings name none
        references = _with_evidence(where, split or ("dev" if tunes else ""), limit, settings)
        knowledge = open_knowledge_base(where, settings)
        bring_up_to_date(knowledge, where, settings)
        if tunes:
            knowledge.close()
            _keep(tune_weight(where, references, settings), where, settings, as_json)
        else:
            _print(measure(knowledge, references, wanted, settings), len(references), as_json)


def _with_evidence(domain: Domain, split: str, limit: int, settings: Settings) -> list[Reference]:
    """Return the questions that say where their evidence is.

    Raises:
        AssistantError: none does.
    """
    chosen = choose_questions(domain, Choice(split, seed=settings.evaluation.seed))
    references = [one for one in chosen if one.evidence][: limit or None]
    if not references:
        raise AssistantError(f"no question of {domain.name} says where its evidence is (evidence_doc_ids)")
    return references


def _keep(tuned: Tuned, domain: Domain, settings: Settings, as_json: bool) -> None:
    """Write the weight where it is not the one in use, and say what it rests on."""
    means = {f"{weight:g}": round(value, 4) for weight, value in tuned.values.items()}
    why = f"best on {tuned.n} questions: {tuned.best:g} [{tuned.low:g}, {tuned.high:g}] by {TUNED_BY}"
    is_new = tuned.weight != settings.retrieval.dense_weight
    if is_new:
        domain.set("retrieval", "dense_weight", tuned.weight, why)
    if as_json:
        print(json.dumps({**asdict(tuned), "values": means, "weight": tuned.weight, "written": is_new}))
        return
    for weight, value in means.items():
        print(f"dense_weight {weight:>3}: {value:.4f}")
    equal = f"; {EQUAL:g} is among them, so equal weights stay" if tuned.weight == EQUAL else ""
    print(f"{why}{equal}")
    print(
        f"{domain.folder / 'domain.toml'}: " + (f"dense_weight = {tuned.weight:g}" if is_new else "unchanged")
    )


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
