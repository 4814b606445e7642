"""A draft can be understood by somebody who does not see the document."""

import re
from collections.abc import Iterator, Sequence

from assistant.agreement.words import content
from core.language import detect_question
from evaluation.drafting.types import Bench, Draft

_POINTS = re.compile(
    r"\b(?:th(?:e|is|at|ese|those) (?:\w+ )?(?:documents?|passages?|texts?|articles?|sections?|notes?"
    r"|paragraphs?|sentences?|excerpts?|pages?|guides?|list|table|company|provider|operator|site|place|above"
    r"|following|author|quote)(?! of\b)"
    r"|according to (?:the|this) (?:\w+ )?(?:document|passage|text|article|source|information)"
    r"|(?:mentioned|described|stated|given|listed|above|below|said)"
    r" (?:above|below|here|in the (?:document|passage|text))|aforementioned)\b"
    r"|本文|文中|文章|上文|下文|上述|前述|该(?!死)|此(?![后外前时次刻际类])"
    r"|本(?:条|章|节|办法|规定|公司|单位|馆|店|站|指南|段|句|表)"
    r"|这(?:里|个|些|段|份|句|条|篇|种|家|座|项|本)|那(?:里|个|些|段|份|条|种|家|座)"
    r"|以[上下](?:内容|规定|信息|哪|情况)|(?:材料|资料|文本|原文|段落)(?:中|里|提到)",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|he|she|his|her|this|that|these|those|there)\b"
    r"|[它他她]们?|其(?!他|它|余|中|实)",
    re.IGNORECASE,
)
_DUMMY = re.compile(
    r"\b(?:is|was|be) it (?=possible|allowed|permitted|necessary|required|needed|true|forbidden|legal|illegal"
    r"|mandatory|compulsory|advisable|better|worth|enough|correct|the case)"
    r"|\bit (?:takes?|costs?)\b|\b(?:does|did|will) it (?:take|cost)\b|\b(?:is|are|was|were|be) there\b"
    r"|\bthat (?:is|are|was|were|has|have|the|a|an|you|i|we|may|can|must|\w+s|\w+ed)\b",
    re.IGNORECASE,
)
_ASKING = frozenset(
    "how what when where who whom whose which why many much long high old far often doe".split()  # noqa: SIM905
)
_NAMES = {"en": 1, "zh": 3}
"""Words, or Chinese characters, before a pronoun by which it can stand for something."""
_SPECIFIC = {"en": 2, "zh": 4}
"""Words, or Chinese characters, that tell a question from others."""


def stands_alone(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts that point at nothing outside themselves."""
    for draft in drafts:
        if fault := points_away(draft.question):
            bench.drop("alone", draft, fault)
        else:
            yield draft


def points_away(question: str) -> str:
    """Return what in a question only somebody understands who sees the document; empty where nothing is.

    >>> points_away("What does the document say of fees?"), points_away("该公司何时退款？")
    ('points at "the document"', 'points at "该"')
    >>> points_away("How high is it?"), points_away("Is there a fee for children at the zoo?")
    ('"it" stands for nothing', '')
    """
    if points := _POINTS.search(question):
        return f'points at "{points[0]}"'
    lang = detect_question(question)
    found = _PRONOUN.search(_DUMMY.sub(_blank, question))
    if found and len(content(question[: found.start()]) - _ASKING) < _NAMES[lang]:
        return f'"{found[0]}" stands for nothing'
    if len(content(question) - _ASKING) < _SPECIFIC[lang]:
        return "says too little to be told from other questions"
    return ""


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
