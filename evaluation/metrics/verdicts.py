"""ragas' verdict prompts, answered from log-odds that were weighed before. Knows nothing of models.

The JSON that ragas asks a model for is written here: an answer's sentences, each with the question, are its
statements, and what one passage supports is supported.
"""

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.language import Lang
from evaluation.metrics.claims import Claim, Kind, statement, statements
from evaluation.metrics.judge import Judge, JudgeError

Odds = Mapping[Claim, float | JudgeError]
Thresholds = Mapping[tuple[Kind, Lang], float]
"""The log-odds from which on a claim holds."""
NOTE = "verdicts:log-odds of yes,threshold fitted per language|statements:sentences with the question"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a judge reads of one sample."""

    question: str
    answer: str
    """Of the strategy, or the right one."""
    passages: tuple[str, ...]
    lang: Lang

    @property
    def supported(self) -> list[Claim]:
        """The claims that each passage supports each statement."""
        return [
            Claim("supported", self.lang, passage, one)
            for passage in self.passages
            for one in statements(self.question, self.answer, self.lang)
        ]

    @property
    def useful(self) -> list[Claim]:
        """The claims that each passage is useful for the answer."""
        whole = statement(self.question, self.answer, self.lang)
        return [Claim("useful", self.lang, passage, whole) for passage in self.passages]


def weighed(judge: Judge, claims: Sequence[Claim]) -> Odds:
    """Return the log-odds of each claim, or why there are none."""
    return dict(zip(claims, judge.weigh(claims), strict=True))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The replies to ragas' prompts about one matter."""

    matter: Matter
    odds: Odds
    thresholds: Thresholds

    def reply(self, given: Mapping[str, Any], wanted: Container[str]) -> str:
        """Return the JSON of a reply with the keys `wanted` to a prompt with the inputs `given`.

        Raises:
            JudgeError: a claim could not be weighed.
        """
        if "verdict" in wanted:
            return json.dumps({"reason": "", "verdict": self._holds("useful", given["context"])})
        own = statements(self.matter.question, self.matter.answer, self.matter.lang)
        if "classifications" in wanted:
            return _listed("classifications", "attributed", self._supported(own))
        if "statements" in given:
            return _listed("statements", "verdict", self._supported(given["statements"]))
        return json.dumps({"statements": own}, ensure_ascii=False)

    def _supported(self, wanted: Sequence[str]) -> dict[str, int]:
        return {
            one: max(self._holds("supported", passage, one) for passage in self.matter.passages)
            for one in wanted
        }

    def _holds(self, kind: Kind, passage: str, one: str = "") -> int:
        matter = self.matter
        whole = one or statement(matter.question, matter.answer, matter.lang)
        odds = self.odds[Claim(kind, matter.lang, passage, whole)]
        if isinstance(odds, JudgeError):
            raise odds
        return int(odds >= self.thresholds[kind, matter.lang])


def _listed(name: str, verdict: str, found: Mapping[str, int]) -> str:
    rows = [{"statement": one, "reason": "", verdict: value} for one, value in found.items()]
    return json.dumps({name: rows}, ensure_ascii=False)
