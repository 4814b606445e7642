"""What an answer is worth by rules, 0 to 1: no model judges. Knows nothing of how answers are made.

Each says None where it does not apply: not applicable is not zero.
"""

from collections.abc import Callable, Mapping, Sequence

from assistant.agreement import correct
from assistant.citations import cite
from assistant.generation.chat import first_line, spoken
from assistant.structured import declines
from finetune.types import NO_RECORD, Example
from ingest.types import Chunk, Hit

RewardRule = Callable[[Example, str], float | None]


def is_correct(example: Example, text: str) -> float | None:
    """Return how right an answer is, where there is one."""
    record = example.record
    if not record.answers:
        return None
    return correct(text, record.answers, record.answer_type, record.in_full, declines(text))


def refuses_rightly(example: Example, text: str) -> float | None:
    """Return whether an answer declines, where there is no answer."""
    if example.record.answers:
        return None
    return float(declines(text))


def is_supported(example: Example, text: str) -> float | None:
    """Return whether a sentence of the question's evidence can be cited for an answer."""
    record = example.record
    if not record.evidence_text or not record.answers:
        return None
    quotes = [
        Hit(Chunk(f"evidence#{number}", "evidence", quote, 0, len(quote)), 1.0)
        for number, quote in enumerate(record.evidence_text)
    ]
    return float(bool(cite(record.in_full, text, quotes)))


REWARDS: Mapping[str, RewardRule] = {
    "correct": is_correct,
    "refusal": refuses_rightly,
    "citation": is_supported,
}


def reward(names: Sequence[str], example: Example, text: str) -> float | None:
    """Return the sum of the rewards that apply to what a model said; None where none does."""
    if example.record is NO_RECORD:
        return None
    said = spoken(text)
    if "\n" not in example.reply:  # whoever answers in a line is cut after it
        said = first_line(said)
    found = [value for name in names if (value := REWARDS[name](example, said)) is not None]
    return sum(found) if found else None
