"""Asking strategies through a generator that remembers."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.generation.journaled import JournaledGenerator
from assistant.strategies.closed_book import ClosedBook
from assistant.strategies.rag import Rag
from assistant.types import Prompt
from core.errors import GenerationError
from evaluation.asking.runner import _limit, run, run_all
from evaluation.types import Reference, Run
from ingest.types import Chunk, Hit
from tests.fakes import ScriptedGenerator, question_of

REFERENCES = [
    Reference(text, ("a",), (), "short", "test", str(number), "zh" if number % 2 else "en")
    for number, text in enumerate(["one?", "二？", "three?", "四？", "five?"])
]


def echo(prompt: Prompt) -> str:
    return f"answer to {question_of(prompt)}"


class Shelf:
    """A retriever with one passage; `asked` are the queries so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[str] = []

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        self.asked += queries
        return [[Hit(Chunk("d#0", "d", self.text, 0, len(self.text)), 1.0, {"bm25": 1})] for _ in queries]


@pytest.fixture
def model() -> ScriptedGenerator:
    return ScriptedGenerator(echo)


def ask(model: ScriptedGenerator, folder: Path, latency_sample: int = 0) -> Run:
    journaled = JournaledGenerator(model, folder / "answers.jsonl")
    return run(ClosedBook(journaled, "short"), REFERENCES, latency_sample, print)


def texts(run: Run) -> list[str]:
    return [sample.answer.text for sample in run.samples]


def test_answers_stand_beside_their_references(model: ScriptedGenerator, tmp_path: Path) -> None:
    found = ask(model, tmp_path, latency_sample=2)
    assert [sample.reference for sample in found.samples] == REFERENCES
    assert texts(found) == [f"answer to {one.question}" for one in REFERENCES]


def test_a_run_that_was_cut_off_ends_as_a_whole_one(model: ScriptedGenerator, tmp_path: Path) -> None:
    expected = ask(ScriptedGenerator(echo), tmp_path / "whole", latency_sample=2)
    ask(model, tmp_path, latency_sample=2)
    path = tmp_path / "answers.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:2]) + lines[2][:20], encoding="utf-8")
    assert texts(ask(model, tmp_path, latency_sample=2)) == texts(expected)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 5
    assert [question_of(prompt) for prompt in model.asked[-3:]] == ["three?", "四？", "five?"]


def test_the_first_questions_are_asked_alone(model: ScriptedGenerator, tmp_path: Path) -> None:
    found = ask(model, tmp_path, latency_sample=2)
    assert [sample.answer.timing.alone for sample in found.samples] == [True, True, False, False, False]


def test_questions_are_timed_after_a_warm_up_in_their_language(
    model: ScriptedGenerator, tmp_path: Path
) -> None:
    ask(model, tmp_path, latency_sample=2)
    asked = [question_of(prompt) for prompt in model.asked]
    assert asked == ["二？", "one?", "one?", "二？", "three?", "四？", "five?"]


def test_each_question_is_prepared_once(model: ScriptedGenerator, tmp_path: Path) -> None:
    shelf = Shelf("text")
    rag = Rag(JournaledGenerator(model, tmp_path / "answers.jsonl"), shelf, "short", 1)
    run(rag, REFERENCES, 0, print)
    assert sorted(shelf.asked) == sorted(one.question for one in REFERENCES)


def test_a_strategy_that_fails_leaves_the_others(model: ScriptedGenerator) -> None:
    def fail(prompt: Prompt) -> str:
        raise GenerationError("out of memory; lower generator.batch_tokens")

    failing, working = Rag(ScriptedGenerator(fail), Shelf("text"), "short", 1), ClosedBook(model, "short")
    announced: list[str] = []
    runs, failed = run_all([failing, working], REFERENCES, 0, announced.append)
    assert [run.strategy for run in runs] == ["closed_book"]
    assert failed == {"rag": "out of memory; lower generator.batch_tokens"}
    assert announced == ["rag: 5 questions", "closed_book: 5 questions"]


@pytest.mark.parametrize(
    ("seconds", "alone", "together", "limit"),
    [
        pytest.param(12.0, 3, 21, "84 s", id="as long as one by one"),
        pytest.param(30.0, 3, 21, "4 minutes", id="minutes are rounded up"),
        pytest.param(0.1, 3, 21, "", id="what is over at once"),
        pytest.param(12.0, 1, 21, "", id="a language that was not asked in"),
        pytest.param(0.0, 0, 21, "", id="nothing asked alone"),
    ],
)
def test_questions_asked_alone_tell_how_long_the_others_may_take(
    seconds: float, alone: int, together: int, limit: str
) -> None:
    questions = [reference.ask() for reference in REFERENCES * 5]
    assert _limit(seconds, questions[:alone], questions[alone : alone + together]) == limit
