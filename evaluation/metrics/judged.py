"""RAGAS (Es et al., 2023, arXiv:2309.15217) by the ragas library. Knows nothing of which model judges.

ragas writes the prompts and turns verdicts into values; here its model calls are collected into batches and
held to a bounded JSON schema (bench.py), or its verdicts are weighed (verdicts.py), and every one that fails
is counted with its reason.
"""

import asyncio
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

from assistant.agreement import tokens
from core.language import detect, words
from evaluation.metrics.bench import BOUNDS, Bench, QueryEmbedder, ragas_metric
from evaluation.metrics.claims import Claim, Kind
from evaluation.metrics.judge import Judge, JudgeError
from evaluation.metrics.verdicts import NOTE, Matter, Thresholds, Verdicts, weighed
from evaluation.types import Agreement, Sample, Score, mean_score
from ingest.chunking import split
from ingest.types import Chunk, Document

PASSAGES = 4
"""Passages that faithfulness is judged against, where an answer had more in its prompt."""
PASSAGE_WORDS = 240
"""A longer context is cut into passages of this size."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Who judges, and the ids of the questions they read.

    `thresholds` are those of a judge that weighs; `agreement` says by metric how far it can be trusted.
    """

    judge: Judge
    embedder: QueryEmbedder
    questions: Collection[str]
    thresholds: Thresholds = field(default_factory=dict)
    agreement: Mapping[str, Agreement] = field(default_factory=dict)


