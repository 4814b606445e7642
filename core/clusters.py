"""Which questions stand or fall together. Knows nothing of what is computed from them."""

from collections.abc import Hashable, Sequence


def by_document(evidence: Sequence[Sequence[str]]) -> list[int]:
    """Return the number of each question's cluster: questions about one document are one cluster.

    Args:
        evidence: the ids of each question's evidence documents; the first of them is what it is about.
            Joining all that share any would chain a fifth of a domain's questions through its multi-hop
            questions (decision 015). A question without evidence is a cluster of its own; so is every
            question where all are about one document, since then no other document is spoken of.

    >>> by_document([("pool",), ("dogs", "pool"), (), ("pool", "dogs"), ()])
    [0, 1, 2, 0, 3]
    """
    if len({one[0] for one in evidence if one}) == 1:
        return list(range(len(evidence)))
    numbers: dict[Hashable, int] = {}
    keys = [one[0] if one else (place,) for place, one in enumerate(evidence)]
    return [numbers.setdefault(key, len(numbers)) for key in keys]
