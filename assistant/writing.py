"""What a model is asked to write, as JSON that a schema holds it to. Knows nothing of what becomes of it.

Questions are drafted and training data are made with it, by packages that do not know each other.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from assistant.generation.chat import spoken
from assistant.generation.types import Generation
from assistant.prompts import fenced
from assistant.types import Message, Prompt
from core.language import Lang

MAX_TOKENS = 320
"""Where a reply is cut, and then not used."""
QUESTION = "question"
_QUESTION = {"type": "string", "minLength": 4, "maxLength": 240}
_WORDING = Path(__file__).with_name("writing.toml")


def after_example(
    rules: str, shown: tuple[str, Mapping[str, Any]], told: str, keys: Mapping[str, Any]
) -> Prompt:
    """Return a prompt behind one example, which all prompts of its kind share.

    Args:
        rules: what is to be written.
        shown: what is told in the example, and the object that is then written.
        told: what is told now.
        keys: the schema of each key of the object to be written, in their order.
    """
    given, written = shown
    before = (
        Message("system", rules),
        Message("user", given),
        Message("assistant", json.dumps(written, ensure_ascii=False)),
    )
    schema = {"type": "object", "properties": keys, "required": list(keys), "additionalProperties": False}
    return Prompt(
        (*before, Message("user", told)), prefix=before, schema=json.dumps(schema, ensure_ascii=False)
    )


def near_topic(lang: Lang, passages: Sequence[str]) -> Prompt:
    """Return the prompt that asks for a question, under `QUESTION`, which passages do not answer."""
    said = _words()[lang]
    shown = f"{fenced([said['passage']])}\n\n{said['asks']}", {QUESTION: said[QUESTION]}
    told = f"{fenced(passages)}\n\n{said['asks']}"
    return after_example(said["rules"].strip(), shown, told, {QUESTION: _QUESTION})


def written(reply: Generation) -> dict[str, Any]:
    """Return the object in a reply; a server that knows no schema may put words or a fence around it.

    Raises:
        ValueError: the reply was cut off, or holds no JSON.
        TypeError: it is no object.
        RecursionError: it nests too deep.
    """
    if reply.ending not in ("", "stop"):
        raise ValueError("it was cut off" if reply.ending == "length" else f"it ended by a {reply.ending}")
    text = spoken(reply.text)
    start, end = text.find("{"), text.rfind("}")
    said = json.loads(text[start : end + 1] if 0 <= start < end else text)
    if not isinstance(said, dict):
        raise TypeError("it is no object")
    return said


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(_WORDING.read_text(encoding="utf-8"))
