"""Whether an answer is right, by what its question asks for, 0 to 1. Knows nothing of models.

`yesno`: the same sense; `number`: the same value in the same unit; `list`: the share of the right items;
`label`: the label; `entities`: F1 over them; `unanswerable`: a refusal; all others: the agreement of
tokens. A bare verdict or bare amounts among the right answers make one of these one of the first two kinds.
"""

import re
from collections.abc import Callable, Sequence

from assistant.agreement.amounts import Quantity
from assistant.agreement.clauses import clauses
from assistant.agreement.entities import entity_f1
from assistant.agreement.figures import amounts_of, is_sequence, stated
from assistant.agreement.items import items, share_found
from assistant.agreement.polarity import asks_yes_or_no, is_verdict, offers_choice, polarity, verdict
from assistant.agreement.quantities import quantities
from assistant.agreement.tokens import exact_match, f1_of, folded, tokens
from assistant.agreement.words import GRAMMAR, content, likeness, stem

RULES = (
    "yesno:sense,number:value+unit,list:items,label:exact,entities:f1,unanswerable:refusal,"
    "else:f1-contradictions|v2"
)
"""What a value of `correct` depends on beside the normalisation of tokens."""

_ALIKE = 0.6
"""What share of the words of a clause stand in another where both speak of the same."""
_LISTED = r" ?(?:[、/;]| (?:and|or) |和|与|及|或者?) ?"
_ONE_OF_SEVERAL = 0.5
_SAME = 0.4
"""How like two clauses are at least, as words shared of all, where both give one reason."""


def correct(
    text: str, answers: Sequence[str], answer_type: str, question: str = "", refused: bool = False
) -> float:
    """Return how right `text` is, against the best of `answers`; no answers means it must be refused.

    >>> correct("不可以", ["可以"], "yesno"), correct("No.", ["No, dogs are not allowed"], "yesno")
    (0.0, 1.0)
    >>> correct("押金为三百元", ["300元"], "number"), correct("photo, visa", ["visa and photo"], "list")
    (1.0, 1.0)
    >>> correct("14 days, then 2 years", ["14 days and 2 years"], "multi_hop"), correct("", ["Rome"], "short")
    (1.0, 0.0)
    """
    if not answers or answer_type == "unanswerable":
        return float(refused)
    if refused or not text.strip():
        return 0.0
    if answer_type == "entities":
        return max(entity_f1(text, answer) for answer in answers)
    if any(exact_match(text, answer) for answer in answers):
        return 1.0
    if answer_type == "label":
        return 0.0
    if answer_type == "yesno" or (answer_type not in _BY_TYPE and any(map(is_verdict, answers))):
        return same_sense(text, answers, question)
    if answer_type not in _BY_TYPE and any(is_sequence(one, question) for one in answers):
        answer_type = "number"
    measure = _BY_TYPE.get(answer_type, _agreement)
    return max(measure(text, answer, question, answers) for answer in answers)


def same_sense(text: str, answers: Sequence[str], question: str = "") -> float:
    """Return whether a text answers a yes-or-no question as the right answers do; tokens where none says how.

    >>> same_sense("It is not allowed.", ["Yes, it is allowed."]), same_sense("the second", ["the first"])
    (0.0, 0.0)
    >>> reason = "Yes, a strike of its staff does not release the carrier"
    >>> same_sense("A strike of the staff does not release the carrier", [reason], "Must the carrier pay?")
    1.0
    """
    known = [(sense, answer) for answer in answers if (sense := _sense(answer, question))]
    if not known:
        return max(_agreement(text, answer, question, answers) for answer in answers)
    right = next((sense for sense, answer in known if verdict(answer)), known[0][0])
    if said := verdict(text) or _by_reasons(text, known, question) or polarity(text, question):
        return float(said == right)
    asked = set(tokens(question))
    reasons = ([token for token in tokens(answer) if token not in asked] for answer in answers)
    new = [token for token in tokens(text) if token not in asked]
    return max(f1_of(new, reason) for reason in reasons) if new else 0.0


def _sense(answer: str, question: str) -> int:
    """Return the polarity of a right answer; to "now or later?" only a plain yes or no has one."""
    return verdict(answer) if offers_choice(question) else polarity(answer, question)


