"""Correct on the questions that the project ships: other wordings are right, other answers are not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

import pytest

from assistant.agreement import correct
from core.domain import find_domain
from core.questions import QuestionRecord

DOMAINS = ("legal", "travel")
WORDINGS = {"yesno": 0.97, "number": 0.99, "list": 0.8, "multi_hop": 0.78, "short": 0.83, "procedure": 0.65}
"""The mean of the second and further references against the first alone, by type."""
PARAPHRASES = 0.05
"""The share of them below 0.5: the same in other words, such as air travel for the flight."""
STRANGERS = {"yesno": 0.6, "number": 0.03, "list": 0.03, "multi_hop": 0.03, "short": 0.05, "procedure": 0.07}
"""The mean of references of other facts, of the type and language; half of them are right to a yes or no."""


def facts() -> list[QuestionRecord]:
    """Return one question for each fact that has an answer."""
    records = [one for name in DOMAINS for one in find_domain(name).questions() if one.answers]
    return list({(one.fact_id, one.answers): one for one in records}.values())


def means(values: Iterable[tuple[str, float]]) -> dict[str, float]:
    found = defaultdict(list)
    for kind, value in values:
        found[kind].append(value)
    return {kind: sum(some) / len(some) for kind, some in found.items()}


def wordings() -> Iterator[tuple[str, float]]:
    for one in facts():
        for answer in one.answers[1:]:
            yield one.answer_type, correct(answer, one.answers[:1], one.answer_type, one.question)


def strangers() -> Iterator[tuple[str, float]]:
    """Yield the value of the first answers to the next questions of the type and language."""
    alike = defaultdict(list)
    for one in facts():
        alike[one.answer_type, one.lang].append(one)
    for some in alike.values():
        for place, one in enumerate(some):
            others = (other for other in some[place + 1 :] + some[:place] if other.answers != one.answers)
            for other in islice(others, 12):
                yield one.answer_type, correct(other.answers[0], one.answers, one.answer_type, one.question)


@pytest.mark.parametrize("name", DOMAINS)
def test_every_reference_is_right(name: str) -> None:
    wrong = [
        (one.id, answer)
        for one in find_domain(name).questions()
        for answer in one.answers
        if correct(answer, one.answers, one.answer_type, one.question) < 1
    ]
    assert wrong == []


def test_other_wordings_of_a_reference_are_mostly_right() -> None:
    values = list(wordings())
    found = means(values)
    assert found.keys() == WORDINGS.keys()
    assert {kind: value for kind, value in found.items() if value < WORDINGS[kind]} == {}
    assert sum(value < 0.5 for _, value in values) <= PARAPHRASES * len(values)


def test_answers_to_other_questions_are_wrong() -> None:
    found = means(strangers())
    assert found.keys() == STRANGERS.keys()
    assert {kind: value for kind, value in found.items() if value > STRANGERS[kind]} == {}
