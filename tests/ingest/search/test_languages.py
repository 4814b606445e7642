"""Both languages are searched; the question's own comes first where both answer; one can be asked for."""

from pathlib import Path

import numpy as np
import pytest

from core.domain import Domain
from core.errors import KnowledgeBaseError
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.search.fusion import fuse
from ingest.types import Document, Filter, Vectors
from settings import load_settings
from tests.fakes import FakeEmbedder

TOPICS = {"deposit": "押金", "parking": "停车", "breakfast": "早餐", "luggage": "行李", "pets": "宠物"}
MODES = ["hybrid", "dense", "exact"]


class BilingualEmbedder(FakeEmbedder):
    """Knows the topics in both languages, and puts texts of one language together, as real ones do."""

    def embed_queries(self, texts: object) -> Vectors:
        vectors = np.full((len(texts), self.dim), 1e-3, np.float32)  # type: ignore[arg-type]
        for row, text in zip(vectors, texts, strict=True):  # type: ignore[call-overload]
            row[0 if any("一" <= char <= "鿿" for char in text) else 1] += 2
            for place, (english, chinese) in enumerate(TOPICS.items(), start=2):
                row[place] += english in text.lower() or chinese in text
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def base(folder: Path, documents: list[Document], **retrieval: object) -> KnowledgeBase:
    loaded = load_settings({"home": folder, "threads": 1, "retrieval": retrieval})
    knowledge = open_knowledge_base(Domain("inn", folder / "inn"), loaded, BilingualEmbedder())
    knowledge.sync(documents)
    return knowledge


def inn(english: set[str], chinese: set[str], others: int = 60) -> list[Document]:
    """Return documents about topics, among others about nothing, in both languages."""
    noise = [
        Document(f"en{n}", f"Room {n}", f"Room {n} has a window to the sea.", "en") for n in range(others)
    ]
    noise += [Document(f"zh{n}", f"房间{n}", f"第{n}号房间有一扇朝海的窗。", "zh") for n in range(others)]
    said = [
        Document(f"{one}-en", "Rules", f"The {one} is told at the desk of the inn.", "en") for one in english
    ]
    said += [Document(f"{one}-zh", "规定", f"{TOPICS[one]}请在前台询问清楚。", "zh") for one in chinese]
    return [*noise, *said]


