"""What another wording must keep, in both languages: a row has a question, another wording, its fault."""

from dataclasses import replace

import pytest

from core.questions import QuestionRecord
from core.terms import Entry, Terms
from finetune.factory.facts import (
    AMOUNT,
    ANSWER,
    LANGUAGE,
    NAME,
    NO_QUESTION,
    SENSE,
    TERM,
    question_fault,
    reply_fault,
)
from tests.factory import EN, ZH

TERMS = Terms(
    [Entry("denied boarding", ("bumping",), ("en",)), Entry("定金", ("订金",), ("zh",))],
)


def asked(question: str, evidence: str = "") -> QuestionRecord:
    like = ZH if any(char >= "\u3400" for char in question) else EN
    return replace(like, question=question, answers=(), evidence_text=(evidence,) if evidence else ())


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        pytest.param(
            EN.question,
            "Within how many days may guests of Lindenquay cancel their booking?",
            "",
            id="other words pass",
        ),
        pytest.param(
            ZH.question, "在云栖渡订了房的住客，取消订单的期限是几天？", "", id="Chinese: other words pass"
        ),
        pytest.param(
            "Is a fee of EUR 1,200 due?", "Is it true that 1200 euros are due?", "", id="1,200 is 1200"
        ),
        pytest.param("迟到3天罚款三千元吗？", "晚3日会罚款3000元吗？", "", id="Chinese: 三千 is 3000"),
        pytest.param(
            "Is a fee due after 3 hours?", "Is a fee due after 4 hours?", AMOUNT, id="3 hours are not 4"
        ),
        pytest.param("迟到3天罚款吗？", "迟到5天罚款吗？", AMOUNT, id="Chinese: 3 days are not 5"),
        pytest.param("What does 2 kg cost?", "What does it cost?", AMOUNT, id="an amount is lost"),
        pytest.param("What does it cost?", "What do 2 kg cost?", AMOUNT, id="an amount is new"),
        pytest.param("行李超重怎么收费？", "行李超重5公斤怎么收费？", AMOUNT, id="Chinese: an amount is new"),
        pytest.param(
            "Is it free up to 1,500 km?", "Is it free over 1,500 km?", AMOUNT, id="up to is not over"
        ),
        pytest.param("满18岁可以住吗？", "不满18岁可以住吗？", AMOUNT, id="Chinese: 满 is not 不满"),
        pytest.param("Does Lindenquay take dogs?", "Does the inn take dogs?", NAME, id="a name is lost"),
        pytest.param("Does the inn take dogs?", "Does Lindenquay take dogs?", NAME, id="a name is new"),
        pytest.param("Must GDPR fines be paid?", "Must fines be paid?", NAME, id="an acronym is lost"),
        pytest.param(
            "Lindenquay takes dogs, doesn't it?",
            "Doesn't Lindenquay take dogs?",
            "",
            id="a name may open a sentence",
        ),
        pytest.param(
            "《民法典》对定金怎么规定？", "《合同法》对定金怎么规定？", NAME, id="Chinese: another law"
        ),
        pytest.param("GDPR怎么处罚？", "法律怎么处罚？", NAME, id="Chinese: Latin letters are a name"),
        pytest.param(
            "Who pays for bumping?", "Who pays for a full plane?", TERM, id="a term of the dictionary"
        ),
        pytest.param(
            "Who pays for bumping?", "Who pays for denied boarding?", "", id="a term by its variant"
        ),
        pytest.param("订金能退吗？", "钱能退吗？", TERM, id="Chinese: a term of the dictionary"),
        pytest.param("订金能退吗？", "定金能退还吗？", "", id="Chinese: a term by its variant"),
        pytest.param("May I smoke here?", "May I not smoke here?", SENSE, id="a negation is new"),
        pytest.param(
            "Is smoking allowed here?", "Is smoking forbidden here?", SENSE, id="allowed is not forbidden"
        ),
        pytest.param("Is breakfast free?", "Why is breakfast free?", SENSE, id="yes or no is not why"),
        pytest.param("可以带狗入住吗？", "不可以带狗入住吗？", SENSE, id="Chinese: a negation is new"),
        pytest.param("What is due?", "Tell me what is due.", NO_QUESTION, id="no question mark"),
        pytest.param("要付多少钱？", "请说明要付多少钱。", NO_QUESTION, id="Chinese: no question mark"),
        pytest.param("What is due?", "要付多少钱？", LANGUAGE, id="English became Chinese"),
        pytest.param("要付多少钱？", "How much is due?", LANGUAGE, id="Chinese became English"),
    ],
)
def test_amounts_names_terms_and_the_sense_of_a_question_stand(before: str, after: str, fault: str) -> None:
    assert question_fault(asked(before), after, TERMS) == fault


@pytest.mark.parametrize(
    ("before", "evidence", "after", "fault"),
    [
        pytest.param(
            "How long may a guest keep the room key?",
            "A guest returns the room key by noon.",
            "Until when may a guest have the key of the room?",
            "",
            id="3 of 3 words of the evidence stand",
        ),
        pytest.param(
            "How long may a guest keep the room key?",
            "A guest returns the room key by noon.",
            "Until when may a visitor have the key?",
            TERM,
            id="1 of 3 words of the evidence stands",
        ),
        pytest.param(
            "退房后行李可以寄存多久？",
            "退房后行李寄存两小时。",
            "退房以后，行李最久能寄存多长时间？",
            "",
            id="Chinese: the words of the evidence stand",
        ),
        pytest.param(
            "退房后行李可以寄存多久？",
            "退房后行李寄存两小时。",
            "离店以后东西能放多久？",
            TERM,
            id="Chinese: the words of the evidence are lost",
        ),
    ],
)
def test_six_in_ten_words_of_the_evidence_stand(before: str, evidence: str, after: str, fault: str) -> None:
    assert question_fault(asked(before, evidence), after, Terms()) == fault


@pytest.mark.parametrize(
    ("kind", "before", "after", "fault"),
    [
        pytest.param(
            "number", "The guest pays 30 euros.", "EUR 30 are paid by the guest.", "", id="the same sum"
        ),
        pytest.param(
            "number", "The guest pays 30 euros.", "The guest pays 40 euros.", ANSWER, id="another sum"
        ),
        pytest.param(
            "number",
            "The guest pays 30 euros.",
            "The guest pays 30 euros, and 5 euros more for a dog.",
            ANSWER,
            id="a sum is new",
        ),
        pytest.param(
            "yesno",
            "Yes, dogs are allowed in all rooms of the inn.",
            "No, dogs are not allowed in any room of the inn.",
            ANSWER,
            id="yes is not no",
        ),
        pytest.param(
            "short",
            "The guest returns the key to the porter.",
            "The key is returned to the porter by the guest.",
            "",
            id="the passive voice says the same",
        ),
        pytest.param(
            "yesno", "可以，住客可以带狗入住。", "不可以，住客不可以带狗入住。", ANSWER, id="Chinese: 可以"
        ),
        pytest.param("number", "押金是三百元整。", "需要交的押金为300元。", "", id="Chinese: the same sum"),
        pytest.param(
            "short",
            "由承运人承担住宿费用。",
            "住宿费用由承运人承担。",
            "",
            id="Chinese: clauses in another order",
        ),
    ],
)
def test_an_answer_in_other_words_is_right_by_the_old_one(
    kind: str, before: str, after: str, fault: str
) -> None:
    like = ZH if before[0] >= "\u3400" else EN
    record = replace(like, question="?", answer_type=kind, answers=(before,))
    assert reply_fault(record, before, after) == fault
