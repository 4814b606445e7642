"""What objectives make of examples before anything is learned: critiques, own words, learning prompts."""

from dataclasses import replace

import pytest

from assistant.types import Prompt
from core.questions import QuestionRecord
from finetune.factory.critique import NO_ANSWER, NO_WRONG, critique
from finetune.factory.documents import LEARNING, document_examples, learning_prompts
from finetune.factory.self_select import GIVEN, self_select
from ingest.types import Document
from tests.factory import EN, ZH, as_question, examples, material, reasons

OTHER = replace(EN, id="en2", question="Within how long is the deposit refunded?", answers=("7 days",))
UNKNOWN = replace(EN, id="u", answers=(), answer_type="unanswerable")


def test_a_critique_quotes_the_evidence_and_concludes_by_the_references() -> None:
    one, two = (
        replace(made, rejected=wrong)
        for made, wrong in zip(examples(EN, ZH), ("30 days", "30天"), strict=True)
    )
    right_en, wrong_en, right_zh, wrong_zh = critique([one, two], material())
    assert right_en.messages[-1].content == f"Question: {EN.question}\nAnswer: 14 days"
    assert wrong_en.messages[-1].content == f"Question: {EN.question}\nAnswer: 30 days"
    quote = "The documents say: “A guest may cancel a booking within 14 days.” So "
    assert right_en.reply == f"{quote}“14 days” is right.\nConclusion: right"
    assert wrong_en.reply == f"{quote}“30 days” is wrong; the right answer is “14 days”.\nConclusion: wrong"
    assert right_zh.reply == "资料写道：“住客可以在14天内取消订单。”所以“14天”是对的。\n结论：正确"
    assert wrong_zh.reply.endswith("所以“30天”不对，正确的回答是“14天”。\n结论：错误")
    assert (wrong_zh.question_id, wrong_zh.provenance.made_by) == ("zh1+wrong", "critique")
    assert right_zh.messages[0].content.startswith("你评价回答")


def test_where_no_wrong_answer_is_known_that_to_another_question_is_criticised() -> None:
    made_of = material()
    made = critique(examples(EN, OTHER, ZH, UNKNOWN), made_of)
    assert [one.question_id for one in made] == ["en1", "en1+wrong", "en2", "en2+wrong", "zh1"]
    assert made[1].messages[-1].content.endswith("Answer: 7 days")
    assert reasons(made_of) == [NO_WRONG, NO_ANSWER]


@pytest.mark.parametrize(
    ("record", "own", "reworded", "reply", "given"),
    [
        pytest.param(EN, "two weeks", "", "two weeks", False, id="its own answer is right"),
        pytest.param(EN, "30 days", "within 14 days", "within 14 days", False, id="its own wording is"),
        pytest.param(EN, "30 days", "within 30 days", "14 days", True, id="neither is"),
        pytest.param(EN, "I don't know.", "", "14 days", True, id="it declined, and wrote nothing"),
        pytest.param(ZH, "两周", "", "两周", False, id="Chinese: its own answer"),
        pytest.param(ZH, "30天", "14天之内", "14天之内", False, id="Chinese: its own wording"),
        pytest.param(UNKNOWN, "14 days", "", "I don't know.", True, id="no answer: the refusal as it is"),
    ],
)
def test_the_reply_is_the_models_own_where_that_is_right(
    record: QuestionRecord, own: str, reworded: str, reply: str, given: bool
) -> None:
    def says(prompt: Prompt) -> str:
        return as_question(record.question, reworded) if prompt.schema else own

    made_of = material(says)
    (made,) = self_select(examples(record), made_of)
    assert made.reply == reply
    assert reasons(made_of) == [GIVEN] * given
    assert made.provenance.model == ("" if given else "scripted")
    assert made.messages == examples(record)[0].messages


def test_a_document_is_learned_under_its_title_and_a_learning_prompt_in_its_language() -> None:
    documents = [Document("a", "Inn", "Seven days.", "en"), Document("b", "客栈", "七天。", "zh")]
    made = document_examples(documents)
    assert [one.reply for one in made] == ["[Inn]\nSeven days.", "[客栈]\n七天。"]
    assert [one.provenance.documents for one in made] == [("a",), ("b",)]
    told = learning_prompts(made, material())
    for one, lang in zip(told, ("en", "zh"), strict=True):
        assert one.messages[0].content.strip() in LEARNING[lang]  # type: ignore[index]
    assert told == learning_prompts(made, material())
    drawn = {learning_prompts(made, material(seed=seed))[0].messages for seed in range(30)}
    assert len(drawn) > 4
    assert all(len(prompts) == 8 for prompts in LEARNING.values())
