"""Runs of an ablation, each trained once: answers are kept by all that they depend on. Knows no effect."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.agreement import correct
from assistant.generation.journaled import JsonLines
from assistant.generation.local import forget_weights
from assistant.structured import declines
from core.domain import Domain
from core.questions import QuestionRecord
from finetune.ablation.arms import Arm
from finetune.identity import Identity
from finetune.scoring import answer_dev
from finetune.tuning import Stage, tune
from settings import Settings


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
        self._identity = Identity(domain, settings)
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
            answered = answer_dev(arm.data, arm.settings, str(tuned.last), self._identity.passages)
            forget_weights()
            self._known[key] = {one.record.id: one.answer.text for one in answered}
            row = {"key": key, "step": arm.step, "seed": seed, "updates": tuned.progress.step}
            self._lines.append({**row, "examples": len(arm.data.train), "answers": self._known[key]})
            shutil.rmtree(work, ignore_errors=True)
        return Result(arm.step, seed, self._known[key])

    def _key(self, arm: Arm) -> str:
        return self._identity.digest(arm.data, arm.settings)
