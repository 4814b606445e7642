"""What a router learns of a run, and what it says it is worth."""

import numpy as np
import pytest

from assistant.routing import SIGNALS
from assistant.types import Answer, Question
from core.errors import AssistantError
from evaluation.asking.record import Record
from evaluation.route import learn
from evaluation.statistics import Inference, by_document
from evaluation.types import Floats, ModelCard, Reference, Run, Sample

N = 60


def references(split: str = "dev", n: int = N) -> list[Reference]:
    return [
        Reference(f"Question {i}?", ("yes",), (f"d{i // 2}",), "short", split, f"q{i}", "en")
        for i in range(n)
    ]


def record(asked: list[Reference], right: dict[str, list[bool]], route: tuple[str, ...] = ()) -> Record:
    def sample(strategy: str, one: Reference, is_right: bool) -> Sample:
        question = Question(one.id, one.question, "en")
        return Sample(one, Answer(question, "yes" if is_right else "seven", strategy, route=route))

    runs = [
        Run(name, tuple(sample(name, one, is_right) for one, is_right in zip(asked, known, strict=True)))
        for name, known in right.items()
    ]
    return Record(ModelCard("m", "f0", "cpu", "float32"), {}, asked, runs, {}, {})


def noise(n: int = N) -> Floats:
    return np.random.default_rng(1).normal(size=(n, len(SIGNALS)))


def inference(asked: list[Reference]) -> Inference:
    return Inference(by_document(asked), 200, 1)


def test_a_signal_that_tells_is_found_and_pays() -> None:
    """One strategy is right where the signal is high, the other where it is low."""
    asked, signals = references(), noise()
    high = [value > 0 for value in signals[:, 4]]
    learned = learn(
        record(asked, {"a": high, "b": [not one for one in high]}), signals, inference(asked), "f0"
    )
    assert (
        (learned.scores["auto"].value or 0)
        > 0.85
        > 0.65
        > max(learned.scores[name].value or 0 for name in "ab")
    )
    assert learned.router.choose([0, 0, 0, 0, 2, 0, 0, 0, 0]) == "a"
    assert learned.router.choose([0, 0, 0, 0, -2, 0, 0, 0, 0]) == "b"
    assert {frozenset((pair.a, pair.b)) for pair in learned.pairs} == {
        frozenset(("a", "auto")),
        frozenset(("b", "auto")),
    }
    assert sum(learned.chosen.values()) == N


def test_what_signals_do_not_tell_is_worth_nothing_and_said_so() -> None:
    """Answers that are right by chance: on unseen questions the router is no better than the best."""
    asked, chance = references(), np.random.default_rng(2)
    right = {name: (chance.random(N) < share).tolist() for name, share in (("a", 0.6), ("b", 0.3))}
    learned = learn(record(asked, right), noise(), inference(asked), "f0")
    best = max(learned.scores[name].value or 0 for name in "ab")
    assert (learned.scores["auto"].value or 0) <= best + 0.02


def test_of_equally_right_strategies_the_first_is_asked() -> None:
    asked = references()
    every = {name: [True] * N for name in ("cheap", "dear")}
    assert learn(record(asked, every), noise(), inference(asked), "f0").chosen == {"cheap": N, "dear": 0}


@pytest.mark.parametrize(
    ("asked", "names", "route", "reason"),
    [
        pytest.param(references("test"), "ab", (), "must not learn from test questions", id="test"),
        pytest.param(references(n=10), "ab", (), "10 questions teach no router", id="too few"),
        pytest.param(references(), "a", (), "fewer than two strategies", id="nothing to choose"),
        pytest.param(references(), "ab", ("a",), "fewer than two strategies", id="made of others"),
    ],
)
def test_what_teaches_no_router_is_refused(
    asked: list[Reference], names: str, route: tuple[str, ...], reason: str
) -> None:
    run = record(asked, {name: [True] * len(asked) for name in names}, route)
    with pytest.raises(AssistantError, match=reason):
        learn(run, noise(len(asked)), inference(asked), "f0")
