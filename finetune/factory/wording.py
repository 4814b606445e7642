"""The prompts of the writer, whose words are in `wording.toml`. Knows nothing of what becomes of its answers.

Each shows what is wanted by one example, and holds the writer to a JSON schema.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from assistant.prompts import fenced
from assistant.types import Message, Prompt
from core.language import Lang

QUESTION, ANSWER = "question", "answer"
OTHER: dict[Lang, Lang] = {"zh": "en", "en": "zh"}
_LONGEST = 400  # characters of a text in JSON
_WORDING = Path(__file__).with_name("wording.toml")


def manners(step: str, lang: Lang) -> int:
    """Return how many ways a rewording step knows to have a question said."""
    return len(_words(lang)["manners"][step])


def reword(step: str, manner: int, lang: Lang, question: str, reply: str = "") -> Prompt:
    """Return the prompt that asks for a question, and its reply if one is given, in a manner of a step."""
    said = _words(lang)
    way, example = said["manners"][step][manner], said["example"]
    shown = _texts(way["shown"], example["other_answer"] if reply else "")
    told = _told(lang, example[QUESTION], example[ANSWER] if reply else "")
    rules = said["reword"].format(manner=way["told"], form=_form(lang, reply))
    return _prompt(rules, (told, shown), _told(lang, question, reply))


def translate(into: Lang, question: str, reply: str = "") -> Prompt:
    """Return the prompt that asks for a translation from the other language."""
    before, after = (_words(lang)["example"] for lang in (OTHER[into], into))
    told = _told(OTHER[into], before[QUESTION], before[ANSWER] if reply else "")
    shown = _texts(after[QUESTION], after[ANSWER] if reply else "")
    rules = _words(into)["translate"].format(form=_form(into, reply))
    return _prompt(rules, (told, shown), _told(OTHER[into], question, reply))


def near_topic(lang: Lang, text: str) -> Prompt:
    """Return the prompt that asks for a question which a text does not answer."""
    said = _words(lang)
    example = said["near_shown"]
    shown = fenced([example["passage"]]), _texts(example[QUESTION])
    return _prompt(said["near"].format(form=_form(lang)), shown, fenced([text]))


def follow_up(lang: Lang, first: str, answer: str, following: str) -> Prompt:
    """Return the prompt that asks for a question as it would follow on another."""
    said = _words(lang)
    example = said["follow_shown"]
    told = _conversation(lang, example["first"], example[ANSWER], example["next"])
    shown = told, _texts(example[QUESTION])
    rules = said["follow"].format(form=_form(lang))
    return _prompt(rules, shown, _conversation(lang, first, answer, following))


@cache
def _all_words() -> dict[str, Any]:
    return tomllib.loads(_WORDING.read_text(encoding="utf-8"))


def _words(lang: Lang) -> Mapping[str, Any]:
    words: Mapping[str, Any] = _all_words()[lang]
    return words


def _form(lang: Lang, reply: str = "") -> str:
    return str(_words(lang)["form_with_answer" if reply else "form"])


def _told(lang: Lang, question: str, reply: str) -> str:
    said = _words(lang)
    return f"{said[QUESTION]}{question}\n{said[ANSWER]}{reply}" if reply else question


def _conversation(lang: Lang, first: str, answer: str, following: str) -> str:
    said = _words(lang)
    return f"{said['first']}{first}\n{said[ANSWER]}{answer}\n{said['next']}{following}"


def _texts(question: str, answer: str = "") -> dict[str, str]:
    return {QUESTION: question, **({ANSWER: answer} if answer else {})}


def _prompt(rules: str, shown: tuple[str, Mapping[str, str]], told: str) -> Prompt:
    """Return a prompt with an example: what is told and what is then written; its keys are the schema's."""
    given, written = shown
    before = (
        Message("system", rules),
        Message("user", given),
        Message("assistant", json.dumps(written, ensure_ascii=False)),
    )
    return Prompt((*before, Message("user", told)), prefix=before, schema=_schema(tuple(written)))


def _schema(keys: Sequence[str]) -> str:
    text = {"type": "string", "minLength": 1, "maxLength": _LONGEST}
    properties = {key: text for key in keys}
    return json.dumps(
        {"type": "object", "properties": properties, "required": list(keys), "additionalProperties": False}
    )
