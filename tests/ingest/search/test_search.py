"""Search: fusion, filters, neighbours and reranking find what they promise, in both languages."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.domain import Domain
from core.errors import KnowledgeBaseError
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.search.fusion import fuse
from ingest.types import Document, Filter
from settings import load_settings
from tests.fakes import FakeEmbedder

LAWS = [
    Document("old", "Fees", "The desk refunds the baggage fee.", "en", "Regulation 1/2004", "2004-02-11"),
    Document(
        "new", "Fees", "The desk refunds the whole baggage fee.", "en", "Regulation 9/2025", "2025-01-01"
    ),
    Document("undated", "Fees", "The baggage fee of a house.", "en", "House rules"),
    Document("zh-old", "费用", "窗口退还行李费。", "zh", "条例一", "2004-02-11"),
    Document("zh-new", "费用", "窗口全额退还行李费。", "zh", "条例九", "2025-01-01"),
]


def base(folder: Path, documents: list[Document], **settings: object) -> KnowledgeBase:
    loaded = load_settings({"home": folder, "threads": 1, **settings})
    knowledge = open_knowledge_base(Domain("laws", folder / "laws"), loaded, FakeEmbedder())
    knowledge.sync(documents)
    return knowledge


@pytest.mark.parametrize("mode", ["hybrid", "dense", "bm25", "exact"])
@pytest.mark.parametrize(
    ("only", "query", "found"),
    [
        pytest.param(Filter(), "baggage fee", {"old", "new", "undated"}, id="all"),
        pytest.param(Filter(source="regulation"), "baggage fee", {"old", "new"}, id="source"),
        pytest.param(Filter(since="2020-01-01"), "baggage fee", {"new"}, id="since"),
        pytest.param(Filter(until="2020-01-01"), "baggage fee", {"old"}, id="until"),
        pytest.param(Filter("9/2025", "2020-01-01", "2030-01-01"), "baggage fee", {"new"}, id="together"),
        pytest.param(Filter(source="nothing"), "baggage fee", set(), id="nothing"),
        pytest.param(Filter(source="条例", since="2020-01-01"), "行李费", {"zh-new"}, id="Chinese"),
    ],
)
def test_a_filter_finds_only_what_it_allows(
    tmp_path: Path, mode: str, only: Filter, query: str, found: set[str]
) -> None:
    lang = "zh" if "行" in query else "en"
    hits = base(tmp_path, LAWS).search(query, lang, top_k=5, mode=mode, only=replace(only, lang=lang))
    assert {hit.chunk.document_id for hit in hits} == found


def test_a_filter_finds_what_lies_behind_a_thousand_better_ones(tmp_path: Path) -> None:
    noise = [Document(f"n{i}", "Fees", f"Baggage fee baggage fee {i}.", "en", "Noise") for i in range(1000)]
    rare = Document("rare", "Notes", "One fee among many other words of the house.", "en", "Archive")
    for mode in ("dense", "hybrid"):
        hits = base(tmp_path, [*noise, rare]).search("baggage fee", "en", 3, mode, Filter(source="archive"))
        assert [hit.chunk.document_id for hit in hits] == ["rare"]


LONG = Document("long", "Guide", "\n\n".join(f"Part {n} tells of topic{n} here." for n in range(9)), "en")


def test_neighbours_are_read_with_a_passage(tmp_path: Path) -> None:
    small = {"size": 20, "overlap": 0}
    alone = base(tmp_path / "a", [LONG], chunking=small)
    (hit,) = alone.search("topic4", "en", 1, "bm25")
    wide = base(tmp_path / "b", [LONG], chunking=small, retrieval={"neighbours": 1})
    (wider,) = wide.search("topic4", "en", 1, "bm25")
    assert len(wider.chunk.text) > 2 * len(hit.chunk.text)
    assert hit.chunk.text in wider.chunk.text
    assert wider.chunk.text == LONG.text[wider.chunk.start : wider.chunk.end]


def test_a_hit_inside_a_wider_better_one_is_left_out(tmp_path: Path) -> None:
    wide = base(
        tmp_path, [LONG], chunking={"size": 20, "overlap": 0}, retrieval={"neighbours": 9, "top_k": 4}
    )
    assert len(wide.search("topic4 topic5 tells", "en", mode="bm25")) == 1


@pytest.fixture(scope="session")
def tiny_cross_encoder(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> Path:
    """A folder with a random BERT that gives one score for a pair of texts."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(tiny_embedder)
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=256,
        num_labels=1,
        initializer_range=0.5,
    )
    folder = tmp_path_factory.mktemp("tiny-cross-encoder")
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(("query", "lang"), [("baggage fee", "en"), ("行李费", "zh")])
def test_a_cross_encoder_orders_the_best_hits_anew(
    tmp_path: Path, tiny_cross_encoder: Path, query: str, lang: str
) -> None:
    from sentence_transformers import CrossEncoder

    knowledge = base(tmp_path, LAWS, retrieval={"reranker": str(tiny_cross_encoder)})
    hits = knowledge.search(query, lang, top_k=3, mode="reranked")
    model = CrossEncoder(str(tiny_cross_encoder), num_labels=1)
    expected = model.predict([(query, hit.chunk.passage) for hit in hits])
    assert [hit.score for hit in hits] == pytest.approx(expected.tolist(), abs=0.02)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.legs for hit in hits)


def test_reranking_without_a_model_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match=r"retrieval\.reranker is empty"):
        base(tmp_path, LAWS).search("fee", mode="reranked")


@pytest.mark.parametrize(("method", "first"), [("convex", 1), ("rrf", 2)])
def test_convex_fusion_heeds_how_much_better_a_score_is(method: str, first: int) -> None:
    legs = {"dense": [(1, 0.99), (2, 0.2), (3, 0.1)], "bm25": [(2, 5.0), (3, 4.9), (1, 4.8), (4, 0.1)]}
    weights = {"dense": 0.5, "bm25": 0.5}
    assert fuse(legs, weights, method=method)[0].label == first  # type: ignore[arg-type]


def test_equal_scores_fuse_without_dividing_by_zero() -> None:
    legs = {"dense": [(1, 0.5), (2, 0.5)], "bm25": [(2, 3.0)]}
    assert [found.label for found in fuse(legs, {"dense": 0.5, "bm25": 0.5})] == [2, 1]
