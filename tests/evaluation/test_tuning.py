"""A weight is chosen only where the questions are sure of it."""

import numpy as np
import pytest

from evaluation.tuning import EQUAL, WEIGHTS, tune


def values(best: float, n: int, noise: float = 0.0) -> dict[float, list[float]]:
    """Return the values of `n` questions, highest at the weight `best`."""
    random = np.random.default_rng(3)
    return {
        weight: (1 - abs(weight - best) + noise * random.standard_normal(n)).tolist() for weight in WEIGHTS
    }


def test_a_weight_that_all_questions_agree_on_is_taken() -> None:
    tuned = tune(values(0.2, 40), range(40), 500, 17)
    assert (tuned.best, tuned.low, tuned.high, tuned.weight, tuned.n) == (0.2, 0.2, 0.2, 0.2, 40)


def test_equal_weights_stay_where_the_interval_holds_them() -> None:
    tuned = tune(values(0.4, 20, noise=0.6), range(20), 500, 17)
    assert tuned.low <= EQUAL <= tuned.high
    assert tuned.weight == EQUAL


def test_questions_that_belong_together_are_not_surer_for_being_many() -> None:
    few = values(0.3, 6, noise=0.3)
    many = {weight: of * 50 for weight, of in few.items()}
    alone, together = tune(few, range(6), 500, 17), tune(many, [*range(6)] * 50, 500, 17)
    assert (together.low, together.high) == (alone.low, alone.high)


@pytest.mark.parametrize("value", [0.0, 1 / 3, 1.0])
def test_among_equally_good_weights_equal_ones_are_best(value: float) -> None:
    tuned = tune({weight: [value] * 7 for weight in WEIGHTS}, range(7), 100, 17)
    assert (tuned.best, tuned.low, tuned.high) == (EQUAL, EQUAL, EQUAL)


def test_the_same_seed_gives_the_same_interval() -> None:
    noisy = values(0.7, 30, noise=0.5)
    assert tune(noisy, range(30), 200, 1) == tune(noisy, range(30), 200, 1)