def found(knowledge: KnowledgeBase, query: str, lang: str, k: int = 3, **options: object) -> list[str]:
    return [hit.chunk.document_id for hit in knowledge.search(query, lang, k, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("query", "lang", "wanted"),
    [
        pytest.param("押金是多少", "zh", "deposit-en", id="Chinese, answered in English"),
        pytest.param("How much is the deposit?", "en", "deposit-en", id="English, answered in English"),
        pytest.param("早餐几点", "zh", "breakfast-zh", id="Chinese, answered in Chinese"),
        pytest.param("When is breakfast?", "en", "breakfast-zh", id="English, answered in Chinese"),
    ],
)
def test_an_answer_is_found_in_either_language(
    tmp_path: Path, mode: str, query: str, lang: str, wanted: str
) -> None:
    knowledge = base(tmp_path, inn({"deposit", "parking"}, {"breakfast", "luggage"}))
    assert wanted in found(knowledge, query, lang, mode=mode)


@pytest.mark.parametrize(
    ("query", "lang"), [("押金是多少", "zh"), ("How much is the deposit?", "en")], ids=["zh", "en"]
)
def test_where_both_languages_answer_the_questions_own_is_first(
    tmp_path: Path, query: str, lang: str
) -> None:
    knowledge = base(tmp_path, inn({"deposit"}, {"deposit"}))
    first, *_ = found(knowledge, query, lang)
    assert first == f"deposit-{lang}"


def test_one_file_in_the_other_language_hides_nothing(tmp_path: Path) -> None:
    english = [one for one in inn({"deposit", "parking"}, set()) if one.lang == "en"]
    knowledge = base(tmp_path, [*english, Document("breakfast-zh", "早餐", "早餐七点至十点供应。", "zh")])
    assert "deposit-en" in found(knowledge, "押金是多少", "zh", 2)
    assert found(knowledge, "早餐几点", "zh", 2)[0] == "breakfast-zh"


@pytest.mark.parametrize("mode", ["dense", "exact"])
def test_one_file_in_the_other_language_is_not_hidden(tmp_path: Path, mode: str) -> None:
    """It is no mean of its language: what it says would count as how that language lies."""
    chinese = [one for one in inn({"deposit"}, {"parking"}) if one.lang == "zh" or one.id == "deposit-en"]
    english = [one for one in inn({"parking"}, {"deposit"}) if one.lang == "en" or one.id == "deposit-zh"]
    for name, documents, query, lang in (
        ("zh", chinese, "押金是多少", "zh"),
        ("en", english, "What is the deposit?", "en"),
    ):
        knowledge = base(tmp_path / name, documents)
        assert found(knowledge, query, lang, 1, mode=mode) == [f"deposit-{'en' if lang == 'zh' else 'zh'}"]


def test_a_passage_has_the_language_of_its_own_text(tmp_path: Path) -> None:
    """Both halves of a bilingual document are found, the half in the question's language first."""
    both = Document(
        "both",
        "Rules",
        "\n\n".join(
            [
                "# 押金",
                *(f"第{n}条，押金在离店时退还，房间须完好。" for n in range(30)),
                "# Deposit",
                *(f"Article {n}. The deposit is returned on departure from the inn." for n in range(30)),
            ]
        ),
        "zh",
    )
    knowledge = base(tmp_path, [both, *inn(set(), {"pets"})], candidates=200)
    for query, lang in (("押金怎么退", "zh"), ("Is the deposit returned?", "en")):
        first = knowledge.search(query, lang, 1)[0].chunk.text
        assert ("离店" in first) == (lang == "zh"), first


@pytest.mark.parametrize("mode", [*MODES, "bm25"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_language_can_be_asked_for(tmp_path: Path, lang: str, mode: str) -> None:
    documents = inn({"deposit"}, {"deposit"})
    only = found(base(tmp_path, documents), "押金 deposit", "zh", 200, mode=mode, only=Filter(lang=lang))
    assert only
    assert all(id.endswith(lang) or id.startswith(lang) for id in only)


def test_the_settings_can_ask_for_one_language(tmp_path: Path) -> None:
    only = found(base(tmp_path, inn({"deposit"}, {"deposit"}), lang="en"), "押金是多少", "zh", 200)
    assert only
    assert all("zh" not in id for id in only)


def test_a_language_that_no_document_is_in_is_told(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match="no documents in 'fr'; there are some in en, zh"):
        found(base(tmp_path, inn({"deposit"}, set())), "deposit", "en", only=Filter(lang="fr"))


def test_a_rare_word_is_rare_in_all_languages_together(tmp_path: Path) -> None:
    """In the one passage of its language every word would be common."""
    chinese = [one for one in inn(set(), set()) if one.lang == "zh"]
    chinese.append(Document("code-zh", "故障", "显示 ERR-4042 时请重新插卡。", "zh"))
    knowledge = base(tmp_path, [*chinese, Document("code-en", "Machine", "At ERR-7001 call the desk.", "en")])
    assert found(knowledge, "ERR-7001 怎么办", "zh", 1, mode="bm25") == ["code-en"]
    assert found(knowledge, "ERR-4042", "en", 1, mode="bm25") == ["code-zh"]


@pytest.mark.parametrize("method", ["convex", "rrf"])
def test_a_tie_goes_to_the_language_of_the_question(method: str) -> None:
    legs = {"dense": [(1, 0.9), (2, 0.9)], "bm25": [(1, 0.5), (2, 0.5)]}
    weights = {"dense": 0.5, "bm25": 0.5}
    assert [one.label for one in fuse(legs, weights, {1}, method)] == [2, 1]  # type: ignore[arg-type]
    assert [one.label for one in fuse(legs, weights, {2}, method)] == [1, 2]  # type: ignore[arg-type]


def test_the_second_of_two_nearly_equal_hits_has_nearly_the_same_vote() -> None:
    for leg in ("dense", "bm25"):
        legs = {leg: [(1, 0.80), (2, 0.799)], "other": []}
        first, second = fuse(legs, {leg: 1.0, "other": 0.0})
        assert first.score - second.score < 0.05


def test_a_leg_that_found_nothing_good_has_no_full_vote() -> None:
    legs = {"dense": [(1, 0.9), (2, 0.8)], "bm25": [(2, 0.05)]}
    assert fuse(legs, {"dense": 0.5, "bm25": 0.5})[0].label == 1
