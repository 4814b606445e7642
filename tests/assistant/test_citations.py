"""Citations: the sentence that supports an answer, or none."""

import pytest

from assistant.citations import cite
from ingest.types import Chunk, Hit

HOTEL = (
    "The hotel refunds the deposit in seven days. Breakfast is served from 7 to 10.\n"
    "Dogs pay 15.50 euros a night. No pets in the restaurant."
)
SPA = "The spa opens at 9. The deposit for a bathrobe is refunded in three days."
INN = "酒店在七天内退还押金。早餐七点到十点供应。宠物每晚15欧元！游泳池早上九点开放，晚上九点关闭。"
CONTEXTS = [
    Hit(Chunk(f"{name}#0", name, text, 0, len(text), name), 1.0)
    for name, text in (("hotel", HOTEL), ("spa", SPA), ("inn", INN))
]


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        pytest.param(
            "How much for a dog?", "15.50 euros", ["Dogs pay 15.50 euros a night."], id="a number decides"
        ),
        pytest.param(
            "When is the deposit back?",
            "7 days",
            ["The hotel refunds the deposit in seven days."],
            id="seven is 7",
        ),
        pytest.param("押金多久退还？", "七天内", ["酒店在七天内退还押金。"], id="Chinese"),
        pytest.param(
            "When do I get the deposit for the bathrobe back?",
            "In three days.",
            ["The deposit for a bathrobe is refunded in three days."],
            id="rare words weigh more",
        ),
        pytest.param(
            "游泳池什么时候开？",
            "九点",
            ["游泳池早上九点开放，晚上九点关闭。"],
            id="the question tells equals apart",
        ),
        pytest.param(
            "Is breakfast served?", "Yes.", ["Breakfast is served from 7 to 10."], id="yes: what was asked"
        ),
        pytest.param(
            "早餐和宠物？",
            "早餐七点到十点供应。宠物每晚15欧元。",
            ["早餐七点到十点供应。", "宠物每晚15欧元！"],
            id="one for each sentence of the answer",
        ),
        pytest.param("Is there parking?", "Underground garage, 20 places", [], id="no support, no citation"),
        pytest.param("Is there parking?", "I don't know.", [], id="a refusal cites nothing"),
        pytest.param("有停车场吗？", "我不知道。", [], id="a refusal in Chinese neither"),
        pytest.param("?", "！", [], id="an answer without words"),
        pytest.param("Is breakfast served?", " ", [], id="an empty answer"),
    ],
)
def test_the_best_sentence_is_cited(question: str, answer: str, expected: list[str]) -> None:
    citations = cite(question, answer, CONTEXTS)
    assert [citation.quote for citation in citations] == expected
    texts = {hit.chunk.id: hit.chunk.text for hit in CONTEXTS}
    assert all(citation.quote in texts[citation.chunk_id] for citation in citations)


def test_nothing_to_cite_from() -> None:
    assert cite("When?", "In seven days.", []) == ()


def test_the_first_of_equal_passages_is_cited() -> None:
    twice = [Hit(Chunk(id_, id_, INN, 0, len(INN)), 1.0) for id_ in ("a", "b")]
    assert [citation.chunk_id for citation in cite("押金多久退还？", "七天", twice)] == ["a"]
