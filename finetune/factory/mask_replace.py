"""Replace words of a question that are no key terms by what a masked language model expects.

A masked model takes "arrival" for "departure" as well: what comes is checked as any other wording is.
Knows no weights.
"""

import re
from collections.abc import Iterable, Iterator
from random import Random

from assistant.agreement.words import stem
from core.language import CJK
from core.questions import QuestionRecord
from core.terms import Terms
from finetune.factory.admission import Draft, admit, is_own
from finetune.factory.facts import anchors, names
from finetune.factory.types import Dropped, Filler, Material
from finetune.types import Example
from ingest.index.bm25 import tokens

NOTHING_ELSE = "no other word fits"
_SHARE = 0.3
"""Of the words on which nothing hangs; more of them leave little of a short question."""
_LATIN = re.compile(r"(?<![\w'’-])[A-Za-z]{4,}(?![\w'’-])")
_IS_CJK = re.compile(f"[{CJK}]{{2,}}")
_ASKING_EN = (
    "what which when where whom whose that this there these those many much long often does must have will"
    " with from under over into than then they them their your only within without before after until least"
    " most more less between against because unless while"
)
_ASKING_ZH = (
    "什么 多少 怎么 如何 是否 可以 应当 应该 哪些 哪个 哪里 多久 多长 多大 多高 必须 需要 能否 可否"
    " 不得 不能 没有 至少 最多 最少 以内 以上 以下 之前 之后 几天 几年 为何 为什么"
)
_ASKING = frozenset([*_ASKING_EN.split(), *_ASKING_ZH.split()])
"""Words that turn a question into another."""


def mask_replace(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples, and each question with some of its free words replaced."""
    came = list(examples)
    if not material.settings.masked_model:
        material.notes.append("mask_replace is off: name a masked language model in finetune.masked_model")
        return came
    drafts = []
    for one in filter(is_own, came):
        question = _replaced(one.record, material.tools.filler, material)
        if question == one.record.question:
            material.dropped.append(Dropped("mask_replace", f"{one.question_id}+mask_replace1", NOTHING_ELSE))
        else:
            drafts.append(Draft(one, 1, question))
    return [*came, *admit("mask_replace", drafts, came, material, material.tools.filler.name)]


def _replaced(record: QuestionRecord, filler: Filler, material: Material) -> str:
    """Return the question with some of its words replaced, from the last to the first."""
    free = list(free_words(record, material.terms))
    wanted = max(1, round(_SHARE * len(free)))
    chance = Random(f"{material.settings.seed}|{record.id}")
    text = record.question
    for start, end in sorted(chance.sample(free, min(wanted, len(free))), reverse=True):
        if word := filler.fill(text, start, end):
            text = text[:start] + word + text[end:]
    return text


def free_words(record: QuestionRecord, terms: Terms) -> Iterator[tuple[int, int]]:
    """Yield where the words of a question are on which nothing hangs.

    Names, terms of the dictionary, words of the evidence and those that ask or bound are not among them; nor
    are amounts, which have digits or are short.
    """
    text = record.question
    kept = _ASKING | names(text, record.language) | anchors(record)
    taken = [(start, end) for start, end, _ in terms.places(text, record.language)]
    for start, end in sorted(_words(text), key=lambda span: (span[0], -span[1])):
        word = text[start:end].lower()
        is_apart = all(end <= first or last <= start for first, last in taken)
        if is_apart and not {word, *tokens(word), *map(stem, tokens(word))} & kept:
            taken.append((start, end))
            yield start, end


def _words(text: str) -> set[tuple[int, int]]:
    """Return where the Latin words of four letters and more, and the Chinese words, are."""
    latin = {match.span() for match in _LATIN.finditer(text)}
    chinese = {word for word in tokens(text) if _IS_CJK.fullmatch(word)}
    return latin | {match.span() for word in chinese for match in re.finditer(word, text)}
