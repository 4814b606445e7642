"""One more document in a large base, against a graph that grows and is then checked whole.

So did the knowledge base itself before it had segments. The vectors are made up.
"""

import tempfile
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import numpy as np

from ingest.knowledge_base import KnowledgeBase
from ingest.types import Document, Vectors
from settings import Settings
from tests.bench.ingesting import fill
from tests.bench.measuring import Result, in_turn
from tests.bench.searching import DIM, SEED, NumberedEmbedder, clustered

HELD, MORE = 40_000, 20
ROUNDS = 3
_BREADTH = 64  # finds nearly all vectors by themselves


def one_document(settings: Settings) -> list[Result]:
    """Add documents of one passage, one by one, to 40,000."""
    vectors = clustered(HELD + MORE, SEED)
    embedder = NumberedEmbedder(vectors, vectors)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        with closing(fill(settings, home, embedder, [_document(at) for at in range(HELD)])) as knowledge:
            (graph,) = home.rglob("graph.hnsw")
            ours, theirs = count(HELD), count(HELD)
            arms = {
                "ours": lambda: knowledge.sync([_document(next(ours))]),
                "graph": _grown_and_checked(graph, vectors, theirs, settings.threads),
            }
            seconds = in_turn(arms, ROUNDS)
            also = f"{HELD:,} held, {1000 * seconds['ours']:.0f} ms; {_found(knowledge, next(ours))}"
    ratio = seconds["graph"] / seconds["ours"]
    return [Result("one document", "hnswlib, grown, checked and saved", ratio, 10, also)]


def _grown_and_checked(
    file: Path, vectors: Vectors, places: "count[int]", threads: int
) -> Callable[[], object]:
    import hnswlib

    def grow() -> None:
        graph = hnswlib.Index(space="cosine", dim=DIM)
        graph.load_index(str(file), max_elements=len(vectors))
        place = next(places)
        graph.add_items(vectors[place][None], [place])
        graph.set_ef(_BREADTH)
        graph.set_num_threads(threads)
        graph.knn_query(vectors[:HELD], k=10)
        graph.save_index(str(file.with_name("grown")))

    return grow


def _found(knowledge: KnowledgeBase, end: int) -> str:
    """Say how many of the new documents, and of as many old ones, are found by their own vectors."""
    asked = [*range(end - ROUNDS, end), *np.linspace(0, HELD - 1, 50, dtype=int).tolist()]
    hits = knowledge.search_many([_document(at).text for at in asked], mode="dense", top_k=1)
    found = sum(some[0].chunk.document_id == str(at) for some, at in zip(hits, asked, strict=True))
    return f"{found} of {len(asked)} found by a query"


def _document(number: int) -> Document:
    return Document(str(number), "", f"Number {number}.", "en")
