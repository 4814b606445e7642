"""What a run of a comparison depends on: by the digest of it a run is known again. Knows no results."""

import hashlib
import json
from functools import cached_property
from pathlib import Path

from assistant.generation.adapters import RAFT
from assistant.generation.local import open_local
from core.domain import Domain
from core.weights.catalogue import fingerprint, model_folder
from finetune.factory.questions import TrainingData
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.updating import bring_up_to_date
from settings import Settings

_IN_DATA = {
    *("steps", "name", "variants", "masked_model", "extra_share", "balance_by", "oversample"),
    *("max_similarity", "max_examples"),
}
"""Settings that the digest of the data stands for."""


class Identity:
    """Digests for the runs of a domain on one base model."""

    def __init__(self, domain: Domain, settings: Settings) -> None:
        self._domain, self._settings = domain, settings

    def digest(self, data: TrainingData, settings: Settings) -> str:
        """Return the digest of all that a run depends on; which steps made its data does not matter.

        Raises:
            WeightsError: the base model cannot be had.
        """
        told = [
            fingerprint(self._base),
            data.sha256,
            [[one.id, one.question] for one in data.dev_questions],
            settings.finetune.model_dump(mode="json", exclude=_IN_DATA),
            settings.generator.model_dump(mode="json"),
            self._read(settings),
            self._runs_on,
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()

    @cached_property
    def passages(self) -> KnowledgeBase:
        """The domain's documents, up to date if the objective reads them."""
        knowledge = open_knowledge_base(self._domain, self._settings)
        if self._settings.finetune.objective == RAFT:
            bring_up_to_date(knowledge, self._domain, self._settings)
        return knowledge

    def _read(self, settings: Settings) -> list[object]:
        """Return what the answers of an adapter that reads depend on as well."""
        if settings.finetune.objective != RAFT:
            return []
        return [settings.retrieval.model_dump(mode="json"), self.passages.corpus_sha256()]

    @cached_property
    def _base(self) -> Path:
        return model_folder(self._settings.generator.model, self._settings.home)

    @cached_property
    def _runs_on(self) -> tuple[str, str]:
        generator = open_local(self._settings)
        return generator.device.partition(":")[0], generator.dtype
