"""Instead of the answer, what there is to say of one: is it right, and why. Knows no model.

Wang et al., 2025 (arXiv:2501.17703). Where it departs from the paper: no model writes the critique, of
which the authors found a fifth wrong; it quotes the question's evidence, names the right answer, and its
conclusion follows from the references. A wrong answer is the base model's own where `pair` found one, else
the answer to another question of the same kind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

from assistant.agreement import correct
from assistant.prompts import infer_style
from assistant.types import Message
from core.language import Lang
from finetune.factory.types import Dropped, Material
from finetune.types import Example

NO_ANSWER = "no answer to criticise"
NO_WRONG = "no wrong answer is known"
_WRONG = 0.2
_RULES: dict[Lang, str] = {
    "en": (
        "You criticise answers. Say briefly whether the answer to the question is right and why. "
        "End with “Conclusion: right” or “Conclusion: wrong”."
    ),
    "zh": "你评价回答。简要说明对这个问题的回答是否正确、为什么。最后写“结论：正确”或“结论：错误”。",
}
_ASKED: dict[Lang, str] = {"en": "Question: {}\nAnswer: {}", "zh": "问题：{}\n回答：{}"}
_QUOTED: dict[Lang, str] = {"en": "The documents say: “{}” ", "zh": "资料写道：“{}”"}
_SAID: dict[tuple[Lang, bool], str] = {
    ("en", True): "So “{}” is right.\nConclusion: right",
    ("en", False): "So “{}” is wrong; the right answer is “{right}”.\nConclusion: wrong",
    ("zh", True): "所以“{}”是对的。\n结论：正确",
    ("zh", False): "所以“{}”不对，正确的回答是“{right}”。\n结论：错误",
}


def critique(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return for each example with an answer a critique of it, and one of a wrong answer."""
    came = list(examples)
    criticised = []
    for one in came:
        if not one.record.answers:
            material.dropped.append(Dropped("critique", one.question_id, NO_ANSWER))
            continue
        criticised.append(_criticised(one, one.reply, True))
        if wrong := one.rejected or _wrong(one, came, material.settings.seed):
            criticised.append(_criticised(one, wrong, False))
        else:
            material.dropped.append(Dropped("critique", f"{one.question_id}+wrong", NO_WRONG))
    return criticised


def _criticised(example: Example, answer: str, is_right: bool) -> Example:
    lang = example.record.language
    quoted = "".join(_QUOTED[lang].format(quote) for quote in example.record.evidence_text[:1])
    said = quoted + _SAID[lang, is_right].format(answer, right=example.reply)
    asked = _ASKED[lang].format(example.record.in_full or example.question, answer)
    id = example.question_id if is_right else f"{example.question_id}+wrong"
    provenance = replace(example.provenance, made_by="critique", question=example.question_id)
    messages = (Message("system", _RULES[lang]), Message("user", asked))
    return replace(
        example,
        question_id=id,
        messages=messages,
        reply=said,
        rejected="",
        provenance=provenance,
        asked=example.question,
    )


def _wrong(example: Example, others: Sequence[Example], seed: int) -> str:
    """Return the reply to another question of the kind, where it is wrong here; empty: none is."""
    record = example.record
    kind = (record.language, record.answer_type, infer_style([example.reply]))
    replies = [
        one.reply
        for one in others
        if one.record.answers
        and kind == (one.record.language, one.record.answer_type, infer_style([one.reply]))
    ]
    Random(f"{seed}|{example.question_id}").shuffle(replies)
    wrong = (
        reply
        for reply in replies
        if correct(reply, record.answers, record.answer_type, record.in_full) <= _WRONG
    )
    return next(wrong, "")
