"""What a judge said in a run, for scoring it again without one. Knows nothing of judges."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from evaluation.types import Agreement, Metric, Run, Sample, Score, mean_score

_FILE = "judged.json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The values and failures of one metric, by strategy and question."""

    name: str
    said: Mapping[str, Any]

    def score(self, samples: Sequence[Sample]) -> Score:
        """Return what was said of these answers; of others nothing was."""
        strategy = samples[0].answer.strategy if samples else ""
        values = self.said["values"].get(strategy, {})
        reasons = self.said["failures"].get(strategy, {})
        score = mean_score(
            self.name,
            [values.get(sample.reference.id) for sample in samples],
            self.said["signature"],
            {
                place: reasons[sample.reference.id]
                for place, sample in enumerate(samples)
                if sample.reference.id in reasons
            },
        )
        agreement = self.said.get("agreement")
        return replace(score, agreement=Agreement(**agreement) if agreement else None)


def save_judged(
    folder: Path, runs: Sequence[Run], scores: Mapping[str, Mapping[str, Score]], names: Sequence[str]
) -> None:
    """Write what a judge said of the runs, for each of the metrics called `names`."""
    found: dict[str, Any] = {}
    for name in names:
        said: dict[str, Any] = {"signature": "", "values": {}, "failures": {}}
        for run in runs:
            score, ids = scores[run.strategy][name], [sample.reference.id for sample in run.samples]
            said["signature"] = score.signature
            said["agreement"] = asdict(score.agreement) if score.agreement else None
            known = zip(ids, score.per_question, strict=True)
            said["values"][run.strategy] = {id: value for id, value in known if value is not None}
            said["failures"][run.strategy] = {ids[at]: reason for at, reason in score.failures.items()}
        found[name] = said
    text = json.dumps(found, ensure_ascii=False, indent=1)
    (folder / _FILE).write_text(text + "\n", encoding="utf-8")


def load_judged(folder: Path, names: Sequence[str]) -> list[Metric]:
    """Return the metrics among `names` that were judged in the run in `folder`."""
    path = folder / _FILE
    if not path.is_file():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    return [Recorded(name, said) for name, said in found.items() if name in names]
