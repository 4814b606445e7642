"""Which questions of a domain are asked. Knows nothing of models or metrics."""

from evaluation.sampling import balanced
from evaluation.types import Reference, reference
from ingest.domain import Domain, QuestionRecord
from ingest.errors import DomainError

_DEFAULT_SPLITS = ("test", "dev")


def choose_questions(domain: Domain, split: str, lang: str, limit: int, seed: int) -> list[Reference]:
    """Return at most `limit` (0: all) questions in balanced order.

    Without a `split`, those of `test`, or of `dev` where a domain has no test questions in `lang`.

    Raises:
        DomainError: there are none, or a line of questions.jsonl is broken.
    """
    records = _records(domain, split, lang)
    return balanced([reference(record) for record in records], limit, seed)


def _records(domain: Domain, split: str, lang: str) -> list[QuestionRecord]:
    if split:
        return domain.questions(split, lang)
    records = domain.questions(lang=lang)
    for default in _DEFAULT_SPLITS:
        if chosen := [record for record in records if record.split == default]:
            return chosen
    raise DomainError(
        f"{domain.name} has no question with split {' or '.join(_DEFAULT_SPLITS)}; give --split"
    )
