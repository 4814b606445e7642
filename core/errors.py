"""What a user can put right. Each message names the remedy; command lines print it and exit 1.

AssistantError
├── DomainError        unknown domain, broken domain.toml or questions.jsonl
├── DocumentError      a file that cannot become a document
│   ├── RecordError        one of its records, where the others can
│   └── DocumentWarning    one that became a document, though not all of it was understood
├── KnowledgeBaseError an index or ledger that cannot serve
│   └── EmbedderMismatch
├── EngineError        workers that are not there, or are lost
├── WeightsError       model files missing or not the pinned ones
├── AdapterError       no adapter, or one for another base model
├── TrainingError      a training that cannot go on
├── QuestionError      a question that cannot be asked
└── GenerationError    a model or endpoint that failed
"""

from collections.abc import Sequence


class AssistantError(Exception):
    """Something the user can put right; the message says how."""


class DomainError(AssistantError):
    """A domain that is unknown or whose files are broken."""


class DocumentError(AssistantError):
    """A file that cannot become a document.

    `origin` says where: documents that came from there before may still be true, and are kept.
    """

    def __init__(self, message: str, origin: str = "") -> None:
        super().__init__(message)
        self.origin = origin


class RecordError(DocumentError):
    """A record that cannot become a document, of a file whose other records can.

    `ids` are those that it states: of its file, only these documents may still be true. Empty: any may.
    """

    def __init__(self, message: str, ids: Sequence[str] = (), origin: str = "") -> None:
        super().__init__(message, origin)
        self.ids = tuple(ids)


class DocumentWarning(DocumentError):
    """What was not understood of a file whose documents are there all the same; it follows them."""


class KnowledgeBaseError(AssistantError):
    """A ledger or index that cannot serve."""


class EmbedderMismatch(KnowledgeBaseError):
    """The knowledge base was filled by another embedder."""


class EngineError(AssistantError):
    """Workers that are not there, or are lost."""


class WeightsError(AssistantError):
    """Model files that are missing or are not the pinned ones."""


class AdapterError(AssistantError):
    """No adapter, or one trained on another base model."""


class TrainingError(AssistantError):
    """A training that cannot go on: its loss is no number, or the disk is full."""


class QuestionError(AssistantError):
    """A question that cannot be asked: empty or too long."""


class GenerationError(AssistantError):
    """A model or endpoint that failed to answer."""
