from collections.abc import Iterable
from pathlib import Path

import bm25s
import numpy as np
import pytest

from ingest.index import Damaged
from ingest.index.bm25 import TOKENS, Bm25Index, counted, tokens
from ingest.index.term_counts import TermCounts

TEXTS = [
    "The baggage fee is 30 euros.",
    "行李托运费为30元，可以退款。",
    "Visas and fees for travellers",
    "签证可以在机场办理。",
]


@pytest.fixture
def index() -> Bm25Index:
    return indexed(enumerate(TEXTS, start=10))


def indexed(*parts: Iterable[tuple[int, str]]) -> Bm25Index:
    return Bm25Index([counted(part) for part in parts])


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        pytest.param("fees", [10, 12], id="a plural finds the singular"),
        pytest.param("VISA", [12], id="case does not matter"),
        pytest.param("退款", [11], id="a Chinese word"),
        pytest.param("机场签证", [13], id="Chinese words in another order"),
        pytest.param("３０", [10, 11], id="full-width digits"),
        pytest.param("zebra 斑马", [], id="unknown words find nothing"),
        pytest.param("", [], id="nothing finds nothing"),
        pytest.param("？！", [], id="punctuation finds nothing"),
    ],
)
def test_finds(index: Bm25Index, query: str, labels: list[int]) -> None:
    assert sorted(label for label, _ in index.search_many([query], 10)[0]) == labels


def test_saved_counts_answer_the_same(index: Bm25Index, tmp_path: Path) -> None:
    counted(enumerate(TEXTS, start=10)).save(tmp_path, TOKENS)
    queries = ["fees", "签证 退款", "30"]
    loaded = Bm25Index([TermCounts.load(tmp_path, TOKENS)])
    assert loaded.search_many(queries, 3) == index.search_many(queries, 3)


def test_scores_are_those_of_bm25s(index: Bm25Index) -> None:
    theirs = bm25s.BM25(method="lucene")
    theirs.index([tokens(text) for text in TEXTS], show_progress=False)
    for query in ("fees", "签证 退款", "30 fee 行李"):
        found = dict(index.search_many([query], 4)[0])
        scores = theirs.get_scores(tokens(query))
        share = max(found.values()) / scores.max()  # of what the query weighs
        assert [found.get(label, 0) for label in range(10, 14)] == pytest.approx((share * scores).tolist())


def test_what_stays_is_taken_over_as_if_counted_anew(tmp_path: Path) -> None:
    counted(enumerate(TEXTS, start=10)).save(tmp_path, TOKENS)
    kept = TermCounts.load(tmp_path, TOKENS).only(np.array([10, 11, 13]))
    assert "visa" not in kept.vocabulary
    new = [(14, "Visa fees were raised by 30 euros."), (15, "！")]
    changed = kept.joined(counted(new))
    fresh = counted([(10, TEXTS[0]), (11, TEXTS[1]), (13, TEXTS[3]), *new])
    assert changed.vocabulary.keys() == fresh.vocabulary.keys()
    for token in fresh.vocabulary:
        assert [part.tolist() for part in changed.holding(token)] == [
            part.tolist() for part in fresh.holding(token)
        ]
    assert changed.labels.tolist() == fresh.labels.tolist()
    assert changed.lengths.tolist() == fresh.lengths.tolist()


def test_parts_are_scored_as_one_corpus(index: Bm25Index) -> None:
    passages = list(enumerate(TEXTS, start=10))
    parts = indexed(passages[:1], passages[1:3], passages[3:])
    queries = ["fees", "签证 退款", "30 fee fee 行李", "zebra"]
    assert parts.search_many(queries, 3) == index.search_many(queries, 3)


def test_an_index_without_words_can_be_built_and_searched() -> None:
    assert indexed([(1, "……"), (2, "!")]).search_many(["fee"], 5) == [[]]


def test_a_folder_that_was_never_finished_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(Damaged):
        TermCounts.load(tmp_path, TOKENS)


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("fees", "fee"),
        ("policies", "policy"),
        ("pass", "pass"),
        ("status", "status"),
        ("buses", "buse"),
        ("is", "is"),
    ],
)
def test_plurals_are_stripped(word: str, stem: str) -> None:
    assert tokens(word) == [stem]
