"""When a completion goes round in circles. Knows nothing of models or of what tokens mean."""

from collections.abc import Sequence

LOOPS = "loops:4x3,12x2,4-gram x4"
"""The rule as a part of what a completion depends on."""
_GRAM, _LONG = 4, 12
_SHORT_COPIES, _LONG_COPIES, _GRAM_COPIES = 3, 2, 4


def looping(tokens: Sequence[int]) -> int:
    """Return how many of the last tokens only repeat what stands before them; 0 where there is no loop.

    A loop is a block of at least four tokens that stands three times in a row (two times where it has
    twelve or more), or four tokens that stand there for the fourth time. Sums with many zeros and lists
    with two equal entries are none.

    >>> looping([1, 2, 3, 4] * 3), looping([1, 2, 3, 4] * 2), looping([7] * 9), looping([*range(12)] * 2)
    (8, 0, 0, 12)
    """
    for size in range(_GRAM, len(tokens) // _LONG_COPIES + 1):
        copies = _LONG_COPIES if size >= _LONG else _SHORT_COPIES
        if tokens[-1] == tokens[-1 - size] and _stands(tokens, size, copies):
            return (copies - 1) * size
    last = tuple(tokens[-_GRAM:])
    if len(set(last)) < _GRAM:  # zeros, dashes
        return 0
    places = range(len(tokens) - _GRAM + 1)
    found = sum(tokens[place] == last[0] and tuple(tokens[place : place + _GRAM]) == last for place in places)
    return _GRAM if found >= _GRAM_COPIES else 0


def _stands(tokens: Sequence[int], size: int, copies: int) -> bool:
    """Say whether the last `size` tokens stand `copies` times in a row; of one token it takes more."""
    if len(tokens) < copies * size:
        return False
    block = tokens[-size:]
    alike = all(
        tokens[len(tokens) - (copy + 1) * size : len(tokens) - copy * size] == block
        for copy in range(1, copies)
    )
    return alike and (len(set(block)) > 1 or copies * size >= _GRAM * _LONG)
