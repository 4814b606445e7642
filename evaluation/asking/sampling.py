"""Which questions are asked when not all can be. Knows nothing of models or metrics."""

import random
from collections.abc import Sequence
from itertools import chain, zip_longest

from evaluation.types import Reference


def balanced(references: Sequence[Reference], limit: int, seed: int) -> list[Reference]:
    """Return `limit` questions (0: all), every prefix of which is balanced.

    Languages take turns; within a language each question type gets its share. The same seed gives the
    same order, so a smaller sample is the beginning of a larger one.
    """
    languages = sorted({one.lang for one in references})
    turns = [_stratified([one for one in references if one.lang == lang], seed) for lang in languages]
    order = [one for one in chain.from_iterable(zip_longest(*turns)) if one is not None]
    return order[: limit or None]


def _stratified(references: Sequence[Reference], seed: int) -> list[Reference]:
    """Order by relative rank within the type, so that types run out together."""
    generator = random.Random(seed)
    ranked: list[tuple[float, str, Reference]] = []
    for kind in sorted({one.type for one in references}):
        members = [one for one in references if one.type == kind]
        generator.shuffle(members)
        ranked += [((rank + 0.5) / len(members), kind, one) for rank, one in enumerate(members)]
    return [one for _, _, one in sorted(ranked, key=lambda item: item[:2])]
