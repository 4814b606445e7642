"""What a text lists by kind, `{"amount": ["250 euros"]}`, and how far two such lists agree. Knows no models.

Each entity counts as often as it is listed (multisets), with its kind and its exact surface after the
normalisation of tokens: EUR 250 is not 250 euros.
"""

import json
from collections import Counter

from assistant.agreement.tokens import tokens

Entity = tuple[str, tuple[str, ...]]
"""Its kind, and its tokens."""


def read_entities(text: str) -> dict[str, list[str]]:
    """Return what a JSON object lists by kind, whatever stands around it; nothing where there is none.

    >>> read_entities('Here: {"amount": ["250 euros", 7], "place": "Rome"}'), read_entities("250 euros")
    ({'amount': ['250 euros', '7'], 'place': ['Rome']}, {})
    """
    try:
        found = json.loads(text[text.find("{") : text.rfind("}") + 1])
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {kind: _texts(named) for kind, named in found.items()}


def entities(text: str) -> Counter[Entity]:
    """Return how often a text lists each entity.

    >>> sorted(entities('{"金额": ["２５０欧元", "250欧元"]}').values())
    [2]
    """
    return Counter(
        (" ".join(tokens(kind)), surface)
        for kind, named in read_entities(text).items()
        for one in named
        if (surface := tuple(tokens(one)))
    )


def entity_f1(text: str, answer: str) -> float:
    """Return F1 over the entities of two texts; 1 where neither lists any.

    >>> entity_f1('{"amount": ["250 euros", "250 euros"]}', '{"amount": ["250 euros"]}')
    0.6666666666666666
    >>> entity_f1('{"period": ["7 days"]}', '{"place": ["7 days"]}'), entity_f1("{}", '{"place": []}')
    (0.0, 1.0)
    """
    said, right = entities(text), entities(answer)
    if not said and not right:
        return 1.0
    return 2 * (said & right).total() / (said.total() + right.total())


def _texts(named: object) -> list[str]:
    listed = named if isinstance(named, list) else [named]
    return [str(one) for one in listed if isinstance(one, str | int | float) and not isinstance(one, bool)]
