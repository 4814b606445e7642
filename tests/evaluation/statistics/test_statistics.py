"""Intervals and tests: by hand, against sacreBLEU, and by how often they hold the truth."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr
from scipy.stats import beta, binomtest

from assistant.types import Answer, Question
from evaluation.metrics.bleu import Bleu
from evaluation.statistics import Inference, Interval, Pair, by_document, holm, smallest_p
from evaluation.statistics.clusters import Clustered, clustered
from evaluation.statistics.intervals import Z, detectable, difference_interval, effective_number, wilson
from evaluation.types import Floats, Reference, Sample, Score, mean_score, restrict


def mean(*values: float | None) -> Score:
    return mean_score("f1", values, "f1")


def alone(questions: int) -> Inference:
    """Every question is a cluster of its own."""
    return Inference(range(questions), 2000, 3)


def interval(*values: float | None) -> Interval:
    return alone(len(values)).interval(mean(*values))


def pair(a: Sequence[float | None], b: Sequence[float | None], clusters: Sequence[int] = ()) -> Pair:
    inference = Inference(clusters or range(len(a)), 2000, 3)
    (found,) = inference.pairs({"a": mean(*a), "b": mean(*b)})
    return found


def sums(values: Sequence[float], clusters: Sequence[int] = ()) -> Clustered:
    return clustered(mean(*values), clusters or range(len(values)), range(len(values)))


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


def about(*documents: str) -> Reference:
    return Reference("?", (), documents, "short", "test")


# Clusters


def test_questions_about_one_document_are_a_cluster() -> None:
    assert by_document([about("pool"), about("dogs"), about("pool", "dogs"), about("dogs")]) == [0, 1, 0, 1]


def test_questions_that_share_only_a_second_document_are_not_chained() -> None:
    assert by_document([about("a", "b"), about("b", "c"), about("c", "d")]) == [0, 1, 2]


def test_a_question_without_evidence_is_a_cluster_of_its_own() -> None:
    assert by_document([about(), about("pool"), about(), about("dogs")]) == [0, 1, 2, 3]


def test_where_all_is_about_one_document_every_question_is_a_cluster() -> None:
    assert by_document([about("pool"), about("pool"), about()]) == [0, 1, 2]


# The interval of a score


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        pytest.param((0.0,) * 10, 0.0, 0.278, id="none of ten: Wilson's"),
        pytest.param((1.0,) * 40, 0.912, 1.0, id="all of forty: Wilson's"),
        pytest.param((0.5,), 0.055, 0.945, id="one question: next to nothing is known"),
        pytest.param((None, 0.5, None), 0.055, 0.945, id="questions without a value do not count"),
        pytest.param((0.5,) * 10, 0.404, 0.596, id="ten alike are sure, but not a point"),
    ],
)
def test_an_interval_by_hand(values: tuple[float | None, ...], low: float, high: float) -> None:
    found = interval(*values)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.001)


@pytest.mark.parametrize(
    ("values", "clusters", "number"),
    [
        # others x spread + 1/4 over others x variance + 1/4 / clusters, spread = m (1 - m)
        pytest.param(
            (1.0,) * 5 + (0.0,) * 15, (), (19 * 0.1875 + 0.25) / 0.2, id="coins: nearly their number"
        ),
        pytest.param((0.0,) * 8, (), 8, id="all 0: the number of clusters"),
        pytest.param((0.5,) * 8, (), 64, id="all in the middle: far more than coins"),
        pytest.param((0.0, 1.0, 1.0, 0.0), (0, 0, 0, 0), 1, id="one cluster is one throw"),
        pytest.param((0.0,) * 4, (0, 0, 0, 1), 1.6, id="uneven clusters: Kish's number"),
        pytest.param((1.0, 1.0, 0.0, 0.0), (0, 0, 1, 1), 0.5 / 0.375, id="alike within two clusters"),
    ],
)
def test_the_effective_number_by_hand(
    values: tuple[float, ...], clusters: tuple[int, ...], number: float
) -> None:
    assert effective_number(sums(values, clusters)) == pytest.approx(number)


def test_wilsons_interval_is_scipys() -> None:
    for hits, n in [(0, 3), (3, 3), (7, 24), (1, 2)]:
        expected = binomtest(hits, n).proportion_ci(0.95, method="wilson")
        found = wilson(hits / n, n)
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_many_values_have_the_interval_of_the_normal_theory() -> None:
    values = np.random.default_rng(1).random(200)
    found = interval(*values)
    margin = 1.96 * values.std(ddof=1) / np.sqrt(200)
    assert found.low == pytest.approx(values.mean() - margin, abs=0.005)
    assert found.high == pytest.approx(values.mean() + margin, abs=0.005)


def test_an_interval_narrows_steadily_from_few_to_many() -> None:
    """Decision 014 changed its method at 15 values, where the width of these halved."""
    widths = []
    for n in range(10, 21):
        found = interval(*np.linspace(0.1, 0.9, n))
        widths.append(found.high - found.low)
    steps = np.divide(widths[1:], widths[:-1])
    assert (steps < 1).all()
    assert (steps > 0.9).all()


VALUES = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.77, 1.0]), min_size=1, max_size=12)


@given(VALUES)
def test_an_interval_holds_its_value_within_the_scale_and_is_never_a_point(values: list[float]) -> None:
    found = interval(*values)
    value = sum(values) / len(values)
    assert 0 <= found.low <= value + 1e-9
    assert value - 1e-9 <= found.high <= 1
    assert found.high - found.low > 0.05


@given(VALUES, st.integers(1, 4))
def test_questions_asked_again_within_their_clusters_tell_nothing_new(
    values: list[float], times: int
) -> None:
    once = alone(len(values)).interval(mean(*values))
    clusters = list(range(len(values))) * times
    again = Inference(clusters, 2000, 3).interval(mean(*values * times))
    assert (again.low, again.high) == pytest.approx((once.low, once.high))


def test_values_beyond_0_and_1_stretch_the_scale() -> None:
    small, large = interval(0.1, 0.2, 0.9, 1.0), interval(10.0, 20.0, 90.0, 100.0)
    assert (large.low, large.high) == pytest.approx((100 * small.low, 100 * small.high))


# Pairs


def test_a_pair_is_compared_on_the_questions_that_both_have_a_value_for() -> None:
    a: list[float | None] = [1.0, 0.5, 1.0, 0.2, 0.9, 0.4, 0.0, 0.0, 0.0, 0.0]
    b: list[float | None] = [*a[:6], None, None, None, None]
    found = pair(a, b)
    assert (found.difference, found.p, found.n, found.clusters) == (0.0, 1.0, 6, 6)
    assert found.low < 0 < found.high


def test_bleu_is_compared_on_the_questions_that_both_have_a_value_for() -> None:
    texts = [f"the cat sat on mat number {place}" for place in range(8)]
    whole = bleu(*texts, "nothing", "nothing")
    holes = replace(whole, per_question=(*whole.per_question[:8], None, None))
    (found,) = alone(10).pairs({"a": whole, "b": holes})
    assert (found.difference, found.p, found.n) == (pytest.approx(0.0), 1.0, 8)


def test_without_a_question_in_common_there_is_no_pair() -> None:
    assert alone(2).pairs({"a": mean(1.0, None), "b": mean(None, 1.0)}) == []
    assert alone(2).pairs({"a": mean(1.0, 0.0), "b": mean(None, None)}) == []


@pytest.mark.parametrize(
    ("differences", "clusters", "p"),
    [
        pytest.param((1.0, 1.0, 1.0), (), 2 / 8, id="three of three"),
        pytest.param((0.1,) * 6, (), 2 / 64, id="six of six are the fewest below 0.05"),
        pytest.param((0.4, 0.2, 0.3, -0.1, 0.3), (), 4 / 32, id="the smallest one against"),
        pytest.param((0.3, -0.3), (), 1.0, id="one each"),
        pytest.param((0.5, 0.0, 0.0, 0.0), (), 1.0, id="what is equal tells nothing"),
        pytest.param((0.0, 0.0), (), 1.0, id="equal"),
        pytest.param((0.2,), (), 1.0, id="one question"),
        pytest.param((0.2,) * 6, (0, 0, 1, 1, 2, 2), 2 / 8, id="clusters are swapped whole"),
        pytest.param((0.1,) * 11 + (-0.1,), (), 2 * 13 / 2**12, id="twelve: every pattern"),
    ],
)
def test_p_is_the_share_of_all_swaps(
    differences: tuple[float, ...], clusters: tuple[int, ...], p: float
) -> None:
    b = [0.4] * len(differences)
    a = [base + difference for base, difference in zip(b, differences, strict=True)]
    assert pair(a, b, clusters).p == pytest.approx(p)


def test_beyond_twelve_clusters_swaps_are_drawn() -> None:
    differences = [0.1 * (place % 5) - 0.1 for place in range(16)]
    signs = 1 - 2 * (np.arange(2**16)[:, None] >> np.arange(16) & 1)
    exact = np.mean(np.abs(signs @ differences) >= abs(sum(differences)) - 1e-9)
    b = [0.4] * 16
    (found,) = Inference(range(16), 20000, 3).pairs({"a": mean(*np.add(b, differences)), "b": mean(*b)})
    assert found.p == pytest.approx(exact, abs=0.01)
    clear = pair([0.9] * 16, [0.1] * 16)
    assert 1 / 2001 <= clear.p <= 3 / 2001


@pytest.mark.parametrize(("clusters", "p"), [(1, 1.0), (5, 0.0625), (6, 0.03125), (12, 2 / 4096)])
def test_the_smallest_p_is_that_of_all_on_one_side(clusters: int, p: float) -> None:
    assert smallest_p(clusters) == p
    assert pair([0.6] * clusters, [0.5] * clusters).p == pytest.approx(p)


def test_the_interval_of_a_difference_is_put_together_from_two() -> None:
    found = pair([1.0] * 40, [0.0] * 40)
    side = 1 - interval(*[1.0] * 40).low  # the other's side is as long, and neither moves with the other
    assert (found.difference, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(1 - math.hypot(side, side))


@given(VALUES)
def test_two_equal_strategies_differ_by_0_and_not_for_sure(values: list[float]) -> None:
    found = pair(values, values)
    assert (found.difference, found.p) == (0.0, 1.0)
    assert found.low < 0 < found.high


@given(st.lists(st.tuples(*[st.sampled_from([0.0, 0.3, 1.0])] * 2), min_size=1, max_size=9))
def test_an_interval_without_0_has_p_below_5_per_cent(rows: list[tuple[float, float]]) -> None:
    a, b = zip(*rows, strict=True)
    found, turned = pair(a, b), pair(b, a)
    assert found.p < 0.05 or found.low <= 0 <= found.high
    assert (found.p, found.low) == (turned.p, pytest.approx(-turned.high))
    assert -1 <= found.low <= found.difference <= found.high <= 1


def test_pairs_asked_again_within_their_clusters_tell_nothing_new() -> None:
    a, b = [1.0, 0.5, 0.9, 0.7, 0.8, 0.3, 0.6], [0.5, 0.6, 0.2, 0.7, 0.4, 0.0, 0.1]
    once, again = pair(a, b), pair(a * 3, b * 3, list(range(7)) * 3)
    assert (again.n, again.clusters, again.p) == (21, 7, once.p)
    assert (again.low, again.high) == pytest.approx((once.low, once.high))


def test_questions_that_go_together_make_a_difference_less_sure() -> None:
    a, b = [1.0, 0.9, 0.8, 0.9] * 6, [0.5, 0.5, 0.4, 0.6] * 6
    alone_, together = pair(a, b), pair(a, b, [place // 4 for place in range(24)])
    assert together.p > alone_.p
    assert together.high - together.low > alone_.high - alone_.low


def test_what_is_detectable_is_2_8_standard_errors() -> None:
    assert detectable(Interval(-Z, Z)) == pytest.approx(2.80, abs=0.005)


def test_too_few_clusters_detect_nothing() -> None:
    assert pair([0.6] * 5, [0.5] * 5).detectable is None
    found = pair([0.6] * 6, [0.5] * 6).detectable
    assert found is not None
    assert 0 < found < 1


def test_pairs_of_one_metric_are_a_family() -> None:
    noise = np.random.default_rng(2).random((2, 80))
    better, worse, same = mean(*(noise[0] / 2 + 0.5)), mean(*noise[0] / 2), mean(*noise[1] / 2)
    pairs = alone(80).pairs({"a": better, "b": worse, "c": same})
    clear, _, alike = pairs
    assert (clear.a, clear.b, clear.difference) == ("a", "b", pytest.approx(0.5))
    assert (clear.p, clear.p_holm) == (pytest.approx(1 / 2001), pytest.approx(3 / 2001))
    assert {one.family for one in pairs} == {3}
    assert alike.low < 0 < alike.high
    assert alike.p > 0.05


def test_a_strategy_made_of_others_does_not_make_their_differences_less_sure() -> None:
    noise = np.random.default_rng(2).random((2, 80))
    scores = {name: mean(*row) for name, row in (("a", noise[0]), ("b", noise[0] / 2), ("c", noise[1]))}
    alone_pairs = alone(80).pairs(scores)
    pairs = alone(80).pairs({**scores, "route": scores["a"]}, routed=["route"])
    assert [one for one in pairs if "route" not in (one.a, one.b)] == alone_pairs
    assert [one.family for one in pairs if "route" in (one.a, one.b)] == [3, 3, 3]


def test_the_same_seed_gives_the_same_numbers() -> None:
    a, b = np.random.default_rng(4).random((2, 40))
    assert pair([*a], [*b]) == pair([*a], [*b])


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


# Corpus metrics


def test_bleu_has_an_interval_and_a_test_as_a_corpus() -> None:
    good = bleu(*[f"the cat sat on mat number {place}" for place in range(9)], "something else entirely here")
    bad = bleu(*["a dog sat on mat number 3"] * 10)
    found = alone(10).interval(good)
    assert 50 < found.low < good.value < found.high <= 100  # type: ignore[operator]
    (found_pair,) = alone(10).pairs({"good": good, "bad": bad})
    assert found_pair.difference == pytest.approx(good.value - bad.value)  # type: ignore[operator]
    assert found_pair.p < 0.05
    assert 0 < found_pair.low < found_pair.difference < found_pair.high <= 100


def test_bleu_of_one_answer_is_not_a_point() -> None:
    found = alone(1).interval(bleu("the cat sat on mat number 0"))
    assert (found.low, found.high) == pytest.approx((20.7, 100), abs=0.1)


def test_a_part_of_bleu_is_the_bleu_of_that_part() -> None:
    texts = [f"the cat sat on mat number {place}" for place in range(3)] + ["a dog sat on mat number 3"]
    part = restrict(bleu(*texts), [0, 1, 2])
    assert part.value == pytest.approx(bleu(*texts[:3]).value)
    assert part.n == 3


# How often a 95 % interval holds the truth (decision 015 has more populations and other methods)

Quantile = Callable[[Floats], Floats]


def mixture(none: float, all_: float) -> Quantile:
    """Answers as F1 sees them: some wrong, some right, the rest in between (Beta(1.5, 2), mean 3 / 7)."""
    middle = 1 - none - all_
    inner = beta(1.5, 2).ppf(np.linspace(0, 1, 201))

    def value(place: Floats) -> Floats:
        between = np.interp((place - none) / middle, np.linspace(0, 1, 201), inner)
        return np.where(place < none, 0.0, np.where(place > 1 - all_, 1.0, between))

    return value


def coin(right: float) -> Quantile:
    return lambda place: (place > 1 - right).astype(np.float64)


F1 = (mixture(0.35, 0.15), 0.15 + 0.5 * 3 / 7)
TUNED = (mixture(0.2, 0.5), 0.5 + 0.3 * 3 / 7)
POPULATIONS = [
    pytest.param(*F1, id="F1 of retrieval"),
    pytest.param(*TUNED, id="F1 of a tuned model"),
    pytest.param(coin(0.3), 0.3, id="right or wrong, 0.3"),
    pytest.param(coin(0.9), 0.9, id="right or wrong, 0.9"),
]
RUNS = 500
FLOOR = 0.92
"""Of 500 intervals that hold the truth 95 times in 100, under 92 % do so once in 600 times."""


def places(generator: np.random.Generator, clusters: Sequence[int], alike: float) -> Floats:
    """Draw where each question lies in its population; `alike`: correlation within clusters."""
    shared = generator.standard_normal(max(clusters) + 1)[np.asarray(clusters)]
    own = generator.standard_normal(len(clusters))
    return math.sqrt(alike) * shared + math.sqrt(1 - alike) * own


@pytest.mark.parametrize(("size", "alike"), [(1, 0.0), (3, 0.4)], ids=["alone", "in clusters of three"])
@pytest.mark.parametrize("n", [6, 12, 30])
@pytest.mark.parametrize(("quantile", "truth"), POPULATIONS)
def test_intervals_hold_the_truth(quantile: Quantile, truth: float, n: int, size: int, alike: float) -> None:
    generator = np.random.default_rng(5)
    clusters = [place // size for place in range(n)]
    held = 0
    for _ in range(RUNS):
        values = quantile(ndtr(places(generator, clusters, alike)))
        found = Inference(clusters, 100, 1).interval(mean(*values))
        held += found.low <= truth <= found.high
    assert held / RUNS >= FLOOR


@pytest.mark.parametrize(("size", "alike"), [(1, 0.0), (3, 0.4)], ids=["alone", "in clusters of three"])
@pytest.mark.parametrize("n", [6, 12, 30])
@pytest.mark.parametrize(
    ("a", "b"),
    [
        pytest.param(TUNED, F1, id="F1"),
        pytest.param((coin(0.9), 0.9), (coin(0.5), 0.5), id="right or wrong"),
    ],
)
def test_intervals_of_differences_hold_the_truth(
    a: tuple[Quantile, float], b: tuple[Quantile, float], n: int, size: int, alike: float
) -> None:
    """Half of what makes an answer good is the question's, and so shared by both."""
    generator = np.random.default_rng(6)
    clusters = [place // size for place in range(n)]
    held = 0
    for _ in range(RUNS):
        shared = places(generator, clusters, alike)
        ours, theirs = (
            sums(quantile(ndtr((shared + places(generator, clusters, alike)) / math.sqrt(2))), clusters)
            for quantile, _ in (a, b)
        )
        found = difference_interval(ours, theirs)
        held += found.low <= a[1] - b[1] <= found.high
    assert held / RUNS >= FLOOR


def test_the_test_is_wrong_about_equals_no_more_than_5_times_in_100() -> None:
    generator = np.random.default_rng(7)
    clusters = [place // 3 for place in range(30)]
    wrong = 0
    for _ in range(RUNS):
        a, b = (F1[0](ndtr(places(generator, clusters, 0.4))) for _ in range(2))
        wrong += pair([*a], [*b], clusters).p < 0.05
    assert wrong / RUNS <= 0.07
