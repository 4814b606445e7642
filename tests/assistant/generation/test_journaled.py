"""What was completed once is never asked again, and nothing stale is taken for it."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.generation.journaled import JournaledGenerator, JsonLines
from assistant.generation.local import LocalGenerator
from assistant.generation.types import Generation, Weights
from assistant.types import Message, Prompt
from core.errors import GenerationError
from tests.fakes import ScriptedGenerator, question_of

PROMPTS = [Prompt((Message("user", text),)) for text in ("one?", "二？", "three?", "四？", "five?")]


def echo(prompt: Prompt) -> str:
    return f"answer to {question_of(prompt)}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "answers.jsonl"


@pytest.fixture
def model() -> ScriptedGenerator:
    return ScriptedGenerator(echo)


def texts(generations: list[Generation]) -> list[str]:
    return [generation.text for generation in generations]


def test_a_second_run_asks_nothing_and_says_the_same(model: ScriptedGenerator, path: Path) -> None:
    first = JournaledGenerator(model, path).generate(PROMPTS)
    heard: dict[int, str] = {}
    again = JournaledGenerator(model, path).generate(
        PROMPTS, on_done=lambda index, generation: heard.update({index: generation.text})
    )
    assert again == first
    assert [heard[index] for index in range(5)] == texts(first)
    assert len(model.asked) == 5


def test_a_killed_run_goes_on_where_it_was(path: Path) -> None:
    def stop_at_four(prompt: Prompt) -> str:
        if len(model.asked) == 4:
            raise KeyboardInterrupt
        return echo(prompt)

    model = ScriptedGenerator(stop_at_four)
    with pytest.raises(KeyboardInterrupt):
        JournaledGenerator(model, path).generate(PROMPTS)
    rest = ScriptedGenerator(echo)
    assert texts(JournaledGenerator(rest, path).generate(PROMPTS)) == list(map(echo, PROMPTS))
    assert [question_of(prompt) for prompt in rest.asked] == ["四？", "five?"]


def test_the_same_prompt_twice_is_asked_once(model: ScriptedGenerator, path: Path) -> None:
    heard: list[int] = []
    JournaledGenerator(model, path).generate(
        [PROMPTS[0], PROMPTS[1], PROMPTS[0]], on_done=lambda index, _: heard.append(index)
    )
    assert len(model.asked) == 2
    assert sorted(heard) == [0, 1, 2]


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param('{"key": "x", "te', id="a broken last line"),
        pytest.param("\n\nnot json\n[1]\n{}\n", id="lines that are no completions"),
    ],
)
def test_what_a_kill_left_behind_is_passed_over(model: ScriptedGenerator, path: Path, tail: str) -> None:
    first = JournaledGenerator(model, path).generate(PROMPTS)
    with path.open("a", encoding="utf-8") as file:
        file.write(tail)
    assert JournaledGenerator(model, path).generate(PROMPTS) == first
    assert len(model.asked) == 5


def test_a_line_after_a_broken_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"n": 1}\n{"n": ', encoding="utf-8")
    JsonLines(path).append({"n": "二"})
    assert list(JsonLines(path)) == [{"n": 1}, {"n": "二"}]


def _attribute(name: str, value: object) -> Callable[[ScriptedGenerator], None]:
    return lambda model: setattr(model, name, value)


@pytest.mark.parametrize(
    ("change", "prompt"),
    [
        pytest.param(_attribute("fingerprint", "f1"), {}, id="other weights"),
        pytest.param(_attribute("dtype", "bfloat16"), {}, id="another dtype"),
        pytest.param(_attribute("device", "cuda"), {}, id="another kind of device"),
        pytest.param(_attribute("max_new_tokens", 48), {}, id="another limit"),
        pytest.param(lambda model: None, {"schema": '{"type": "object"}'}, id="a schema"),
        pytest.param(lambda model: None, {"one_line": True}, id="another ending"),
        pytest.param(lambda model: None, {"first_bias": (("I", 2.0),)}, id="another leaning"),
        pytest.param(lambda model: None, {"adapter": "lora"}, id="an adapter"),
        pytest.param(lambda model: None, {"messages": (Message("system", "one?"),)}, id="another role"),
    ],
)
def test_nothing_stale_is_taken(
    path: Path, change: Callable[[ScriptedGenerator], None], prompt: dict[str, Any]
) -> None:
    before, after = ScriptedGenerator(echo), ScriptedGenerator(lambda prompt: "anew")
    JournaledGenerator(before, path).generate(PROMPTS[:1])
    change(after)
    asked = dataclasses.replace(PROMPTS[0], **prompt)
    assert texts(JournaledGenerator(after, path).generate([asked])) == ["anew"]


def test_where_a_prompt_came_from_does_not_matter(model: ScriptedGenerator, path: Path) -> None:
    """What is shared, ranked or shown beside the messages changes no completion."""
    journaled = JournaledGenerator(model, path)
    journaled.generate(PROMPTS[:1])
    journaled.generate([dataclasses.replace(PROMPTS[0], ranked=("d",), prefix=PROMPTS[0].messages)])
    assert len(model.asked) == 1


def test_the_trained_anew_adapter_of_a_name_is_another(
    make_generator: Callable[..., LocalGenerator], tiny_adapter: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for file in tiny_adapter.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    config = json.loads((other / "adapter_config.json").read_text())
    (other / "adapter_config.json").write_text(json.dumps({**config, "lora_alpha": 1}))
    generator = make_generator()
    before = generator.identity("tiny")
    generator._adapters = lambda name: other
    assert generator.identity("tiny") != before


class TestChoose:
    def test_a_second_run_asks_nothing_and_weighs_the_same(
        self, model: ScriptedGenerator, path: Path
    ) -> None:
        model._reply = lambda prompt: "yes" if question_of(prompt) == "one?" else "no"
        first = JournaledGenerator(model, path).choose([*PROMPTS, PROMPTS[0]], ("yes", "no"))
        heard: dict[int, Weights] = {}
        again = JournaledGenerator(model, path).choose(
            PROMPTS, ("yes", "no"), on_done=lambda index, weights: heard.update({index: weights})
        )
        assert again == [heard[index] for index in range(5)] == first[:5]
        assert first[0] == first[5] == tuple(reversed(first[1]))
        assert len(model.asked) == 5

    def test_other_choices_and_completions_are_other_things(
        self, model: ScriptedGenerator, path: Path
    ) -> None:
        journaled = JournaledGenerator(model, path)
        journaled.generate(PROMPTS[:1])
        journaled.choose(PROMPTS[:1], ("yes", "no"))
        journaled.choose(PROMPTS[:1], ("no", "yes"))
        again = JournaledGenerator(model, path)
        again.generate(PROMPTS[:1])
        again.choose(PROMPTS[:1], ("yes", "no"))
        assert len(model.asked) == 3

    def test_what_was_done_before_a_failure_is_kept(self, path: Path) -> None:
        def fail(prompt: Prompt) -> str:
            if question_of(prompt) == "二？":
                raise GenerationError("out of memory")
            return "yes"

        with pytest.raises(GenerationError):
            JournaledGenerator(ScriptedGenerator(fail), path).choose(PROMPTS, ("yes", "no"))
        assert len(path.read_text().splitlines()) == 1


class TestStream:
    def test_is_remembered(self, model: ScriptedGenerator, path: Path) -> None:
        *_, first = JournaledGenerator(model, path).stream(PROMPTS[0])
        asked = len(model.asked)
        assert list(JournaledGenerator(model, path).stream(PROMPTS[0])) == [first]
        assert len(model.asked) == asked

    def test_of_what_came_in_a_batch_is_measured_again(self, model: ScriptedGenerator, path: Path) -> None:
        journaled = JournaledGenerator(model, path)
        journaled.generate(PROMPTS[:1])
        *_, whole = journaled.stream(PROMPTS[0])
        assert whole.alone
        assert [json.loads(line)["alone"] for line in path.read_text().splitlines()] == [False, True]

    def test_that_was_left_is_not_kept(self, model: ScriptedGenerator, path: Path) -> None:
        stream = JournaledGenerator(model, path).stream(PROMPTS[0])
        next(stream)
        stream.close()
        assert not path.exists()


def test_what_was_done_before_a_failure_is_kept(path: Path) -> None:
    def fail(prompt: Prompt) -> str:
        if question_of(prompt) == "三":
            raise GenerationError("out of memory")
        return echo(prompt)

    bad = Prompt((Message("user", "三"),))
    with pytest.raises(GenerationError):
        JournaledGenerator(ScriptedGenerator(fail), path).generate([PROMPTS[0], bad, PROMPTS[1]])
    assert len(path.read_text().splitlines()) == 1
