"""Search of vectors against peers: the index alone, and within one domain and language.

The vectors are made up: drawn around random centres, so that some are near each other as texts are.
"""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.language import Lang
from ingest.index.hnsw import HnswBackend, HnswIndex
from ingest.types import Document, Filter, Vectors
from settings import Settings
from tests.bench import peers
from tests.bench.ingesting import fill
from tests.bench.measuring import Result, in_turn, nearest, overlap

VECTORS, DIM, K = 20_000, 384, 10
LARGE, LARGE_QUERIES = 200_000, 100
CENTRES, SPREAD, SEED = 40, 1.3, 7
QUERIES, FILTERED_QUERIES = 500, 100
BREADTHS = (10, 20, 30, 40, 60, 80, 100, 150, 200, 300, 400, 600, 800)  # hnswlib's `ef`
ENOUGH = 0.99  # recall at which both are compared
EQUAL = 0.002  # recall that two graphs of the same vectors differ by
DOMAINS = 4

Find = Callable[[int], list[int]]
"""Places of the vectors found for the query of this number."""


def index_search(settings: Settings) -> list[Result]:
    """Search 20,000 vectors, one query at a time: our index against hnswlib itself and stock Chroma."""
    vectors, queries = clustered(VECTORS, SEED), clustered(QUERIES, SEED + 1)
    right = nearest(queries, vectors, K)
    with tempfile.TemporaryDirectory() as folder:
        raw = _hnswlib(settings, vectors)
        breadth = _breadth(raw, _by_hnswlib(raw, queries), right, ENOUGH)
        backend = _built(settings, Path(folder), vectors)
        ours, wide = (replace(backend, ef=ef).open(Path(folder) / "ours") for ef in (breadth, backend.ef))
        collection = peers.chroma_collection(vectors, Path(folder) / "chroma")
        find: dict[str, Find] = {
            "ours": _by_us(ours, queries),
            "wide": _by_us(wide, queries),
            "hnswlib": _by_hnswlib(raw, queries),
            "chroma": lambda number: _places(collection.query(queries[number], n_results=K, include=[])),
        }
        recall = {name: _recall(one, right) for name, one in find.items()}
        seconds = in_turn({name: _all(one, QUERIES) for name, one in find.items()})
    also = _said(VECTORS, recall, seconds, backend, QUERIES)
    theirs = f"its recall@10 {recall['chroma']:.3f}"
    against = {
        "hnswlib": (f"hnswlib at equal recall, ef {breadth}", 0.5, also),
        "chroma": ("stock Chroma", None, theirs),
    }
    return [
        Result("index search", name, seconds[arm] / seconds["ours"], goal, note)
        for arm, (name, goal, note) in against.items()
    ]


def large_search(settings: Settings) -> list[Result]:
    """Search 200,000 vectors, one query at a time, against hnswlib on the same graph, which takes minutes."""
    vectors, queries = clustered(LARGE, SEED), clustered(LARGE_QUERIES, SEED + 1)
    right = nearest(queries, vectors, K)
    with tempfile.TemporaryDirectory() as name:
        backend, folder = _built(settings, Path(name), vectors), Path(name) / "ours"
        raw = _opened_by_hnswlib(next(folder.glob("*.hnsw")))
        breadth = _breadth(raw, _by_hnswlib(raw, queries), right, ENOUGH)
        ours, wide = (replace(backend, ef=ef).open(folder) for ef in (breadth, backend.ef))
        find: dict[str, Find] = {
            "ours": _by_us(ours, queries),
            "wide": _by_us(wide, queries),
            "hnswlib": _by_hnswlib(raw, queries),
        }
        recall = {arm: _recall(one, right) for arm, one in find.items()}
        seconds = in_turn({arm: _all(one, LARGE_QUERIES) for arm, one in find.items()})
    also = _said(LARGE, recall, seconds, backend, LARGE_QUERIES)
    ratio = seconds["hnswlib"] / seconds["ours"]
    return [Result("large search", f"hnswlib at equal recall, ef {breadth}", ratio, 0.5, also)]


