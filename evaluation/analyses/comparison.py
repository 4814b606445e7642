"""A comparison: what every analysis looks at. Knows nothing of any of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

from assistant.types import Coverage
from evaluation.analyses.cause import cause
from evaluation.asking.seals import Seal
from evaluation.report.numbers import Entry, entry
from evaluation.statistics import Inference, Pair, by_document
from evaluation.types import ModelCard, Reference, Run, Score, restrict
from settings import Settings

Scores = Mapping[str, Mapping[str, Score]]
"""By strategy, then metric."""
FACTS = {True: "taught", False: "not taught", None: ""}
"""Whether train questions ask for a question's fact, in words; nothing where nobody knows."""


@dataclass(frozen=True)  # no slots: what is derived is kept
class Comparison:
    """All that a report is made of; `skipped` says why strategies have no run."""

    domain: str
    settings: Settings
    model: ModelCard
    corpus: Mapping[str, Any]
    references: Sequence[Reference]
    runs: Sequence[Run]
    scores: Scores
    skipped: Mapping[str, str]
    coverage: Mapping[str, Coverage]
    """By language: what part of the corpus long_context met."""
    absent: Collection[str]
    """Evidence that the corpus has not: `evaluation.metrics.retrieval.missing`."""
    seed: int
    documents: Sequence[str] = ()
    """Ids of all that were searchable; none in runs from before they were recorded."""
    taught: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    """By adapter: ids of the documents that its training questions cite; None where nobody knows."""
    seal: Seal | None = None
    """Which test questions were asked, and how often they were used; None where there were none."""

    @property
    def drafted(self) -> list[Reference]:
        """The questions that a model wrote."""
        return [one for one in self.references if one.drafted]

    @property
    def reviewed(self) -> list[Reference]:
        """Those of them that a person has accepted."""
        return [one for one in self.drafted if one.reviewed]

    @property
    def strategies(self) -> list[str]:
        """The names of those that answered."""
        return [run.strategy for run in self.runs]

    @property
    def routed(self) -> frozenset[str]:
        """The names of those that are made of others: they have no answers of their own."""
        return frozenset(
            run.strategy for run in self.runs if any(sample.answer.route for sample in run.samples)
        )

    @property
    def metrics(self) -> list[str]:
        """The names of all metrics, in the order of measuring."""
        return list(dict.fromkeys(chain.from_iterable(self.scores.values())))

    @cached_property
    def inference(self) -> Inference:
        """The statistics that all analyses share."""
        clusters = by_document(self.references)
        return Inference(clusters, self.settings.evaluation.bootstrap, self.seed)

    @cached_property
    def entries(self) -> dict[str, dict[str, Entry]]:
        """Each strategy's scores as entries of a report, by metric."""
        return {
            strategy: {name: entry(score, self.inference) for name, score in of.items()}
            for strategy, of in self.scores.items()
        }

    @cached_property
    def pairs(self) -> list[Pair]:
        """Every pair of strategies on every metric."""
        infer = self.inference.pairs
        return [pair for name in self.metrics for pair in infer(self.of_metric(name), self.routed)]

    @cached_property
    def deciding(self) -> str:
        """The metric that decides: of those with a value `correct`, else `f1`, else the first."""
        names = [name for of in self.scores.values() for name, score in of.items() if score.value is not None]
        return next((name for name in ("correct", "f1") if name in names), names[0] if names else "f1")

    @cached_property
    def pairs_by_fact(self) -> dict[str, list[Pair]]:
        """The pairs on the deciding metric where the facts were taught, and where they were not."""
        scores = self.of_metric(self.deciding)
        return {
            part: self.inference.part(places).pairs(
                {name: restrict(one, places) for name, one in scores.items()}, self.routed
            )
            for part, places in self.parts(taught_or_not).items()
        }

    @cached_property
    def causes(self) -> dict[str, list[str | None]]:
        """Why each answer of a strategy is wrong, None where it is right; nothing without `correct`."""
        return {
            run.strategy: [
                None if value is None or value == 1 else cause(sample, value, self.absent)
                for sample, value in zip(
                    run.samples, self.scores[run.strategy]["correct"].per_question, strict=True
                )
            ]
            for run in self.runs
            if "correct" in self.scores[run.strategy]
        }

    def of_metric(self, name: str) -> dict[str, Score]:
        """Return each strategy's score on one metric."""
        return {strategy: of[name] for strategy, of in self.scores.items() if name in of}

    def parts(self, by: Callable[[Reference], str]) -> dict[str, list[int]]:
        """Return the places of the questions of each part, sorted by its name; some are in none."""
        found: dict[str, list[int]] = {}
        for place, reference in enumerate(self.references):
            if part := by(reference):
                found.setdefault(part, []).append(place)
        return dict(sorted(found.items()))

    def sliced(self, by: Callable[[Reference], str]) -> dict[str, dict[str, dict[str, Entry]]]:
        """Return the entries of each strategy over each part, without those that do not apply there."""
        parts = self.parts(by)
        return {
            strategy: {part: self._within(of, places) for part, places in parts.items()}
            for strategy, of in self.scores.items()
        }

    def _within(self, scores: Mapping[str, Score], places: Sequence[int]) -> dict[str, Entry]:
        within = self.inference.part(places)
        pieces = {name: restrict(score, places) for name, score in scores.items()}
        return {name: entry(one, within) for name, one in pieces.items() if one.value is not None}


def taught_or_not(reference: Reference) -> str:
    """Return whether the fact of a question was taught, in words."""
    return FACTS[reference.taught]
