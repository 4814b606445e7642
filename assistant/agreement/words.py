"""The words of a text that carry its content, Chinese and English. Knows nothing of what they say."""

import re
from collections.abc import Set

from assistant.agreement.tokens import tokens

_GRAMMAR_EN = (
    "is are was were be been am do does did have has had would shall should can could may might must of"
    " to in on at for by with from as and or that this it they there he she we you i my your their its his"
    " her a an the"
)
GRAMMAR = frozenset(
    [*_GRAMMAR_EN.split(), *"的了吗呢吧是在和与及或有也都就还为被把对由以个我你他她它们这那其之"]
)
"""Words that say nothing by themselves."""
_STOP = GRAMMAR | frozenset(["any", "some", "no", "not", "if", "under", *"不没未无"])


def stem(word: str) -> str:
    """Return an English word without the endings of number and tense.

    >>> [stem(word) for word in ("visas", "photos", "returned", "fees", "applies", "pass", "7")]
    ['visa', 'photo', 'return', 'fee', 'apply', 'pass', '7']
    """
    if len(word) > 4:
        return re.sub(r"(?<!s)s$|(?:ing|ed|es|e)$", "", re.sub(r"ies$|ied$", "y", word))
    return word[:-1] if len(word) == 4 and word[-1] == "s" != word[-2] else word


def likeness(one: Set[str], other: Set[str]) -> float:
    """Return which share of all their words two texts have in common, 0 where one has none.

    >>> likeness({"a", "b"}, {"b"})
    0.5
    """
    return len(one & other) / len(one | other) if one and other else 0.0


def content(text: str) -> Set[str]:
    """Return the words and Chinese characters of a text but for those of grammar, without their endings.

    >>> sorted(content("the deposits are returned"))
    ['deposit', 'return']
    """
    return {stem(word) for word in tokens(text) if word not in _STOP}
