"""Whether two short texts say the same, Chinese and English: exact match and token F1.

After SQuAD 2.0 (Rajpurkar et al., 2018, arXiv:1806.03822) and CMRC 2018 (Cui et al., 2019,
arXiv:1810.07366): case, punctuation and English articles do not count, a Chinese character is a token.
Knows nothing of questions, models or reports; training and evaluation both measure with it.
"""

import re
import string
from collections import Counter

from core.language import CJK, words

# As in SQuAD punctuation is deleted, not split at ("1,000" is "1000"); its typographic variants too, so
# that a curly apostrophe or an en dash costs nothing.
_DELETED = str.maketrans("", "", string.punctuation + "‘’“”‐‑‒–—−")
_ARTICLES = frozenset({"a", "an", "the"})
_CJK = re.compile(f"[{CJK}]")

NORMALISATION = "norm:nfkc+lower+nopunct+noarticles|tok:words+cjkchars"


def tokens(text: str) -> list[str]:
    """Return the tokens that scores compare.

    Articles stay where they are all there is (an answer "A"), and in Chinese text ("维生素A").

    >>> tokens("The cost: $1,000."), tokens("退票费为１０％。"), tokens("A"), tokens("维生素A")
    (['cost', '1000'], ['退', '票', '费', '为', '10'], ['a'], ['维', '生', '素', 'a'])
    """
    found = words(text.translate(_DELETED))
    if _CJK.search(text):
        return found
    return [token for token in found if token not in _ARTICLES] or found


def exact_match(text: str, answer: str) -> float:
    """Return 1.0 when both have the same tokens.

    >>> exact_match("The Eiffel Tower!", "eiffel tower"), exact_match("７天。", "7 天")
    (1.0, 1.0)
    """
    return float(tokens(text) == tokens(answer))


def f1(text: str, answer: str) -> float:
    """Return the harmonic mean of precision and recall over multisets of tokens.

    >>> f1("cat cat", "cat"), f1("需要七天", "七天")
    (0.6666666666666666, 0.6666666666666666)
    """
    said, right = Counter(tokens(text)), Counter(tokens(answer))
    if not said or not right:
        return float(said == right)
    return 2 * (said & right).total() / (said.total() + right.total())
