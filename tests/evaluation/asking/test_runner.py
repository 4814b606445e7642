"""Asking through the journal: each question once, whatever happens."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from assistant.strategies.fine_tuned import FineTuned
from assistant.strategies.rag import Rag
from assistant.types import Prompt
from core.errors import GenerationError
from evaluation.asking.runner import Model, Run, Runner, run_all
from evaluation.journal import Journal, JsonLines
from evaluation.types import Reference
from ingest.types import Chunk, Hit
from tests.fakes import ScriptedGenerator, question_of

REFERENCES = [
    Reference(text, ("a",), (), "short", "test", str(number), "zh" if number % 2 else "en")
    for number, text in enumerate(["one?", "二？", "three?", "四？", "five?"])
]


def echo(prompt: Prompt) -> str:
    return f"answer to {question_of(prompt)}"


class Shelf:
    """A retriever with one passage."""

    def __init__(self, text: str) -> None:
        self.text = text

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        return [[Hit(Chunk("d#0", "d", self.text, 0, len(self.text)), 1.0, {"bm25": 1})] for _ in queries]


class Bench:
    """Runs closed_book, or rag over `passage`, with one journal; `asked` counts calls of the model."""

    def __init__(self, folder: Path, latency_sample: int = 0) -> None:
        self.path, self.latency_sample = folder / "answers.jsonl", latency_sample
        self.passage = ""
        self.model = Model("m0", 96, lambda name: "a0")
        self.reply: Callable[[Prompt], str] = echo
        self.generator = ScriptedGenerator(lambda prompt: self.reply(prompt))

    @property
    def asked(self) -> int:
        return len(self.generator.asked)

    def run(self, adapter: str = "") -> Run:
        strategy = (
            Rag(self.generator, Shelf(self.passage), "short", 1)
            if self.passage
            else FineTuned(self.generator, "short", adapter)
        )
        return Runner(Journal(self.path), self.model, self.latency_sample).run(strategy, REFERENCES)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def texts(run: Run) -> list[str]:
    return [sample.answer.text for sample in run.samples]


def test_a_second_run_asks_nothing_and_says_the_same(bench: Bench) -> None:
    first = bench.run()
    assert bench.asked == 5
    assert bench.run() == first
    assert bench.asked == 5


def test_a_killed_run_goes_on_where_it_was(bench: Bench) -> None:
    def stop_at_four(prompt: Prompt) -> str:
        if bench.asked == 4:
            raise KeyboardInterrupt
        return echo(prompt)

    bench.reply = stop_at_four
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    bench.reply = echo
    assert texts(bench.run()) == [f"answer to {one.question}" for one in REFERENCES]
    assert bench.asked == 4 + 2


def test_a_resumed_run_is_an_uninterrupted_one(bench: Bench, tmp_path: Path) -> None:
    whole = Bench(tmp_path / "whole", latency_sample=2)
    bench.latency_sample = 2
    expected = whole.run()
    bench.run()
    lines = bench.path.read_text(encoding="utf-8").splitlines(keepends=True)
    bench.path.write_text("".join(lines[:2]) + lines[2][:20], encoding="utf-8")
    assert texts(bench.run()) == texts(expected)
    assert bench.asked == 6 + 3
    assert len(bench.path.read_text(encoding="utf-8").splitlines()) == 5


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param('{"key": "x", "te', id="a broken last line"),
        pytest.param("\n\nnot json\n[1]\n{}\n", id="lines that are no answers"),
    ],
)
def test_what_a_kill_left_behind_is_passed_over(bench: Bench, tail: str) -> None:
    first = bench.run()
    with bench.path.open("a", encoding="utf-8") as file:
        file.write(tail)
    assert bench.run() == first
    assert bench.asked == 5


def test_a_line_after_a_broken_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"n": 1}\n{"n": ', encoding="utf-8")
    JsonLines(path).append({"n": "二"})
    assert list(JsonLines(path)) == [{"n": 1}, {"n": "二"}]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"model": Model("m1", 96, lambda name: "a0")}, id="another model"),
        pytest.param({"model": Model("m0", 48, lambda name: "a0")}, id="another answer length"),
        pytest.param({"passage": "The corpus says b."}, id="another corpus"),
    ],
)
def test_nothing_stale_is_reused(bench: Bench, change: dict[str, object]) -> None:
    bench.passage = "The corpus says a."
    bench.run()
    for name, value in change.items():
        setattr(bench, name, value)
    bench.run()
    assert bench.asked == 10


def test_another_adapter_answers_anew(bench: Bench) -> None:
    bench.run("travel")
    bench.model = Model("m0", 96, lambda name: "a1")
    bench.run("travel")
    assert bench.asked == 10


def test_contexts_come_back_from_the_prompt(bench: Bench) -> None:
    bench.passage = "The corpus says a."
    first = bench.run()
    again = bench.run()
    assert again == first
    assert again.samples[0].answer.contexts[0].chunk.text == "The corpus says a."


def test_the_first_questions_are_asked_alone_after_a_warm_up(bench: Bench) -> None:
    bench.latency_sample = 2
    run = bench.run()
    assert run.timed == {"0", "1"}
    asked = [question_of(prompt) for prompt in bench.generator.asked]
    assert asked == ["one?", "one?", "二？", "three?", "四？", "five?"]
    timed = [json.loads(line)["timed"] for line in bench.path.read_text(encoding="utf-8").splitlines()]
    assert timed == [True, True, False, False, False]


def test_an_answer_from_a_batch_is_no_latency(bench: Bench) -> None:
    bench.run()
    bench.latency_sample = 1
    bench.run()
    assert bench.asked == 5 + 2


def test_a_strategy_that_fails_leaves_the_others(tmp_path: Path) -> None:
    def fail(prompt: Prompt) -> str:
        raise GenerationError("out of memory; lower generator.batch_tokens")

    failing = Rag(ScriptedGenerator(fail), Shelf("text"), "short", 1)
    working = FineTuned(ScriptedGenerator(echo), "short")
    runner = Runner(Journal(tmp_path / "answers.jsonl"), Model("m0", 96, str), 0)
    announced: list[str] = []
    runs, failed = run_all(runner, [failing, working], REFERENCES, announced.append)
    assert [run.strategy for run in runs] == ["closed_book"]
    assert failed == {"rag": "out of memory; lower generator.batch_tokens"}
    assert announced == ["rag: 5 questions", "closed_book: 5 questions"]
