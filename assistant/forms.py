"""The form of a domain's replies: words behind its questions, a schema, what training teaches.

The one place that knows tasks apart: strategies and training put a question in the domain's `Form` and ask no
further. Knows nothing of models, strategies or metrics.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from assistant import structured
from assistant.agreement import tokens
from assistant.agreement.entities import read_entities
from assistant.prompts import Style, as_json, refusal, with_kinds, with_labels
from assistant.refusals import is_refusal
from assistant.types import Message, Prompt
from core.domain import Domain
from core.errors import DomainError
from core.language import Lang
from core.questions import QuestionRecord
from settings import Label, Settings

_LONGEST, _MOST = 80, 8
"""Characters of an entity, and how many a kind may have: a model that repeats itself comes to an end."""


@dataclass(frozen=True, slots=True)
class Form:
    """Free text, and what every other form may say differently."""

    free: ClassVar[bool] = True

    def schema(self, lang: Lang) -> str:
        """Return the JSON schema of a reply that does not decline; empty: there is none."""
        return ""

    def asked(self, messages: Sequence[Message], lang: Lang) -> tuple[Message, ...]:
        """Return the messages with what is to be known of the form."""
        return tuple(messages)

    def held(self, prompt: Prompt, lang: Lang) -> Prompt:
        """Return a prompt that asks for the form, and is held to it."""
        if self.free:
            return prompt
        messages = self.asked(prompt.messages, lang)
        return replace(prompt, messages=messages, schema=self._held_to(lang), one_line=False)

    def declines(self, text: str) -> bool:
        """Say whether a reply declines to answer."""
        return structured.declines(text)

    def reply(self, record: QuestionRecord) -> str:
        """Return what training teaches as the reply to a question: its first answer, or a refusal."""
        if not record.answers:
            return self._none(record.language)
        return self._written(record.answers[0], record.language)

    def _held_to(self, lang: Lang) -> str:
        return self.schema(lang)

    def _written(self, answer: str, lang: Lang) -> str:
        return answer

    def _none(self, lang: Lang) -> str:
        return refusal(lang)


FREE = Form()


@dataclass(frozen=True, slots=True)
class JsonForm(Form):
    """JSON by the domain's own schema, or null."""

    free: ClassVar[bool] = False
    own: str

    def schema(self, lang: Lang) -> str:
        """Return the schema as it is."""
        return self.own

    def asked(self, messages: Sequence[Message], lang: Lang) -> tuple[Message, ...]:
        """Return the messages with the schema."""
        return as_json(messages, lang, self.own)

    def _held_to(self, lang: Lang) -> str:
        return structured.or_null(self.own)

    def _none(self, lang: Lang) -> str:
        return "null"


@dataclass(frozen=True, slots=True)
class LabelForm(Form):
    """One of the labels, as a JSON string in the language of the question."""

    free: ClassVar[bool] = False
    labels: tuple[Label, ...]

    def schema(self, lang: Lang) -> str:
        """Return the schema that only labels follow."""
        return _json({"enum": names(self.labels, lang)})

    def asked(self, messages: Sequence[Message], lang: Lang) -> tuple[Message, ...]:
        """Return the messages with the labels."""
        return with_labels(messages, lang, names(self.labels, lang))

    def _written(self, answer: str, lang: Lang) -> str:
        same = (one for one in self.labels if tokens(answer) in (tokens(one.en), tokens(one.zh)))
        return _json(next((getattr(one, lang) for one in same), answer))


@dataclass(frozen=True, slots=True)
class EntityForm(Form):
    """A JSON object: what is named of each kind, whose name is in the language of the question."""

    free: ClassVar[bool] = False
    labels: tuple[Label, ...]

    def schema(self, lang: Lang) -> str:
        """Return the schema of a list of texts for each kind."""
        named = {"type": "string", "minLength": 1, "maxLength": _LONGEST}
        listed = {"type": "array", "items": named, "maxItems": _MOST}
        kinds = names(self.labels, lang)
        return _json(
            {
                "type": "object",
                "properties": dict.fromkeys(kinds, listed),
                "required": kinds,
                "additionalProperties": False,
            }
        )

    def asked(self, messages: Sequence[Message], lang: Lang) -> tuple[Message, ...]:
        """Return the messages with the kinds."""
        return with_kinds(messages, lang, names(self.labels, lang))

    def declines(self, text: str) -> bool:
        """Say whether a reply declines; one that lists nothing says that nothing is named."""
        return text.strip() == "null" or is_refusal(text)

    def _written(self, answer: str, lang: Lang) -> str:
        found = read_entities(answer)
        return _json({kind: found.get(kind, []) for kind in names(self.labels, lang)})

    def _none(self, lang: Lang) -> str:
        return self._written("{}", lang)


def names(labels: Sequence[Label], lang: Lang) -> list[str]:
    """Return the names of labels in a language."""
    return [str(getattr(label, lang)) for label in labels]


_BY_TASK: dict[str, type[LabelForm] | type[EntityForm]] = {
    "classification": LabelForm,
    "entities": EntityForm,
}
_STYLES: dict[str, Style] = {"classification": "label", "entities": "entities", "generation": "paragraph"}


def form_of(domain: Domain, settings: Settings) -> Form:
    """Return the form of a domain's replies; answers in JSON, asked for by name, go before its task.

    Raises:
        DomainError: answers should be JSON by a schema that is not there or no schema, or labels are missing.
    """
    if settings.answer_style == "json":
        if not settings.answer_schema:
            raise DomainError('answer_style = "json" needs answer_schema, a file with a JSON schema')
        return JsonForm(structured.read_schema(domain.folder / settings.answer_schema))
    if settings.task not in _BY_TASK:
        return FREE
    for lang in ("en", "zh"):
        known = [tuple(tokens(getattr(label, lang))) for label in settings.labels]
        if len(known) < 1 or not all(known) or len(set(known)) < len(known):
            raise DomainError(
                f'{domain.folder / "domain.toml"}: task = "{settings.task}" needs labels = [...], each of '
                "another name in words or digits"
            )
    return _BY_TASK[settings.task](settings.labels)


def style_of(settings: Settings) -> Style | None:
    """Return how long answers are where the settings or the task say so; None: known answers tell."""
    if settings.answer_style == "json":
        return None
    if settings.task in _BY_TASK or settings.answer_style == "auto":
        return _STYLES.get(settings.task)
    return settings.answer_style


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
