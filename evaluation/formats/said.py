"""What a row says of a question, made a record: what it leaves open is filled in. Knows no format."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.prompts import refusal
from assistant.refusals import is_refusal
from core.language import detect_question
from core.questions import QuestionRecord, Turn

UNANSWERABLE = "unanswerable"
_SPLITS = {
    **dict.fromkeys(("train", "training", "训练", "训练集"), "train"),
    **dict.fromkeys(("dev", "development", "val", "valid", "validation", "验证", "验证集", "开发集"), "dev"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation", "测试", "测试集", "评测", "评测集"), "test"),
}
_TYPES = {
    **dict.fromkeys(
        ("yes/no", "yes or no", "yes-no", "boolean", "是非", "是非题", "判断", "判断题"), "yesno"
    ),
    **dict.fromkeys(("numeric", "数字", "数值", "数量"), "number"),
    **dict.fromkeys(("列表", "清单", "列举"), "list"),
    **dict.fromkeys(("步骤", "流程"), "procedure"),
    **dict.fromkeys(("multi-hop", "multihop", "多跳"), "multi_hop"),
    **dict.fromkeys(("简答", "简答题", "短答"), "short"),
    **dict.fromkeys(("no answer", "无答案", "无法回答", "不可回答"), UNANSWERABLE),
}
_LANGS = {
    **dict.fromkeys(("chinese", "mandarin", "cn", "中文", "汉语", "简体中文"), "zh"),
    **dict.fromkeys(("english", "英文", "英语"), "en"),
}
_IMAGE = re.compile(r"<image>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Said:
    """A question and what a row states of it; empty: it does not say.

    `evidence` are passages, `documents` names of documents; neither has been looked for yet.
    """

    question: str
    answers: Sequence[str]
    turns: Sequence[Turn] = ()
    evidence: Sequence[str] = ()
    documents: Sequence[str] = ()
    id: str = ""
    type: str = ""
    split: str = ""
    lang: str = ""
    fact_id: str = ""
    trap: str = ""

    def record(self) -> QuestionRecord:
        """Return the question; a refusal is no answer, and without one only a refusal is right.

        Raises:
            ValueError: nothing is asked, or nothing that a text can answer.
        """
        question = self.question.strip()
        if not question:
            raise ValueError("the question is empty")
        if _IMAGE.search(question):
            raise ValueError("the question is about an image")
        kind = _known(_TYPES, self.type)
        answers = tuple(dict.fromkeys(filter(None, map(str.strip, self.answers))))
        if kind == UNANSWERABLE or all(map(is_refusal, answers)):
            answers, kind = (), UNANSWERABLE
        turns = tuple(self.turns)
        return QuestionRecord(
            id=self.id or identity(question, turns),
            question=question,
            answers=answers,
            evidence_doc_ids=tuple(self.documents),
            evidence_text=tuple(self.evidence),
            answer_type=kind or "short",
            split=_known(_SPLITS, self.split),
            fact_id=self.fact_id,
            lang=_language(self.lang) or detect_question(question),
            trap=self.trap,
            turns=turns,
        )


def identity(question: str, turns: Sequence[Turn] = ()) -> str:
    """Return the id of a question that has none: a digest of its words.

    >>> identity("How long?") == identity(" how  LONG？"), identity("How long?")[:2]
    (True, 'q-')
    """
    told = json.dumps(words_of(question, turns), ensure_ascii=False)
    return f"q-{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def words_of(question: str, turns: Sequence[Turn] = ()) -> tuple[str, ...]:
    """Return what two questions share that ask the same in the same words, turns included."""
    return tuple(
        " ".join(unicodedata.normalize("NFKC", one).casefold().split())
        for one in (question, *(turn.content for turn in turns))
    )


def reply(record: QuestionRecord) -> str:
    """Return the best right answer, which is a refusal where there is none."""
    has_answer = record.answers and record.answer_type != UNANSWERABLE
    return record.answers[0] if has_answer else refusal(record.language)


def alone(record: QuestionRecord) -> str:
    """Return the question for a format that has no turns.

    Raises:
        ValueError: it cannot be asked without them.
    """
    if record.turns and not record.standalone:
        raise ValueError("it follows on turns, and no standalone says it without them")
    return record.in_full


def _known(names: dict[str, str], said: str) -> str:
    plain = unicodedata.normalize("NFKC", said).strip().casefold()
    return names.get(plain, plain)


def _language(said: str) -> str:
    plain = _known(_LANGS, said)
    return plain[:2] if plain[:2] in ("zh", "en") else plain
