"""A generator over weights on this machine: batches, streams, shared prefixes. Knows nothing of documents.

Prompts are sorted by length and grouped by adapter and shared prefix; the results keep their order.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.generation.causal_lm import CausalLM
from assistant.generation.decoding import Decoding, prefill
from assistant.generation.guided import Guide
from assistant.generation.prefix_cache import PrefixStore, prefix_key
from assistant.generation.shared_prefix import Layers
from assistant.generation.types import Generation
from assistant.types import Prompt, Usage
from core.errors import AdapterError, GenerationError
from core.weights.catalogue import fingerprint, model_folder
from ingest.embedding import batches as length_sorted
from settings import Generator as GeneratorSettings
from settings import Settings


@dataclass(frozen=True, slots=True)
class Encoded:
    """A prompt as token ids; the first `shared` of them are its prefix."""

    index: int
    ids: tuple[int, ...]
    shared: int
    adapter: str
    schema: str = ""

    @property
    def prefix(self) -> tuple[int, ...]:
        """The ids shared with other prompts."""
        return self.ids[: self.shared]

    @property
    def own(self) -> tuple[int, ...]:
        """The ids after the prefix; never empty."""
        return self.ids[self.shared :]


class LocalGenerator:
    """One causal language model, its adapters by name and its stored prefixes."""

    def __init__(
        self, lm: CausalLM, settings: GeneratorSettings, prefixes: PrefixStore, adapters: Mapping[str, Path]
    ) -> None:
        """Load nothing; `adapters` maps a prompt's adapter name to its folder."""
        self.name = Path(settings.model).name
        self.fingerprint = fingerprint(lm.folder)
        self._lm = lm
        self._settings = settings
        self._prefixes = prefixes
        self._adapters = adapters
        self._reading = threading.Lock()

    @property
    def device(self) -> str:
        """`cpu`, `cuda`, ..."""
        return self._lm.device

    @property
    def dtype(self) -> str:
        """`bfloat16` or `float32`."""
        return self._lm.dtype

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens not counted."""
        return len(self._lm.tokenizer(text, add_special_tokens=False)["input_ids"])

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
        from tqdm import tqdm

        limit = max_new_tokens or self._settings.max_new_tokens
        start = time.perf_counter()
        encoded = [self._encode(index, prompt, limit) for index, prompt in enumerate(prompts)]
        results: dict[int, Generation] = {}
        with tqdm(total=len(prompts), desc="answering", unit="question", delay=3, leave=False) as bar:
            for batch in batches(encoded, self._settings.batch_tokens):
                for index, generation in self._answer(batch, limit, start):
                    results[index] = generation
                    bar.update()
                    if on_done:
                        on_done(index, generation)
        return [results[index] for index in range(len(prompts))]

    def stream(self, prompt: Prompt, max_new_tokens: int | None = None) -> Iterator[Generation]:
        """Yield the growing completion; closing the iterator stops the model.

        Raises:
            AdapterError: see `generate`.
            GenerationError: see `generate`.
        """
        limit = max_new_tokens or self._settings.max_new_tokens
        start = time.perf_counter()
        encoded = self._encode(0, prompt, limit)
        decoding, cached = self._begin([encoded])
        first = 0.0
        for _ in decoding.run(limit):
            now = time.perf_counter() - start
            first = first or now
            yield self._generation(encoded, decoding.tokens[0], cached, (first, now))

    def _answer(self, batch: Sequence[Encoded], limit: int, start: float) -> Iterator[tuple[int, Generation]]:
        """Yield index and result of each prompt of one batch as it is finished."""
        decoding, cached = self._begin(batch)
        first = 0.0
        for ended in decoding.run(limit):
            now = time.perf_counter() - start
            first = first or now
            for row in ended:
                known = cached if row == 0 else batch[row].shared
                yield (
                    batch[row].index,
                    self._generation(batch[row], decoding.tokens[row], known, (first, now)),
                )

    def _begin(self, batch: Sequence[Encoded]) -> tuple[Decoding, int]:
        """Return the decoding of a batch and how many tokens of its first prompt were already known."""
        adapter = self._adapter(batch[0].adapter)
        past, cached = self._past(batch[0].prefix, adapter)
        schemas = [encoded.schema for encoded in batch]
        guide = Guide(self._lm, schemas) if any(schemas) else None
        return Decoding(self._lm, [encoded.own for encoded in batch], past, adapter, guide), cached

    def _generation(
        self, encoded: Encoded, tokens: Sequence[int], cached: int, seconds: tuple[float, float]
    ) -> Generation:
        return Generation(
            text=self._lm.decode(tokens),
            usage=Usage(len(encoded.ids), cached, len(tokens)),
            first_token=seconds[0],
            total=seconds[1],
        )

    def _encode(self, index: int, prompt: Prompt, limit: int) -> Encoded:
        ids = tuple(self._lm.encode(prompt.messages, reply=True))
        if len(ids) + limit > self._lm.window:
            raise GenerationError(
                f"a prompt of {len(ids)} tokens does not fit into the window of {self.name} "
                f"({self._lm.window}); lower long_context.max_tokens or retrieval.top_k"
            )
        prefix: tuple[int, ...] = ()
        if prompt.prefix and self._lm.shares_prefixes:
            prefix = tuple(self._lm.encode(prompt.prefix, reply=False))
        # A template may write a message otherwise when more follow: then there is nothing to share.
        shared = len(prefix) if ids[: len(prefix)] == prefix else 0
        return Encoded(index, ids, shared, prompt.adapter, prompt.schema)

    def _adapter(self, name: str) -> str:
        if not name:
            return ""
        if name not in self._adapters:
            raise AdapterError(f"no adapter {name!r}; run: python -m finetune train --domain {name}")
        return self._lm.add_adapter(self._adapters[name])

    def _past(self, ids: tuple[int, ...], adapter: str) -> tuple[Layers, int]:
        """Return the prefix's keys and values, and how many tokens of it did not have to be computed."""
        if not ids:
            return [], 0
        key = prefix_key(self.fingerprint, adapter, self.dtype, ids)
        with self._reading:
            if (stored := self._prefixes.get(key)) is not None:
                return stored, len(ids)
            layers = prefill(self._lm, ids, adapter)
            self._prefixes.put(key, layers)
            return layers, 0


def batches(prompts: Sequence[Encoded], budget: int) -> Iterator[list[Encoded]]:
    """Yield the prompts in batches that share adapter and prefix, longest first.

    A batch holds at most `budget` tokens, padding included and the shared prefix not, or one prompt.
    """
    groups: dict[tuple[str, tuple[int, ...]], list[Encoded]] = {}
    for prompt in prompts:
        groups.setdefault((prompt.adapter, prompt.prefix), []).append(prompt)
    for group in groups.values():
        for batch in length_sorted([len(prompt.own) for prompt in group], budget):
            yield [group[place] for place in batch]


def open_local(
    settings: Settings, adapters: Mapping[str, Path], prefixes: Callable[[], Path] | None = None
) -> LocalGenerator:
    """Return the generator that the settings name. All generators of a process share one copy of the weights.

    Args:
        settings: the generator, the threads and where models are kept.
        adapters: a prompt's adapter name, and the folder that it stands for.
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
        adapters,
    )


@lru_cache(maxsize=1)
def _causal_lm(folder: Path, device: str, dtype: str, threads: int) -> CausalLM:
    return CausalLM(folder, device, dtype, threads)
