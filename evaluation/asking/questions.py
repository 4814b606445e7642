"""Which questions of a domain are asked. Knows nothing of models or metrics."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.domain import Domain
from core.errors import DomainError
from core.questions import QuestionRecord
from evaluation.asking.sampling import balanced
from evaluation.types import Reference, reference

_DEFAULT_SPLITS = ("test", "dev")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which questions: of a split and a language (empty: see `choose_questions`), at most `limit` (0: all).

    `path` names another file than the domain's questions.jsonl, of which all are asked. `follow_ups`: only
    questions that come with turns before them; they are never mixed with the others, so that a figure stays
    what it was when follow-ups are added. Of a domain whose task is dialogue only follow-ups are asked.
    """

    split: str = ""
    lang: str = ""
    limit: int = 0
    seed: int = 0
    path: Path | None = None
    follow_ups: bool = False


def choose_questions(domain: Domain, choice: Choice) -> list[Reference]:
    """Return the chosen questions in balanced order.

    Without a split, those of `test`, or of `dev` where a domain has no test questions in the language.

    Raises:
        DomainError: there are none, or a line of the file is broken.
    """
    references = _references(domain, _records(domain, choice))
    return balanced(references, choice.limit, choice.seed)


def all_questions(domain: Domain, path: Path | None = None) -> list[Reference]:
    """Return all questions of the domain, or of the file at `path`.

    Raises:
        DomainError: there are none, or a line of the file is broken.
    """
    return _references(domain, domain.questions(path=path, follow_ups=None))


def _references(domain: Domain, records: Sequence[QuestionRecord]) -> list[Reference]:
    taught, labels = _facts(domain), domain.settings().labels
    return [reference(record, taught, labels) for record in records]


def _facts(domain: Domain) -> set[str]:
    """Return the facts that the domain's train questions ask for."""
    try:
        return {record.fact_id for record in domain.questions("train", follow_ups=None)}
    except DomainError:
        return set()


def _records(domain: Domain, choice: Choice) -> list[QuestionRecord]:
    follow_ups = choice.follow_ups or domain.settings().task == "dialogue"
    kind = None if choice.path and not follow_ups else follow_ups
    records = domain.questions(choice.split, choice.lang, choice.path, kind)
    if choice.split:
        return records
    for default in _DEFAULT_SPLITS:
        if chosen := [record for record in records if record.split == default]:
            return chosen
    raise DomainError(
        f"{domain.name} has no question with split {' or '.join(_DEFAULT_SPLITS)}; give --split"
    )
