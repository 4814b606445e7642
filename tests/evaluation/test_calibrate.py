"""Calibration: agreement by hand, with a scripted judge."""

import json
from pathlib import Path

import pytest

from evaluation.calibrate import ITEMS, Agreement, calibrate
from evaluation.metrics.judge import Judge
from evaluation.metrics.judged import Panel
from tests.evaluation.metrics.test_judged import Axes, script
from tests.fakes import ScriptedGenerator

pytestmark = pytest.mark.filterwarnings("ignore")

PASSAGES = {"true": "The refund comes within seven days.", "false": "Dogs may travel in the cabin."}


def item(number: int, lang: str, passage: str, faithful: bool) -> dict[str, object]:
    # The scripted judge finds half of the statements true where the passage speaks of seven days, else none.
    return {
        "id": f"{lang}-{number}",
        "lang": lang,
        "question": "When is the refund?",
        "passage": PASSAGES[passage],
        "answer": "within a week",
        "faithful": faithful,
        "relevant": True,
    }


def test_agreement_by_hand(tmp_path: Path) -> None:
    items = [
        item(1, "en", "true", True),
        item(2, "en", "false", False),
        item(3, "zh", "true", False),
        item(4, "zh", "false", False),
    ]
    judge = Judge(ScriptedGenerator(script))
    panel = Panel(judge, Axes(), frozenset(str(one["id"]) for one in items))
    english, chinese, together, *_ = calibrate(items, panel)
    assert english == Agreement("ragas_faithfulness", "en", 2, 0, 1.0, 1.0)
    assert chinese == Agreement("ragas_faithfulness", "zh", 2, 0, None, 0.5)
    assert (together.lang, together.n, together.accuracy) == ("all", 4, 0.75)
    assert together.auc == pytest.approx(5 / 6)


def test_the_shipped_items_are_balanced_in_both_languages() -> None:
    items = [json.loads(line) for line in ITEMS.read_text(encoding="utf-8").splitlines()]
    assert len({one["id"] for one in items}) == len(items) == 80
    for lang in ("en", "zh"):
        of_language = [one for one in items if one["lang"] == lang]
        assert len(of_language) == 40
        assert sum(one["faithful"] for one in of_language) == 20
        assert {(one["faithful"], one["relevant"]) for one in of_language} == {
            (True, True),
            (True, False),
            (False, True),
            (False, False),
        }
