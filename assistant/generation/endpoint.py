"""A generator over any LangChain chat model, such as a server that speaks OpenAI's protocol.

Knows nothing of documents. It has no tokenizer: `count_tokens` counts words of Latin script and single
Chinese characters instead, which for most models is within a third of the truth.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.generation.types import Generation
from assistant.types import Prompt, Usage
from core.errors import GenerationError
from core.language import words
from settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

MAX_CONCURRENCY = 8
"""Requests in flight: servers batch what arrives together."""
_RETRIES = 2


class EndpointGenerator:
    """A chat model somewhere else; deterministic as far as the server honours temperature 0."""

    def __init__(self, chat: "BaseChatModel", name: str, url: str, max_new_tokens: int) -> None:
        """Remember the chat model; `url` says where it is, in error messages and in the fingerprint."""
        self.name = name
        self.fingerprint = hashlib.sha256(f"{url}\n{name}".encode()).hexdigest()
        self._chat, self._url, self._max_new_tokens = chat, url, max_new_tokens

    def count_tokens(self, text: str) -> int:
        """Return roughly the number of tokens of `text`: its words and Chinese characters."""
        return len(words(text))

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
        from tqdm import tqdm

        start = time.perf_counter()
        results: dict[int, Generation] = {}
        with tqdm(total=len(prompts), desc="answering", unit="question", delay=3, leave=False) as bar:
            for index, reply in self._replies(prompts, max_new_tokens):
                seconds = time.perf_counter() - start
                results[index] = Generation(_text(reply), _usage(reply), seconds, seconds)
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
            for part in self._bound(max_new_tokens, prompt.schema).stream(_chat(prompt)):
                whole = part if whole is None else whole + part
                now = time.perf_counter() - start
                if whole.text:
                    first = first or now
                    yield Generation(_text(whole), _usage(whole), first, now)
        except Exception as error:
            raise self._failure(error) from error

    def _replies(
        self, prompts: Sequence[Prompt], max_new_tokens: int | None
    ) -> Iterator[tuple[int, "AIMessage"]]:
        """Yield index and reply of each prompt as it arrives."""
        from langchain_core.runnables import RunnableLambda

        def ask(prompt: Prompt) -> Any:
            return self._bound(max_new_tokens, prompt.schema).invoke(_chat(prompt))

        try:
            yield from RunnableLambda(ask).batch_as_completed(
                list(prompts), config={"max_concurrency": MAX_CONCURRENCY}
            )
        except Exception as error:
            raise self._failure(error) from error

    def _bound(self, max_new_tokens: int | None, schema: str) -> Any:
        bound = self._chat.bind(max_tokens=max_new_tokens or self._max_new_tokens)
        if not schema:
            return bound
        form = {"name": "reply", "schema": json.loads(schema)}
        return bound.bind(response_format={"type": "json_schema", "json_schema": form})

    def _failure(self, error: Exception) -> GenerationError:
        """Return what to do about an error; every provider's client raises its own."""
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
        return GenerationError(
            f"{self.name} at {self._url} gave no answer ({reason}); check that the server runs, "
            f"generator.endpoint, generator.model and OPENAI_API_KEY"
        )


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
    return EndpointGenerator(chat, wanted.model, wanted.endpoint, wanted.max_new_tokens)


def _chat(prompt: Prompt) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in prompt.messages]


def _text(reply: "AIMessage") -> str:
    """Return the text without a last character that the token limit cut in two."""
    return str(reply.text).rstrip("\ufffd")


def _usage(reply: "AIMessage") -> Usage:
    """Return the tokens that the server reports; zeros if it does not."""
    told = reply.usage_metadata
    if told is None:
        return Usage()
    return Usage(
        prompt_tokens=told.get("input_tokens", 0),
        cached_tokens=(told.get("input_token_details") or {}).get("cache_read", 0) or 0,
        completion_tokens=told.get("output_tokens", 0),
    )
