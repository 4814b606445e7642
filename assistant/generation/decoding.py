"""Greedy decoding of a batch, one token a step. Knows nothing of text, prompts or files.

Rows are padded on the left. A prefix that all rows share is read once (`prefill`) and attended to by
all of them (`shared_prefix`); their masks and caches hold their own tokens alone.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from assistant.generation.causal_lm import CausalLM
from assistant.generation.guided import Guide
from assistant.generation.shared_prefix import Layers

if TYPE_CHECKING:
    from torch import Tensor

PREFILL = 1024
"""Tokens of a prefix read in one pass: more takes more memory and is no faster."""


def prefill(lm: CausalLM, ids: Sequence[int], adapter: str) -> Layers:
    """Return the keys and values of `ids` as the beginning of a text."""
    import torch
    from tqdm import tqdm
    from transformers import DynamicCache

    cache = DynamicCache()
    starts = range(0, len(ids), PREFILL)
    for start in tqdm(starts, desc="reading the documents", unit="k tokens", delay=3, leave=False):
        lm.forward(
            adapter,
            input_ids=torch.tensor([ids[start : start + PREFILL]], device=lm.device),
            past_key_values=cache,
        )
    return [(layer.keys, layer.values) for layer in cache.layers]


class Decoding:
    """A batch on its way to answers."""

    def __init__(
        self,
        lm: CausalLM,
        rows: Sequence[Sequence[int]],
        past: Layers,
        adapter: str = "",
        guide: Guide | None = None,
    ) -> None:
        """Start with the token ids of each row, without those of the prefix `past` (empty: there is none)."""
        import torch
        from transformers import DynamicCache

        self.tokens: list[list[int]] = [[] for _ in rows]
        """What each row has got so far."""
        self._lm, self._adapter, self._guide = lm, adapter, guide
        self._past = [(key.to(lm.device), value.to(lm.device)) for key, value in past]
        self._cache: Any = DynamicCache()
        self._rows = list(range(len(rows)))
        width = max(map(len, rows))
        ids = [[0] * (width - len(row)) + list(row) for row in rows]
        mask = [[0] * (width - len(row)) + [1] * len(row) for row in rows]
        self._ids = torch.tensor(ids, device=lm.device)
        self._mask = torch.tensor(mask, device=lm.device)

    def run(self, limit: int) -> Iterator[list[int]]:
        """Take one step after the other; after each, yield the rows that ended with it.

        A row ends with a stop token, or is cut after `limit` tokens.
        """
        ended: set[int] = set()
        for step in range(1, limit + 1):
            chosen = self._forward()
            now = []
            for row, token in zip(self._rows, chosen.tolist(), strict=True):
                if row in ended:
                    continue
                if token not in self._lm.stops:
                    self.tokens[row].append(token)
                if token in self._lm.stops or step == limit:
                    now.append(row)
            ended.update(now)
            yield now
            if len(ended) == len(self.tokens):
                return
            self._advance(chosen, ended)

    def _forward(self) -> "Tensor":
        shared = self._past[0][0].shape[-2] if self._past else 0
        new = self._ids.shape[1]
        return self._lm.forward(
            self._adapter,
            allowed=self._guide.allowed(self._rows, self.tokens) if self._guide else None,
            input_ids=self._ids,
            position_ids=(shared + self._mask.cumsum(-1) - 1).clamp(min=0)[:, -new:],
            attention_mask=_own_mask(self._mask, new) if self._past else self._mask,
            past_key_values=self._cache,
            shared_prefix=self._past or None,
        )

    def _advance(self, chosen: "Tensor", ended: set[int]) -> None:
        """Make the chosen tokens the next input; rows that have ended leave once they are half of it."""
        import torch

        keep = [place for place, row in enumerate(self._rows) if row not in ended]
        if 2 * len(keep) <= len(self._rows):
            chosen, self._mask = chosen[keep], self._mask[keep]
            self._cache.batch_select_indices(torch.tensor(keep, device=self._lm.device))
            self._rows = [self._rows[place] for place in keep]
        self._ids = chosen[:, None]
        self._mask = torch.cat([self._mask, torch.ones_like(self._ids)], dim=-1)


def _own_mask(own: "Tensor", new: int) -> "Tensor":
    """Return where the last `new` tokens of each row may look among its own: (rows, 1, new, own tokens)."""
    import torch

    places = torch.arange(own.shape[1], device=own.device)
    return own.bool()[:, None, None, :] & (places[None, :] <= places[-new:, None])
