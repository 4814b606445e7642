"""Completions held to a JSON schema, token by token, by llguidance. Knows nothing of what is asked.

Before each step a guide says which tokens may come next; a row whose JSON is complete may only end.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assistant.generation.causal_lm import CausalLM
from core.errors import GenerationError

if TYPE_CHECKING:
    from torch import Tensor

# The spaces are those that models were trained on.
_STYLE = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class Guide:
    """The schemas of a batch's rows and how far each row has got; an empty schema leaves a row free."""

    def __init__(self, lm: CausalLM, schemas: Sequence[str]) -> None:
        """Compile the schemas.

        Raises:
            GenerationError: a schema is not JSON or asks for what llguidance does not know.
        """
        self._lm = lm
        self._matchers = [_matcher(lm, schema) if schema else None for schema in schemas]
        self._read = [0] * len(schemas)

    def holds(self, row: int) -> bool:
        """Say whether a row has a schema to follow."""
        return self._matchers[row] is not None

    def allowed(self, rows: Sequence[int], tokens: Sequence[Sequence[int]]) -> "Tensor":
        """Return which tokens may come next: (rows, vocabulary), true where one may.

        Args:
            rows: the rows that are still decoded.
            tokens: what each row of the batch has got so far.
        """
        import numpy as np
        import torch
        from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

        vocabulary = int(self._lm.config.vocab_size)
        bits = allocate_token_bitmask(len(rows), vocabulary)
        for place, row in enumerate(rows):
            if (matcher := self._matchers[row]) is not None:
                matcher.consume_tokens(list(tokens[row][self._read[row] :]))
                self._read[row] = len(tokens[row])
                fill_next_token_bitmask(matcher, bits, place)
        flags = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")[:, :vocabulary]
        return torch.from_numpy(flags.astype(bool)).to(self._lm.device)


def _matcher(lm: CausalLM, schema: str) -> Any:
    from llguidance import LLMatcher

    try:
        grammar = LLMatcher.grammar_from_json_schema(json.loads(schema), overrides=_STYLE)
    except ValueError as error:
        raise GenerationError(f"not a JSON schema: {error}") from error
    matcher = LLMatcher(_tokenizer(lm), grammar)
    if matcher.is_error():
        raise GenerationError(f"a JSON schema cannot be followed: {matcher.get_error().splitlines()[0]}")
    return matcher


@lru_cache(maxsize=1)
def _tokenizer(lm: CausalLM) -> Any:
    """Return llguidance's view of the vocabulary, which takes a second to make."""
    from llguidance.hf import from_tokenizer

    return from_tokenizer(lm.tokenizer, n_vocab=int(lm.config.vocab_size), eos_token=sorted(lm.stops))
