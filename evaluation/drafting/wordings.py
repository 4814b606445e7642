"""Other wordings of a draft, those that still ask for the same. Knows nothing of how they are written."""

from collections.abc import Sequence
from dataclasses import replace

from assistant.agreement import quantities
from core.leaks import shingles, similarity
from evaluation.drafting.guards.alone import points_away
from evaluation.drafting.guards.copies import MAX_SIMILARITY
from evaluation.drafting.guards.form import is_question
from evaluation.drafting.reading import AGREES, agreement, read
from evaluation.drafting.types import Bench, Draft


def faithful(drafts: Sequence[Draft], bench: Bench) -> list[Draft]:
    """Return the drafts with those of their wordings to which a reader of the quotes gives the same answer.

    They are questions that stand alone, name the same amounts, and are unlike the first and each other.
    """
    asked = [(draft, text) for draft in drafts for text in _distinct(draft)]
    proved = [(draft, text) for draft, text in asked if draft.answers]
    posed = [(replace(draft, question=text), draft.evidence) for draft, text in proved]
    replies = read(bench.reader, posed)
    right = {
        (draft, text)
        for (draft, text), (other, _), reply in zip(proved, posed, replies, strict=True)
        if agreement(other, reply) >= AGREES
    }
    return [
        replace(draft, wordings=tuple(text for text in _distinct(draft) if (draft, text) in right))
        for draft in drafts
    ]


def _distinct(draft: Draft) -> list[str]:
    kept = [shingles(draft.question)]
    found = []
    for text in draft.wordings:
        grams = shingles(text)
        is_sound = is_question(text, draft.lang) and not points_away(text)
        is_new = all(similarity(grams, other) < MAX_SIMILARITY for other in kept)
        if is_sound and is_new and _same_amounts(text, draft.question):
            kept.append(grams)
            found.append(text)
    return found


def _same_amounts(one: str, other: str) -> bool:
    """Whether two questions name the same amounts, wherever they stand and however they are written."""
    here, there = ([amount for amount in quantities(text) if not amount.weak] for text in (one, other))
    return all(
        any(amount.equals(match) for match in others)
        for amounts, others in ((here, there), (there, here))
        for amount in amounts
    )