def _by_reasons(text: str, known: Sequence[tuple[int, str]], question: str) -> int:
    """Return the sense of a text that gives, or denies, the reason of a right answer; 0 where it does not.

    It must share most of what the reason has beside the words of the question.
    """
    asked = content(folded(question))
    given = [
        (sense * one.sign, content(one.text)) for sense, answer in known for one in clauses(folded(answer))
    ]
    said = [(one.sign, content(one.text)) for one in clauses(folded(text))]
    for sense, reason in given:
        new = reason - asked
        for sign, words in said:
            if new and len(new & words) >= _ALIKE * len(new) and likeness(words, reason) >= _SAME:
                return sense * sign
    return 0


def _amounts(text: str, answer: str, question: str, answers: Sequence[str]) -> float:
    if not amounts_of(answer):
        return _agreement(text, answer, question, answers)
    return stated(text, answer, question, answers)


def _listed(text: str, answer: str, question: str, answers: Sequence[str]) -> float:
    """Return the share of items; what is one item only may also agree in part."""
    found = share_found(text, answer)
    return found if len(items(answer)) > 1 else max(found, _agreement(text, answer, question, answers))


def _agreement(text: str, answer: str, question: str, answers: Sequence[str]) -> float:
    """Return F1 of tokens, less the share of the answer that the text contradicts.

    Words of grammar do not count, nor do those of the question where the answer has others. An answer that
    stands whole in the text is all there, however long the text, unless the question offered it; as one of
    several it is there by half.
    """
    right, said = _weighty(answer), _weighty(text)
    asked = {stem(token) for token in tokens(question)}
    offered = asked.issuperset(right)
    shared = f1_of(
        [token for token in said if token not in asked], [token for token in right if token not in asked]
    )
    if offered:
        shared = f1_of([token for token in said if token in right or token not in asked], right)
    if said[: len(right)] == right or (not offered and _contains(said, right)):
        shared = max(shared, _ONE_OF_SEVERAL) if _among_others(text, answer) else 1.0
    shared *= 1 - max(_amounts_denied(text, answer, question), _clauses_denied(text, answer))
    return _with_sense(shared, text, answer, question)


def _contains(said: list[str], right: list[str]) -> bool:
    return f" {' '.join(right)} " in f" {' '.join(said)} "


def _among_others(text: str, answer: str) -> bool:
    """Whether the answer is one of several things that the text names: "Paris or Rome"."""
    name = re.escape(folded(answer).strip(" .。"))
    return bool(re.search(rf"{_LISTED}{name}|{name}{_LISTED}", folded(text)))


def _with_sense(shared: float, text: str, answer: str, question: str) -> float:
    """Return the agreement of two answers to a yes-or-no question that want a sentence: half is the sense."""
    if not asks_yes_or_no(question):
        return shared
    right, said = polarity(answer, question), polarity(text, question)
    if not right or not said:
        return shared
    return (1 + shared) / 2 if right == said else 0.0


def _weighty(text: str) -> list[str]:
    """Return the tokens without endings, and without those of grammar where there are others."""
    found = tokens(folded(text))
    return [stem(token) for token in found if token not in GRAMMAR] or found


def _amounts_denied(text: str, answer: str, question: str) -> float:
    """Return the share of the answer's amounts in whose place the text has others of the same unit."""
    wanted = [one for one in amounts_of(answer) if not one.weak]
    asked = {reading for one in quantities(question) for reading in one.readings}
    said = [one for one in quantities(text) if not one.weak and not one.readings & asked]
    denied = 0
    for one in wanted:
        rivals = [other for other in said if other.units & one.units]
        denied += bool(rivals) and not any(other.equals(one) for other in rivals) and not _ends(one, rivals)
    return denied / len(wanted) if wanted else 0.0


def _ends(wanted: Quantity, said: Sequence[Quantity]) -> bool:
    """Whether both ends of a range are said one by one: within 120 hours and 24 hours before."""
    ends = {(reading.unit, reading.low) for one in said for reading in one.readings}
    return any({(one.unit, one.low), (one.unit, one.high)} <= ends for one in wanted.readings)


def _clauses_denied(text: str, answer: str) -> float:
    """Return the share of the answer, in words, whose clauses the text has with the opposite sign."""
    said = [(content(one.text), one.sign) for one in clauses(folded(text))]
    total = denied = 0
    for clause in clauses(folded(answer)):
        words = content(clause.text)
        near = [(len(words & other), sign == clause.sign) for other, sign in said]
        shared, same = max(near, default=(0, True))
        total += len(words)
        denied += len(words) if words and shared >= _ALIKE * len(words) and not same else 0
    return denied / total if total else 0.0


_Measure = Callable[[str, str, str, Sequence[str]], float]
_BY_TYPE: dict[str, _Measure] = {"number": _amounts, "list": _listed}
