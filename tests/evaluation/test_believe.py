"""Whether two verdicts are one: signs, significance, types that mislead."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import AssistantError
from evaluation.believe import as_markdown, match

Differences = list[tuple[str, str, float, float]]


def report(folder: Path, pairs: Differences, types: dict[str, dict[str, float]] | None = None) -> Path:
    """Write a report with differences and p values; `types`: what each strategy has on a type of question."""
    folder.mkdir()
    names = list(dict.fromkeys(name for a, b, *_ in pairs for name in (a, b)))
    questions: list[dict[str, Any]] = [
        {"type": kind, "answers": {name: {"scores": {"correct": value}} for name, value in scores.items()}}
        for kind, scores in (types or {}).items()
    ]
    rows = [
        {
            "metric": "correct",
            "a": a,
            "b": b,
            "difference": value,
            "low": value - 0.1,
            "high": value + 0.1,
            "p": p,
        }
        for a, b, value, p in pairs
    ]
    whole = {"strategies": {name: {} for name in names}, "pairs": rows, "questions": questions}
    (folder / "report.json").write_text(json.dumps(whole))
    return folder


def test_differences_are_matched_whichever_way_round(tmp_path: Path) -> None:
    people = report(tmp_path / "people", [("rag", "tuned", -0.3, 0.01)])
    drafted = report(tmp_path / "drafted", [("tuned", "rag", 0.2, 0.20)])
    (one,) = match("inns", people, drafted)
    assert (one.a, one.b) == ("rag", "tuned")
    assert (one.drafted.value, one.drafted.low, one.drafted.high) == pytest.approx((-0.2, -0.3, -0.1))
    assert one.counts
    assert one.agrees


@pytest.mark.parametrize(
    ("people", "drafted", "line"),
    [
        pytest.param((-0.3, 0.01), (-0.1, 0.4), "1 of 1 point the same way", id="shown by people alone"),
        pytest.param((-0.3, 0.01), (0.1, 0.4), "0 of 1 point the same way", id="the other way"),
        pytest.param((-0.1, 0.4), (0.1, 0.4), "0 of 0 point the same way", id="shown by neither"),
        pytest.param((0.1, 0.4), (0.3, 0.01), "1 of 1 point the same way", id="shown by drafts alone"),
    ],
)
def test_what_is_shown_by_neither_does_not_count(
    tmp_path: Path, people: tuple[float, float], drafted: tuple[float, float], line: str
) -> None:
    ours = report(tmp_path / "people", [("rag", "tuned", *people)])
    theirs = report(tmp_path / "drafted", [("rag", "tuned", *drafted)])
    assert line in "\n".join(as_markdown(match("inns", ours, theirs)))


def test_a_type_misleads_where_it_points_away_from_what_people_show(tmp_path: Path) -> None:
    types = {"number": {"rag": 0.0, "tuned": 1.0}, "yesno": {"rag": 1.0, "tuned": 0.0}}
    people = report(tmp_path / "people", [("rag", "tuned", -0.3, 0.01)])
    drafted = report(tmp_path / "drafted", [("rag", "tuned", -0.2, 0.1)], types)
    text = "\n".join(as_markdown(match("inns", people, drafted)))
    assert "| number | 1 | 0 of 1 |" in text
    assert "| yesno | 1 | 1 of 1 |" in text


def test_strategies_of_one_run_alone_are_not_matched(tmp_path: Path) -> None:
    people = report(tmp_path / "people", [("rag", "tuned", -0.3, 0.01), ("rag", "long", 0.1, 0.3)])
    drafted = report(tmp_path / "drafted", [("rag", "tuned", -0.2, 0.1)])
    assert len(match("inns", people, drafted)) == 1


def test_without_reports_it_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match=r"report\.json cannot be read .* run evaluation\.compare --out"):
        match("inns", tmp_path, tmp_path)


@pytest.mark.parametrize("text", ["{", "{}", "[]", "null", '{"strategies": {}}'])
def test_what_is_no_report_says_how_to_get_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(AssistantError, match=r"report\.json cannot be read .* run evaluation\.compare --out"):
        match("inns", tmp_path, tmp_path)


def test_two_runs_without_strategies_in_common_say_nothing(tmp_path: Path) -> None:
    people = report(tmp_path / "people", [("rag", "tuned", -0.3, 0.01)])
    drafted = report(tmp_path / "drafted", [("long", "short", -0.2, 0.1)])
    with pytest.raises(AssistantError, match="fewer than two strategies in common"):
        match("inns", people, drafted)
