"""A generator that gives verdicts as JSON, each of them once. Knows nothing of metrics.

Replies are kept on disk under the digest of their call, so that a second run asks nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.generation.endpoint import open_endpoint
from assistant.generation.types import Generation, Generator
from assistant.types import Message, Prompt
from core.errors import AssistantError
from evaluation.journal import JsonLines, digest
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
    """A generator that is asked each thing once. A call that failed is asked again in the next run."""

    def __init__(self, generator: Generator, path: Path) -> None:
        """`path` is where replies are kept."""
        self.name = generator.name
        self._generator = generator
        self._lines = JsonLines(path)
        self._known = {
            str(row["key"]): str(row["text"]) for row in self._lines if {"key", "text"} <= row.keys()
        }

    def reply(self, calls: Sequence[Call]) -> list[str | JudgeError]:
        """Return the reply to each call, or why there is none."""
        keys = [
            digest(call.rules, call.task, call.schema, self._generator.fingerprint, MAX_NEW_TOKENS)
            for call in calls
        ]
        new = {key: call for key, call in zip(keys, calls, strict=True) if key not in self._known}
        reasons = self._ask_all(new)
        return [self._known[key] if key in self._known else JudgeError(reasons[key]) for key in keys]

    def _ask_all(self, calls: dict[str, Call]) -> dict[str, str]:
        """Ask all at once and, where that fails, the rest one by one; return the reasons of failures."""
        if not calls:
            return {}
        try:
            self._ask(calls)
        except AssistantError:
            return self._ask_one_by_one({key: call for key, call in calls.items() if key not in self._known})
        return {}

    def _ask_one_by_one(self, calls: dict[str, Call]) -> dict[str, str]:
        reasons: dict[str, str] = {}
        failed = 0
        for key, call in calls.items():
            if failed == _PATIENCE:
                reasons[key] = f"not asked: the {_PATIENCE} calls before it failed"
                continue
            try:
                self._ask({key: call})
                failed = 0
            except AssistantError as error:
                reasons[key] = str(error)
                failed += 1
        return reasons

    def _ask(self, calls: dict[str, Call]) -> None:
        keys = list(calls)

        def keep(index: int, generation: Generation) -> None:
            self._known[keys[index]] = generation.text
            self._lines.append({"key": keys[index], "text": generation.text})

        self._generator.generate([call.prompt for call in calls.values()], MAX_NEW_TOKENS, keep)


def open_judge(settings: Settings, local: Callable[[], Generator], path: Path) -> Judge:
    """Return the judge that the settings name: a model at an endpoint, or the `local` generator.

    Its replies are kept in `path`.
    """
    wanted = settings.evaluation
    if not wanted.judge_endpoint:
        return Judge(local(), path)
    remote = {"endpoint": wanted.judge_endpoint, "model": wanted.judge}
    generator = settings.generator.model_copy(update=remote)
    return Judge(open_endpoint(settings.model_copy(update={"generator": generator})), path)
