"""Attention to a shared prefix: the same numbers as attention over the whole text."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from assistant.generation.shared_prefix import attend, fused, weighted


def test_two_parts_joined_equal_the_whole() -> None:
    torch.manual_seed(1)
    rows, heads, kv_heads, prefix, own, new, size = 3, 4, 2, 50, 7, 5, 16
    query = torch.randn(rows, heads, new, size)
    keys, values = (torch.randn(rows, kv_heads, own, size) for _ in range(2))
    shared = (torch.randn(1, kv_heads, prefix, size), torch.randn(1, kv_heads, prefix, size))
    mask = torch.ones(rows, 1, new, own).tril(own - new).bool()
    mask[1, ..., :2] = False  # padding
    joined, _ = attend(
        SimpleNamespace(layer_idx=0),  # type: ignore[arg-type]
        query,
        keys,
        values,
        mask,
        shared_prefix=[shared],
        scaling=size**-0.5,
    )
    whole = scaled_dot_product_attention(
        query,
        torch.cat([shared[0].expand(rows, -1, -1, -1), keys], dim=2),
        torch.cat([shared[1].expand(rows, -1, -1, -1), values], dim=2),
        attn_mask=torch.cat([torch.ones(rows, 1, new, prefix).bool(), mask], dim=-1),
        enable_gqa=True,
    )
    torch.testing.assert_close(joined, whole.transpose(1, 2))


@pytest.mark.parametrize(
    "attention", [pytest.param(fused, id="fused"), pytest.param(weighted, id="weighted")]
)
def test_the_weight_is_the_log_sum_exp(attention: Callable[..., tuple[torch.Tensor, torch.Tensor]]) -> None:
    torch.manual_seed(2)
    query, key, value = torch.randn(1, 2, 9, 16), torch.randn(1, 2, 70, 16), torch.randn(1, 2, 70, 16)
    mixed, weight = attention(query, key, value, 0.25)
    torch.testing.assert_close(weight, (query @ key.mT * 0.25).logsumexp(-1, keepdim=True))
    torch.testing.assert_close(mixed, scaled_dot_product_attention(query, key, value, scale=0.25))
