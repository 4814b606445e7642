"""Runs of a comparison, each made once: kept by all that they depend on. Knows no score."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.generation.journaled import JsonLines
from core.domain import Domain
from core.questions import QuestionRecord
from finetune.budget import with_budget
from finetune.comparison.arms import Planned
from finetune.comparison.child import Launch, in_child
from finetune.comparison.held_out import HeldOut
from finetune.comparison.measuring import Questions, Request, Training
from finetune.factory.questions import TrainingData
from finetune.identity import Identity
from settings import Finetune, Settings


@dataclass(frozen=True, slots=True)
class Run:
    """What one run said and took. `answers` are texts by the ids of questions, for `dev`, `test`, `general`.

    The base has no `training` and no seed. `loss` is the mean over tokens of the held-out text, in nats.
    """

    label: str
    seed: int | None
    device: str
    training: Training | None
    answers: Mapping[str, Mapping[str, str]]
    loss: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What every run is asked, and what it reads."""

    questions: Questions
    held_out: HeldOut


class Runs:
    """The runs of a domain, in `comparison.jsonl` of its training folder."""

    def __init__(self, domain: Domain, settings: Settings, asked: Asked, launch: Launch = in_child) -> None:
        self._domain, self._asked, self._launch = domain, asked, launch
        self._identity = Identity(domain, settings)
        self._home = settings.home / "training" / domain.key
        self._lines = JsonLines(self._home / "comparison.jsonl")
        self._known = {str(row["key"]): row for row in self._lines if row.keys() >= {"key", "asked", "made"}}

    def request(self, planned: Planned, seed: int) -> Request:
        """Return the run of an arm by a seed; its data stay those of the domain's own seed."""
        return self._request(planned.data, with_budget(planned.arm.settings, planned.updates, seed))

    def base(self, planned: Planned) -> Request:
        """Return the run of the base as it is, which depends on no setting of training."""
        plain = Finetune(objective=planned.arm.settings.finetune.objective)
        settings = planned.arm.settings.model_copy(update={"finetune": plain})
        return self._request(planned.data, settings, trains=False)

    def is_known(self, request: Request) -> bool:
        """Say whether this very run has been made, and asked all that it is asked now."""
        row = self._known.get(request.work.name)
        return row is not None and row["asked"].items() >= self._digests.items()

    def run(self, label: str, request: Request) -> Run:
        """Return a run; it is made if it has not been. What was trained is not kept.

        Raises:
            CannotRun: it did not come to an end.
        """
        key, trains = request.work.name, request.trains
        seed = request.settings.finetune.seed if trains else None
        if not self.is_known(request):
            made = self._launch(request)
            self._known[key] = {
                "key": key,
                "label": label,
                "seed": seed,
                "asked": self._digests,
                "made": made,
            }
            self._lines.append(self._known[key])
            shutil.rmtree(request.work, ignore_errors=True)
        made = self._known[key]["made"]
        return Run(
            label=label,
            seed=seed,
            device=made["device"],
            training=Training(**made["training"]) if made["training"] else None,
            answers={part: made["answers"][part] for part in self._asked.questions},
            loss=made["nats"] / made["nats_tokens"],
        )

    def _request(self, data: TrainingData, settings: Settings, trains: bool = True) -> Request:
        digest = self._identity.digest(data, settings)
        key = hashlib.sha256(f"{digest} {'trained' if trains else 'base'}".encode()).hexdigest()[:16]
        work = self._home / "comparison" / key
        return Request(
            self._domain, settings, data, self._asked.questions, self._asked.held_out, work, trains
        )

    @property
    def _digests(self) -> dict[str, str]:
        parts: dict[str, Any] = {part: _asked(of) for part, of in self._asked.questions.items()}
        return {**parts, "held_out": self._asked.held_out.sha256}


def _asked(records: Sequence[QuestionRecord]) -> str:
    said = json.dumps([[one.id, one.in_full] for one in records], ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()
