"""The models and documents that steps of the factory work with. Knows nothing of any step."""

from collections.abc import Iterable, Mapping
from functools import cached_property

from assistant.generation.journaled import JournaledGenerator
from assistant.generation.local import forget_weights
from assistant.generation.types import Generator
from assistant.registry import Assistant
from core.domain import Domain
from finetune.factory.masked import MaskedModel, open_masked
from ingest.knowledge_base import KnowledgeBase
from ingest.types import Document
from ingest.updating import bring_up_to_date
from settings import Settings


class DomainTools:
    """Those of a domain, each opened at first use."""

    def __init__(self, domain: Domain, settings: Settings, assistant: Assistant) -> None:
        self._domain, self._settings, self._assistant = domain, settings, assistant

    @cached_property
    def writer(self) -> Generator:
        """The assistant's generator behind a journal: a run that was killed pays for nothing twice."""
        path = self._settings.home / "training" / self._domain.key / "writer.jsonl"
        return JournaledGenerator(self._assistant.generator, path)

    @cached_property
    def passages(self) -> KnowledgeBase:
        """The domain's documents, as they are now."""
        bring_up_to_date(self._assistant.knowledge, self._domain, self._settings)
        return self._assistant.knowledge

    @property
    def documents(self) -> Iterable[Document]:
        """The whole documents, as they are now."""
        return self.passages.documents()

    @cached_property
    def dates(self) -> Mapping[str, str]:
        """The `as_of` of each document, by its id."""
        return {record.id: record.as_of for record in self.passages.records()}

    @cached_property
    def filler(self) -> MaskedModel:
        """The masked model that the settings name."""
        return open_masked(self._settings.finetune.masked_model, self._settings)

    def close(self) -> None:
        """Let go of the weights: whoever trains loads them anew, and two copies may be too many."""
        if "writer" in self.__dict__:
            del self.writer
            forget_weights()
