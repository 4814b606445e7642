"""Calibration: agreement by hand, with a scripted judge; the shipped items."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from assistant.types import Prompt
from core.errors import GenerationError
from evaluation.metrics.calibration import LABELS, SAID, calibrate, items, journal
from evaluation.metrics.judge import Judge
from evaluation.metrics.judged import JUDGED, Panel, Ragas
from evaluation.statistics.kappa import kappa
from evaluation.types import Agreement
from settings import load_settings
from tests.evaluation.metrics.test_judged import RIGHT, Axes, sample, script
from tests.fakes import ScriptedGenerator

pytestmark = pytest.mark.filterwarnings("ignore")

PASSAGES = {True: "The refund comes within seven days.", False: "Dogs may travel in the cabin."}


def item(number: int, lang: str, said: bool, faithful: bool, half: str = "held_out") -> dict[str, Any]:
    """The scripted judge finds true what is `said` of a passage that speaks of seven days, and only that."""
    return {
        "id": f"{lang}-{number}",
        "lang": lang,
        "question": "When is the refund?",
        "passage": PASSAGES[said],
        "answer": f"within a week, {number}",
        "faithful": faithful,
        "document": f"d{number}",
        "half": half,
    }


FITTING = [
    item(number, lang, said, said, "fit")
    for lang in ("en", "zh")
    for number, said in enumerate((True, False))
]
HELD_OUT = [
    *(item(number, "en", said, said) for number, said in enumerate((True, True, False, False), 10)),
    *(item(number, "zh", said, number < 22) for number, said in enumerate((True, False, False, False), 20)),
]  # fmt: skip


def panel(device: str, reply: Any = script) -> Panel:
    generator = ScriptedGenerator(reply)
    generator.device = device
    return Panel(Judge(generator), Axes(), frozenset("0123456789"))


def test_agreement_on_the_held_out_half_by_hand() -> None:
    english, chinese, together = calibrate([*FITTING, *HELD_OUT], panel("cpu")).agreements[
        "ragas_faithfulness"
    ]
    assert (english.n, english.failed, english.auc, english.accuracy, english.kappa) == (4, 0, 1.0, 1.0, 1.0)
    assert (chinese.auc, chinese.accuracy, chinese.kappa) == (0.75, 0.75, 0.5)
    assert (together.lang, together.n, together.accuracy) == ("all", 8, 0.875)
    assert together.low is not None
    assert together.high is not None
    assert together.low < 0.75 == together.kappa <= together.high


def test_the_threshold_lies_halfway_on_the_fitting_half() -> None:
    calibration = calibrate([*FITTING, *HELD_OUT], panel("cpu"))
    assert calibration.thresholds["ragas_faithfulness"]["en"] == pytest.approx(0.0)
    biased = calibrate([one for one in [*FITTING, *HELD_OUT] if one["half"] == "held_out"], panel("cpu"))
    assert biased.thresholds["ragas_faithfulness"] == {"en": 0.0, "zh": 0.0}, "nothing to fit on: even odds"


def test_a_judge_that_writes_is_measured_by_the_same_metrics() -> None:
    found = calibrate([*FITTING, *HELD_OUT], panel("endpoint")).agreements
    assert found["ragas_faithfulness"][0].accuracy == 1.0
    assert found["ragas_context_recall"][0].accuracy == 1.0


def test_what_fails_is_counted_and_nothing_is_made_up() -> None:
    def fail(prompt: Prompt) -> str:
        raise GenerationError("gone")

    for device in ("cpu", "endpoint"):
        *_, together = calibrate([*FITTING, *HELD_OUT], panel(device, fail)).agreements["ragas_faithfulness"]
        assert together == Agreement("all", 0, 8, None, None, None, None, None)


def test_what_is_known_of_a_judge_goes_with_its_scores() -> None:
    known = calibrate([*FITTING, *HELD_OUT], panel("cpu")).of(panel("cpu"))
    score = Ragas("ragas_faithfulness", JUDGED["ragas_faithfulness"], known).score([sample(0, RIGHT)])
    assert score.value == 1.0
    assert score.agreement is not None
    assert score.agreement.kappa == 0.75


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    label, verdict = rng.random((2, 60)) < 0.5
    both = [(label & verdict), (label & ~verdict), (~label & verdict), (~label & ~verdict)]
    counts = np.array([[one.sum() for one in both]], dtype=float)
    assert kappa(counts)[0] == pytest.approx(cohen_kappa_score(label, verdict))


class TestShippedItems:
    def test_are_balanced_in_both_languages_and_halves(self) -> None:
        labelled = items()
        assert len({one["id"] for one in labelled}) == len(labelled) >= 160
        for label in ("faithful", "useful"):
            cells = Counter((one["lang"], one["half"], one[label]) for one in labelled if label in one)
            assert len(cells) == 8
            assert len(set(cells.values())) == 1, label

    def test_no_document_is_in_both_halves(self) -> None:
        halves = {(one["document"], one["half"]) for one in items()}
        assert len({document for document, _ in halves}) == len(halves)

    def test_every_metric_has_a_label(self) -> None:
        assert set(LABELS) == set(JUDGED)
        assert {label for one in items() for label in LABELS.values() if label in one} == set(LABELS.values())

    def test_many_claims_share_a_passage(self) -> None:
        passages = Counter(one["passage"] for one in items())
        assert sum(count > 1 for count in passages.values()) >= 40


def test_what_the_default_judge_said_is_there_from_the_first_and_is_never_put_back(tmp_path: Path) -> None:
    path = journal(load_settings({"home": tmp_path}))
    assert path.read_bytes() == SAID.read_bytes()
    path.write_text("")
    assert journal(load_settings({"home": tmp_path})).read_text() == ""
