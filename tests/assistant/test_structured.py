"""Answers by a schema: valid whatever a model says, with a way to decline."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.forms import FREE, JsonForm
from assistant.generation.local import LocalGenerator
from assistant.strategies.closed_book import ClosedBook
from assistant.structured import declines, follows, or_null, read_schema, supported
from assistant.types import Ending, Question
from core.errors import DomainError
from ingest.types import Chunk, Hit
from tests.fakes import ScriptedGenerator

DAYS = json.dumps(
    {
        "type": "object",
        "properties": {"days": {"$ref": "#/$defs/few"}, "why": {"enum": ["押金", "deposit"]}},
        "required": ["days", "why"],
        "additionalProperties": False,
        "$defs": {"few": {"type": "integer", "minimum": 0, "maximum": 99}},
    }
)
QUESTIONS = [
    Question(str(n), text, "zh" if n % 2 else "en") for n, text in enumerate(["How long?", "多久？"] * 3)
]


def answering(generator: object, schema: str = DAYS) -> ClosedBook:
    strategy = ClosedBook(generator, "short")  # type: ignore[arg-type]
    strategy.form = JsonForm(schema) if schema else FREE
    return strategy


def test_whatever_a_random_model_says_is_json_of_the_schema_or_said_to_be_cut(
    make_generator: Callable[..., LocalGenerator],
) -> None:
    generator = make_generator()
    generator.max_new_tokens = 40
    answers = answering(generator).answer_many(QUESTIONS)
    for answer in answers:
        assert follows(answer.text, DAYS) == (answer.ending == "stop"), answer.text
    assert any(answer.ending == "stop" for answer in answers)
    generator.max_new_tokens = 2
    for answer in answering(
        generator, '{"type": "array", "minItems": 3, "items": {"const": "七天"}}'
    ).answer_many(QUESTIONS):
        assert answer.ending == ("stop" if answer.text == "null" else "length")


@pytest.mark.parametrize(
    ("said", "cut", "ending"),
    [
        pytest.param('{"days": 7, "why": "押金"}', "stop", "stop", id="whole"),
        pytest.param('{"days": 7, "why": "押金"}', "length", "stop", id="whole with the last token"),
        pytest.param('{"days": 7, "wh', "length", "length", id="cut"),
        pytest.param('{"days": "7"}', "stop", "invalid", id="a server that does not know schemas"),
        pytest.param("Seven days.", "", "invalid", id="no JSON"),
        pytest.param("[" * 100_000, "stop", "invalid", id="deeper than a parser goes"),
        pytest.param("null", "stop", "stop", id="declined"),
    ],
)
def test_how_an_answer_ended(said: str, cut: Ending, ending: Ending) -> None:
    (answer,) = answering(ScriptedGenerator(lambda prompt: said, ending=cut)).answer_many(QUESTIONS[:1])
    assert (answer.text, answer.ending, answer.abstained) == (said, ending, said == "null")


def test_every_prompt_names_the_schema_in_its_language_and_may_have_lines() -> None:
    model = ScriptedGenerator(lambda prompt: "null")
    answering(model).answer_many(QUESTIONS[:2])
    english, chinese = model.asked
    assert not english.one_line
    assert json.loads(english.schema)["anyOf"][0] == {"type": "null"}
    assert "Write the answer as JSON" in english.messages[-1].content
    assert "用符合以下模式的 JSON" in chinese.messages[-1].content
    assert DAYS in chinese.messages[-1].content


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("null", True),
        ('{"days": null, "why": ""}', True),
        ('{"days": [], "why": "我不知道。"}', True),
        ('{"days": 0}', False),
        ('{"may": false}', False),
        ("I don't know.", True),
        ("7 days", False),
        ('{"days": 7, "wh', False),
    ],
)
def test_declining(text: str, expected: bool) -> None:
    assert declines(text) is expected


def test_each_value_is_cited() -> None:
    texts = ["The deposit is refunded in seven days.", "Dogs pay 15 euros a night."]
    hits = [Hit(Chunk(f"d#{n}", "d", text, 0, len(text)), 1.0) for n, text in enumerate(texts)]
    found = supported(
        "When is the deposit refunded, what do dogs pay?", '{"a": "seven days", "b": "15 euros"}', hits
    )
    assert {one.quote for one in found} == set(texts)
    assert supported("?", "null", hits) == ()


def test_references_still_point_where_they_did() -> None:
    tree = '{"type": "array", "items": {"$ref": "#"}}'
    assert json.loads(or_null(tree))["anyOf"][1]["items"] == {"$ref": "#/anyOf/1"}
    assert follows("[[], [[]]]", tree)
    assert not follows("[[1]]", tree)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("{", "not a JSON schema", id="no JSON"),
        pytest.param('{"type": "intger"}', "not a JSON schema", id="no such type"),
        pytest.param('{"$ref": "https://example.org/a.json"}', "points out of it", id="elsewhere"),
    ],
)
def test_what_is_no_schema_is_refused_in_one_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "answer.schema.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DomainError, match=reason) as raised:
        read_schema(path)
    assert "\n" not in str(raised.value)
    with pytest.raises(DomainError, match="cannot be read"):
        read_schema(tmp_path / "missing.json")
