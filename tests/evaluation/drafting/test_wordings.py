"""Which other wordings of a draft stay."""

import pytest

from core.language import Lang, detect
from evaluation.drafting.types import Bench, Draft, Passage, Slot
from evaluation.drafting.wordings import faithful
from ingest.types import Chunk
from tests.evaluation.drafting.clerk import Shelf
from tests.fakes import ScriptedGenerator

ENGLISH = "Who decides on bookings of the study room for more than two hours?"
CHINESE = "在市图书馆，自习室预约超过两小时由谁决定？"


def kept(question: str, *wordings: str, says: str = "") -> tuple[str, ...]:
    """Return the wordings that stay where a reader `says` this, by default what is right."""
    lang: Lang = detect(question)
    answer = "馆长" if lang == "zh" else "the head of the library"
    quote = Chunk("room#0", "room", "...", 0, 3)
    draft = Draft(Slot("short", Passage(quote, lang, "", ())), question, (answer,), (quote,), wordings)
    (found,) = faithful([draft], Bench(ScriptedGenerator(lambda prompt: says or answer), Shelf()))
    return found.wordings


@pytest.mark.parametrize(
    ("question", "text"),
    [
        pytest.param(
            ENGLISH, "If 2 hours in the study room are too few, whose word is needed?", id="in figures"
        ),
        pytest.param(
            ENGLISH, "Over two hours in the study room: who has to agree to that?", id="in another place"
        ),
        pytest.param(CHINESE, "想在市图书馆的自习室待2小时以上，要谁同意？", id="Chinese, in figures"),
    ],
)
def test_the_same_amounts_may_stand_elsewhere(question: str, text: str) -> None:
    assert kept(question, text) == (text,)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        pytest.param(
            ENGLISH, "Who has a say in whether somebody stays for over three hours?", id="another amount"
        ),
        pytest.param(ENGLISH, "Whose decision is a booking of the study room?", id="without the amount"),
        pytest.param(ENGLISH, "Who decides on bookings of the study room for over two hours?", id="the same"),
        pytest.param(ENGLISH, "Who says in the document that two hours are too few?", id="the document"),
        pytest.param(ENGLISH, "The study room, over two hours", id="no question"),
        pytest.param(CHINESE, "在市图书馆的自习室待三小时以上，要谁同意？", id="Chinese, another amount"),
    ],
)
def test_what_asks_for_something_else_goes(question: str, text: str) -> None:
    assert kept(question, text) == ()


def test_a_wording_that_a_reader_answers_otherwise_goes() -> None:
    assert kept(CHINESE, "想在市图书馆的自习室待2小时以上，要谁同意？", says="管理员") == ()
