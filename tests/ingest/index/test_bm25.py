from pathlib import Path

import bm25s
import numpy as np
import pytest

from ingest.index import Damaged
from ingest.index.bm25 import Bm25Index, tokens

TEXTS = [
    "The baggage fee is 30 euros.",
    "行李托运费为30元，可以退款。",
    "Visas and fees for travellers",
    "签证可以在机场办理。",
]


@pytest.fixture
def index() -> Bm25Index:
    return Bm25Index.build(enumerate(TEXTS, start=10))


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


def test_a_saved_index_answers_the_same(index: Bm25Index, tmp_path: Path) -> None:
    index.save(tmp_path)
    queries = ["fees", "签证 退款", "30"]
    assert Bm25Index.load(tmp_path).search_many(queries, 3) == index.search_many(queries, 3)


def test_scores_are_those_of_bm25s(index: Bm25Index) -> None:
    theirs = bm25s.BM25(method="lucene")
    theirs.index([tokens(text) for text in TEXTS], show_progress=False)
    for query in ("fees", "签证 退款", "30 fee 行李"):
        found = dict(index.search_many([query], 4)[0])
        scores = theirs.get_scores(tokens(query))
        share = max(found.values()) / scores.max()  # of what the query weighs
        assert [found.get(label, 0) for label in range(10, 14)] == pytest.approx((share * scores).tolist())


def test_what_stays_is_taken_over_as_if_counted_anew(index: Bm25Index, tmp_path: Path) -> None:
    index.save(tmp_path)
    kept = Bm25Index.load(tmp_path).terms.only(np.array([10, 11, 13]))
    assert "visa" not in kept.vocabulary
    new = [(14, "Visa fees were raised by 30 euros."), (15, "！")]
    changed = Bm25Index.build(new, kept)
    fresh = Bm25Index.build([(10, TEXTS[0]), (11, TEXTS[1]), (13, TEXTS[3]), *new])
    queries = ["fees", "visa", "签证 退款", "30", "raised"]
    assert changed.labels.tolist() == [10, 11, 13, 14, 15]
    assert changed.search_many(queries, 5) == fresh.search_many(queries, 5)


def test_an_index_without_words_can_be_built_and_searched() -> None:
    assert Bm25Index.build([(1, "……"), (2, "!")]).search_many(["fee"], 5) == [[]]


def test_a_folder_that_was_never_finished_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(Damaged):
        Bm25Index.load(tmp_path)


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
