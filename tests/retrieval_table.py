"""Retrieval by each of our modes and by LangChain's stock retriever, on the same questions and embedder.

    python -m tests.retrieval_table                         the shipped domains
    python -m tests.retrieval_table DOMAIN... --limit 300   names or domain folders

A document counts as found when one of its passages is. LangChain is given title and text, cuts them by
RecursiveCharacterTextSplitter (its defaults, and the sizes of its tutorial) and searches a Chroma
collection; where a domain has several languages, only documents in the question's. We search them all.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing

import numpy as np

from core.domain import Domain, find_domain
from evaluation.asking.questions import Choice, choose_questions
from evaluation.metrics.retrieval import MEASURES
from evaluation.retrieval import MODES, PASSAGES, rank, score_all
from evaluation.statistics import Inference, by_document
from evaluation.types import Reference, Score
from ingest.embedding import Embedder, open_embedder
from ingest.knowledge_base import open_knowledge_base
from ingest.types import Document, Vectors
from ingest.updating import bring_up_to_date
from tests.bench import peers

SPLITTERS: dict[str, dict[str, int]] = {
    "LangChain": {},
    "LangChain 1000/200": {"chunk_size": 1000, "chunk_overlap": 200},
}
OURS = "hybrid"


class RememberingEmbedder:
    """An embedder that embeds no passage twice: arms that cut alike share the work."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.fingerprint, self.dim = embedder.name, embedder.fingerprint, embedder.dim
        self.embed_queries = embedder.embed_queries
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    def are_cut(self, texts: Sequence[str]) -> list[bool]:
        return self._embedder.are_cut(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(new, self._embedder.embed_passages(new), strict=True))
        return np.array([self._known[text] for text in texts], np.float32).reshape(-1, self.dim)

    def embed_pieces(self, pieces: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        return map(self.embed_passages, pieces)


def table(domain: Domain, limit: int) -> list[str]:
    """Return the lines of one table: every arm, then the mode we answer by against the best other."""
    settings = domain.settings()
    embedder = RememberingEmbedder(open_embedder(settings))
    references = [
        one for one in choose_questions(domain, Choice(seed=settings.evaluation.seed)) if one.evidence
    ][: limit or None]
    with closing(open_knowledge_base(domain, settings, embedder)) as knowledge:
        bring_up_to_date(knowledge, domain, settings)
        documents = list(knowledge.documents())
        found = {mode: rank(knowledge, references, mode) for mode in MODES}
    found |= {name: _langchain(documents, references, embedder, sizes) for name, sizes in SPLITTERS.items()}
    scores = {arm: score_all(rankings, references) for arm, rankings in found.items()}
    inference = Inference(by_document(references), settings.evaluation.bootstrap, settings.evaluation.seed)
    rows = [
        ["", *MEASURES],
        *([arm, *(f"{of[name].value:.3f}" for name in MEASURES)] for arm, of in scores.items()),
        [f"{OURS}, to the best other", *(_difference(scores, name, inference) for name in MEASURES)],
    ]
    return [
        f"{domain.name}: {len(references)} questions, {len(documents):,} documents",
        "",
        *_aligned(rows),
    ]


def _langchain(
    documents: Sequence[Document],
    references: Sequence[Reference],
    embedder: Embedder,
    sizes: Mapping[str, int],
) -> list[list[str]]:
    """Return the documents that LangChain's retriever finds for each question, best first."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    pieces = RecursiveCharacterTextSplitter(**sizes).create_documents(
        [f"{one.title}\n{one.text}" for one in documents],
        [{"id": one.id, "lang": one.lang} for one in documents],
    )
    texts, labels = [one.page_content for one in pieces], [one.metadata for one in pieces]
    languages = {one.lang for one in documents}
    rankings = []
    with tempfile.TemporaryDirectory() as folder:
        store = peers.langchain_chroma(texts, peers.OursBehindLangChain(embedder), folder, labels)
        for one in references:
            only = {"filter": {"lang": one.lang}} if len(languages) > 1 and one.lang in languages else {}
            hits = store.as_retriever(search_kwargs={"k": PASSAGES, **only}).invoke(one.question)
            rankings.append(list(dict.fromkeys(hit.metadata["id"] for hit in hits)))
    return rankings


def _difference(scores: Mapping[str, Mapping[str, Score]], name: str, inference: Inference) -> str:
    """Return by how much our mode is above the best other arm in a measure, with its interval."""
    others = {arm: of[name].value or 0.0 for arm, of in scores.items() if arm != OURS}
    best = max(others, key=others.__getitem__)
    (pair,) = inference.pairs({OURS: scores[OURS][name], best: scores[best][name]})
    return f"{pair.difference:+.3f} [{pair.low:+.3f}, {pair.high:+.3f}] {best}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as Markdown whose columns line up in a terminal too.

    >>> _aligned([["", "a"], ["bm25", "1"]])
    ['|      | a |', '| ---- | - |', '| bm25 | 1 |']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        for row in rows
    ]
    return [lines[0], f"| {' | '.join('-' * width for width in widths)} |", *lines[1:]]


def main(arguments: Sequence[str]) -> int:
    """Print a table for each domain, as aligned Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.retrieval_table", description=__doc__)
    parser.add_argument("domains", nargs="*", default=["travel", "legal"])
    parser.add_argument("--limit", type=int, default=0, help="questions of a domain; 0: all")
    wanted = parser.parse_args(arguments)
    for name in wanted.domains:
        print("\n".join(table(find_domain(name), wanted.limit)), end="\n\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
