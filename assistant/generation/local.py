"""A generator over weights on this machine: batches, streams, shared prefixes. Knows nothing of documents."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TypeVar

from assistant.generation.adapters import adapter_fingerprint
from assistant.generation.batching import Encoded, batches
from assistant.generation.causal_lm import CausalLM
from assistant.generation.decoding import Decoding, Row, prefill
from assistant.generation.encoding import Encoder
from assistant.generation.endings import LOOPS
from assistant.generation.guided import Guide
from assistant.generation.memory import OutOfMemory, clear_errors, named_errors
from assistant.generation.prefix_cache import PrefixStore, prefix_key
from assistant.generation.shared_prefix import Layers
from assistant.generation.types import Generation, Weights
from assistant.types import Prompt, Usage
from core.errors import AdapterError
from core.progress import progress_bar
from core.weights.catalogue import fingerprint, model_folder
from settings import Generator as GeneratorSettings
from settings import Settings

T = TypeVar("T")
Read = Callable[[Sequence[Encoded]], Iterator[tuple[int, T]]]
"""Yields index and result of each prompt of a batch."""
FindAdapter = Callable[[str], Path]
"""Returns the folder of an adapter by its name; raises AdapterError where there is none."""


class LocalGenerator:
    """One causal language model, its adapters by name and its stored prefixes."""

    estimates_tokens = False

    def __init__(
        self, lm: CausalLM, settings: GeneratorSettings, prefixes: PrefixStore, adapters: FindAdapter
    ) -> None:
        """Load nothing; `adapters` finds the folder of an adapter that a prompt names."""
        self.name = Path(settings.model).name
        self.fingerprint = fingerprint(lm.folder)
        self.max_new_tokens = settings.max_new_tokens
        self._lm = lm
        self._settings = settings
        self._prefixes = prefixes
        self._adapters = cache(adapters)
        self._encoder = Encoder(lm, settings.thinking, self.name)
        self._reading = threading.Lock()

    @property
    def device(self) -> str:
        """`cpu`, `cuda`, ..."""
        return self._lm.device

    @property
    def dtype(self) -> str:
        """`bfloat16` or `float32`."""
        return self._lm.dtype

    @property
    def window(self) -> int:
        """Tokens that prompt and completion may take together; 0 where the model does not say."""
        return self._lm.window

    def identity(self, adapter: str) -> tuple[str, ...]:
        """Return all that a completion depends on besides its prompt and its limit.

        Raises:
            AdapterError: there is no adapter of this name.
        """
        tuned = adapter_fingerprint(self._adapters(adapter)) if adapter else ""
        thinking = "thinking" if self._settings.thinking else "no thoughts"
        device = self.device.partition(":")[0]
        return self.fingerprint, tuned, device, self.dtype, f"greedy|{LOOPS}|{thinking}"

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens not counted."""
        return len(self._lm.tokenizer(text, add_special_tokens=False)["input_ids"])

    def loss(self, text: str, adapter: str, block: int) -> tuple[float, int]:
        """Return the nats of a text, read in blocks of so many tokens, and over how many tokens they are.

        The first token of a block counts only where the tokenizer puts one of its own before a text.
        """
        begin = list(self._lm.tokenizer("")["input_ids"])
        ids = self._lm.tokenizer(text, add_special_tokens=False)["input_ids"]
        blocks = [[*begin, *ids[start : start + block]] for start in range(0, len(ids), block)]
        name = self._adapter(adapter)
        with clear_errors():
            return sum(self._lm.loss(one, name) for one in blocks), sum(len(one) - 1 for one in blocks)

    def generate(
        self,
        prompts: Sequence[Prompt],
        max_new_tokens: int | None = None,
        on_done: Callable[[int, Generation], None] | None = None,
    ) -> list[Generation]:
        """Complete all prompts in batches; `on_done(index, generation)` is called as each is finished.

        Raises:
            AdapterError: a prompt's adapter is unknown or does not fit.
            GenerationError: a prompt does not fit into the model's window or into memory.
        """
        limit = max_new_tokens or self.max_new_tokens
        start = time.perf_counter()
        encoded = [self._encoded(index, prompt, limit) for index, prompt in enumerate(prompts)]
        return self._in_batches(encoded, partial(self._answer, limit=limit, start=start), on_done)

    def stream(self, prompt: Prompt, max_new_tokens: int | None = None) -> Iterator[Generation]:
        """Yield the growing completion; closing the iterator stops the model.

        Raises:
            AdapterError: see `generate`.
            GenerationError: see `generate`.
        """
        limit = max_new_tokens or self.max_new_tokens
        start = time.perf_counter()
        encoded = self._encoded(0, prompt, limit)
        with clear_errors():
            decoding, (cached,) = self._begin([encoded])
            first = 0.0
            for _ in decoding.run(limit):
                now = time.perf_counter() - start
                first = first or now
                yield replace(self._generation(encoded, decoding, (0, cached), (first, now)), alone=True)

    def choose(
        self,
        prompts: Sequence[Prompt],
        choices: Sequence[str],
        on_done: Callable[[int, Weights], None] | None = None,
    ) -> list[Weights]:
        """Weigh `choices` as the beginning of each reply; see `Generator.choose`.

        Raises:
            GenerationError: two choices begin with the same token, or see `generate`.
        """
        firsts = self._encoder.first_tokens(choices)
        encoded = [
            self._encoded(index, replace(prompt, schema="", first_bias=()), 1)
            for index, prompt in enumerate(prompts)
        ]
        return self._in_batches(encoded, partial(self._weigh, firsts=firsts), on_done)

    def _encoded(self, index: int, prompt: Prompt, limit: int) -> Encoded:
        """Return a prompt as tokens; those that its adapter puts before it count for the window."""
        begins = self._lm.beginning(self._adapter(prompt.adapter))
        return self._encoder.encode(index, prompt, limit + (begins[0][0].shape[-2] if begins else 0))

    def _weigh(self, batch: Sequence[Encoded], firsts: Sequence[int]) -> Iterator[tuple[int, Weights]]:
        decoding, _ = self._begin(batch)
        for encoded, weights in zip(batch, decoding.weigh(firsts).tolist(), strict=True):
            yield encoded.index, tuple(weights)

    def _in_batches(
        self, prompts: Sequence[Encoded], read: Read[T], on_done: Callable[[int, T], None] | None
    ) -> list[T]:
        """Return what `read` makes of each prompt; `on_done` hears it as soon as it is there."""
        results: dict[int, T] = {}
        with progress_bar(total=len(prompts), desc="answering", unit="question") as bar:
            budget = self._settings.batch_tokens or self._lm.room()
            for batch in batches(prompts, budget, lambda name: self._lm.mixes(self._adapter(name))):
                for index, result in self._in_memory(batch, read):
                    results[index] = result
                    bar.update()
                    if on_done:
                        on_done(index, result)
        return [results[index] for index in range(len(prompts))]

    def _in_memory(self, batch: Sequence[Encoded], read: Read[T]) -> Iterator[tuple[int, T]]:
        """Yield index and result of each prompt; a batch that memory does not hold is halved.

        Raises:
            GenerationError: it does not even hold one prompt.
        """
        done: set[int] = set()
        with clear_errors() if len(batch) == 1 else suppress(OutOfMemory), named_errors():
            for index, result in read(batch):
                done.add(index)
                yield index, result
        rest = [encoded for encoded in batch if encoded.index not in done]
        if rest:
            self._lm.free()
            for half in (rest[: len(rest) // 2], rest[len(rest) // 2 :]):
                yield from self._in_memory(half, read) if half else ()

    def _answer(self, batch: Sequence[Encoded], limit: int, start: float) -> Iterator[tuple[int, Generation]]:
        """Yield index and result of each prompt of one batch as it is finished."""
        decoding, cached = self._begin(batch)
        first = 0.0
        for ended in decoding.run(limit):
            now = time.perf_counter() - start
            first = first or now
            for row in ended:
                yield (
                    batch[row].index,
                    self._generation(batch[row], decoding, (row, cached[row]), (first, now)),
                )

    def _begin(self, batch: Sequence[Encoded]) -> tuple[Decoding, list[int]]:
        """Return the decoding of a batch and how many tokens of each prompt were already known."""
        adapters = {encoded.adapter: self._adapter(encoded.adapter) for encoded in batch}
        places: dict[tuple[tuple[int, ...], str], int] = {}
        prefixes: list[Layers] = []
        cached: list[int] = []
        for encoded in batch:
            known = encoded.shared
            prefix = encoded.prefix, adapters[encoded.adapter]
            if (known or self._lm.beginning(prefix[1])) and prefix not in places:
                places[prefix] = len(prefixes)
                layers, known = self._past(*prefix)
                prefixes.append(layers)
            cached.append(known)
        schemas = [encoded.schema for encoded in batch]
        guide = Guide(self._lm, schemas) if any(schemas) else None
        rows = [
            Row(
                encoded.own,
                adapters[encoded.adapter],
                places.get((encoded.prefix, adapters[encoded.adapter]), -1),
                self._encoder.line_stop if encoded.one_line else None,
                encoded.first_bias,
            )
            for encoded in batch
        ]
        return Decoding(self._lm, rows, prefixes, guide), cached

    def _generation(
        self, encoded: Encoded, decoding: Decoding, row: tuple[int, int], seconds: tuple[float, float]
    ) -> Generation:
        """Return what a row has got; with the row comes how many tokens of its prompt were known."""
        place, cached = row
        tokens = decoding.tokens[place]
        return Generation(
            text=self._encoder.chat.decode(tokens),
            usage=Usage(len(encoded.ids), cached, len(tokens)),
            first_token=seconds[0],
            total=seconds[1],
            ending=decoding.endings.get(place, ""),
        )

    def _adapter(self, name: str) -> str:
        return self._lm.add_adapter(self._adapters(name)) if name else ""

    def _past(self, ids: tuple[int, ...], adapter: str) -> tuple[Layers, int]:
        """Return the prefix's keys and values, and how many tokens of it did not have to be computed."""
        if not ids:
            return self._lm.beginning(adapter), 0
        key = prefix_key(self.fingerprint, adapter, self.dtype, ids)
        with self._reading:
            if (stored := self._prefixes.get(key, self._lm.device)) is not None:
                return stored, len(ids)
            layers = prefill(self._lm, ids, adapter)
            self._prefixes.put(key, layers)
            return layers, 0


def open_local(
    settings: Settings, adapters: FindAdapter | None = None, prefixes: Callable[[], Path] | None = None
) -> LocalGenerator:
    """Return the generator that the settings name. All generators of a process share one copy of the weights.

    Args:
        settings: the generator, the threads and where models are kept.
        adapters: finds the folder of an adapter that a prompt names; without it there are none.
        prefixes: tells the folder that prefixes are stored in; without it they are kept in memory alone.

    Raises:
        WeightsError: the weights cannot be had.
    """
    wanted = settings.generator
    folder = model_folder(wanted.model, settings.home)
    return LocalGenerator(
        _causal_lm(folder, wanted.device, wanted.dtype, settings.threads),
        wanted,
        PrefixStore(prefixes, wanted.prefix_cache_mb),
        adapters or _no_adapter,
    )


def forget_weights() -> None:
    """Keep no copy for generators to come: the weights go with the last generator that has them."""
    _causal_lm.cache_clear()


def _no_adapter(name: str) -> Path:
    raise AdapterError(f"no adapter {name!r}: this model is asked as it is")


@lru_cache(maxsize=1)
def _causal_lm(folder: Path, device: str, dtype: str, threads: int) -> CausalLM:
    return CausalLM(folder, device, dtype, threads)
