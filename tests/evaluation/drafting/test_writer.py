"""What is made of a reply, which an endpoint need not have held to the schema."""

import json
from typing import Any

import pytest

from assistant.types import Prompt
from evaluation.drafting.types import Draft, Dropped, Passage, Slot
from evaluation.drafting.writer import Writer
from ingest.types import Chunk
from tests.fakes import ScriptedGenerator

TEXT = 'The "old" ship C:\\bell costs 12 euros 🚀. Ropes, nets and sails are on sale at the harbour museum.'
QUOTES = tuple(TEXT.replace(". ", ".\n").split("\n"))
PASSAGE = Passage(Chunk("fees#0", "fees", TEXT, 0, len(TEXT), "Harbour museum"), "en", "", QUOTES)
GOOD = {"quote": QUOTES[0], "question": "How much is the bell of the harbour museum?", "answer": "12 euros"}


def write(reply: str, kind: str = "number") -> Draft | Dropped:
    (one,) = Writer(ScriptedGenerator(lambda prompt: reply)).write([Slot(kind, PASSAGE, QUOTES)])
    return one


def said(**changed: Any) -> str:
    return json.dumps({**GOOD, **changed})


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param("", "no such JSON", id="nothing"),
        pytest.param("As an AI I would love to help!", "no such JSON", id="no JSON"),
        pytest.param("[" * 100_000, "no such JSON", id="deeper than a parser goes"),
        pytest.param("[]", "it is no object", id="a list"),
        pytest.param(json.dumps({"quote": QUOTES[0]}), "key 'question' is missing", id="a key is missing"),
        pytest.param(said(question=None), "question is no text", id="null"),
        pytest.param(said(question={"text": "Who pays for it?"}), "question is no text", id="an object"),
        pytest.param(said(answer=True), "answer is no text", id="true"),
        pytest.param(said(answer=[{"a": 1}, {"b": 2}]), "answer is no text", id="a list of objects"),
        pytest.param(said(answer=[None, None]), "answer is no text", id="a list of nulls"),
        pytest.param(said(quote=None), "does not stand in the passage", id="a quote that is null"),
        pytest.param(said(quote=[QUOTES[0]]), "does not stand in the passage", id="a list of quotes"),
        pytest.param(said(quote=QUOTES[0].lower()), "does not stand in the passage", id="another quote"),
        pytest.param(said(question="Who " * 80 + "?"), "more than 240 characters", id="a long question"),
        pytest.param(said(answer="x" * 201), "more than 200 characters", id="a long answer"),
    ],
)
def test_what_is_no_draft_is_dropped_with_its_reason(reply: str, reason: str) -> None:
    one = write(reply)
    assert isinstance(one, Dropped)
    assert reason in one.reason
    assert one.reply == reply[:500]


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        pytest.param(said(), "12 euros", id="as asked for"),
        pytest.param(f"```json\n{said()}\n```", "12 euros", id="in a fence"),
        pytest.param(f"Here it is: {said()} I hope this helps!", "12 euros", id="among words"),
        pytest.param(said(quote=QUOTES[0].replace(" ", "\n ")), "12 euros", id="a quote with other blanks"),
        pytest.param(said(answer=12), "12", id="a number"),
        pytest.param(said(answer="12\u200b euros\n\x00\x1b"), "12 euros", id="characters that nobody sees"),
        pytest.param(said(answer="12 euros\ud83d"), "12 euros", id="half a character"),
        pytest.param(said(answer=["Ropes", " nets "]), "Ropes, nets", id="a list"),
    ],
)
def test_what_can_be_understood_is_a_draft(reply: str, answer: str) -> None:
    one = write(reply)
    assert isinstance(one, Draft)
    assert one.answers == (answer,)
    assert one.evidence[0].text == QUOTES[0]


def test_quotes_are_offered_as_they_stand_whatever_they_hold() -> None:
    writer = ScriptedGenerator(lambda prompt: said())
    list(Writer(writer).write([Slot("number", PASSAGE, QUOTES)]))
    assert json.loads(writer.asked[0].schema)["properties"]["quote"]["enum"] == list(QUOTES)


@pytest.mark.parametrize(
    "questions",
    [
        pytest.param("Who else pays for it?", id="a text"),
        pytest.param(3, id="a number"),
        pytest.param([{"q": "Who pays?"}], id="objects"),
        pytest.param(None, id="null"),
    ],
)
def test_wordings_of_another_shape_are_none(questions: object) -> None:
    one = write(said())
    assert isinstance(one, Draft)

    def reply(prompt: Prompt) -> str:
        return json.dumps({"questions": questions})

    assert Writer(ScriptedGenerator(reply)).reword([one], 3) == [one]
