"""New wordings: what the writer is asked, what of it becomes an example, and why the rest does not."""

import json
from dataclasses import replace

import pytest

from assistant.types import Prompt
from core.language import Lang
from core.questions import QuestionRecord
from finetune.factory.admission import LEAK, OTHERWISE, SAME
from finetune.factory.calls import NOT_WRITTEN
from finetune.factory.facts import AMOUNT, ANSWER
from finetune.factory.rewording import back_translate, paraphrase, restructure
from tests.factory import EN, TEST, ZH, as_question, examples, material, reasons, writes
from tests.fakes import ScriptedGenerator

EN_OTHER = "Within how many days may guests of Lindenquay cancel their booking?"
EN_SHORT = "Lindenquay: how many days until a guest can no longer cancel a booking?"
ZH_OTHER = "在云栖渡订了房的住客，取消订单的期限是几天？"
LONG = replace(
    EN,
    question="Who pays for a lost key at Lindenquay?",
    answers=("The guest returns the key to the porter of the inn.",),
    evidence_text=(),
    answer_type="short",
)


@pytest.mark.parametrize(
    ("record", "written", "lang"),
    [pytest.param(EN, EN_OTHER, "en", id="English"), pytest.param(ZH, ZH_OTHER, "zh", id="Chinese")],
)
@pytest.mark.parametrize("step", [paraphrase, restructure])
def test_a_new_wording_is_an_example_that_knows_who_made_it(
    record: QuestionRecord, written: str, lang: Lang, step: object
) -> None:
    made_of = material(writes({"": as_question(written)}, reads=record.answers[0]), variants=1)
    (own,) = examples(record)
    old, new = step([own], made_of)  # type: ignore[operator]
    assert old == own
    assert (new.question, new.reply, new.messages[0]) == (written, record.answers[0], own.messages[0])
    made_by = step.__name__  # type: ignore[attr-defined]
    assert new.question_id == f"{record.id}+{made_by}1"
    assert new.provenance.documents == record.evidence_doc_ids
    assert (new.provenance.made_by, new.provenance.question) == (made_by, record.id)
    assert new.provenance.model == "scripted"
    assert new.record.lang == lang


@pytest.mark.parametrize(("variants", "asked"), [(1, 1), (2, 2), (4, 4)])
def test_variants_ask_for_so_many_manners(variants: int, asked: int) -> None:
    made_of = material(writes({"": as_question(EN_OTHER)}), variants=variants)
    paraphrase(examples(EN), made_of)
    writer: ScriptedGenerator = made_of.tools.writer  # type: ignore[assignment]
    rules = {prompt.messages[0].content for prompt in writer.asked if prompt.schema}
    assert len(rules) == asked


@pytest.mark.parametrize("record", [pytest.param(EN, id="English"), pytest.param(ZH, id="Chinese")])
def test_the_writer_is_held_to_a_schema_in_the_language_of_the_question(record: QuestionRecord) -> None:
    made_of = material(writes({}), variants=1)
    paraphrase(examples(record), made_of)
    (prompt,) = made_of.tools.writer.asked  # type: ignore[attr-defined]
    assert json.loads(prompt.schema)["required"] == ["question"]
    assert prompt.messages[-1].content == record.question
    assert ("中文" if record.lang == "zh" else "in English") in prompt.messages[0].content
    assert prompt.prefix == prompt.messages[:-1]


@pytest.mark.parametrize(
    ("written", "reads", "reason"),
    [
        pytest.param("not JSON", "14 days", NOT_WRITTEN, id="no JSON"),
        pytest.param("[" * 100_000, "14 days", NOT_WRITTEN, id="deeper than a parser goes"),
        pytest.param('{"question": 3}', "14 days", NOT_WRITTEN, id="no text"),
        pytest.param(as_question(EN.question.upper()), "14 days", SAME, id="only another case"),
        pytest.param(
            as_question("Within 7 days, may a guest cancel a booking with Lindenquay?"),
            "14 days",
            AMOUNT,
            id="an amount is new",
        ),
    ],
)
def test_what_does_not_keep_the_fact_is_counted_with_its_reason(
    written: str, reads: str, reason: str
) -> None:
    made_of = material(writes({"": written}, reads), variants=1)
    assert paraphrase(examples(EN), made_of) == examples(EN)
    assert [(one.step, one.question_id, one.reason) for one in made_of.dropped] == [
        ("paraphrase", "en1+paraphrase1", reason)
    ]


