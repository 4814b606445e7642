"""A generator that remembers on disk what it has completed. Knows nothing of questions, answers or scores.

A completion is kept as soon as it is there, under the digest of all that it depends on: whoever asks the same
thing of the same model again, in a resumed run or in the next one, gets it without the model.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from assistant.generation.types import Generation, Generator, Weights
from assistant.types import Prompt, Usage

_KEPT = {"key", "text", "usage", "first_token", "total", "ending", "alone"}
_WEIGHED = {"key", "weights"}


class JournaledGenerator:
    """`generator`, and the file of what it has completed; a later line of the file wins.

    `stream` measures what a user waits: a completion that came in a batch is made again, alone.
    """

    def __init__(self, generator: Generator, path: Path) -> None:
        """Open the journal at `path`; what a kill cut short in it is forgotten."""
        self.name, self.fingerprint = generator.name, generator.fingerprint
        self.max_new_tokens = generator.max_new_tokens
        self.made = 0
        """Completions that were not known."""
        self._generator = generator
        self._lines = JsonLines(path)
        self._known = {str(row["key"]): _generation(row) for row in self._lines if row.keys() >= _KEPT}
        self._weighed = {
            str(row["key"]): tuple(row["weights"]) for row in self._lines if row.keys() >= _WEIGHED
        }
        self.identity = cache(generator.identity)

    @property
    def device(self) -> str:
        """`cpu`, `cuda`, ..., or `endpoint`."""
        return self._generator.device

    @property
    def dtype(self) -> str:
        """`bfloat16`, `float32`, ...; empty where nobody knows."""
        return self._generator.dtype

    @property
    def window(self) -> int:
        """Tokens that prompt and completion may take together; 0 where nobody knows."""
        return self._generator.window

    @property
    def estimates_tokens(self) -> bool:
        """Whether `count_tokens` guesses."""
        return self._generator.estimates_tokens

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens not counted."""
        return self._generator.count_tokens(text)

    def generate(
        self,
        prompts: Sequence[Prompt],
        max_new_tokens: int | None = None,
        on_done: Callable[[int, Generation], None] | None = None,
    ) -> list[Generation]:
        """Complete all prompts, those that are known at once; see `Generator.generate`."""
        keys = [self._key(prompt, max_new_tokens) for prompt in prompts]
        new = {key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in self._known}
        places = {key: [at for at, own in enumerate(keys) if own == key] for key in new}
        tell = on_done or _tell_nobody
        for place, key in enumerate(keys):
            if key not in new:
                tell(place, self._known[key])

        def keep(index: int, generation: Generation) -> None:
            key = list(new)[index]
            self._keep(key, prompts[places[key][0]], generation)
            for place in places[key]:
                tell(place, generation)

        if new:
            self._generator.generate(list(new.values()), max_new_tokens, keep)
        return [self._known[key] for key in keys]

    def stream(self, prompt: Prompt, max_new_tokens: int | None = None) -> Iterator[Generation]:
        """Yield the growing completion, or at once the one that was measured before."""
        key = self._key(prompt, max_new_tokens)
        known = self._known.get(key)
        if known is not None and known.alone:
            yield known
            return
        generation = None
        for generation in self._generator.stream(prompt, max_new_tokens):
            yield generation
        if generation is not None:
            self._keep(key, prompt, generation)

    def choose(
        self,
        prompts: Sequence[Prompt],
        choices: Sequence[str],
        on_done: Callable[[int, Weights], None] | None = None,
    ) -> list[Weights]:
        """Weigh the choices for all prompts, those that are known at once; see `Generator.choose`."""
        keys = [self._digest(prompt, ["choices", *choices]) for prompt in prompts]
        new = {key: prompt for key, prompt in zip(keys, prompts, strict=True) if key not in self._weighed}
        order = list(new)

        def keep(index: int, weights: Weights) -> None:
            row = {"key": order[index], "model": self.name, "choices": choices, "weights": weights}
            self._lines.append(row)
            self._weighed[order[index]] = weights
            self.made += 1

        if new:
            self._generator.choose(list(new.values()), choices, keep)
        if on_done:
            for place, key in enumerate(keys):
                on_done(place, self._weighed[key])
        return [self._weighed[key] for key in keys]

    def _key(self, prompt: Prompt, max_new_tokens: int | None) -> str:
        limit = max_new_tokens or self.max_new_tokens
        return self._digest(prompt, [prompt.schema, prompt.one_line, limit, *prompt.first_bias])

    def _digest(self, prompt: Prompt, form: Sequence[object]) -> str:
        messages = [[message.role, message.content] for message in prompt.messages]
        told = json.dumps([messages, form, self.identity(prompt.adapter)], ensure_ascii=False)
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()

    def _keep(self, key: str, prompt: Prompt, generation: Generation) -> None:
        row = {"key": key, "model": self.name, "adapter": prompt.adapter, **asdict(generation)}
        self._lines.append(row)
        self._known[key] = generation
        self.made += 1


class JsonLines:
    """A file of JSON objects, one a line, that remembers what was appended."""

    def __init__(self, path: Path) -> None:
        """Open `path`; a last line that a kill cut short is cut off, so that the next one starts clean."""
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            whole = path.read_bytes().rpartition(b"\n")[0]
            os.truncate(path, len(whole) + 1 if whole else 0)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the objects in order; a line that is no object is passed over."""
        if not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(row, dict):
                yield row

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one object and flush it."""
        with self._path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _generation(row: Mapping[str, Any]) -> Generation:
    return Generation(
        text=row["text"],
        usage=Usage(**row["usage"]),
        first_token=row["first_token"],
        total=row["total"],
        ending=row["ending"],
        alone=row["alone"],
    )


def _tell_nobody(index: int, generation: Generation) -> None:
    """Hear of a completion and do nothing."""
