"""Rules of the queue behind the page: one answer at a time, each can be stopped, failures stay apart."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.page.engine import Engine, Moment
from assistant.types import Answer, Question
from core.domain import Domain
from core.errors import AdapterError
from tests.apps.scripted import ScriptedAssistant

DOMAIN = Domain("travel", Path("travel"))
QUESTION = Question("q", "How much?", "en")


def last(moments: Iterator[Moment]) -> Moment:
    *_, moment = moments
    return moment


def test_an_answer_passes_through_its_states() -> None:
    engine = Engine(lambda _: ScriptedAssistant({"rag": "250 euros"}))
    states = [moment.state for moment in engine.follow(DOMAIN, "rag", QUESTION)]
    assert states[0] == "waiting"
    assert states[-1] == "done"
    assert sorted(states, key=["waiting", "opening", "working", "answering", "done"].index) == states


def test_the_last_moment_is_complete_and_describes_its_documents() -> None:
    engine = Engine(lambda _: ScriptedAssistant({"rag": "250 euros"}))
    moment = last(engine.follow(DOMAIN, "rag", QUESTION))
    assert moment.answer is not None
    assert moment.answer.text == "250 euros"
    assert set(moment.records) == {hit.chunk.document_id for hit in moment.answer.contexts}


def test_a_domain_is_opened_once() -> None:
    opened: list[Domain] = []

    def open_domain(domain: Domain) -> ScriptedAssistant:
        opened.append(domain)
        return ScriptedAssistant({"rag": "yes"})

    engine = Engine(open_domain)
    last(engine.follow(DOMAIN, "rag", QUESTION))
    last(engine.follow(DOMAIN, "rag", QUESTION))
    assert opened == [DOMAIN]


def test_what_a_user_can_fix_fails_one_column_and_leaves_the_next_answering() -> None:
    engine = Engine(lambda _: ScriptedAssistant({"rag": "yes", "fine_tuned": AdapterError("run: train")}))
    failed = last(engine.follow(DOMAIN, "fine_tuned", QUESTION))
    assert (failed.state, failed.problem) == ("failed", "run: train")
    assert last(engine.follow(DOMAIN, "rag", QUESTION)).state == "done"


def test_a_bug_reaches_who_asked_and_the_engine_lives_on() -> None:
    engine = Engine(lambda _: ScriptedAssistant({"rag": "yes", "fine_tuned": ZeroDivisionError("bug")}))
    with pytest.raises(ZeroDivisionError, match="bug"):
        last(engine.follow(DOMAIN, "fine_tuned", QUESTION))
    assert last(engine.follow(DOMAIN, "rag", QUESTION)).state == "done"


def test_closing_stops_the_model() -> None:
    closed = threading.Event()
    engine = Engine(lambda _: Endless(closed.set))
    moments = engine.follow(DOMAIN, "rag", QUESTION)
    assert next(moment for moment in moments if moment.state == "answering").answer
    moments.close()
    assert closed.wait(10)


def test_one_answers_while_the_other_waits() -> None:
    closed = threading.Event()
    engine = Engine(lambda _: Endless(closed.set))
    first, second = (engine.follow(DOMAIN, "rag", QUESTION) for _ in range(2))
    next(moment for moment in first if moment.state == "answering")
    assert {next(second).state, next(second).state} == {"waiting"}
    first.close()
    assert next(moment for moment in second if moment.state != "waiting")
    second.close()


class Endless(ScriptedAssistant):
    """Answers with one more word for ever, and says when it is stopped."""

    def __init__(self, on_close: Callable[[], None]) -> None:
        super().__init__({})
        self._on_close = on_close

    def stream(self, question: Question) -> Iterator[Answer]:
        text = "on"
        try:
            while True:
                text += " and on"
                yield Answer(question, text, "rag")
        finally:
            self._on_close()

    def strategy(self, name: str) -> "Endless":
        return self