def filtered_search(settings: Settings) -> list[Result]:
    """Search one of four domains in one of two languages: the base of that domain against a `where`."""
    vectors, queries = clustered(VECTORS, SEED), clustered(FILTERED_QUERIES, SEED + 1)
    inside = [place for place in range(VECTORS) if (_domain(place), _lang(place)) == (0, "en")]
    own = [place for place in range(VECTORS) if _domain(place) == 0]
    right = [[inside[place] for place in ranked] for ranked in nearest(queries, vectors[inside], K)]
    documents = [Document(str(place), "", _text(place), _lang(place)) for place in own]
    where = {"$and": [{"domain": 0}, {"lang": "en"}]}
    labels = [{"domain": _domain(place), "lang": _lang(place)} for place in range(VECTORS)]
    with tempfile.TemporaryDirectory() as folder:
        texts = [_text(place) for place in range(VECTORS)]
        collection = peers.chroma_collection(vectors, Path(folder) / "chroma", texts, labels)
        embedder = NumberedEmbedder(vectors, queries)
        with closing(fill(settings, Path(folder), embedder, documents)) as knowledge:
            find: dict[str, Find] = {
                "ours": lambda number: [
                    int(hit.chunk.document_id)
                    for hit in knowledge.search(_text(number), "en", K, "dense", Filter(lang="en"))
                ],
                "chroma": lambda number: _places(collection.query(queries[number], n_results=K, where=where)),
            }
            foreign = {name: _outside(one, set(inside)) for name, one in find.items()}
            recall = {name: _recall(one, right) for name, one in find.items()}
            seconds = in_turn({name: _all(one, FILTERED_QUERIES) for name, one in find.items()})
    ratio = seconds["chroma"] / seconds["ours"]
    said = {name: f"{foreign[name]} foreign hits, recall@10 {recall[name]:.3f}" for name in find}
    also = f"{len(inside):,} of {VECTORS:,}; {said['ours']}; Chroma {said['chroma']}"
    return [Result("filtered search", "Chroma with `where`", ratio, 10, also)]


class NumberedEmbedder:
    """An embedder that looks vectors up by the number in a text: no model is timed."""

    def __init__(self, passages: Vectors, queries: Vectors) -> None:
        self.name = self.fingerprint = "numbered"
        self.dim = DIM
        self._passages, self._queries = passages, queries

    def are_cut(self, texts: Sequence[str]) -> list[bool]:
        return [False] * len(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._passages[[_number(text) for text in texts]]

    def embed_pieces(self, pieces: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        return map(self.embed_passages, pieces)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._queries[[_number(text) for text in texts]]


def clustered(count: int, seed: int) -> Vectors:
    """Return unit vectors around centres that are the same for every seed."""
    centres = np.random.default_rng(SEED).normal(size=(CENTRES, DIM))
    rng = np.random.default_rng(seed)
    vectors = centres[rng.integers(CENTRES, size=count)] + SPREAD * rng.normal(size=(count, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _built(settings: Settings, folder: Path, vectors: Vectors) -> HnswBackend:
    graph = settings.retrieval
    backend = HnswBackend(graph.m, graph.ef_construction, graph.ef, settings.threads)
    (folder / "ours").mkdir()
    backend.build(folder / "ours", np.arange(len(vectors)), vectors)
    return backend


def _by_us(index: HnswIndex, queries: Vectors) -> Find:
    return lambda number: [label for label, _ in index.search(queries[number][None], K)[0]]


def _by_hnswlib(graph: Any, queries: Vectors) -> Find:
    return lambda number: graph.knn_query(queries[number], k=K)[0][0].tolist()


def _said(
    count: int, recall: dict[str, float], seconds: dict[str, float], backend: HnswBackend, queries: int
) -> str:
    """Say how much was found, and what the breadth that is the default finds and costs."""
    wide = f"by default ef {backend.ef}: {recall['wide']:.3f}, {1000 * seconds['wide'] / queries:.1f} ms"
    return f"{count:,} x {DIM}, recall@10 {recall['ours']:.3f}; {wide}"


def _hnswlib(settings: Settings, vectors: Vectors) -> Any:
    import hnswlib

    graph = hnswlib.Index(space="cosine", dim=DIM)
    wanted = settings.retrieval
    graph.init_index(len(vectors), M=wanted.m, ef_construction=wanted.ef_construction)
    graph.add_items(vectors, num_threads=settings.threads)
    return graph


def _opened_by_hnswlib(file: Path) -> Any:
    import hnswlib

    graph = hnswlib.Index(space="cosine", dim=DIM)
    graph.load_index(str(file))
    return graph


def _breadth(graph: Any, find: Find, right: Sequence[Sequence[int]], recall: float) -> int:
    """Set and return the least breadth with which hnswlib finds as much as `recall`."""
    for breadth in BREADTHS:
        graph.set_ef(breadth)
        if _recall(find, right) >= recall - EQUAL:
            break
    return breadth


def _recall(find: Find, right: Sequence[Sequence[int]]) -> float:
    return overlap([find(number) for number in range(len(right))], right)


def _outside(find: Find, inside: set[int]) -> int:
    return sum(place not in inside for number in range(FILTERED_QUERIES) for place in find(number))


def _all(find: Find, queries: int) -> Callable[[], object]:
    return lambda: [find(number) for number in range(queries)]


def _places(found: Any) -> list[int]:
    return [int(one) for one in found["ids"][0]]


def _domain(place: int) -> int:
    return place % DOMAINS


def _lang(place: int) -> Lang:
    return "zh" if place // DOMAINS % 2 else "en"


def _text(number: int) -> str:
    return f"Number {number}."


def _number(text: str) -> int:
    """Return the number in a text; nought where there is none, as in what is said of a language."""
    return int("".join(re.findall(r"\d", text)) or 0)
