"""Prompts as token ids, and what of them is shared. Knows nothing of batches or of how a model runs."""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import takewhile

from assistant.generation.batching import Encoded
from assistant.generation.causal_lm import CausalLM
from assistant.generation.chat import Chat, is_line_over
from assistant.generation.decoding import Stop
from assistant.types import Message, Prompt
from core.errors import GenerationError

_PREFIXES = 8
"""Prefixes whose ids are remembered: those of a few strategies in two languages."""
_LINE_END = re.compile(r"\n|Ċ|<0x0A>")  # as byte-level and SentencePiece vocabularies write it


class Encoder:
    """Encodes for one model; its tokenizer is loaded when it is first needed."""

    def __init__(self, lm: CausalLM, thinking: bool, name: str) -> None:
        self._lm, self._thinking, self._name = lm, thinking, name
        self._prefix_ids = lru_cache(maxsize=_PREFIXES)(self._encode_prefix)

    @cached_property
    def chat(self) -> Chat:
        """Messages to tokens, and tokens to text."""
        return Chat(self._lm.tokenizer, self._thinking)

    def encode(self, index: int, prompt: Prompt, limit: int) -> Encoded:
        """Return a prompt whose completion has at most `limit` tokens.

        Raises:
            GenerationError: both do not fit into the model's window.
        """
        ids = tuple(self.chat.encode(prompt.messages, reply=True))
        if self._lm.window and len(ids) + limit > self._lm.window:
            raise GenerationError(
                f"a prompt of {len(ids)} tokens does not fit into the window of {self._name} "
                f"({self._lm.window}); lower long_context.max_tokens or retrieval.top_k"
            )
        shared = 0
        if prompt.prefix and self._lm.shares_prefixes:
            # A template may write a message otherwise when more follow: what is the same is shared.
            prefix = self._prefix_ids(prompt.prefix)
            same = takewhile(lambda pair: pair[0] == pair[1], zip(ids[:-1], prefix, strict=False))
            shared = sum(1 for _ in same)
            shared = shared if 2 * shared > len(prefix) else 0
        bias = tuple((self.first_token(text), nats) for text, nats in prompt.first_bias)
        return Encoded(index, ids, shared, prompt.adapter, prompt.schema, prompt.one_line, bias)

    def first_token(self, text: str) -> int:
        """Return the token that a reply with this text begins with."""
        first: int = self._lm.tokenizer(text, add_special_tokens=False)["input_ids"][0]
        return first

    def _encode_prefix(self, messages: tuple[Message, ...]) -> list[int]:
        return self.chat.encode(messages, reply=False)

    def first_tokens(self, choices: Sequence[str]) -> list[int]:
        """Return the token that each choice begins with.

        Raises:
            GenerationError: two begin with the same.
        """
        firsts = [self.first_token(choice) for choice in choices]
        if len(set(firsts)) < len(firsts):
            raise GenerationError(f"of {', '.join(choices)} two begin alike for {self._name}; name others")
        return firsts

    @cached_property
    def line_stop(self) -> Stop:
        """What ends an answer of one line; only tokens that hold a line's end are looked at."""
        ends = {id for token, id in self._lm.tokenizer.get_vocab().items() if _LINE_END.search(token)}
        return lambda tokens: tokens[-1] in ends and is_line_over(self.chat.decode(tokens))
