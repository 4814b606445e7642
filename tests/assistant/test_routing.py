"""Signals of a question, and a router on the disk."""

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.routing import SIGNALS, Router, load_router, save_router, signals_of
from assistant.strategies.auto import Auto
from assistant.types import Answer, Message, Question
from core.errors import AssistantError
from ingest.types import Chunk, Hit
from tests.fakes import ScriptedGenerator

EN, ZH = Question("1", "How long is it?", "en"), Question("2", "可以退票吗？", "zh")
ROUTER = Router(
    "f0", 40, (0.0,) * 9, (1.0,) * 9, {"rag": (0.5, *[0.0] * 9), "fine_tuned": (0.5, 1.0, *[0.0] * 8)}
)
"""Chinese goes to the adapter."""


class Found:
    """Three passages for English, none for Chinese; a question's vector is its first letter's."""

    embedder: "Found"

    def __init__(self) -> None:
        self.embedder = self

    def search_many(self, queries, lang="", top_k=None):  # type: ignore[no-untyped-def]
        chunk = Chunk("a#0", "a", "text", 0, 4)
        hits = [
            Hit(chunk, score, {"dense": 1, "bm25": 2} if place == 0 else {"dense": 2})
            for place, score in enumerate((0.9, 0.7, 0.2))
        ]
        return [hits if lang == "en" else [] for _ in queries]

    def embed_queries(self, texts):  # type: ignore[no-untyped-def]
        return np.array([[float(text[0] == "H"), float(text[0] != "H")] for text in texts], np.float32)


def test_the_signals_of_a_question() -> None:
    english, chinese = (
        dict(zip(SIGNALS, one, strict=True)) for one in signals_of([EN, ZH], Found(), ["How?"])
    )
    assert english["words"] == pytest.approx(np.log(5))
    del english["words"], chinese["words"]
    assert english == pytest.approx(
        {
            "Chinese": 0,
            "asks yes or no": 0,
            "asks for a number": 1,
            "best score": 0.9,
            "ahead of the second": 0.2,
            "ahead of the fifth": 0.7,
            "found by both legs": 1,
            "nearest known question": 1,
        }
    )
    assert chinese == {
        "Chinese": 1,
        "asks yes or no": 1,
        "asks for a number": 0,
        "best score": 0,
        "ahead of the second": 0,
        "ahead of the fifth": 0,
        "found by both legs": 0,
        "nearest known question": 0,
    }


@pytest.mark.parametrize(
    ("text", "yes_no", "number"),
    [
        pytest.param("My boat sank. May I claim?", 1, 0, id="English, after a sentence"),
        pytest.param("Who may claim?", 0, 0, id="English, may in the middle"),
        pytest.param("What minimum sum must it cover?", 0, 1, id="English sum"),
        pytest.param("能不能退？", 1, 0, id="能不能"),
        pytest.param("这样做违不违法？", 1, 0, id="违不违"),
        pytest.param("最多罚几元？", 0, 1, id="几元"),
        pytest.param("谁来承担？", 0, 0, id="who, Chinese"),
    ],
)
def test_the_form_of_a_question(text: str, yes_no: int, number: int) -> None:
    lang = "zh" if text[-1] == "？" else "en"
    (one,) = signals_of([Question("1", text, lang)], Found(), [])  # type: ignore[arg-type]
    assert (one[2], one[3]) == (yes_no, number)


def test_a_router_is_read_as_it_was_written(tmp_path: Path) -> None:
    save_router(tmp_path / "routers" / "inns.json", ROUTER)
    assert load_router(tmp_path / "routers" / "inns.json", "") == ROUTER
    assert [path.name for path in (tmp_path / "routers").iterdir()] == ["inns.json"]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(lambda said: "{", "cannot be used", id="broken"),
        pytest.param(
            lambda said: json.dumps({**said, "signals": ["mood"]}), "other signals", id="other signals"
        ),
        pytest.param(
            lambda said: json.dumps({**said, "weights": {"rag": [1]}}), "too few", id="too few weights"
        ),
        pytest.param(lambda said: "[]", "cannot be used", id="a list"),
    ],
)
def test_one_that_does_not_fit_is_refused_with_the_remedy(tmp_path: Path, damage, reason: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "inns.json"
    with pytest.raises(AssistantError, match=r"there is no router .* run: learn it"):
        load_router(path, "learn it")
    save_router(path, ROUTER)
    path.write_text(damage(json.loads(path.read_text())))
    with pytest.raises(AssistantError, match=f"{reason}.*run: learn it"):
        load_router(path, "learn it")


class Way:
    """Answers with its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[Question] = []

    def answer_many(self, questions, on_answer=None):  # type: ignore[no-untyped-def]
        self.asked += questions
        answers = [Answer(one, self.name, self.name) for one in questions]
        for answer in answers if on_answer else ():
            on_answer(answer)
        return answers

    def stream(self, question):  # type: ignore[no-untyped-def]
        yield from self.answer_many([question])


def routed(known: str = "How long is it for dogs?") -> tuple[Auto, dict[str, Way]]:
    ways = {name: Way(name) for name in ("rag", "fine_tuned")}
    generator = ScriptedGenerator(lambda prompt: known)
    ticks = iter(range(100))
    return Auto(generator, ways, ROUTER, Found(), [], lambda: float(next(ticks))), ways  # type: ignore[arg-type]


def test_each_question_goes_its_way_and_the_look_at_it_is_timed() -> None:
    auto, ways = routed()
    heard: list[str] = []
    answers = auto.answer_many([ZH, EN, ZH], lambda answer: heard.append(answer.text))
    assert [one.text for one in answers] == ["fine_tuned", "rag", "fine_tuned"]
    assert [one.route for one in answers] == [("fine_tuned",), ("rag",), ("fine_tuned",)]
    assert {one.strategy for one in answers} == {"auto"}
    assert {one.timing.total for one in answers} == {1.0}
    assert (len(ways["rag"].asked), len(ways["fine_tuned"].asked), sorted(heard)) == (1, 2, sorted(heard))
    *_, last = auto.stream(ZH)
    assert (last.text, last.route, last.usage.calls) == ("fine_tuned", ("fine_tuned",), 1)


def test_a_follow_up_is_rewritten_once_and_looked_at_as_it_stands_alone() -> None:
    follow_up = Question(
        "3", "And dogs?", "en", (Message("user", "How long?"), Message("assistant", "A week."))
    )
    auto, ways = routed()
    (answer,) = auto.answer_many([follow_up])
    assert (answer.question, answer.standalone) == (follow_up, "How long is it for dogs?")
    assert answer.usage.calls == 2
    assert [one.text for one in ways["rag"].asked] == ["How long is it for dogs?"]
    assert not ways["rag"].asked[0].turns
