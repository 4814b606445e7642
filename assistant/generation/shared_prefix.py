"""Attention of many rows to prefixes that they share, whose keys and values are neither copied nor repeated.

Each row attends to the prefix and to its own tokens apart; the two results are joined by their
log-sum-exp, which is exact (Hydragen, Juravsky et al., 2024, arXiv:2402.05099). All rows' queries meet
the prefix in one multiplication. Knows nothing of prompts or of how the prefix came about.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor

NAME = "shared_prefix"
_SCORES = 1 << 24
"""Scores in memory at once where there is no fused kernel."""
Layers = list[tuple["Tensor", "Tensor"]]
"""Keys and values of a prefix, layer by layer, each of shape (1, key-value heads, tokens, head size)."""


def register() -> str:
    """Make the attention known to transformers; return its name."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    return NAME


def is_supported(config: Any) -> bool:
    """Say whether every layer of such a model attends to everything before it, without a window."""
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    return all(type(layer) is DynamicLayer for layer in DynamicCache(config=config).layers)


def attend(
    module: "torch.nn.Module",
    query: "Tensor",
    key: "Tensor",
    value: "Tensor",
    attention_mask: "Tensor | None",
    *,
    shared_prefix: Sequence[Layers] | None = None,
    sharing: "Tensor | None" = None,
    **kwargs: Any,
) -> tuple["Tensor", None]:
    """Attend as transformers' `sdpa` does; with `shared_prefix`, also to those.

    Args:
        module: the attention layer.
        query: (rows, heads, new tokens, head size).
        key: (rows, key-value heads, own tokens, head size), as is `value`; without the prefix.
        value: see `key`.
        attention_mask: with a prefix: (rows, 1, new tokens, own tokens), true where a query may look.
        shared_prefix: the prefixes of the rows that have one; each is some row's.
        sharing: (rows,), which of them each has, -1 for none; None: all have the only one.
        kwargs: what transformers passes on, `scaling` among it.
    """
    if shared_prefix is None:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        plain: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, **kwargs
        )
        return plain
    assert attention_mask is not None
    scaling = float(kwargs["scaling"])
    own, own_weight = _attend_own(query, key, value, attention_mask, scaling)
    joined = own.float()
    for number, prefix in enumerate(shared_prefix):
        having = slice(None) if sharing is None else sharing == number
        layer = prefix[int(module.layer_idx)]  # type: ignore[arg-type]
        shared = _attend_shared(query[having], *layer, scaling)
        joined[having] = _joined(own[having], own_weight[having], shared)
    return joined.to(query.dtype).transpose(1, 2).contiguous(), None


def _joined(own: "Tensor", own_weight: "Tensor", shared: "tuple[Tensor, Tensor]") -> "Tensor":
    """Return the result over own tokens and prefix together, in fp32."""
    mixed, weight = shared
    return mixed.float().lerp(own.float(), (own_weight - weight).sigmoid())


def _attend_own(
    query: "Tensor", key: "Tensor", value: "Tensor", mask: "Tensor", scaling: float
) -> tuple["Tensor", "Tensor"]:
    """Return the result over a row's own tokens and its log-sum-exp: (rows, heads, new tokens, ...)."""
    import torch

    rows, heads, new, size = query.shape
    if query.device.type == "cpu" and new > 1:
        is_causal = new == key.shape[2] and bool(mask[..., 0].all())
        mixed, weight = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            query,
            key,
            value,
            is_causal=is_causal,
            attn_mask=None if is_causal else _bias(mask, query.dtype),
            scale=scaling,
        )
        return mixed, weight.unsqueeze(-1)
    grouped = query.reshape(rows, key.shape[1], -1, size)
    repeated = mask.expand(rows, heads // key.shape[1], new, -1).reshape(rows, 1, grouped.shape[2], -1)
    mixed, weight = weighted(grouped, key, value, scaling, repeated)
    return mixed.view(rows, heads, new, size), weight.view(rows, heads, new, 1)


def _attend_shared(
    query: "Tensor", key: "Tensor", value: "Tensor", scaling: float
) -> tuple["Tensor", "Tensor"]:
    """Return the result over the prefix and its log-sum-exp, for the queries of all rows at once."""
    rows, heads, new, size = query.shape
    groups = query.reshape(rows, key.shape[1], -1, size).transpose(0, 1)
    mixed, weight = fused(groups.reshape(1, key.shape[1], -1, size), key, value, scaling)
    mixed = mixed.reshape(groups.shape).transpose(0, 1).reshape(rows, heads, new, size)
    weight = weight.reshape(*groups.shape[:3], 1).transpose(0, 1).reshape(rows, heads, new, 1)
    return mixed, weight


def _bias(mask: "Tensor", dtype: "torch.dtype") -> "Tensor":
    """Return what is added to scores so that a query only looks where `mask` is true.

    The smallest number and not -inf: a padding query, which may look nowhere, must not become NaN.
    """
    import torch

    return torch.zeros_like(mask, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min)


def weighted(
    query: "Tensor", key: "Tensor", value: "Tensor", scaling: float, mask: "Tensor | None" = None
) -> tuple["Tensor", "Tensor"]:
    """Attend; return the result and the log-sum-exp of each query, in fp32."""
    scores = (query @ key.mT).float() * scaling
    if mask is not None:
        scores = scores + _bias(mask, scores.dtype)
    weight = scores.logsumexp(-1, keepdim=True)
    return (scores - weight).exp().to(value.dtype) @ value, weight


def fused(query: "Tensor", key: "Tensor", value: "Tensor", scaling: float) -> tuple["Tensor", "Tensor"]:
    """Do the same in the kernels behind torch's `scaled_dot_product_attention`, which drops the log-sum-exp.

    The scores of a long prefix are never in memory all at once: on a device without such a kernel the
    queries are taken a few at a time.
    """
    import torch

    aten, device = torch.ops.aten, query.device.type
    if device == "cpu":
        mixed, weight = aten._scaled_dot_product_flash_attention_for_cpu(query, key, value, scale=scaling)
    elif device == "cuda" and query.dtype != torch.float32:
        mixed, weight, *_ = aten._scaled_dot_product_flash_attention(query, key, value, scale=scaling)
    elif device == "cuda":
        mixed, weight, *_ = aten._scaled_dot_product_efficient_attention(
            query, key, value, None, True, scale=scaling
        )
    else:
        some = max(1, _SCORES // (key.shape[1] * key.shape[2]))
        parts = [weighted(part, key, value, scaling) for part in torch.split(query, some, dim=2)]
        return torch.cat([mixed for mixed, _ in parts], 2), torch.cat([weight for _, weight in parts], 2)
    return mixed, weight.narrow(-1, 0, query.shape[2]).unsqueeze(-1)  # a kernel may round their number up
