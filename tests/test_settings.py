"""Settings: what wins, and that a typo is refused."""

from pathlib import Path

import pytest

from settings import load_settings


def test_the_environment_wins_over_the_domain_and_the_domain_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASSISTANT_RETRIEVAL__TOP_K", "8")
    retrieval = load_settings({"retrieval": {"top_k": 3, "candidates": 9}}).retrieval
    assert (retrieval.top_k, retrieval.candidates, retrieval.m) == (8, 9, 16)


def test_home_moves_with_one_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path))
    assert load_settings().home == tmp_path


@pytest.mark.parametrize(
    ("overrides", "variable", "message"),
    [
        pytest.param({"retrieval": {"topk": 3}}, "", r"setting retrieval\.topk", id="a key in a section"),
        pytest.param({"retreival": {}}, "", r"setting retreival", id="a section"),
        pytest.param({"finetune": {"rank": 0}}, "", r"finetune\.rank: .*greater", id="a value out of range"),
        pytest.param(
            {"retrieval": {"exact_up_to": 0}}, "", r"no more, HNSW .*; remove it", id="a key of before"
        ),
        pytest.param({}, "ASSISTANT_RETREIVAL__TOP_K", r"no 'retreival'; known", id="a variable's section"),
        pytest.param({}, "ASSISTANT_RETRIEVAL__TOPK", r"retrieval\.topk", id="a variable's key"),
    ],
)
def test_a_typo_is_refused_by_name(
    overrides: dict[str, object], variable: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, "3")
    with pytest.raises(ValueError, match=message):
        load_settings(overrides)
