"""How far can a judge be trusted? Its verdicts on answers and passages that people have labelled.

Thresholds are fitted on one half of the documents and the agreement is measured on the other. Knows nothing
of strategies or of which model judges.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.types import Answer
from core.language import Lang
from evaluation.metrics.claims import Kind
from evaluation.metrics.judge import JudgeError
from evaluation.metrics.judged import JUDGED, Panel, Ragas
from evaluation.metrics.verdicts import Matter, weighed
from evaluation.statistics.kappa import kappa
from evaluation.types import Agreement, Floats, Reference, Sample
from ingest.types import Chunk, Hit
from settings import Settings

ITEMS = Path(__file__).parents[1] / "judge_calibration.jsonl"
SAID = Path(__file__).parents[1] / "judge_verdicts.jsonl"
"""What the default judge says of them on a CPU with bf16, so that nobody waits for it again."""
LABELS = {
    "ragas_faithfulness": "faithful",
    "ragas_context_recall": "faithful",
    "ragas_context_precision": "useful",
    "ragas_answer_relevancy": "relevant",
}
"""The label that each metric should agree with."""
_EVEN = 0.5
"""Where a written verdict, a share of statements, turns into yes."""
_DRAWS, _SEED = 2000, 17
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rating:
    """What a judge made of one item; `value` is None where it failed."""

    lang: str
    document: str
    fits: bool
    truth: bool
    value: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """By metric: the agreement in each language and over all, and from which value on a rating means yes."""

    agreements: Mapping[str, Sequence[Agreement]]
    thresholds: Mapping[str, Mapping[str, float]]

    def of(self, panel: Panel) -> Panel:
        """Return `panel` with what is known of its judge."""
        langs: tuple[Lang, ...] = ("en", "zh")
        return replace(
            panel,
            thresholds={
                (kind, lang): of.get(lang, 0.0)
                for name, of in self.thresholds.items()
                if (kind := JUDGED[name].kind)
                for lang in langs
            },
            agreement={name: found[-1] for name, found in self.agreements.items()},
        )


def items() -> list[Item]:
    """Return the shipped items."""
    return [json.loads(line) for line in ITEMS.read_text(encoding="utf-8").splitlines()]


def journal(settings: Settings) -> Path:
    """Return the file of what judges said of the items, which all domains share; it begins with `SAID`."""
    path = settings.home / "runs" / "judge" / "judge.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SAID, path)
    return path


def calibrate(labelled: Sequence[Item], panel: Panel, metrics: Iterable[str] = LABELS) -> Calibration:
    """Return how far the judge of `panel` agrees with the labels, by each of the `metrics`."""
    agreements: dict[str, list[Agreement]] = {}
    thresholds: dict[str, dict[str, float]] = {}
    for metric in metrics:
        ratings = _ratings(metric, [item for item in labelled if LABELS[metric] in item], panel)
        langs = sorted({one.lang for one in ratings})
        fitting = [one for one in ratings if one.fits]
        is_written = JUDGED[metric].kind is not None and not panel.judge.weighs
        thresholds[metric] = {
            lang: _EVEN if is_written else _halfway([one for one in fitting if one.lang == lang])
            for lang in langs
        }
        held_out = [one for one in ratings if not one.fits]
        agreements[metric] = [
            _agreement(lang, [one for one in held_out if lang in (one.lang, "all")], thresholds[metric])
            for lang in (*langs, "all")
        ]
    return Calibration(agreements, thresholds)


def _ratings(metric: str, labelled: Sequence[Item], panel: Panel) -> list[Rating]:
    kind = JUDGED[metric].kind
    if kind is not None and panel.judge.weighs:
        values: Sequence[float | None] = list(_weighed(kind, labelled, panel))
    else:
        read = replace(panel, questions=frozenset(item["id"] for item in labelled))
        values = Ragas(metric, JUDGED[metric], read).score(list(map(_sample, labelled))).per_question
    return [
        Rating(item["lang"], item["document"], item["half"] == "fit", item[LABELS[metric]], value)
        for item, value in zip(labelled, values, strict=True)
    ]


def _weighed(kind: Kind, labelled: Sequence[Item], panel: Panel) -> Iterator[float | None]:
    """Yield the log-odds of each item: those of its least likely sentence."""
    matters = [
        Matter(item["question"], item["answer"], (item["passage"],), item["lang"]) for item in labelled
    ]
    claims = [matter.useful if kind == "useful" else matter.supported for matter in matters]
    odds = weighed(panel.judge, [one for some in claims for one in some])
    for some in claims:
        found = [odds[one] for one in some]
        known = [one for one in found if not isinstance(one, JudgeError)]
        yield min(known) if len(known) == len(found) else None


def _halfway(ratings: Sequence[Rating]) -> float:
    """Return the middle between the mean ratings with the label and without; even odds if one lacks."""
    sides = [
        [one.value for one in ratings if one.truth == truth and one.value is not None] for truth in (0, 1)
    ]
    return mean(map(mean, sides)) if all(sides) else 0.0


def _agreement(lang: str, ratings: Sequence[Rating], thresholds: Mapping[str, float]) -> Agreement:
    """Return the agreement over `ratings`, each cut at the threshold of its language."""
    from sklearn.metrics import roc_auc_score

    known = [(one, one.value - thresholds[one.lang]) for one in ratings if one.value is not None]
    truths = np.array([one.truth for one, _ in known], dtype=bool)
    above = np.array([value for _, value in known])
    if len(set(truths.tolist())) < 2:
        return Agreement(lang, len(known), len(ratings) - len(known), None, None, None, None, None)
    counts = _counts(truths, above >= 0, [one.document for one, _ in known])
    value, low, high = _kappa_interval(counts)
    return Agreement(
        lang=lang,
        n=len(known),
        failed=len(ratings) - len(known),
        auc=float(roc_auc_score(truths, above)),
        accuracy=float((truths == (above >= 0)).mean()),
        kappa=value,
        low=low,
        high=high,
    )


def _counts(truths: NDArray[np.bool_], verdicts: NDArray[np.bool_], documents: Sequence[str]) -> Floats:
    """Return both yes, label alone, verdict alone, both no: (documents, 4)."""
    _, places = np.unique(documents, return_inverse=True)
    counts = np.zeros((places.max() + 1, 4))
    np.add.at(counts, (places, 3 - 2 * truths - verdicts), 1)
    return counts


def _kappa_interval(counts: Floats) -> tuple[float, float, float]:
    """Return kappa and its 95 % interval by bootstrap over documents."""
    rng = np.random.default_rng(_SEED)
    drawn = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=_DRAWS)
    low, high = np.nanquantile(kappa(drawn @ counts), [0.025, 0.975])
    return float(kappa(counts.sum(axis=0, keepdims=True))[0]), float(low), float(high)


def _sample(item: Item) -> Sample:
    """Return an item as a comparison would have it: one retrieved passage, the answer also the right one."""
    reference = Reference(
        item["question"], (item["answer"],), (item["id"],), "short", "test", item["id"], item["lang"]
    )
    chunk = Chunk(item["id"], item["id"], item["passage"], 0, len(item["passage"]))
    hits = (Hit(chunk, 1.0, {"given": 1}),)
    return Sample(reference, Answer(reference.ask(), item["answer"], "given", hits, ranked=(item["id"],)))