Inputs = Callable[[Sample], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a ragas metric reads of a sample; None where it does not apply."""

    ragas_name: str
    inputs: Inputs
    note: str
    silence: float | None = None
    """The value of a refusal and of an empty answer, which are then not judged."""
    kind: Kind | None = None
    """What a judge can weigh instead of writing verdicts."""

    def claims(self, matter: Matter) -> list[Claim]:
        """Return what has to be weighed for the metric."""
        return matter.useful if self.kind == "useful" else matter.supported


@dataclass(frozen=True, slots=True)
class Ragas:
    """One ragas metric, 0 to 1."""

    name: str
    reading: Reading
    panel: Panel

    def score(self, samples: Sequence[Sample]) -> Score:
        """Judge the answerable ones among the panel's questions, all at once."""
        values: list[float | None] = [None] * len(samples)
        for index, sample in enumerate(samples):
            if self._is_asked(sample) and _silent(sample):
                values[index] = self.reading.silence
        judged = self._inputs(samples)
        failures: dict[int, str] = {}
        for index, result in zip(judged, self._judge(samples, judged), strict=True):
            if isinstance(result, float):
                values[index] = result
            else:
                failures[index] = result
        score = mean_score(self.name, values, self._signature(), failures)
        return replace(score, agreement=self.panel.agreement.get(self.name))

    def claims(self, samples: Sequence[Sample]) -> list[Claim]:
        """Return what a judge that weighs has to weigh for all samples."""
        if not self._weighs:
            return []
        return [
            claim
            for index, inputs in self._inputs(samples).items()
            for claim in self.reading.claims(_matter(samples[index], inputs))
        ]

    @property
    def _weighs(self) -> bool:
        return self.panel.judge.weighs and self.reading.kind is not None

    def _is_asked(self, sample: Sample) -> bool:
        return sample.reference.id in self.panel.questions and sample.reference.answerable

    def _inputs(self, samples: Sequence[Sample]) -> dict[int, dict[str, Any]]:
        """Return what ragas reads of the samples that are judged, by their places."""
        found: dict[int, dict[str, Any]] = {}
        for index, sample in enumerate(samples):
            if not self._is_asked(sample) or (_silent(sample) and self.reading.silence is not None):
                continue
            if (inputs := self.reading.inputs(sample)) is not None:
                found[index] = inputs
        return found

    def _signature(self) -> str:
        library = f"ragas:{version('ragas')}.{self.reading.ragas_name}"
        how = NOTE if self._weighs else BOUNDS
        return f"{library}|judge:{self.panel.judge.name}|{self.reading.note}|{how}"

    def _judge(self, samples: Sequence[Sample], judged: Mapping[int, dict[str, Any]]) -> list[float | str]:
        """Return the value of each judged sample, or the reason why there is none."""
        if not judged:
            return []
        name, panel, bench = self.reading.ragas_name, self.panel, Bench(self.panel.judge)
        odds = weighed(panel.judge, self.claims(samples))

        async def value(index: int, inputs: dict[str, Any]) -> float | str:
            verdicts = None
            if self._weighs:
                verdicts = Verdicts(_matter(samples[index], inputs), odds, panel.thresholds)
            return await _value(ragas_metric(name, bench, panel.embedder, verdicts), inputs)

        async def gathered() -> list[float | str]:
            return await asyncio.gather(*(value(index, inputs) for index, inputs in judged.items()))

        with asyncio.Runner() as runner:
            # Not runner.run: it would hold back Ctrl-C until a whole batch has been judged.
            return runner.get_loop().run_until_complete(gathered())


async def _value(metric: Any, inputs: dict[str, Any]) -> float | str:
    """Return the metric's value, or the reason why there is none."""
    try:
        value = float((await metric.ascore(**inputs)).value)
    except (JudgeError, ValueError) as error:  # pydantic's ValidationError is a ValueError
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return "the judge gave no verdict" if math.isnan(value) else min(max(value, 0.0), 1.0)


def _matter(sample: Sample, inputs: Mapping[str, Any]) -> Matter:
    """Return what a judge weighs of a sample: its answer, or the reference where ragas reads that."""
    return Matter(
        question=inputs["user_input"],
        answer=inputs.get("response") or inputs["reference"],
        passages=tuple(inputs["retrieved_contexts"]),
        lang=sample.reference.ask().lang,
    )


def _silent(sample: Sample) -> bool:
    """Say whether the answer claims nothing."""
    return sample.answer.abstained or not sample.answer.text.strip()


def _faithfulness(sample: Sample) -> dict[str, Any] | None:
    if not sample.answer.contexts or _silent(sample):
        return None
    return {
        "user_input": sample.reference.in_full,
        "response": sample.answer.text,
        "retrieved_contexts": _read_passages(sample),
    }


def _read_passages(sample: Sample) -> list[str]:
    """Return the passages to judge by: those cited, then those with the most words in common."""
    quotes = [citation.quote for citation in sample.answer.citations]
    wanted = set(tokens(f"{sample.reference.in_full} {sample.answer.text}"))
    passages = [text for hit in sample.answer.contexts for text in _passages(hit.chunk)]
    passages.sort(
        key=lambda text: (not any(quote in text for quote in quotes), -len(wanted & set(tokens(text))))
    )
    return passages[:PASSAGES]


def _passages(chunk: Chunk) -> list[str]:
    """Return a context in pieces that a judge can read: a whole document is cut as ingest cuts."""
    if len(words(chunk.text)) <= PASSAGE_WORDS:
        return [chunk.passage]
    whole = Document(chunk.id, chunk.title, chunk.text, detect(chunk.text))
    return [piece.passage for piece in split(whole, PASSAGE_WORDS, 0)]


def _answer_relevancy(sample: Sample) -> dict[str, Any]:
    return {"user_input": sample.reference.in_full, "response": sample.answer.text}


def _ranked_contexts(sample: Sample) -> dict[str, Any] | None:
    if sample.answer.ranked is None or not sample.answer.contexts:
        return None
    return {
        "user_input": sample.reference.in_full,
        "reference": sample.reference.answers[0],
        "retrieved_contexts": [hit.chunk.passage for hit in sample.answer.contexts],
    }


_PASSAGES_NOTE = f"contexts:<={PASSAGES},cited first,then most words shared with question and answer"
JUDGED: dict[str, Reading] = {
    "ragas_faithfulness": Reading(
        "Faithfulness",
        _faithfulness,
        f"answers that are no refusal and not empty|{_PASSAGES_NOTE}",
        kind="supported",
    ),
    "ragas_answer_relevancy": Reading(
        "AnswerRelevancy",
        _answer_relevancy,
        "strictness:1|embeddings:those of retrieval|refusal or empty:0",
        silence=0.0,
    ),
    "ragas_context_precision": Reading(
        "ContextPrecision", _ranked_contexts, "contexts:retrieved|reference:first", kind="useful"
    ),
    "ragas_context_recall": Reading(
        "ContextRecall", _ranked_contexts, "contexts:retrieved|reference:first", kind="supported"
    ),
}
