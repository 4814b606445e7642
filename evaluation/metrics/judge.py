"""A generator that judges: in text held to a schema, or by weighing yes against no. Knows nothing of metrics.

What it says is kept on disk, so that a second run asks nothing; a call that failed is asked again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from assistant.generation.chat import spoken
from assistant.generation.endpoint import open_endpoint
from assistant.generation.journaled import JournaledGenerator
from assistant.generation.local import LocalGenerator, open_local
from assistant.generation.types import Generation, Generator, Weights
from assistant.types import Message, Prompt
from core.errors import AssistantError
from evaluation.metrics.claims import CHOICES, Claim
from settings import Settings

Asked = TypeVar("Asked")
Reply = TypeVar("Reply")
Ask = Callable[[Sequence[Asked], Callable[[int, Reply], None]], object]
"""Asks all, and tells place and reply of each as it arrives."""

MAX_NEW_TOKENS = 768
"""Verdicts are cut here; the bounds of their schemas end nearly all of them far earlier."""
_PATIENCE = 3
"""Calls that may fail one after the other before the rest is given up."""


@dataclass(frozen=True, slots=True)
class Call:
    """One thing to judge: `rules` are the same in many calls, `schema` is the JSON schema of the reply."""

    rules: str
    task: str
    schema: str

    @property
    def prompt(self) -> Prompt:
        """The call as a chat, whose rules are a prefix that is read once."""
        rules = Message("system", self.rules)
        return Prompt((rules, Message("user", self.task)), prefix=(rules,), schema=self.schema)


class JudgeError(Exception):
    """A call that gave no verdict; the message is the reason. Metrics count it."""


class Judge:
    """A generator that gives verdicts."""

    def __init__(self, generator: Generator) -> None:
        self.name = generator.name
        self.weighs = generator.device != "endpoint"
        """Whether its verdicts are weighed: a server rarely tells more than what it chose."""
        self._generator = generator

    def reply(self, calls: Sequence[Call]) -> list[str | JudgeError]:
        """Return the reply to each call, or why there is none."""
        return _each(calls, self._say)

    def weigh(self, claims: Sequence[Claim]) -> list[float | JudgeError]:
        """Return the log-odds that each claim holds, or why there are none; passages are read once."""
        weighed: dict[Claim, float | JudgeError] = {}
        for lang, choices in CHOICES.items():
            asked = [claim for claim in dict.fromkeys(claims) if claim.lang == lang]
            odds: list[float | JudgeError] = _each(asked, partial(self._choose, choices))
            weighed |= dict(zip(asked, odds, strict=True))
        return [weighed[claim] for claim in claims]

    def _say(self, calls: Sequence[Call], keep: Callable[[int, str], None]) -> None:
        def tell(index: int, generation: Generation) -> None:
            keep(index, spoken(generation.text))

        self._generator.generate([call.prompt for call in calls], MAX_NEW_TOKENS, tell)

    def _choose(
        self, choices: tuple[str, str], claims: Sequence[Claim], keep: Callable[[int, float], None]
    ) -> None:
        def tell(index: int, weights: Weights) -> None:
            keep(index, weights[0] - weights[1])

        self._generator.choose([claim.prompt for claim in claims], choices, tell)


def _each(asked: Sequence[Asked], ask: Ask[Asked, Reply]) -> list[Reply | JudgeError]:
    """Ask all at once; where that fails, what has no reply yet one by one, until too many failed in a row."""
    replies: dict[int, Reply | JudgeError] = {}
    try:
        if asked:
            ask(asked, replies.__setitem__)
    except AssistantError:
        _one_by_one(asked, ask, replies)
    return [replies[place] for place in range(len(asked))]


def _one_by_one(
    asked: Sequence[Asked], ask: Ask[Asked, Reply], replies: dict[int, Reply | JudgeError]
) -> None:
    failed = 0
    for place, one in enumerate(asked):
        if place in replies:
            continue
        if failed == _PATIENCE:
            replies[place] = JudgeError(f"not asked: the {_PATIENCE} calls before it failed")
            continue
        try:
            ask([one], lambda _, reply: replies.__setitem__(place, reply))  # noqa: B023 (called at once)
            failed = 0
        except AssistantError as error:
            replies[place] = JudgeError(str(error))
            failed += 1


def open_judge(settings: Settings, answering: Callable[[], Generator], path: Path) -> Judge:
    """Return the judge that the settings name: a model at an endpoint, or the one that is `answering`.

    What it says is kept in `path`.
    """
    wanted = settings.evaluation
    if wanted.judge_endpoint:
        remote = {"endpoint": wanted.judge_endpoint, "model": wanted.judge, "tokenizer": ""}
        generator = settings.generator.model_copy(update=remote)
        judge: Generator = open_endpoint(settings.model_copy(update={"generator": generator}))
    else:
        judge = answering()
        if isinstance(judge, LocalGenerator):
            judge = open_local(settings)  # the same weights; passages it has judged are not worth a disk
    return Judge(JournaledGenerator(judge, path))