@pytest.mark.parametrize(
    ("record", "written", "before", "after", "reason"),
    [
        pytest.param(EN, EN_OTHER, "14 days", "two weeks", "", id="14 days are two weeks"),
        pytest.param(EN, EN_OTHER, "30 days", "14 days", "", id="right, although the old one was not"),
        pytest.param(EN, EN_OTHER, "30 days", "30 days", "", id="as the old one, although that was wrong"),
        pytest.param(EN, EN_OTHER, "I don't know.", "I don't know.", "", id="the reader cannot tell"),
        pytest.param(EN, EN_OTHER, "14 days", "30 days", OTHERWISE, id="14 days became 30"),
        pytest.param(EN, EN_OTHER, "14 days", "I don't know.", OTHERWISE, id="14 days became unknown"),
        pytest.param(ZH, ZH_OTHER, "14天", "两周", "", id="Chinese: 14 days are two weeks"),
        pytest.param(ZH, ZH_OTHER, "14天", "7天", OTHERWISE, id="Chinese: 14 days became 7"),
        pytest.param(ZH, ZH_OTHER, "14天", "我不知道。", OTHERWISE, id="Chinese: 14 days became unknown"),
    ],
)
def test_both_wordings_are_answered_alike_from_the_evidence(
    record: QuestionRecord, written: str, before: str, after: str, reason: str
) -> None:
    def reply(prompt: Prompt) -> str:
        if prompt.schema:
            return as_question(written)
        assert record.evidence_text[0] in prompt.messages[-1].content
        return before if record.question in prompt.messages[-1].content else after

    made_of = material(reply, variants=1)
    made = paraphrase(examples(record), made_of)
    assert (len(made), reasons(made_of)) == ((1, [reason]) if reason else (2, []))


def test_of_two_equal_wordings_one_is_taken() -> None:
    made_of = material(writes({"": as_question(EN_OTHER)}), variants=2)
    assert [one.question for one in paraphrase(examples(EN), made_of)] == [EN.question, EN_OTHER]
    assert reasons(made_of) == [SAME]


def test_a_later_step_knows_the_wordings_of_an_earlier_one_and_rewords_none_of_them() -> None:
    made_of = material(writes({"": as_question(EN_OTHER)}), variants=1)
    made = restructure(paraphrase(examples(EN), made_of), made_of)
    assert [one.question for one in made] == [EN.question, EN_OTHER]
    assert reasons(made_of) == [SAME]


@pytest.mark.parametrize(("limit", "count"), [(0.5, 0), (0.9, 1)])
def test_a_wording_near_a_test_question_is_no_example(limit: float, count: int) -> None:
    near = replace(TEST, question=EN_OTHER.replace("their booking", "a booking"))
    made_of = material(
        writes({"": as_question(EN_OTHER)}), questions=(EN, near), variants=1, max_similarity=limit
    )
    assert len(paraphrase(examples(EN), made_of)) == 1 + count
    assert [(one.reason, one.detail) for one in made_of.dropped] == [(LEAK, "t1")] * (1 - count)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("The key is returned to the porter of the inn by the guest.", "", id="the passive"),
        pytest.param("The porter lets the guest keep the key.", ANSWER, id="something else"),
        pytest.param("", NOT_WRITTEN, id="none"),
    ],
)
def test_a_reply_that_is_a_sentence_is_reworded_and_checked(answer: str, reason: str) -> None:
    question = "By whom is a lost key of Lindenquay paid for?"
    made_of = material(writes({"": as_question(question, answer)}), variants=1)
    made = restructure(examples(LONG), made_of)
    assert reasons(made_of) == ([reason] if reason else [])
    if not reason:
        assert (made[1].reply, made[1].record.answers) == (answer, (answer, *LONG.answers))
    prompt = made_of.tools.writer.asked[0]  # type: ignore[attr-defined]
    assert json.loads(prompt.schema)["required"] == ["question", "answer"]
    assert LONG.answers[0] in prompt.messages[-1].content


def test_a_question_without_an_answer_stays_one() -> None:
    unknown = replace(EN, answers=(), answer_type="unanswerable", evidence_text=())
    made = paraphrase(examples(unknown), material(writes({"": as_question(EN_OTHER)}), variants=1))
    assert [one.reply for one in made] == ["I don't know."] * 2


@pytest.mark.parametrize(
    ("record", "there", "back", "reason"),
    [
        pytest.param(EN, "林登码头的客人几天内可以取消预订？", EN_OTHER, "", id="English, by Chinese"),
        pytest.param(
            ZH, "Within how many days may Yunqidu's guests cancel?", ZH_OTHER, "", id="Chinese, by English"
        ),
        pytest.param(EN, EN_OTHER, EN_OTHER, "was not translated", id="English stayed English"),
        pytest.param(ZH, ZH_OTHER, ZH_OTHER, "was not translated", id="Chinese stayed Chinese"),
    ],
)
def test_a_question_goes_through_the_other_language_and_back(
    record: QuestionRecord, there: str, back: str, reason: str
) -> None:
    into, home = ("翻译成中文", "into English") if record.lang == "en" else ("into English", "翻译成中文")
    script = writes({into: as_question(there), home: as_question(back)}, reads=record.answers[0])
    made_of = material(script)
    made = back_translate(examples(record), made_of)
    assert reasons(made_of) == ([reason] if reason else [])
    if not reason:
        assert made[1].question == back
        first, second, *_ = made_of.tools.writer.asked  # type: ignore[attr-defined]
        assert [one.messages[-1].content for one in (first, second)] == [record.question, there]


def test_what_was_cut_is_not_used() -> None:
    made_of = material(variants=1)
    made_of.tools.writer.ending = "length"  # type: ignore[attr-defined]
    made_of.tools.writer._reply = lambda prompt: as_question(EN_OTHER)  # type: ignore[attr-defined]
    assert len(paraphrase(examples(EN), made_of)) == 1
    assert reasons(made_of) == [NOT_WRITTEN]
