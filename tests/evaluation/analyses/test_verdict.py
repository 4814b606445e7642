"""The verdict's sentences: what is said, of which half of the questions, and when nothing is."""

from typing import Any

import pytest

from evaluation.analyses.verdict import sentences
from evaluation.statistics import Pair

COST = "Cost: fine_tuned reads 70 tokens a question; rag reads 700 tokens a question."


def entry(value: float | None, n: int = 40) -> dict[str, Any]:
    return {"value": value, "n": n}


def block(
    value: float | None, taught: float | None = None, not_taught: float | None = None, tokens: int = 700
) -> dict[str, Any]:
    return {
        "n": 40,
        "metrics": {"f1": entry(value)},
        "by_fact": {"taught": {"f1": entry(taught, 28)}, "not taught": {"f1": entry(not_taught, 8)}},
        "usage": {"prompt_tokens": 40 * tokens, "cached_tokens": 0},
        "latency": {"p50": None, "n": 0},
        "is_tuned": True,
    }


def pair(a: str, b: str, difference: float, **other: Any) -> Pair:
    sure = {"low": difference - 0.1, "high": difference + 0.1, "p": 0.01, "p_holm": 0.02}
    counts = {"n": 40, "clusters": 40, "family": 1, "detectable": 0.15}
    return Pair(**{"a": a, "b": b, "metric": "f1", "difference": difference, **sure, **counts, **other})


UNSURE = {"low": -0.05, "high": 0.2, "p": 0.3, "p_holm": 0.6}
TUNED, RAG, LONG = block(0.57, 0.65, 0.43, 70), block(0.36, 0.29, 0.67), block(0.3, 0.3, 0.2)
TWO = {"rag": RAG, "fine_tuned": TUNED}
TAUGHT = [pair("rag", "fine_tuned", -0.36, n=28, clusters=20)]
NOT_TAUGHT = [pair("rag", "fine_tuned", 0.24, n=8, clusters=8)]


def said(pairs: list[Pair], taught: list[Pair], not_taught: list[Pair]) -> str:
    return sentences("f1", TWO, pairs, {"taught": taught, "not taught": not_taught})


def test_both_halves_are_said_after_the_whole() -> None:
    assert said([pair("rag", "fine_tuned", -0.21)], TAUGHT, NOT_TAUGHT) == (
        "fine_tuned is better than rag: f1 0.57 against 0.36, difference 0.21 [0.11, 0.31], "
        "p = 0.020 (Holm), n = 40. "
        "Where the facts were taught, fine_tuned is better than rag: f1 0.65 against 0.29, "
        "difference 0.36 [0.26, 0.46], p = 0.020 (Holm), n = 28 (20 clusters); "
        "where they were not, rag is better than fine_tuned: f1 0.67 against 0.43, "
        "difference 0.24 [0.14, 0.34], p = 0.020 (Holm), n = 8. " + COST
    )


def test_a_half_may_show_no_difference() -> None:
    text = said(
        [pair("rag", "fine_tuned", -0.21)],
        TAUGHT,
        [pair("rag", "fine_tuned", 0.08, n=8, clusters=8, **UNSURE)],
    )
    assert (
        "; where they were not, no difference is shown between rag and fine_tuned: f1 0.67 against 0.43, "
        "difference 0.08 [-0.05, 0.20], p = 0.600 (Holm), n = 8." in text
    )


@pytest.mark.parametrize(
    ("n", "clusters", "family", "words"),
    [
        pytest.param(4, 4, 1, "n = 4 is too few to say anything", id="four questions"),
        pytest.param(5, 5, 1, "n = 5 is too few to say anything", id="five: p is at least 0.0625"),
        pytest.param(6, 6, 1, "rag is better", id="six: p can be 0.031"),
        pytest.param(7, 7, 6, "n = 7 is too few to say anything", id="seven, six pairs: 6 x 0.0156"),
        pytest.param(8, 8, 6, "rag is better", id="eight, six pairs: 6 x 0.0078"),
        pytest.param(30, 3, 1, "n = 30 (3 clusters) is too few to say anything", id="thirty about three"),
    ],
)
def test_what_the_best_result_could_not_show_is_too_few(
    n: int, clusters: int, family: int, words: str
) -> None:
    half = [pair("rag", "fine_tuned", 0.24, n=n, clusters=clusters, family=family)]
    assert f"; where they were not, {words}" in said([pair("rag", "fine_tuned", -0.21)], TAUGHT, half)


