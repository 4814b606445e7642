"""A generator that gives verdicts as JSON. Knows nothing of metrics.

Its replies are kept on disk, so that a second run asks nothing; a call that failed is asked again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.generation.chat import spoken
from assistant.generation.endpoint import open_endpoint
from assistant.generation.journaled import JournaledGenerator
from assistant.generation.types import Generation, Generator
from assistant.types import Message, Prompt
from core.errors import AssistantError
from settings import Settings

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
        self._generator = generator

    def reply(self, calls: Sequence[Call]) -> list[str | JudgeError]:
        """Return the reply to each call, or why there is none."""
        replies: dict[int, str | JudgeError] = {}
        try:
            self._ask(calls, range(len(calls)), replies)
        except AssistantError:
            self._ask_one_by_one(calls, replies)
        return [replies[place] for place in range(len(calls))]

    def _ask_one_by_one(self, calls: Sequence[Call], replies: dict[int, str | JudgeError]) -> None:
        """Ask what has no reply yet; give up after some failures in a row."""
        failed = 0
        for place in range(len(calls)):
            if place in replies:
                continue
            if failed == _PATIENCE:
                replies[place] = JudgeError(f"not asked: the {_PATIENCE} calls before it failed")
                continue
            try:
                self._ask(calls, [place], replies)
                failed = 0
            except AssistantError as error:
                replies[place] = JudgeError(str(error))
                failed += 1

    def _ask(
        self, calls: Sequence[Call], places: Sequence[int], replies: dict[int, str | JudgeError]
    ) -> None:
        def keep(index: int, generation: Generation) -> None:
            replies[places[index]] = spoken(generation.text)

        self._generator.generate([calls[place].prompt for place in places], MAX_NEW_TOKENS, keep)


def open_judge(settings: Settings, local: Callable[[], Generator], path: Path) -> Judge:
    """Return the judge that the settings name: a model at an endpoint, or the `local` generator.

    Its replies are kept in `path`.
    """
    wanted = settings.evaluation
    if not wanted.judge_endpoint:
        return Judge(JournaledGenerator(local(), path))
    remote = {"endpoint": wanted.judge_endpoint, "model": wanted.judge, "tokenizer": ""}
    generator = settings.generator.model_copy(update=remote)
    judge = open_endpoint(settings.model_copy(update={"generator": generator}))
    return Judge(JournaledGenerator(judge, path))
