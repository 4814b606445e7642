"""Whether a text in other words still says what it said, by rules. Knows no step, no model and no example.

Of a question the amounts and names must stand, the terms of the domain's dictionary, and most of the words
that its evidence has as well; it must be a question in the same language, that asks yes or no where it did,
and denies as much. An answer must be right by `assistant.agreement`, with no amount beside the old ones.
"""

import re
from collections.abc import Iterator, Sequence

from assistant.agreement import correct, quantities
from assistant.agreement.amounts import Quantity
from assistant.agreement.clauses import negations
from assistant.agreement.polarity import asks_yes_or_no
from assistant.agreement.tokens import folded
from assistant.agreement.units import UNITS
from assistant.agreement.words import GRAMMAR, stem
from core.language import CJK, Lang, detect_question
from core.questions import QuestionRecord
from core.terms import Terms
from ingest.index.bm25 import tokens

AMOUNT = "another amount"
ANSWER = "the answer says something else"
LANGUAGE = "another language"
NAME = "another name"
NO_QUESTION = "no question"
SENSE = "asks for something else"
TERM = "a key term is gone"

_ANCHORED = 0.6
"""What share of the words that a question has in common with its evidence must stand in another wording."""
_WORD = re.compile(r"[^\W\d_][^\W_]*(?:[-'’][^\W_]+)*")
_LATIN = re.compile(rf"(?:(?![{CJK}])[^\W_])+")
_TITLE = re.compile(r"《([^》]+)》")
_SENTENCE = re.compile(r"(?:^|[.!?:;。！？；：]\s*|\n)[\W_]*$")
_POSSESSIVE = re.compile(r"['’]s?$")
_SELF = re.compile(r"I(?:['’](?:m|ve|d|ll))?$")


def question_fault(record: QuestionRecord, text: str, terms: Terms) -> str:
    """Return what a text lacks that should ask what `record` asks; empty where it lacks nothing.

    A term of the dictionary and its variants are one word.
    """
    lang = record.language
    before, text = (terms.unified(one, lang) for one in (record.question, text))
    evidence = terms.unified(" ".join(record.evidence_text), lang)
    if not text.rstrip(" \"'”’」』)）").endswith(("?", "？")):
        return NO_QUESTION
    if detect_question(text) != lang:
        return LANGUAGE
    if not same_amounts(before, text):
        return AMOUNT
    if not _same_names(before, text, lang):
        return NAME
    anchored = _content(before) & _content(evidence)
    is_anchored = len(anchored & _content(text)) >= _ANCHORED * len(anchored)
    if not (is_anchored and terms.spoken_of(before, lang) <= terms.spoken_of(text, lang)):
        return TERM
    is_same = asks_yes_or_no(before) == asks_yes_or_no(text) and _denies(before) == _denies(text)
    return "" if is_same else SENSE


def reply_fault(record: QuestionRecord, reply: str, text: str) -> str:
    """Return what is wrong with a text that should say what `reply` says; empty where nothing is."""
    is_right = correct(text, [reply], record.answer_type, record.question) == 1.0
    return "" if is_right and same_amounts(reply, text) else ANSWER


def same_amounts(one: str, other: str) -> bool:
    """Say whether two texts state the same amounts, each with the same bound, and none beside them.

    >>> same_amounts("up to 1,500 km", "1500 kilometres or less"), same_amounts("七天内", "7日以上")
    (True, False)
    """
    rest = list(_strong(other))
    for amount in _strong(one):
        same = next((place for place, that in enumerate(rest) if _is_same(amount, that)), None)
        if same is None:
            return False
        del rest[same]
    return not rest


def names(text: str, lang: Lang) -> frozenset[str]:
    """Return what a text calls by name, in lower case.

    In English: what has a capital that no sentence gave it, and Chinese characters; in Chinese: Latin
    letters, and titles of laws and books.

    >>> sorted(names("Is Lyon's airport in the EU?", "en")), sorted(names("《民法典》与GDPR", "zh"))
    (['eu', 'lyon'], ['gdpr', '民法典'])
    """
    if lang == "zh":
        latin = (one.lower() for one in _LATIN.findall(text) if not one[0].isdigit())
        return frozenset({one for one in latin if one not in UNITS}.union(_TITLE.findall(text)))
    return frozenset(_english_names(text))


def anchors(record: QuestionRecord) -> frozenset[str]:
    """Return the words of a question that its evidence has as well, in lower case, without endings."""
    return _content(record.question) & _content(" ".join(record.evidence_text))


def _english_names(text: str) -> Iterator[str]:
    for word in _WORD.finditer(text):
        name = _POSSESSIVE.sub("", word[0])
        inside = any(letter.isupper() or letter.isdigit() or letter >= "\u3400" for letter in name[1:])
        begins = name[0].isupper() and not _SELF.match(word[0]) and not _SENTENCE.search(text[: word.start()])
        is_name = (inside or begins or name[0] >= "\u3400") and name.lower() not in UNITS
        if is_name:  # of a unit the amount knows that EUR is euros
            yield name.lower()


def _same_names(before: str, after: str, lang: Lang) -> bool:
    """Whether both have the same names; what opens a sentence may be one or not."""
    if lang == "zh":
        return names(before, lang) == names(after, lang)
    said = [{_POSSESSIVE.sub("", one).lower() for one in _WORD.findall(text)} for text in (before, after)]
    return names(before, lang) <= said[1] and names(after, lang) <= said[0]


def _content(text: str) -> frozenset[str]:
    found = (one for one in tokens(text) if one not in GRAMMAR and (len(one) > 1 or one.isdigit()))
    return frozenset(map(stem, found))


def _denies(question: str) -> bool:
    """Whether a question denies an odd number of times."""
    return negations(folded(question)) % 2 == 1


def _strong(text: str) -> Sequence[Quantity]:
    return [one for one in quantities(text) if not one.weak]


def _is_same(one: Quantity, other: Quantity) -> bool:
    return one.equals(other) and one.bound == other.bound and one.denied == other.denied
