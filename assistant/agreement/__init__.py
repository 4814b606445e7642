"""Whether two texts say the same, Chinese and English.

Knows nothing of models or reports; training and evaluation both measure with it.
"""

from assistant.agreement.tokens import NORMALISATION, exact_match, f1, tokens

__all__ = ["NORMALISATION", "exact_match", "f1", "tokens"]
