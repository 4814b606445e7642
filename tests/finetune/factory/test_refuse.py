"""Questions to be refused: only those that nothing in the corpus answers."""

from dataclasses import replace

import pytest

from assistant.types import Prompt
from core.questions import QuestionRecord
from finetune.factory.admission import LEAK, SAME
from finetune.factory.calls import NOT_WRITTEN
from finetune.factory.facts import LANGUAGE, NO_QUESTION
from finetune.factory.refuse import ANSWERED, KNOWN, refuse
from tests.factory import EN, TEST, ZH, FakeTools, Finds, as_question, examples, material, reasons, writes
from tests.fakes import ScriptedGenerator

EN_NEAR = "What does Lindenquay charge for a parking space?"
ZH_NEAR = "云栖渡的停车位每晚收多少钱？"


@pytest.mark.parametrize(
    ("record", "written", "reads", "refusal"),
    [
        pytest.param(EN, EN_NEAR, "I don't know.", "I don't know.", id="English"),
        pytest.param(ZH, ZH_NEAR, "我不知道。", "我不知道。", id="Chinese"),
    ],
)
def test_what_the_reader_declines_over_what_is_found_is_refused(
    record: QuestionRecord, written: str, reads: str, refusal: str
) -> None:
    finds = Finds("Breakfast is at eight.")
    tools = FakeTools(ScriptedGenerator(writes({"": as_question(written)}, reads)), finds)
    old, new = refuse(examples(record), material(tools=tools, extra_share=1.0))
    assert (old.question, new.question, new.reply) == (record.question, written, refusal)
    assert (new.record.answer_type, new.record.answers, new.record.lang) == ("unanswerable", (), record.lang)
    assert new.provenance.made_by == "refuse"
    assert new.provenance.question == record.id
    assert new.provenance.documents == ()  # nothing is taught of any
    writing, reading = tools.writer.asked
    assert record.evidence_text[0] in writing.messages[-1].content
    assert finds.text in reading.messages[-1].content
    assert not reading.first_bias
    assert finds.asked == [written]


@pytest.mark.parametrize(
    ("record", "written", "reads", "reason"),
    [
        pytest.param(EN, EN_NEAR, "12 euros", ANSWERED, id="the documents answer it"),
        pytest.param(ZH, ZH_NEAR, "12元", ANSWERED, id="Chinese: the documents answer it"),
        pytest.param(
            EN,
            "How many days does a guest have to cancel a room?",
            "I don't know.",
            KNOWN,
            id="0.5 of a known one",
        ),
        pytest.param(
            ZH, "住客预订云栖渡的房间以后，可以取消吗？", "我不知道。", KNOWN, id="Chinese: 0.5 of a known"
        ),
        pytest.param(EN, TEST.question, "I don't know.", LEAK, id="a test question"),
        pytest.param(EN, "Tell me the price.", "I don't know.", NO_QUESTION, id="no question"),
        pytest.param(EN, ZH_NEAR, "I don't know.", LANGUAGE, id="another language"),
        pytest.param(EN, "", "I don't know.", NOT_WRITTEN, id="nothing"),
    ],
)
def test_what_may_be_answered_is_not_refused(
    record: QuestionRecord, written: str, reads: str, reason: str
) -> None:
    made_of = material(writes({"": as_question(written) if written else ""}, reads), extra_share=1.0)
    assert refuse(examples(record), made_of) == examples(record)
    assert reasons(made_of) == [reason]


@pytest.mark.parametrize(("share", "asked"), [(0.1, 1), (0.5, 5), (1.0, 10)])
def test_a_share_of_the_examples_is_asked_for_no_evidence_twice(share: float, asked: int) -> None:
    records = [replace(EN, id=f"q{n}", evidence_text=(f"Rule {n}.",)) for n in range(10)]
    made_of = material(writes({"": as_question(EN_NEAR)}, "I don't know."), extra_share=share)
    made = refuse(examples(*records), made_of)
    prompts = [one for one in made_of.tools.writer.asked if one.schema]  # type: ignore[attr-defined]
    assert len({one.messages[-1].content for one in prompts}) == len(prompts) == asked
    assert len(made) == 11  # the same question counts once
    assert reasons(made_of) == [SAME] * (asked - 1)


def test_a_question_without_evidence_gives_no_topic() -> None:
    def nobody_writes(prompt: Prompt) -> str:
        raise AssertionError

    bare = replace(EN, evidence_text=())
    assert refuse(examples(bare), material(nobody_writes, extra_share=1.0)) == examples(bare)
