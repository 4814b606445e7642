"""A draft can be understood by somebody who does not see the document."""

import re
from collections.abc import Iterator, Sequence

from assistant.agreement.words import content
from core.language import detect_question
from evaluation.drafting.types import Bench, Draft

_POINTS = re.compile(
    r"\b(?:th(?:e|is|at|ese|those) (?:\w+ )?(?:documents?|passages?|texts?|notes?|sentences?|excerpts?|pages?"
    r"|quote|above|(?:articles?|sections?|paragraphs?)(?! ?\d)"
    r"|following(?! (?:day|morning|evening|night|week|weekend|month|season|year)))(?! of\b)"
    r"|th(?:e|is|at|ese|those) (?:guides?|lists?|tables?|compan(?:y|ies)|providers?|operators?|sites?|places?"
    r"|authors?)(?!'s| (?:of|in|where|to)\b)"
    r"|according to (?:the|this) (?:\w+ )?(?:document|passage|text|article|source|information)"
    r"|(?:mentioned|described|stated|given|listed|above|below|said)"
    r" (?:above|below|here|in the (?:document|passage|text))|aforementioned)\b"
    r"|本文|文中|文章|上文|下文|上述|前述|本(?:条|章|节|办法|规定|公司|单位|馆|店|站|指南|段|句|表)"
    r"|以[上下](?:内容|规定|信息|哪|情况)|(?:材料|资料|文本|原文|段落)(?:中|里|提到)"
    r"|(?:根据|按照|依据|依照)(?:材料|资料|文本|原文|段落|内容|文件)",
    re.IGNORECASE,
)
_SHOULD = "怎如咋由让给付退找办做干不谁几多哪是有得去向拿赔交往到先承还掏放通注准买带选出收补走提等要会能当请"
"""What stands after 该 where it means should."""
_HEAD = "，。；：？在对从向由据按于为和与及凭到问入"
"""Behind what 该 begins a name whatever follows: the head of a clause, a preposition, a verb."""
_REFERS = re.compile(
    f"(?<![应理活])(?:(?<![^{_HEAD}])该(?![死怎如谁哪几多不])|该(?![死{_SHOULD}]))"
    "|(?<![因如由从彼])此(?![后外前时次刻际类])"
    "|这(?:里|个|些|段|份|句|条|篇|种|家|座|项|本)|那(?:里|个|些|段|份|条|种|家|座)"
)
_ARTICLE = re.compile(
    r"\b(?:articles?|sections?|paragraphs?|chapters?|clauses?|rules?) ?\d[\w.()]*|§+ ?\d+"
    r"|第[一二三四五六七八九十百零\d]+[条章款]",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\s\S*[A-Z0-9]|^[A-Z]{2}")
"""A name in an English question, behind its first word."""
_OF_A_LAW = re.compile("[法典》例定则约程议同准释编本]第")
"""The last character of what laws and contracts are called, before the number of an article."""
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|he|she|his|her|this|that|these|those|there)\b"
    r"|(?<!其)[它他她](?!人)们?|其(?!他|它|余|中|实)|两者|二者|两处|两地",
    re.IGNORECASE,
)
_DUMMY = re.compile(
    r"\b(?:is|was|be) it (?=possible|allowed|permitted|necessary|required|needed|true|forbidden|legal|illegal"
    r"|mandatory|compulsory|advisable|better|worth|enough|correct|the case)"
    r"|\bit (?:takes?|costs?)\b|\b(?:does|did|will) it (?:take|cost)\b|\b(?:is|are|was|were|be) there\b"
    r"|\bthere (?:is|are|was|were)\b"
    r"|\bthat (?:is|are|was|were|has|have|the|a|an|you|i|we|may|can|must|\w+s|\w+ed)\b",
    re.IGNORECASE,
)
_ASKING = frozenset(
    "how what when where who whom whose which why many much long high old far often doe one".split()  # noqa: SIM905
)
_HAN_ASKING = re.compile(
    "什么|多少|几|谁|哪[里个些儿]?|怎么样?|怎样|如何|为什么|为何|请问|是否|能否|可否|可以|需要|应当|应该|多久|何时|何种"
)
_NAMES = {"en": 2, "zh": 3}
"""Words, or Chinese characters, before a pronoun by which it can stand for something."""
_OWN = ("its", "their", "his", "her")
"""Pronouns that one word before them is enough for."""
_SPECIFIC = {"en": 3, "zh": 5}
"""Words, or Chinese characters, that tell a question from others; a name is as good as one of them."""
_CLAUSE_END = re.compile("[，。；：、,;:]")


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
    >>> points_away("游客丢了寄存牌该找谁？"), points_away("According to Section 4, who pays for the key?")
    ('', '"Section 4" may be of any text')
    """
    if points := _POINTS.search(question) or _refers(question):
        return f'points at "{points[0]}"'
    unnamed = not _OF_A_LAW.search(question) and not _NAMED.search(_ARTICLE.sub(" ", question))
    if unnamed and (article := _ARTICLE.search(question)):
        return f'"{article[0]}" may be of any text'
    lang = detect_question(question)
    found = _PRONOUN.search(_DUMMY.sub(_blank, question))
    least = 1 if found and found[0].lower() in _OWN else _NAMES[lang]
    if found and _weight(question[: found.start()]) < least:
        return f'"{found[0]}" stands for nothing'
    if _weight(question) + bool(lang == "en" and _NAMED.search(question)) < _SPECIFIC[lang]:
        return "says too little to be told from other questions"
    return ""


def _refers(question: str) -> re.Match[str] | None:
    """Return what refers to something that no earlier clause of the question can have named."""
    for found in _REFERS.finditer(question):
        *earlier, _ = _CLAUSE_END.split(question[: found.start()])
        if _weight("".join(earlier)) <= _NAMES["zh"]:
            return found
    return None


def _weight(text: str) -> int:
    """Return how many words, or Chinese characters, of a text say what it is about."""
    return len(content(_HAN_ASKING.sub(" ", text)) - _ASKING)


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])
