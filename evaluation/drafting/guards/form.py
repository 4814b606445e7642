"""A draft is one question in the document's language, with an answer of its type."""

import re
from collections.abc import Iterator, Sequence

from assistant.agreement import items, quantities
from assistant.agreement.polarity import asks_yes_or_no, is_verdict, offers_choice
from assistant.refusals import is_refusal
from core.language import detect_question, words
from evaluation.drafting.types import Bench, Draft

_FEWEST = 3
"""Words, or Chinese characters, of a question."""
_MOST = {"short": 15, "number": 12, "yesno": 2, "list": 60, "procedure": 80, "multi_hop": 20}
"""Words of an answer: what is longer is no fact that a reader can be held to."""
_SEVERAL = {"list", "procedure", "multi_hop"}
"""Types whose answer may say several things, and so be asked for several."""
_ENDS = ("?", "？")
_SECOND = re.compile(r"[?？].*[?？]")
_HAN_ASKS = "(?:什么|多少|几|哪|谁|怎么|怎样|如何|何时|多久|是否)"
_TWO = re.compile(  # 查不出谁扔的，… asks one thing
    r"\band (?:(?:for|by|in|at|to|from|of|on) )?(?:what|when|where|who|whom|whose|which|how|why)\b"
    rf"|(?:^|[，；。])[^，；。不没未]*{_HAN_ASKS}[^，；。的]{{0,3}}[，；](?=.*{_HAN_ASKS})",
    re.IGNORECASE,
)
_VERB = r"(?:is|are|was|were|am|do|does|did|can|could|may|must|should|shall|will|would|has|have|had)(?:n't)? "
_BEGINS_WITH_VERB = re.compile(
    rf"(?!what|who|which|how|why)(?:.*[,;:] )?{_VERB}"
    r"(?!(?:you|anybody|anyone|somebody|someone) (?:know|tell|say)\b)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[，。；,;（）()]")


def well_formed(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts that are one question with an answer of its type."""
    for draft in drafts:
        if fault := _fault(draft):
            bench.drop("form", draft, fault)
        else:
            yield draft


def is_question(text: str, lang: str) -> bool:
    """Whether a text is one question in a language.

    >>> is_question("Who pays?", "en"), is_question("Who pays it? When?", "en"), is_question("谁来付款", "zh")
    (False, False, False)
    >>> is_question("Who pays for the key?", "en"), is_question("钥匙丢了谁来付款？", "zh")
    (True, True)
    """
    is_one = text.endswith(_ENDS) and not _SECOND.search(text) and len(words(text)) >= _FEWEST
    return is_one and detect_question(text) == lang


def wants_verdict(question: str) -> bool:
    """Whether a question is answered by yes or no, whatever its other clauses begin with.

    >>> wants_verdict("Can I get a refund when the train is late?"), wants_verdict("When is it open?")
    (True, False)
    >>> wants_verdict("没说是哪种保证，这条规定适用吗？"), wants_verdict("先付还是后付？")
    (True, False)
    """
    last = [clause for clause in _CLAUSE.split(question) if clause.strip(" ?？")][-1:]
    is_asked = any(map(asks_yes_or_no, (question, *last)))
    return is_asked or bool(_BEGINS_WITH_VERB.match(question) and not offers_choice(question))


def _fault(draft: Draft) -> str:
    if not is_question(draft.question, draft.lang):
        return "not one question in the document's language"
    if draft.type not in _SEVERAL and _TWO.search(draft.question):
        return "two questions in one"
    if draft.type == "unanswerable":
        return ""
    (answer,) = draft.answers or ("",)
    if not words(answer) or is_refusal(answer):
        return "no answer"
    if len(words(answer)) > _MOST[draft.type]:
        return f"the answer has more than {_MOST[draft.type]} words"
    if draft.type == "yesno" and not (wants_verdict(draft.question) and is_verdict(answer)):
        return "not to be answered with yes or no"
    if draft.type == "number" and not quantities(answer):
        return "the answer holds no number"
    if draft.type == "list" and len(items(answer)) < 2:
        return "the answer lists fewer than two things"
    return ""
