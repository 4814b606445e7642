"""Preference pairs: a right reply, and what the model itself says wrongly."""

from dataclasses import replace

import pytest

from core.questions import QuestionRecord
from finetune.factory.pair import DECLINED, RIGHT, SILENT, pair
from tests.factory import EN, ZH, examples, material, reasons

UNKNOWN = replace(EN, answers=(), answer_type="unanswerable")
UNKNOWN_ZH = replace(ZH, answers=(), answer_type="unanswerable")
LISTED = replace(EN, answers=("passport, visa and photo",), answer_type="list")


@pytest.mark.parametrize(
    ("record", "own", "rejected", "reason"),
    [
        pytest.param(EN, "30 days", "30 days", "", id="30 days are not 14"),
        pytest.param(EN, "30 days\nThe contract says so.", "30 days", "", id="its first line"),
        pytest.param(EN, "two weeks", "", RIGHT, id="two weeks are 14 days"),
        pytest.param(EN, "I don't know.", "", DECLINED, id="it declined"),
        pytest.param(EN, "", "", SILENT, id="nothing"),
        pytest.param(LISTED, "a passport", "", RIGHT, id="1 of 3 items is right in part"),
        pytest.param(LISTED, "a ticket", "a ticket", "", id="0 of 3 items are right"),
        pytest.param(UNKNOWN, "14 days", "14 days", "", id="an answer where there is none"),
        pytest.param(UNKNOWN, "I don't know.", "", RIGHT, id="a refusal where there is no answer"),
        pytest.param(ZH, "30天", "30天", "", id="Chinese: 30 days are not 14"),
        pytest.param(ZH, "两周", "", RIGHT, id="Chinese: two weeks are 14 days"),
        pytest.param(ZH, "我不知道。", "", DECLINED, id="Chinese: it declined"),
        pytest.param(UNKNOWN_ZH, "14天", "14天", "", id="Chinese: an answer where there is none"),
    ],
)
def test_the_rejected_reply_is_the_models_own_wrong_answer(
    record: QuestionRecord, own: str, rejected: str, reason: str
) -> None:
    made_of = material(lambda prompt: own)
    (made,) = pair(examples(record), made_of)
    assert made.rejected == rejected
    assert reasons(made_of) == [reason] * bool(reason)
    assert made.provenance.model == ("scripted" if rejected else "")
    assert (made.reply, made.messages) == (examples(record)[0].reply, examples(record)[0].messages)
    (prompt,) = made_of.tools.writer.asked  # type: ignore[attr-defined]
    assert (prompt.messages, prompt.one_line, prompt.adapter) == (made.messages, True, "")


def test_a_pair_is_written_as_preference_trainers_read_it() -> None:
    (made,) = pair(examples(ZH), material(lambda prompt: "30天"))
    row = made.preference()
    assert row["prompt"] == [{"role": one.role, "content": one.content} for one in made.messages]
    assert row["chosen"] == [{"role": "assistant", "content": "14天"}]
    assert row["rejected"] == [{"role": "assistant", "content": "30天"}]
    assert made.chat()["messages"][-1] == {"role": "assistant", "content": "14天"}
