"""Counts of a review, and kappa of who saw the same."""

import warnings
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

from evaluation.review import tally
from evaluation.statistics.kappa import kappa_of_two
from tests.evaluation.review.drafts import Desk, draft


def test_counts_and_agreement(tmp_path: Path) -> None:
    desk = Desk(tmp_path, *(draft(f"q{n}") for n in range(7)))
    for id in ("q0", "q1", "q2"):
        desk.accept(id)
        desk.accept(id, "bob")
    desk.reject("q3")
    desk.reject("q3", "bob")
    desk.reject("q4")
    desk.accept("q4", "bob")
    desk.edit("q5", answers=["31 euros"])
    desk.accept("q5", "bob")  # other words than ann saw
    found = tally(desk.review.drafts())
    assert (found.drafts, found.reviewed, found.rejected, found.waiting) == (7, 4, 2, 1)
    assert found.disputed == ("q4",)
    (pair,) = found.agreement
    truth = cohen_kappa_score([1, 1, 1, 0, 0], [1, 1, 1, 0, 1])
    assert (pair.first, pair.second, pair.kappa.n) == ("ann", "bob", 5)
    assert pair.kappa.value == pytest.approx(truth)
    assert str(pair).startswith("ann and bob: kappa 0.55 [")


def test_one_reviewer_agrees_with_nobody(tmp_path: Path) -> None:
    desk = Desk(tmp_path, draft("q0"))
    desk.accept("q0")
    assert tally(desk.review.drafts()).agreement == ()


def test_where_chance_alone_agrees_there_is_no_kappa() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = kappa_of_two([True] * 5, [True] * 5, range(5))
    assert (found.n, found.value, found.interval) == (5, None, None)
    assert kappa_of_two([], [], []).n == 0


def test_the_interval_of_perfect_agreement_is_no_point() -> None:
    few = kappa_of_two([True, True, False, False], [True, True, False, False], range(4))
    many = kappa_of_two([True, False] * 30, [True, False] * 30, range(60))
    assert few.interval
    assert many.interval
    assert few.value == many.value == few.interval.high == 1.0
    assert few.interval.low < 0.4 < 0.85 < many.interval.low
