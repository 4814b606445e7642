"""A draft asks what the model does not know by itself: else it tells nothing of how documents are used."""

from collections.abc import Iterator, Sequence

from evaluation.drafting.reading import AGREES, agreement, guess
from evaluation.drafting.types import Bench, Draft


def not_guessed(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts that the reader does not answer without documents.

    Of two answers one is guessed half the time, which is no knowledge: yes-or-no questions pass.
    """
    asked = [draft for draft in drafts if draft.answers and draft.type != "yesno"]
    replies = dict(zip(asked, guess(bench.reader, asked), strict=True))
    for draft in drafts:
        if draft in replies and agreement(draft, replies[draft]) >= AGREES:
            bench.drop("guessed", draft, f"is answered without documents: {replies[draft]}")
        else:
            yield draft