def test_the_whole_may_be_too_few() -> None:
    few = [pair("rag", "fine_tuned", -0.21, n=4, clusters=4)]
    assert sentences("f1", TWO, few, {}) == (
        "n = 4 is too few to say anything: f1 is 0.36 (rag) and 0.57 (fine_tuned). " + COST
    )


def test_the_whole_may_show_no_difference() -> None:
    assert sentences("f1", TWO, [pair("rag", "fine_tuned", -0.1, **UNSURE)], {}) == (
        "No difference is shown between fine_tuned and rag: f1 0.57 against 0.36, "
        "difference 0.10 [-0.20, 0.05], p = 0.600 (Holm), n = 40. " + COST
    )


def test_a_p_value_alone_shows_no_difference() -> None:
    wide = pair("rag", "fine_tuned", -0.1, low=-0.25, high=0.05)
    assert sentences("f1", TWO, [wide], {}).startswith("No difference is shown between fine_tuned and rag")


def test_the_halves_compare_the_winner_of_each_with_the_other() -> None:
    """Over all questions rag is second and long_context third; of facts not taught rag knows most."""
    strategies = {"long_context": block(0.5, 0.7, 0.4), "rag": RAG, "fine_tuned": block(0.57, 0.6, 0.6)}
    names = [("long_context", "rag"), ("long_context", "fine_tuned"), ("rag", "fine_tuned")]
    pairs = [pair(a, b, -0.2) for a, b in names]
    halves = {"taught": [pair(a, b, 0.3) for a, b in names], "not taught": [pair(*ab, -0.3) for ab in names]}
    text = sentences("f1", strategies, pairs, halves)
    assert "Where the facts were taught, long_context is better than rag: f1 0.70 against 0.29" in text
    assert "where they were not, rag is better than long_context: f1 0.67 against 0.40" in text


def test_the_winner_of_both_halves_is_compared_with_the_next_best() -> None:
    strategies = {
        "rag": block(0.5, 0.5, 0.5),
        "fine_tuned": block(0.4, 0.3, 0.3),
        "closed": block(0.1, 0.4, 0.4),
    }
    names = [("rag", "fine_tuned"), ("rag", "closed"), ("fine_tuned", "closed")]
    halves = {half: [pair(a, b, 0.2) for a, b in names] for half in ("taught", "not taught")}
    text = sentences("f1", strategies, halves["taught"], halves)
    assert text.count("rag is better than fine_tuned") == 3


def test_a_half_of_nobody_is_not_spoken_of() -> None:
    assert "taught" not in said([pair("rag", "fine_tuned", -0.21)], TAUGHT, [])


def test_a_pair_on_fewer_questions_than_its_strategies_says_so() -> None:
    text = sentences("f1", TWO, [pair("rag", "fine_tuned", -0.21, n=30, clusters=30)], {})
    assert "n = 30 that both have a value for. Cost" in text


def test_without_a_question_in_common_nothing_is_compared() -> None:
    assert sentences("f1", TWO, [], {}) == f"No question gives both fine_tuned and rag a value of f1. {COST}"


def test_without_values_or_rivals_there_is_no_comparison() -> None:
    assert sentences("f1", {"rag": block(None)}, [], {}) == "No strategy has a value of f1."
    assert sentences("f1", {"rag": RAG}, [], {}) == "rag: f1 0.36, n = 40; nothing to compare it with."


def test_where_nothing_was_taught_there_are_no_halves() -> None:
    untaught = {name: {**block, "is_tuned": False} for name, block in TWO.items()}
    text = sentences(
        "f1", untaught, [pair("rag", "fine_tuned", -0.21)], {"taught": TAUGHT, "not taught": NOT_TAUGHT}
    )
    assert "taught" not in text
