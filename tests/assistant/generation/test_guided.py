"""Completions held to a schema: even a random model keeps it."""

import json
from collections.abc import Callable

import pytest

from assistant.generation.local import LocalGenerator
from assistant.types import Message, Prompt
from core.errors import GenerationError

VERDICT = json.dumps(
    {
        "type": "object",
        "properties": {"reason": {"type": "string", "maxLength": 8}, "verdict": {"enum": [0, 1]}},
        "required": ["reason", "verdict"],
        "additionalProperties": False,
    }
)
RULES = Message("system", "Judge. " * 30)


def asked(text: str, schema: str = VERDICT) -> Prompt:
    return Prompt((RULES, Message("user", text)), prefix=(RULES,), schema=schema)


def test_every_completion_is_json_of_its_schema(generator: LocalGenerator) -> None:
    prompts = [asked("Is the deposit refunded?"), asked("押金退吗？"), asked("a"), asked("b" * 50)]
    for generation in generator.generate(prompts, max_new_tokens=80):
        reply = json.loads(generation.text)
        assert set(reply) == {"reason", "verdict"}
        assert len(reply["reason"]) <= 8
        assert reply["verdict"] in (0, 1)


def test_a_row_without_a_schema_is_left_free(generator: LocalGenerator) -> None:
    free = asked("Is the deposit refunded?", schema="")
    alone = generator.generate([free])[0].text
    held, beside = generator.generate([asked("押金退吗？"), free], max_new_tokens=80)
    assert beside.text.startswith(alone)
    assert json.loads(held.text)


def test_streams_keep_the_schema_too(generator: LocalGenerator) -> None:
    *_, last = generator.stream(asked("Is the deposit refunded?"), max_new_tokens=80)
    assert set(json.loads(last.text)) == {"reason", "verdict"}


@pytest.mark.parametrize(
    "schema",
    [pytest.param("{", id="not JSON"), pytest.param('{"type": "wine"}', id="an unknown type")],
)
def test_a_schema_that_cannot_be_followed_is_one_clear_line(
    make_generator: Callable[..., LocalGenerator], schema: str
) -> None:
    with pytest.raises(GenerationError, match="schema") as raised:
        make_generator().generate([asked("x", schema)])
    assert "\n" not in str(raised.value)
