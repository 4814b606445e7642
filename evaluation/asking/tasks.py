"""Do a domain's questions fit its task? Knows nothing of documents or models."""

from collections.abc import Iterator, Sequence

from assistant.agreement import tokens
from assistant.agreement.entities import read_entities
from assistant.forms import names
from core.language import words
from core.questions import QuestionRecord
from settings import Settings

TYPES = ("short", "yesno", "number", "list", "procedure", "multi_hop", "unanswerable")
OF_TASK = {"classification": ("label",), "entities": ("entities",), "generation": ("free_form",)}
"""Answer types of the tasks that have their own; of the others they are `TYPES`."""
_PARAGRAPH = 20
"""Words or characters that a paragraph has at least."""


def types_of(settings: Settings) -> tuple[str, ...]:
    """Return the answer types that fit the task."""
    return OF_TASK.get(settings.task, TYPES)


def misfits(records: Sequence[QuestionRecord], settings: Settings) -> Iterator[tuple[QuestionRecord, str]]:
    """Yield the questions that do not fit the task, and why."""
    taught = {_name(one) for record in records if record.split == "train" for one in record.answers}
    types = types_of(settings)
    for record in records:
        if record.answer_type not in types:
            yield record, f"answer_type {record.answer_type!r} is none of {', '.join(types)}"
        if settings.task == "classification":
            reasons = _wrong_labels(record, settings, taught)
        elif settings.task == "entities":
            reasons = _wrong_entities(record, settings)
        elif settings.task == "generation":
            short = (one for one in record.answers if len(words(one)) < _PARAGRAPH)
            reasons = (f"{one!r} is no paragraph" for one in short)
        else:
            is_lost = settings.task == "dialogue" and record.split == "test" and not record.turns
            reasons = iter(["has no turns: a dialogue is tested by follow-ups alone"] if is_lost else [])
        yield from ((record, reason) for reason in reasons)


def _wrong_labels(record: QuestionRecord, settings: Settings, taught: set[str]) -> Iterator[str]:
    known = {_name(one) for one in names(settings.labels, record.language)}
    for answer in record.answers:
        if _name(answer) not in known:
            yield f"{answer!r} is no label in {record.lang}"
        elif _name(answer) not in taught:
            yield f"no train question has the label {answer!r}"


def _wrong_entities(record: QuestionRecord, settings: Settings) -> Iterator[str]:
    known = names(settings.labels, record.language)
    for answer in record.answers:
        found = read_entities(answer)
        if not found:
            yield f"{answer!r} is no object that lists entities"
        for kind, named in found.items():
            if kind not in known:
                yield f"{kind!r} is no kind of entity in {record.lang}"
            yield from (f"{one!r} does not stand in it" for one in named if one not in record.question)


def _name(text: str) -> str:
    return " ".join(tokens(text))
