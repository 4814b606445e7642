"""A generator over any LangChain chat model, such as a server that speaks OpenAI's protocol.

Knows nothing of documents. Where the tokenizer of the model is not known, tokens are estimated from words.
"""

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assistant.generation.chat import for_endpoint, is_line_over, spoken
from assistant.generation.types import Generation, Weights
from assistant.types import Ending, Prompt, Usage
from core.errors import GenerationError
from core.language import is_cjk, words
from core.progress import progress_bar
from settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

MAX_CONCURRENCY = 8
"""Requests in flight: servers batch what arrives together."""
_RETRIES = 2
_A_WORD = 1.35  # tokens, of Latin script; by Qwen2.5's tokenizer on the shipped documents
_CHOICE, _CHOICE_TOKENS = "choice", 32
_ENDINGS: dict[str, Ending] = {"stop": "stop", "length": "length"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chat model is and what it is called there; `tokenizer` is a folder or a hub id, if known."""

    url: str
    model: str
    tokenizer: str = ""


class EndpointGenerator:
    """A chat model somewhere else; deterministic as far as the server honours temperature 0."""

    device = "endpoint"
    dtype = ""
    window = 0

    def __init__(self, chat: "BaseChatModel", place: Place, max_new_tokens: int) -> None:
        """Remember the chat model; `place` stands in error messages and in the fingerprint."""
        self.name = place.model
        self.fingerprint = hashlib.sha256(f"{place.url}\n{place.model}".encode()).hexdigest()
        self.max_new_tokens = max_new_tokens
        self._chat, self._place = chat, place

    @property
    def estimates_tokens(self) -> bool:
        """Whether `count_tokens` guesses, since the model's tokenizer is not known."""
        return not self._place.tokenizer

    def identity(self, adapter: str) -> tuple[str, ...]:
        """Return all that a completion depends on besides its prompt and its limit."""
        return self.fingerprint, adapter, self.device, self.dtype, "temperature 0"

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`: without a tokenizer roughly, from words and characters."""
        if self._place.tokenizer:
            return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        found = words(text)
        characters = sum(map(is_cjk, found))
        return math.ceil(characters + _A_WORD * (len(found) - characters))

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._place.tokenizer)

    def generate(
        self,
        prompts: Sequence[Prompt],
        max_new_tokens: int | None = None,
        on_done: Callable[[int, Generation], None] | None = None,
    ) -> list[Generation]:
        """Complete all prompts, a few at a time; `on_done(index, generation)` is called as each is finished.

        Raises:
            GenerationError: the endpoint cannot be reached, is silent or refuses.
        """
        start = time.perf_counter()
        results: dict[int, Generation] = {}
        with progress_bar(total=len(prompts), desc="answering", unit="question") as bar:
            for index, reply in self._replies(prompts, max_new_tokens):
                seconds = time.perf_counter() - start
                results[index] = self._generation(prompts[index], reply, (seconds, seconds))
                bar.update()
                if on_done:
                    on_done(index, results[index])
        return [results[index] for index in range(len(prompts))]

    def stream(self, prompt: Prompt, max_new_tokens: int | None = None) -> Iterator[Generation]:
        """Yield the growing completion; closing the iterator ends the request.

        Raises:
            GenerationError: see `generate`.
        """
        start = time.perf_counter()
        first, whole = 0.0, None
        try:
            for part in self._bound(max_new_tokens, prompt.schema).stream(for_endpoint(prompt.messages)):
                whole = part if whole is None else whole + part
                now = time.perf_counter() - start
                if whole.text:
                    first = first or now
                    yield replace(self._generation(prompt, whole, (first, now)), alone=True)
                    if prompt.one_line and is_line_over(str(whole.text)):
                        return
            if whole is not None and not whole.text:
                now = time.perf_counter() - start
                yield replace(self._generation(prompt, whole, (now, now)), alone=True)
        except Exception as error:
            raise self._failure(error) from error

    def choose(
        self,
        prompts: Sequence[Prompt],
        choices: Sequence[str],
        on_done: Callable[[int, Weights], None] | None = None,
    ) -> list[Weights]:
        """Have the server choose: 0 for what it chose, minus infinity for the rest. See `Generator.choose`.

        Raises:
            GenerationError: it chose nothing, or see `generate`.
        """
        schema = _schema_of(choices)

        def tell(index: int, generation: Generation) -> None:
            if on_done:
                on_done(index, self._weights(generation, choices))

        asked = [replace(prompt, schema=schema) for prompt in prompts]
        return [self._weights(one, choices) for one in self.generate(asked, _CHOICE_TOKENS, tell)]

    def _weights(self, generation: Generation, choices: Sequence[str]) -> Weights:
        try:
            chosen = json.loads(spoken(generation.text))[_CHOICE]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise self._failure(error) from error
        if chosen not in choices:
            raise self._failure(ValueError(f"it chose none of {', '.join(choices)}"))
        return tuple(0.0 if choice == chosen else -math.inf for choice in choices)

    def _generation(self, prompt: Prompt, reply: "AIMessage", seconds: tuple[float, float]) -> Generation:
        text = str(reply.text).rstrip("\ufffd")  # the token limit may cut a character in two
        reason = str(reply.response_metadata.get("finish_reason") or "")
        return Generation(text, self._usage(prompt, reply), *seconds, ending=_ENDINGS.get(reason, ""))

    def _usage(self, prompt: Prompt, reply: "AIMessage") -> Usage:
        """Return the tokens that the server reports; where it does not, as they are counted here."""
        told = reply.usage_metadata
        if told is None:
            asked = sum(self.count_tokens(message.content) for message in prompt.messages)
            said = self.count_tokens(str(reply.text))
            return Usage(asked, 0, said, estimated=self.estimates_tokens)
        return Usage(
            prompt_tokens=told.get("input_tokens", 0),
            cached_tokens=(told.get("input_token_details") or {}).get("cache_read", 0) or 0,
            completion_tokens=told.get("output_tokens", 0),
        )

    def _replies(
        self, prompts: Sequence[Prompt], max_new_tokens: int | None
    ) -> Iterator[tuple[int, "AIMessage"]]:
        """Yield index and reply of each prompt as it arrives."""
        from langchain_core.runnables import RunnableLambda

        def ask(prompt: Prompt) -> Any:
            return self._bound(max_new_tokens, prompt.schema).invoke(for_endpoint(prompt.messages))

        try:
            yield from RunnableLambda(ask).batch_as_completed(
                list(prompts), config={"max_concurrency": MAX_CONCURRENCY}
            )
        except Exception as error:
            raise self._failure(error) from error

    def _bound(self, max_new_tokens: int | None, schema: str) -> Any:
        bound = self._chat.bind(max_tokens=max_new_tokens or self.max_new_tokens)
        if not schema:
            return bound
        form = {"name": "reply", "schema": json.loads(schema)}
        return bound.bind(response_format={"type": "json_schema", "json_schema": form})

    def _failure(self, error: Exception) -> GenerationError:
        """Return what to do about an error; every provider's client raises its own."""
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        return GenerationError(
            f"{self.name} at {self._place.url} gave no answer ({reason}); check that the server runs, "
            f"generator.endpoint, generator.model and OPENAI_API_KEY"
        )


def _schema_of(choices: Sequence[str]) -> str:
    """Return the JSON schema of a reply that is one of `choices`."""
    form = {
        "type": "object",
        "properties": {_CHOICE: {"enum": list(choices)}},
        "required": [_CHOICE],
        "additionalProperties": False,
    }
    return json.dumps(form, ensure_ascii=False)


def open_endpoint(settings: Settings) -> EndpointGenerator:
    """Return the generator behind `settings.generator.endpoint`; OPENAI_API_KEY is sent if it is set."""
    # ChatOpenAI itself sends `max_completion_tokens`, which many servers that are not OpenAI's ignore.
    from langchain_openai.chat_models.base import BaseChatOpenAI
    from pydantic import SecretStr

    wanted = settings.generator
    chat = BaseChatOpenAI(
        model=wanted.model,
        base_url=wanted.endpoint,
        api_key=SecretStr(os.environ.get("OPENAI_API_KEY") or "none"),
        temperature=0,
        timeout=wanted.endpoint_timeout,
        max_retries=_RETRIES,
        stream_usage=True,
    )
    place = Place(wanted.endpoint, wanted.model, wanted.tokenizer)
    return EndpointGenerator(chat, place, wanted.max_new_tokens)
