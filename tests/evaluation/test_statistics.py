"""Intervals and tests: against simulation, sacreBLEU and by hand."""

import numpy as np
import pytest
from scipy.stats import binomtest

from assistant.types import Answer, Question
from evaluation.metrics.bleu import Bleu
from evaluation.statistics.inference import Resampling, holm, restrict, wilson
from evaluation.types import Reference, Sample, Score, mean_score


def mean(*values: float | None) -> Score:
    return mean_score("f1", values, "f1")


def bleu(*texts: str) -> Score:
    return Bleu().score(
        [
            Sample(
                Reference(
                    "q", (f"the cat sat on mat number {place}",), (), "short", "test", str(place), "en"
                ),
                Answer(Question(str(place), "q", "en"), text, "rag"),
            )
            for place, text in enumerate(texts)
        ]
    )


def test_the_interval_of_a_mean_is_that_of_the_normal_theory() -> None:
    values = np.random.default_rng(1).random(200)
    interval = Resampling(200, 2000, seed=3).interval(mean(*values))
    margin = 1.96 * values.std(ddof=1) / np.sqrt(200)
    assert interval.low == pytest.approx(values.mean() - margin, abs=0.005)
    assert interval.high == pytest.approx(values.mean() + margin, abs=0.005)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        pytest.param((0.0,) * 10, 0.0, 0.278, id="none of ten"),
        pytest.param((1.0,) * 40, 0.912, 1.0, id="all of forty"),
        pytest.param((1.0,) * 5 + (0.0,) * 15, 0.112, 0.469, id="five of twenty"),
        pytest.param((0.5,), 0.055, 0.945, id="one question"),
        pytest.param((None, 0.25, None), 0.015, 0.882, id="questions without a value do not count"),
    ],
)
def test_few_values_and_proportions_have_wilsons_interval(
    values: tuple[float | None, ...], low: float, high: float
) -> None:
    interval = Resampling(len(values), 200, seed=3).interval(mean(*values))
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.001)


def test_wilsons_interval_is_scipys() -> None:
    for hits, n in [(0, 3), (3, 3), (7, 24), (1, 2)]:
        expected = binomtest(hits, n).proportion_ci(0.95, method="wilson")
        found = wilson(hits / n, n)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("n", [5, 10, 20, 40])
def test_an_interval_of_95_per_cent_holds_the_truth_nearly_as_often(n: int) -> None:
    """Answers wrong, half right or right, as F1 sees them; the bootstrap alone: 82 % at n = 5."""
    generator = np.random.default_rng(5)
    held = 0
    for seed in range(400):
        values = generator.choice([0.0, 0.5, 1.0], size=n, p=[0.5, 0.25, 0.25])
        interval = Resampling(n, 400, seed=seed).interval(mean(*values))
        held += interval.low <= 0.375 <= interval.high
    assert held / 400 >= 0.9


def test_the_same_seed_draws_the_same() -> None:
    score = mean(0.0, 0.3, 1.0, 0.5, 0.9)
    assert Resampling(5, 300, seed=7).interval(score) == Resampling(5, 300, seed=7).interval(score)


def test_a_clear_difference_is_shown_and_none_is_not() -> None:
    noise = np.random.default_rng(2).random((2, 80))
    better, worse, same = mean(*(noise[0] + 0.5)), mean(*noise[0]), mean(*noise[1])
    pairs = Resampling(80, 1000, seed=3).pairs({"a": better, "b": worse, "c": same})
    clear, _, alike = pairs
    assert (clear.a, clear.b) == ("a", "b")
    assert clear.difference == pytest.approx(0.5)
    assert (clear.low, clear.high) == pytest.approx((0.5, 0.5))
    assert clear.p == pytest.approx(1 / 1001)
    assert clear.p_holm == pytest.approx(3 / 1001)
    assert alike.low < 0 < alike.high
    assert alike.p > 0.05


def test_p_is_that_of_all_sign_flips() -> None:
    a, b = (0.9, 0.8, 0.7, 0.4, 0.6), (0.5, 0.6, 0.4, 0.5, 0.3)
    differences = np.subtract(a, b)
    signs = np.array(np.meshgrid(*[[1, -1]] * 5)).reshape(5, -1).T
    exact = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9)
    pair = Resampling(5, 20000, seed=3).pairs({"a": mean(*a), "b": mean(*b)})[0]
    assert pair.p == pytest.approx(exact, abs=0.01)


def test_a_strategy_without_a_value_has_no_pair() -> None:
    assert Resampling(2, 100, seed=3).pairs({"a": mean(1.0, 0.0), "b": mean(None, None)}) == []


def test_bleu_is_resampled_as_a_corpus() -> None:
    good = bleu(*[f"the cat sat on mat number {place}" for place in range(9)], "something else entirely here")
    bad = bleu(*["a dog sat on mat number 3"] * 10)
    resampling = Resampling(10, 200, seed=3)
    interval = resampling.interval(good)
    assert interval.low < good.value < 100  # type: ignore[operator]
    assert interval.high == pytest.approx(100)
    pair = resampling.pairs({"good": good, "bad": bad})[0]
    assert pair.difference == pytest.approx(good.value - bad.value)  # type: ignore[operator]
    assert pair.p < 0.05


def test_a_part_of_bleu_is_the_bleu_of_that_part() -> None:
    texts = [f"the cat sat on mat number {place}" for place in range(3)] + ["a dog sat on mat number 3"]
    part = restrict(bleu(*texts), [0, 1, 2])
    assert part.value == pytest.approx(bleu(*texts[:3]).value)
    assert part.n == 3


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        pytest.param([0.01, 0.04, 0.03], [0.03, 0.06, 0.06], id="step down, never decreasing"),
        pytest.param([0.5, 0.6], [1.0, 1.0], id="at most 1"),
        pytest.param([], [], id="no pairs"),
    ],
)
def test_holm(p_values: list[float], adjusted: list[float]) -> None:
    assert holm(p_values) == pytest.approx(adjusted)
