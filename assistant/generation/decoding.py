"""Greedy decoding of a batch, one token a step. Knows nothing of text, prompts or files.

A prefix that rows share is read once (`prefill`) and attended to by all of them (`shared_prefix`); their
masks and caches hold their own tokens alone. Prompts are read a few rows at a time, so that little
is padding, and then answered together, padded on the left.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.generation.causal_lm import CausalLM
from assistant.generation.endings import looping
from assistant.generation.guided import Guide
from assistant.generation.shared_prefix import Layers
from assistant.types import Ending
from core.progress import progress_bar
from ingest.embedding import batches

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import DynamicCache

PREFILL = 1024
"""Tokens that a CPU reads in one pass, of a prefix or several rows: more takes memory and is no faster."""
_GPU_PREFILL = 8192

Stop = Callable[[Sequence[int]], bool]
"""Whether a row is complete, given the tokens that it has got."""


def prefill(lm: CausalLM, ids: Sequence[int], adapter: str) -> Layers:
    """Return the keys and values of `ids` at the beginning of a text, after what the adapter has there."""
    import torch
    from transformers import DynamicCache

    cache = DynamicCache(lm.beginning(adapter) or None)
    starts = range(0, len(ids), size := _pass_size(lm))
    for start in progress_bar(starts, desc="reading the documents", unit="pass"):
        lm.forward(
            [adapter],
            input_ids=torch.tensor([ids[start : start + size]], device=lm.device),
            past_key_values=cache,
        )
    return [(layer.keys, layer.values) for layer in cache.layers]


def _pass_size(lm: CausalLM) -> int:
    """Return how many tokens are read in one pass."""
    return _GPU_PREFILL if lm.device.startswith("cuda") else PREFILL


@dataclass(frozen=True, slots=True)
class Row:
    """What one row starts with: the token ids of its prompt, without those of a prefix that it shares.

    `prefix` is the place of that among those of the batch; -1: it has none.
    """

    ids: Sequence[int]
    adapter: str = ""
    prefix: int = -1
    stop: Stop | None = None
    first_bias: Sequence[tuple[int, float]] = ()
    """Tokens, and what is added to their logits in the first step."""


class Decoding:
    """A batch on its way to answers. Its rows may have different adapters and prefixes."""

    def __init__(
        self, lm: CausalLM, rows: Sequence[Row], prefixes: Sequence[Layers], guide: Guide | None = None
    ) -> None:
        """Start with the rows, the prefixes that some share, and the schemas that some are held to."""
        self.tokens: list[list[int]] = [[] for _ in rows]
        """What each row has got so far."""
        self.endings: dict[int, Ending] = {}
        """How the rows that have ended did so."""
        self._lm, self._guide = lm, guide
        self._prefixes = [
            [(key.to(lm.device), value.to(lm.device)) for key, value in prefix] for prefix in prefixes
        ]
        self._started = rows
        self._rows: list[int] = []

    def run(self, limit: int) -> Iterator[list[int]]:
        """Take one step after the other; after each, yield the rows that ended with it.

        A row ends with a stop token or as `stops` says, when it loops, or after `limit` tokens.
        """
        chosen = self._read(_likeliest)
        for _ in range(limit):
            now = []
            for row, token in zip(self._rows, chosen.tolist(), strict=True):
                if row not in self.endings and (ending := self._take(row, token, limit)):
                    self.endings[row] = ending
                    now.append(row)
            yield now
            if len(self.endings) == len(self.tokens):
                return
            chosen = self._advance(chosen)

    def weigh(self, tokens: Sequence[int]) -> "Tensor":
        """Return the log-probability of each of `tokens` as the first of each row: (rows, tokens), fp32."""
        import torch

        weights = self._read(lambda logits: logits.float().log_softmax(-1)[:, list(tokens)])
        return weights[torch.tensor(self._rows).argsort().to(weights.device)]

    def _take(self, row: int, token: int, limit: int) -> Ending:
        """Give a row its next token; return how that ends the row, if it does."""
        if token in self._lm.stops:
            return "stop"
        tokens = self.tokens[row]
        tokens.append(token)
        stop = self._started[row].stop
        if stop is not None and stop(tokens):
            return "stop"
        if not (self._guide and self._guide.holds(row)) and (again := looping(tokens)):
            del tokens[-again:]
            return "loop"
        return "length" if len(tokens) == limit else ""

    def _read(self, pick: "Callable[[Tensor], Tensor]") -> "Tensor":
        """Read all prompts, longest first; return what `pick` makes of the first logits of `_rows`."""
        import torch
        from transformers import DynamicCache

        picked, caches = [], []
        for rows in batches([len(row.ids) for row in self._started], _pass_size(self._lm)):
            ids, mask = self._padded(rows)
            cache = DynamicCache()
            picked.append(pick(self._forward(rows, ids, mask, cache)))
            caches.append(cache)
            self._rows.extend(rows)
        _, self._mask = self._padded(self._rows)
        self._cache = _joined(caches)
        return torch.cat(picked)

    def _padded(self, rows: Sequence[int]) -> "tuple[Tensor, Tensor]":
        """Return the prompts of `rows`, padded on the left, and their mask: (rows, longest of them) both."""
        import torch

        prompts = [self._started[row].ids for row in rows]
        width = max(map(len, prompts))
        ids = [[0] * (width - len(prompt)) + list(prompt) for prompt in prompts]
        mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        return torch.tensor(ids, device=self._lm.device), torch.tensor(mask, device=self._lm.device)

    def _forward(self, rows: Sequence[int], ids: "Tensor", mask: "Tensor", cache: "DynamicCache") -> "Tensor":
        """Return the next logits of `rows` after `ids`, whose keys and values are added to `cache`."""
        import torch

        new, device = ids.shape[1], self._lm.device
        wanted = [self._started[row].prefix for row in rows]
        used = sorted({prefix for prefix in wanted if prefix >= 0})  # others' rows have ended, or come later
        prefixes = [self._prefixes[prefix] for prefix in used]
        lengths = [self._prefixes[prefix][0][0].shape[-2] if prefix >= 0 else 0 for prefix in wanted]
        before = torch.tensor(lengths, device=device)[:, None]
        sharing = [used.index(prefix) if prefix >= 0 else -1 for prefix in wanted]
        logits = self._lm.forward(
            [self._started[row].adapter for row in rows],
            input_ids=ids,
            position_ids=(before + mask.cumsum(-1) - 1).clamp(min=0)[:, -new:],
            attention_mask=_own_mask(mask, new) if prefixes else mask,
            past_key_values=cache,
            shared_prefix=prefixes or None,
            sharing=torch.tensor(sharing, device=device) if any(sharing) else None,
        )
        logits = self._biased(rows, logits)
        if self._guide is None:
            return logits
        return logits.masked_fill(~self._guide.allowed(rows, self.tokens), float("-inf"))

    def _biased(self, rows: Sequence[int], logits: "Tensor") -> "Tensor":
        """Return the logits with what is added to those of the first step: (rows, vocabulary)."""
        import torch

        added = [
            (place, token, nats)
            for place, row in enumerate(rows)
            if not self.tokens[row]
            for token, nats in self._started[row].first_bias
        ]
        if not added:
            return logits
        places, tokens, nats = (
            torch.tensor(column, device=logits.device) for column in zip(*added, strict=True)
        )
        return logits.index_put((places, tokens), nats.to(logits.dtype), accumulate=True)

    def _advance(self, chosen: "Tensor") -> "Tensor":
        """Return the tokens after the chosen ones; rows that have ended leave once they are half of all."""
        import torch

        keep = [place for place, row in enumerate(self._rows) if row not in self.endings]
        if 2 * len(keep) <= len(self._rows):
            chosen, self._mask = chosen[keep], self._mask[keep]
            self._cache.batch_select_indices(torch.tensor(keep, device=self._lm.device))
            self._rows = [self._rows[place] for place in keep]
        ids = chosen[:, None]
        self._mask = torch.cat([self._mask, torch.ones_like(ids)], dim=-1)
        return _likeliest(self._forward(self._rows, ids, self._mask, self._cache))


def _likeliest(logits: "Tensor") -> "Tensor":
    """Return each row's most likely token."""
    return logits.argmax(-1)


def _joined(caches: "Sequence[DynamicCache]") -> "DynamicCache":
    """Return one cache of all rows, padded on the left to the longest."""
    from transformers import DynamicCache

    if len(caches) == 1:
        return caches[0]
    layers = zip(*(cache.layers for cache in caches), strict=True)
    return DynamicCache(
        [(_stacked([one.keys for one in layer]), _stacked([one.values for one in layer])) for layer in layers]
    )


def _stacked(parts: "Sequence[Tensor]") -> "Tensor":
    """Return (rows, heads, tokens, size) of all parts, with zeros before the tokens of the shorter ones."""
    import torch

    width = max(part.shape[-2] for part in parts)
    return torch.cat([torch.nn.functional.pad(part, (0, 0, width - part.shape[-2], 0)) for part in parts])


def _own_mask(own: "Tensor", new: int) -> "Tensor":
    """Return where the last `new` tokens of each row may look among its own: (rows, 1, new, own tokens)."""
    import torch

    places = torch.arange(own.shape[1], device=own.device)
    return own.bool()[:, None, None, :] & (places[None, :] <= places[-new:, None])
