"""The prompts of the writer, whose words are in `wording.toml`. Knows nothing of what becomes of its answers.

Each shows what is wanted by one example, and holds the writer to a JSON schema.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from assistant.types import Prompt
from assistant.writing import QUESTION, after_example
from core.language import Lang

ANSWER = "answer"
OTHER: dict[Lang, Lang] = {"zh": "en", "en": "zh"}
_TEXT = {"type": "string", "minLength": 1, "maxLength": 400}
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
    return after_example(rules, shown, told, dict.fromkeys(shown[1], _TEXT))
