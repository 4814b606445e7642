"""Whole queries against peers, and the BM25 leg alone."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import find_domain
from core.questions import QuestionRecord
from ingest.embedding import open_embedder
from ingest.index.bm25 import Bm25Index, counted, tokens
from settings import Settings
from tests.bench import peers
from tests.bench.ingesting import SHIPPED, fill, passages, shipped, small
from tests.bench.measuring import ROUNDS, Result, in_turn

SEED, K = 7, 10
WARM = 3  # questions asked before the clock runs
PASSAGES, WORDS = 20_000, 50_000
SAME = 1e-4  # relative difference of scores that float32 leaves


def query(settings: Settings) -> list[Result]:
    """Ask each test question once, alone: embed, search, fuse, fetch the texts. Nothing is remembered."""
    settings = small(settings)
    texts = passages(documents := shipped(), settings)
    questions = _questions()
    each = (len(questions) - WARM) // ROUNDS
    k = {"k": settings.retrieval.top_k}
    with tempfile.TemporaryDirectory() as root:
        stock = peers.langchain_chroma(texts, peers.langchain_embeddings(settings), Path(root) / "stock")
        ours = peers.OursBehindLangChain(open_embedder(settings))
        behind = peers.langchain_chroma(texts, ours, Path(root) / "behind")
        with closing(fill(settings, Path(root), open_embedder(settings), documents)) as knowledge:
            retrievers = [store.as_retriever(search_kwargs=k) for store in (stock, behind)]
            ask: dict[str, Callable[[QuestionRecord], object]] = {
                "ours": lambda one: knowledge.search(one.question, one.lang),
                "stock": lambda one: retrievers[0].invoke(one.question),
                "behind": lambda one: retrievers[1].invoke(one.question),
            }
            seconds = in_turn({name: _next(one, iter(questions), each) for name, one in ask.items()})
    also = f"{len(texts):,} chunks, {ROUNDS} x {each} questions, ours {settings.retrieval.mode}"
    return [
        Result("query", "LangChain retriever, fp32", seconds["stock"] / seconds["ours"], 2, also),
        Result("query", "LangChain retriever, our embedder", seconds["behind"] / seconds["ours"], None),
    ]


def bm25(settings: Settings) -> list[Result]:
    """Rank passages by their words: our leg against rank_bm25, which is given the same tokens."""
    rng = np.random.default_rng(SEED)
    real, made_up = passages(shipped(), small(settings)), _zipf(rng, PASSAGES, 60)
    return [
        _bm25(made_up, _zipf(rng, 50, 8), "Zipf words"),
        _bm25(real, [one.question for one in _questions()[:100]], "of the shipped documents"),
    ]


def _bm25(texts: Sequence[str], queries: Sequence[str], kind: str) -> Result:
    from rank_bm25 import BM25Okapi

    class SameRarity(BM25Okapi):  # type: ignore[misc]
        """Okapi with the rarity that never goes below zero, as Lucene and we have it."""

        def _calc_idf(self, nd: dict[str, int]) -> None:
            for word, found_in in nd.items():
                self.idf[word] = float(np.log1p((self.corpus_size - found_in + 0.5) / (found_in + 0.5)))

    corpus = [tokens(text) for text in texts]
    ours = Bm25Index([counted(enumerate(texts))])
    stock, same = BM25Okapi(corpus), SameRarity(corpus)
    places = range(len(texts))
    seconds = in_turn(
        {
            "ours": lambda: ours.search_many(queries, K),
            "theirs": lambda: [stock.get_top_n(tokens(one), places, K) for one in queries],
        }
    )
    equal = {name: _equal(ours, other, queries) for name, other in (("same", same), ("stock", stock))}
    same_top = f"same top 10: {equal['same']:.0%}, by its own idf {equal['stock']:.0%}"
    also = f"{len(texts):,} passages, {kind}; {same_top}"
    return Result("bm25", "rank_bm25", seconds["theirs"] / seconds["ours"], 50, also)


def _equal(ours: Bm25Index, theirs: Any, queries: Sequence[str]) -> float:
    """Return the share of queries whose ten best passages are the same; which of equals is taken is free."""
    same = 0
    for one, ranking in zip(queries, ours.search_many(queries, K), strict=True):
        scores = theirs.get_scores(tokens(one))
        best = np.sort(scores[scores > 0])[::-1][:K]
        found = scores[[place for place, _ in ranking]]
        same += len(found) == len(best) and np.allclose(found, best, rtol=SAME)
    return same / len(queries)


def _next(ask: Callable[[Any], object], questions: Iterator[Any], count: int) -> Callable[[], object]:
    """Return a round: it asks the next `count` questions; the first few were asked already."""
    for one in islice(questions, WARM):
        ask(one)
    return lambda: [ask(one) for one in islice(questions, count)]


def _questions() -> list[QuestionRecord]:
    """Return the test questions of the shipped domains in a random order, none asked twice."""
    found = {one.question: one for name in SHIPPED for one in find_domain(name).questions("test")}
    order = np.random.default_rng(SEED).permutation(len(found))
    return [list(found.values())[place] for place in order]


def _zipf(rng: np.random.Generator, texts: int, length: int) -> list[str]:
    """Return texts of words of which the n-th is drawn 1/n as often as the first (Zipf's law)."""
    share = 1 / np.arange(1, WORDS + 1)
    numbers = rng.choice(WORDS, size=(texts, length), p=share / share.sum())
    return [" ".join(f"w{number}x" for number in row) for row in numbers]
