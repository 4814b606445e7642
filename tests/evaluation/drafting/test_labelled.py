"""The guards that are rules, on drafts of which somebody has said what is right."""

import pytest

from core.language import Lang
from evaluation.drafting.guards import GUARDS
from evaluation.drafting.types import Bench, Draft, Passage, Slot
from ingest.types import Chunk
from tests.evaluation.drafting.clerk import Shelf
from tests.evaluation.drafting.labelled import CHINESE, ENGLISH, MISSED, READER, Labelled
from tests.fakes import ScriptedGenerator

RULES = ("form", "alone", "grounded", "copies")


def left_out_by(one: Labelled, lang: Lang) -> str:
    """Return the first guard that leaves a draft out, of those that need no model."""
    quote = Chunk("notes#0", "notes", one.quote, 0, len(one.quote))
    slot = Slot(one.type, Passage(quote, lang, "", (one.quote,)))
    draft = Draft(slot, one.question, (one.answer,) if one.answer else (), (quote,) if one.quote else ())
    bench = Bench(ScriptedGenerator(lambda prompt: ""), Shelf())
    return next((name for name in RULES if not list(GUARDS[name]([draft], bench))), "")


@pytest.mark.parametrize("one", ENGLISH, ids=lambda one: one.question)
def test_english(one: Labelled) -> None:
    assert left_out_by(one, "en") == ("" if one.guard in (READER, MISSED) else one.guard), one.why


@pytest.mark.parametrize("one", CHINESE, ids=lambda one: one.question)
def test_chinese(one: Labelled) -> None:
    assert left_out_by(one, "zh") == ("" if one.guard in (READER, MISSED) else one.guard), one.why
