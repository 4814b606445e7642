"""Self-route over scripted generators: the second is asked where the first refuses, and both are paid for."""

from collections.abc import Callable

import pytest

from assistant.prompts import refusal
from assistant.strategies.long_context import LongContext
from assistant.strategies.rag import Rag
from assistant.strategies.self_route import SelfRoute
from assistant.types import Answer, Message, Prompt, Question, Timing, Usage
from tests.assistant.strategies.test_strategies import EN, HOTEL, INN, SPA, ZH, Shelf, reading
from tests.fakes import ScriptedGenerator, question_of

SHELF = Shelf([SPA, HOTEL, INN])


def knows_from_all(prompt: Prompt) -> str:
    """Chinese is answered by retrieval, English only by who reads all."""
    if question_of(prompt) == ZH.text:
        return "七天内。"
    return "In seven days." if HOTEL.text in prompt.messages[-1].content else refusal("en")


def routed(reply: Callable[[Prompt], str] = knows_from_all) -> tuple[SelfRoute, ScriptedGenerator]:
    generator = ScriptedGenerator(reply)
    first, second = (
        Rag(generator, SHELF, "short", top_k=1),
        LongContext(generator, SHELF, "short", reading(200)),
    )
    return SelfRoute(first, second), generator


def test_only_what_was_refused_is_asked_again() -> None:
    strategy, generator = routed()
    heard: list[Answer] = []
    answers = strategy.answer_many([EN, ZH, EN], heard.append)
    assert [answer.text for answer in answers] == ["In seven days.", "七天内。", "In seven days."]
    assert [answer.route for answer in answers] == [
        ("rag", "long_context"),
        ("rag",),
        ("rag", "long_context"),
    ]
    assert {answer.strategy for answer in answers} == {"self_route"}
    read = [HOTEL.text in prompt.messages[-1].content for prompt in generator.asked]
    assert read == [False, False, False, True]
    assert {answer.question for answer in heard} == {EN, ZH}


def test_what_both_refuse_stays_refused() -> None:
    strategy, _ = routed(lambda prompt: refusal("zh" if question_of(prompt) == ZH.text else "en"))
    answers = strategy.answer_many([EN, ZH])
    assert [(answer.abstained, len(answer.route)) for answer in answers] == [(True, 2), (True, 2)]


def test_an_answer_costs_all_its_calls() -> None:
    strategy, generator = routed()
    (answer,) = strategy.answer_many([EN])
    sizes = [sum(len(one.content.split()) for one in prompt.messages) for prompt in generator.asked]
    assert answer.usage == Usage(sum(sizes), 0, 6, calls=2)
    assert [hit.chunk.id for hit in answer.contexts] == ["spa", "hotel"], "those of the answer that is shown"
    assert answer.ranked == ("spa",), "what was searched for"


def test_seconds_are_those_of_both_and_count_from_the_asking() -> None:
    first, second = Timing(0.1, 0.2, 1.0, alone=True), Timing(0.0, 0.5, 2.0, alone=True)
    assert first + second == Timing(0.1, 1.5, 3.0, alone=True)
    assert not (first + Timing(0.0, 0.5, 2.0)).alone


def test_a_sum_of_usages_is_estimated_where_one_is() -> None:
    assert Usage(1, 2, 3) + Usage(10, 20, 30, estimated=True) == Usage(11, 22, 33, estimated=True, calls=2)


@pytest.mark.parametrize("question", [EN, ZH], ids=["second", "first"])
def test_a_stream_shows_no_refusal_as_final_before_it_is(question: Question) -> None:
    seen = list(routed()[0].stream(question))
    (whole,) = routed()[0].answer_many([question])
    assert not any(answer.abstained for answer in seen)
    assert (seen[-1].text, seen[-1].route, seen[-1].citations) == (whole.text, whole.route, whole.citations)
    if question is EN:
        taken_back = [answer.text for answer in seen].index("")
        assert {answer.route for answer in seen[:taken_back]} == {("rag",)}
        assert {answer.route for answer in seen[taken_back:]} == {("rag", "long_context")}


def test_a_stream_ends_with_the_refusal_of_the_second() -> None:
    *_, answer = routed(lambda prompt: refusal("en"))[0].stream(EN)
    assert answer.abstained


@pytest.mark.parametrize("asks", ["answer_many", "stream"])
def test_a_follow_up_is_rewritten_and_paid_once(asks: str) -> None:
    follow_up = Question("3", "And when?", "en", (Message("user", "Refunds?"), Message("assistant", "Yes.")))
    strategy, generator = routed(
        lambda prompt: EN.text if "Last question" in prompt.messages[-1].content else knows_from_all(prompt)
    )
    *_, answer = strategy.stream(follow_up) if asks == "stream" else strategy.answer_many([follow_up])
    assert (answer.text, answer.question, answer.standalone) == ("In seven days.", follow_up, EN.text)
    assert (answer.usage.calls, len(generator.asked)) == (3, 3)
