"""Training examples from a domain's questions. Knows nothing of models or of training.

The prompts are those of `assistant.prompts`, so that the adapter meets the wording it learned. An
example that is too close to a `test` question is left out and reported.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from assistant.prompts import Style, closed_book, refusal
from assistant.registry import open_assistant
from assistant.types import Message
from core.domain import Domain
from core.errors import DomainError
from core.language import Lang
from core.leaks import Leak, find_leaks
from core.questions import QuestionRecord
from settings import Settings


@dataclass(frozen=True, slots=True)
class Example:
    """A chat and the reply to be learned."""

    question_id: str
    messages: tuple[Message, ...]
    reply: str

    def to_json(self) -> str:
        """Return the example as one line in the chat format that other trainers read as well."""
        turns = [*map(asdict, self.messages), {"role": "assistant", "content": self.reply}]
        return json.dumps({"id": self.question_id, "messages": turns}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is learned (`train`), what stops the training (`dev`), and what was left out."""

    train: tuple[Example, ...]
    dev: tuple[Example, ...]
    dev_questions: tuple[QuestionRecord, ...]
    leaks: tuple[Leak, ...]
    style: Style

    @property
    def sha256(self) -> str:
        """Identity of the examples, in order."""
        lines = [example.to_json() for example in (*self.train, *self.dev)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def training_data(domain: Domain, settings: Settings) -> TrainingData:
    """Return the examples of `domain`, without those that give a test question away.

    Raises:
        DomainError: there are no questions to learn from.
    """
    records = domain.questions()
    train, dev, test = (_split(records, split) for split in ("train", "dev", "test"))
    if not train or not dev:
        raise DomainError(
            f"{domain.folder / 'questions.jsonl'} needs questions with split=train to learn and split=dev "
            f"to know when to stop; it has {len(train)} and {len(dev)}"
        )
    style = open_assistant(domain, settings).style
    leaks = find_leaks(train + dev, test, settings.finetune.max_similarity)
    leaked = {leak.train_id for leak in leaks}
    return TrainingData(
        train=tuple(_example(record, style) for record in train if record.id not in leaked),
        dev=tuple(_example(record, style) for record in dev if record.id not in leaked),
        dev_questions=tuple(record for record in dev if record.id not in leaked),
        leaks=tuple(leaks),
        style=style,
    )


def _split(records: Sequence[QuestionRecord], split: str) -> list[QuestionRecord]:
    return [record for record in records if record.split == split]


def _example(record: QuestionRecord, style: Style) -> Example:
    lang: Lang = "zh" if record.lang == "zh" else "en"
    reply = record.answers[0] if record.answers else refusal(lang)
    return Example(record.id, closed_book(record.question, lang, style), reply)
