"""Whether two texts say the same, Chinese and English.

Knows nothing of models or reports; training and evaluation both measure with it.
"""

from assistant.agreement.correct import RULES, correct
from assistant.agreement.items import items
from assistant.agreement.polarity import Polarity, polarity
from assistant.agreement.quantities import quantities
from assistant.agreement.tokens import NORMALISATION, exact_match, f1, tokens

__all__ = [
    "NORMALISATION",
    "RULES",
    "Polarity",
    "correct",
    "exact_match",
    "f1",
    "items",
    "polarity",
    "quantities",
    "tokens",
]
