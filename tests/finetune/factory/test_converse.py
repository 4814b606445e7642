"""Follow-ups: turns before a question, and the way back to it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from assistant.types import Prompt
from core.questions import QuestionRecord
from finetune.factory.admission import LEAK
from finetune.factory.converse import LOST, NOT_SHORTER, converse
from finetune.factory.facts import LANGUAGE
from finetune.types import Example
from tests.factory import EN, TEST, ZH, as_question, examples, material, reasons

EN_NEXT = replace(
    EN,
    id="en2",
    question="What does Lindenquay charge a guest for a late cancellation?",
    answers=("30 euros",),
    evidence_text=("A late cancellation costs the guest 30 euros.",),
)
ZH_NEXT = replace(
    ZH,
    id="zh2",
    question="住客在云栖渡取消订单太晚，要付多少费用？",
    answers=("30元",),
    evidence_text=("取消太晚的，住客付30元费用。",),
)


def script(follow_up: str, rewritten: str) -> Callable[[Prompt], str]:
    """The follow-up as JSON, and what it is rewritten to; the order of the two questions is chance's."""
    return lambda prompt: as_question(follow_up) if prompt.schema else rewritten


def pair_of(lang: str) -> tuple[QuestionRecord, QuestionRecord]:
    return (EN, EN_NEXT) if lang == "en" else (ZH, ZH_NEXT)


def order(lang: str) -> list[Example]:
    """The two examples in the order in which chance takes them: the second is the one that follows."""
    made = examples(*pair_of(lang))
    made_of = material(script("And then?" if lang == "en" else "那呢？", "?"), extra_share=1.0)
    converse(made, made_of)
    follows = made_of.dropped[0].question_id.partition("+")[0]
    return sorted(made, key=lambda one: one.question_id == follows)


@pytest.mark.parametrize(
    ("lang", "follow_up"),
    [pytest.param("en", "And what of that?", id="English"), pytest.param("zh", "那这个呢？", id="Chinese")],
)
def test_a_follow_up_stands_behind_the_turns_and_keeps_its_reply(lang: str, follow_up: str) -> None:
    before, after = order(lang)
    made_of = material(script(follow_up, after.question), extra_share=1.0)
    *old, new = converse([before, after], made_of)
    assert old == [before, after]
    assert [(one.role, one.content) for one in new.messages[1:]] == [
        ("user", before.question),
        ("assistant", before.reply),
        ("user", follow_up),
    ]
    assert new.messages[0] == after.messages[0]
    assert (new.reply, new.question, new.record.in_full) == (after.reply, follow_up, after.question)
    assert [turn.content for turn in new.record.turns] == [before.question, before.reply]
    assert (new.provenance.made_by, new.provenance.question) == ("converse", after.question_id)
    assert reasons(made_of) == []


@pytest.mark.parametrize(
    ("lang", "follow_up", "rewritten", "reason"),
    [
        pytest.param("en", "And then?", "What does it cost?", LOST, id="what it was made from is lost"),
        pytest.param("zh", "那呢？", "要多少钱？", LOST, id="Chinese: what it was made from is lost"),
        pytest.param("en", "And then?", "no question", LOST, id="the rewriting is none"),
        pytest.param("en", "那呢？", "", LANGUAGE, id="another language"),
        pytest.param("en", f"{EN.question} {EN_NEXT.question}", "", NOT_SHORTER, id="leaves nothing out"),
        pytest.param("en", "When is breakfast at the inn?", "", LEAK, id="near a test question"),
    ],
)
def test_a_follow_up_that_does_not_lead_back_is_dropped(
    lang: str, follow_up: str, rewritten: str, reason: str
) -> None:
    made_of = material(script(follow_up, rewritten), questions=(TEST,), extra_share=1.0, max_similarity=0.5)
    assert len(converse(examples(*pair_of(lang)), made_of)) == 2
    assert reasons(made_of) == [reason]


def test_questions_of_different_documents_or_languages_do_not_follow_on_each_other() -> None:
    elsewhere = replace(EN_NEXT, evidence_doc_ids=("other",))
    same_fact = replace(EN_NEXT, evidence_text=EN.evidence_text)
    for second in (elsewhere, same_fact, ZH):
        assert len(converse(examples(EN, second), material(extra_share=1.0))) == 2


def test_who_reads_passages_meets_no_turns() -> None:
    made_of = material(objective="raft", extra_share=1.0)
    assert len(converse(examples(EN, EN_NEXT), made_of)) == 2
    assert made_of.notes == ["converse is off: who reads passages is asked follow-ups in full"]
