"""Runs of an ablation, each trained once: answers are kept by all that they depend on. Knows no effect."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assistant.agreement import correct
from assistant.generation.adapters import RAFT
from assistant.generation.journaled import JsonLines
from assistant.generation.local import forget_weights, open_local
from assistant.structured import declines
from core.domain import Domain
from core.questions import QuestionRecord
from core.weights.catalogue import fingerprint, model_folder
from finetune.ablation.arms import Arm
from finetune.scoring import answer_dev
from finetune.tuning import Stage, tune
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.updating import bring_up_to_date
from settings import Settings

_IN_DATA = {
    *("steps", "name", "variants", "masked_model", "extra_share", "balance_by", "oversample"),
    *("max_similarity", "max_examples"),
}
"""Settings that the digest of the data stands for."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the adapter of one run answered, by the ids of the questions."""

    step: str
    seed: int
    answers: Mapping[str, str]

    def correct(self, record: QuestionRecord) -> float:
        """Return how right an answer is, 0 to 1: computed anew, so that a mended rule counts."""
        text = self.answers[record.id]
        return correct(text, record.answers, record.answer_type, record.question, declines(text))


class Runs:
    """The runs of a domain, in `ablation.jsonl` of its training folder."""

    def __init__(self, domain: Domain, settings: Settings) -> None:
        self._domain, self._settings = domain, settings
        self._home = settings.home / "training" / domain.key
        self._lines = JsonLines(self._home / "ablation.jsonl")
        self._known = {
            str(row["key"]): dict(row["answers"]) for row in self._lines if row.keys() >= {"key", "answers"}
        }

    def is_known(self, arm: Arm) -> bool:
        """Say whether this very run has been made."""
        return self._key(arm) in self._known

    def result(self, arm: Arm) -> Result:
        """Return what the arm's adapter answers after its last step; it is trained if it has not been.

        No epoch is chosen: the questions that measure would choose it, and more often in the arm with more
        epochs. What was trained is not kept.

        Raises:
            WeightsError: the base model cannot be had.
        """
        key, seed = self._key(arm), arm.settings.finetune.seed
        if key not in self._known:
            work = self._home / "ablation" / key[:16]
            tuned = tune([Stage(arm.data, arm.settings)], work, keeps_last=True)
            answered = answer_dev(arm.data, arm.settings, str(tuned.last), self._passages)
            forget_weights()
            self._known[key] = {one.record.id: one.answer.text for one in answered}
            row = {"key": key, "step": arm.step, "seed": seed, "updates": tuned.progress.step}
            self._lines.append({**row, "examples": len(arm.data.train), "answers": self._known[key]})
            shutil.rmtree(work, ignore_errors=True)
        return Result(arm.step, seed, self._known[key])

    def _key(self, arm: Arm) -> str:
        """Return the digest of all that a run depends on; which steps made its data does not matter."""
        settings = arm.settings
        told = [
            fingerprint(self._base),
            arm.data.sha256,
            [[one.id, one.question] for one in arm.data.dev_questions],
            settings.finetune.model_dump(mode="json", exclude=_IN_DATA),
            settings.generator.model_dump(mode="json"),
            self._read(settings),
            self._runs_on,
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()

    def _read(self, settings: Settings) -> list[object]:
        """Return what the answers of an adapter that reads depend on as well."""
        if settings.finetune.objective != RAFT:
            return []
        return [settings.retrieval.model_dump(mode="json"), self._passages.corpus_sha256()]

    @cached_property
    def _base(self) -> Path:
        return model_folder(self._settings.generator.model, self._settings.home)

    @cached_property
    def _runs_on(self) -> tuple[str, str]:
        generator = open_local(self._settings)
        return generator.device.partition(":")[0], generator.dtype

    @cached_property
    def _passages(self) -> KnowledgeBase:
        knowledge = open_knowledge_base(self._domain, self._settings)
        if self._settings.finetune.objective == RAFT:
            bring_up_to_date(knowledge, self._domain, self._settings)
        return knowledge
