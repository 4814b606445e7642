"""Stand-ins behind the project's seams; they remember what they were asked."""

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from assistant.generation.types import Generation, Weights
from assistant.types import Ending, Prompt, Usage
from core.language import words
from ingest.types import Vectors


def question_of(prompt: Prompt) -> str:
    """Return the question of a prompt, without the passages before it and what is said after it."""
    return re.split(r"=== [0-9a-f]{8} ===\n\n", prompt.messages[-1].content)[-1].split("\n\n")[0]


class ScriptedGenerator:
    """A generator that says what `reply` makes of each prompt; `asked` are the prompts so far.

    Of choices it takes the one that `reply` says, nine to one.
    """

    max_new_tokens = 96
    device, dtype, window, estimates_tokens = "cpu", "float32", 0, False

    def __init__(
        self,
        reply: Callable[[Prompt], str],
        name: str = "scripted",
        fingerprint: str = "f0",
        ending: Ending = "stop",
    ) -> None:
        self.name, self.fingerprint, self.ending = name, fingerprint, ending
        self.asked: list[Prompt] = []
        self._reply = reply

    def identity(self, adapter: str) -> tuple[str, ...]:
        return self.fingerprint, adapter, self.device, self.dtype

    def generate(
        self,
        prompts: Sequence[Prompt],
        max_new_tokens: int | None = None,
        on_done: Callable[[int, Generation], None] | None = None,
    ) -> list[Generation]:
        generations = []
        for index, prompt in enumerate(prompts):
            generation = self._generation(prompt)
            generations.append(generation)
            if on_done:
                on_done(index, generation)
        return generations

    def stream(self, prompt: Prompt, max_new_tokens: int | None = None) -> Iterator[Generation]:
        generation = self._generation(prompt)
        yield Generation(generation.text[:1], first_token=0.1, total=0.1)
        yield replace(generation, alone=True)

    def choose(
        self,
        prompts: Sequence[Prompt],
        choices: Sequence[str],
        on_done: Callable[[int, Weights], None] | None = None,
    ) -> list[Weights]:
        found = []
        for index, prompt in enumerate(prompts):
            self.asked.append(prompt)
            said = self._reply(prompt)
            weights = tuple(math.log(0.9 if choice == said else 0.1) for choice in choices)
            found.append(weights)
            if on_done:
                on_done(index, weights)
        return found

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def _generation(self, prompt: Prompt) -> Generation:
        self.asked.append(prompt)
        size = sum(self.count_tokens(message.content) for message in prompt.messages)
        return Generation(
            self._reply(prompt), Usage(size, 0, 3), first_token=0.1, total=0.4, ending=self.ending
        )


class FakeEmbedder:
    """Hashes words into 256 dimensions: texts that share words are near. `embedded` counts passages."""

    def __init__(self, fingerprint: str = "fake-1", stop_after: int | None = None) -> None:
        self.name = "fake"
        self.fingerprint = fingerprint
        self.dim = 256
        self.embedded = 0
        self._stop_after = stop_after

    def are_cut(self, texts: Sequence[str]) -> list[bool]:
        return [False] * len(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        if self._stop_after is not None and self.embedded >= self._stop_after:
            raise KeyboardInterrupt
        self.embedded += len(texts)
        return self.embed_queries(texts)

    def embed_pieces(self, pieces: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        return map(self.embed_passages, pieces)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.full((len(texts), self.dim), 1e-3, np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in words(text):
                digest = hashlib.sha256(f"{self.fingerprint} {word}".encode()).digest()
                row[int.from_bytes(digest[:4]) % self.dim] += 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
