"""A draft is one question in the document's language, with an answer of its type."""

import re
from collections.abc import Iterator, Sequence

from assistant.agreement import items, quantities
from assistant.agreement.polarity import asks_yes_or_no
from assistant.refusals import is_refusal
from core.language import detect_question, words
from evaluation.drafting.types import Bench, Draft

_FEWEST = 4
"""Words, or Chinese characters, of a question."""
_MOST = {"short": 15, "number": 12, "yesno": 1, "list": 60, "procedure": 80, "multi_hop": 20}
"""Words of an answer: what is longer is no fact that a reader can be held to."""
_ENDS = ("?", "？")
_SECOND = re.compile(r"[?？].*[?？]")


def well_formed(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts that are one question with an answer of its type."""
    for draft in drafts:
        if fault := _fault(draft):
            bench.drop("form", draft, fault)
        else:
            yield draft


def is_question(text: str, lang: str) -> bool:
    """Whether a text is one question in a language.

    >>> is_question("Who pays?", "en"), is_question("Who pays? When?", "en"), is_question("谁来付款", "zh")
    (False, False, False)
    >>> is_question("Who pays for the key?", "en"), is_question("钥匙丢了谁来付款？", "zh")
    (True, True)
    """
    is_one = text.endswith(_ENDS) and not _SECOND.search(text) and len(words(text)) >= _FEWEST
    return is_one and detect_question(text) == lang


def _fault(draft: Draft) -> str:
    if not is_question(draft.question, draft.lang):
        return "not one question in the document's language"
    if draft.type == "unanswerable":
        return ""
    (answer,) = draft.answers or ("",)
    if not words(answer) or is_refusal(answer):
        return "no answer"
    if len(words(answer)) > _MOST[draft.type]:
        return f"the answer has more than {_MOST[draft.type]} words"
    if draft.type == "yesno" and not asks_yes_or_no(draft.question):
        return "not to be answered with yes or no"
    if draft.type == "number" and not quantities(answer):
        return "the answer holds no number"
    if draft.type == "list" and len(items(answer)) < 2:
        return "the answer lists fewer than two things"
    return ""
