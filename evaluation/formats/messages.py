"""Conversations as questions: the last exchange is asked, what was said before it are its turns.

A conversation is one question, so that what was written as one comes back as one. Instructions to a system
and results of tools have no place in a question and are left out. Knows no format.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from core.questions import Turn
from evaluation.formats.values import text

_SPEAKERS = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "ai", "model", "bot", "bing", "bard"), "assistant"),
}


class Exchange(NamedTuple):
    """A question, what was said before it, and its answer."""

    question: str
    turns: tuple[Turn, ...]
    answer: str


def are_messages(value: Any, speaker: str) -> bool:
    """Say whether a value is a list of messages that name their speaker under this key."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping) and speaker in value[0]


def spoken(messages: Any, speaker: str, content: str) -> list[Turn]:
    """Return what user and assistant said, in turns; of empty messages the last one alone counts.

    Raises:
        ValueError: no list of messages.
    """
    if not isinstance(messages, list):
        raise ValueError("the messages are no list")
    said = []
    for number, message in enumerate(messages, start=1):
        if not isinstance(message, Mapping) or not isinstance(message.get(speaker), str):
            raise ValueError(f"message {number} does not say whom it is from ({speaker!r})")
        if role := _SPEAKERS.get(message[speaker].strip().lower()):
            is_last = number == len(messages)
            value = message.get(content) if is_last else message.get(content) or ""
            said.append(Turn(role, text(value, f"the content of message {number}")))
    return list(_in_turns(said))


def left_out(messages: Any, speaker: str) -> Iterator[str]:
    """Yield what messages hold beside what user and assistant said."""
    if isinstance(messages, list):
        names = {str(one.get(speaker, "")).strip().lower() for one in messages if isinstance(one, Mapping)}
        yield from (f"{name} messages" for name in sorted(names - _SPEAKERS.keys()) if name)


def exchange(said: Sequence[Turn]) -> Exchange:
    """Return the last exchange of a conversation.

    Raises:
        ValueError: it does not end with an answer to somebody.
    """
    if not said or said[-1].role != "assistant":
        raise ValueError("the conversation does not end with an answer")
    question, turns = last_question(said[:-1])
    return Exchange(question, turns, said[-1].content)


def last_question(said: Sequence[Turn]) -> tuple[str, tuple[Turn, ...]]:
    """Return what the user said last, and what came before it from the user's first words on.

    Raises:
        ValueError: the user said nothing.
    """
    users = [place for place, turn in enumerate(said) if turn.role == "user"]
    if not users:
        raise ValueError("the user asks nothing")
    return said[users[-1]].content, tuple(said[users[0] : users[-1]])


def _in_turns(said: Sequence[Turn]) -> Iterator[Turn]:
    """Join what one speaker says in several messages."""
    told: Iterable[Turn] = (turn for turn in said if turn.content or turn is said[-1])
    for role, messages in groupby(told, key=lambda turn: turn.role):
        yield Turn(role, "\n\n".join(filter(None, (turn.content for turn in messages))))
