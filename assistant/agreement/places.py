"""Whether amounts stand where they belong: 22 for men and 20 for women, not the other way round.

What belongs to an amount is told by the words around it, up to the next amount, comma or "and". Where the
right answer has none, the question's order tells; where the text has none either, the order of the amounts.
"""

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from assistant.agreement.amounts import Quantity
from assistant.agreement.tokens import folded, tokens
from assistant.agreement.words import content, likeness, stem

_END = re.compile(r"[,;。、\n]| and |(?<!\d)\.(?!\d)|和|与")
_AROUND = 80
"""How many characters before and after an amount may tell what it belongs to."""
_SURE = 0.2
"""By how much the words must fit better crosswise to overrule an order that is right."""
EXCHANGED, UNSURE = 0.0, 0.5
"""What remains of the worth of two amounts that are exchanged, or may be."""


@dataclass(frozen=True, slots=True)
class Place:
    """An amount among others: the words around it, its rank in the text, its units."""

    words: Set[str]
    rank: int
    units: Set[str]


def places(text: str, amounts: Sequence[Quantity]) -> list[Place]:
    """Return the places of the `amounts` of `text`."""
    plain, found = folded(text), []
    for rank, one in enumerate(amounts):
        since = max(amounts[rank - 1].end if rank else 0, one.start - _AROUND)
        until = min(amounts[rank + 1].start if rank + 1 < len(amounts) else len(plain), one.end + _AROUND)
        before, after = _END.split(plain[since : one.start])[-1], _END.split(plain[one.end : until])[0]
        found.append(Place(content(before) | content(after), rank, one.units))
    return found


def exchanged(
    right: Sequence[Place], said: Sequence[Place], question: str
) -> Iterator[tuple[int, int, float]]:
    """Yield which pairs stand in each other's place, and what remains of their worth.

    `said[n]` is where the text has the amount of `right[n]`.
    """
    asked = [stem(token) for token in tokens(question)]
    for one, other in combinations(range(len(right)), 2):
        here, there = said[one], said[other]
        if here.rank == there.rank:
            continue
        straight = likeness(right[one].words, here.words) + likeness(right[other].words, there.words)
        crosswise = likeness(right[one].words, there.words) + likeness(right[other].words, here.words)
        order = _order(asked, here.words, there.words)
        if straight != crosswise:
            wrong = crosswise > straight + (_SURE if here.rank < there.rank else 0)
        else:
            wrong = order > 0 if order else here.rank > there.rank and bool(here.units & there.units)
        if wrong:
            unsure = straight == crosswise and not order and here.words and there.words
            yield one, other, UNSURE if unsure else EXCHANGED


def _order(asked: Sequence[str], here: Set[str], there: Set[str]) -> int:
    """Return whether the question names what `here` belongs to first (-1) or last (1), 0 for neither."""
    ranks = {word: rank for rank, word in enumerate(asked)}  # where it asks, which is at its end
    first = [ranks[word] for word in here - there if word in ranks]
    last = [ranks[word] for word in there - here if word in ranks]
    if not first or not last:
        return 0
    return 1 if sum(first) / len(first) > sum(last) / len(last) else -1
