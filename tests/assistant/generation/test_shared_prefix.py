"""Attention to a shared prefix: the same numbers as attention over the whole text."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.functional import scaled_dot_product_attention
from torch.utils._python_dispatch import TorchDispatchMode

from assistant.generation.shared_prefix import _attend_own, _attend_shared, attend, fused, weighted


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
        shared_prefix=[[shared]],
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


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("padding", [0, 3])
def test_own_tokens_are_read_by_a_fused_kernel_with_the_same_result(
    padding: int, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is checked is exact in fp32; in bf16 the kernels round apart by a unit in the last place."""
    torch.manual_seed(4)
    rows, heads, kv_heads, new, size = 2, 4, 2, 9, 16
    query = torch.randn(rows, heads, new, size, dtype=dtype)
    key, value = (torch.randn(rows, kv_heads, new, size, dtype=dtype) for _ in range(2))
    mask = torch.ones(rows, 1, new, new).tril().bool()
    mask[1, ..., :padding] = False
    grouped = query.reshape(rows, kv_heads, -1, size)
    repeated = mask.expand(rows, heads // kv_heads, new, -1).reshape(rows, 1, -1, new)
    expected = weighted(grouped, key, value, 0.25, repeated)
    monkeypatch.setattr("assistant.generation.shared_prefix.weighted", None)
    mixed, weight = _attend_own(query, key, value, mask, 0.25)
    near = {torch.float32: 1e-6, torch.bfloat16: 2e-2}[dtype]
    assert not mixed.isnan().any()
    for got, wanted in zip((mixed, weight), expected, strict=True):
        wanted = wanted.reshape(got.shape)
        torch.testing.assert_close(got[0], wanted[0], atol=near, rtol=near)
        torch.testing.assert_close(got[1, :, padding:], wanted[1, :, padding:], atol=near, rtol=near)


def test_rows_without_the_prefix_attend_to_their_own_tokens_alone() -> None:
    torch.manual_seed(3)
    query, keys, values = (torch.randn(3, 2, 4, 16) for _ in range(3))
    shared = (torch.randn(1, 2, 50, 16), torch.randn(1, 2, 50, 16))
    mask = torch.ones(3, 1, 4, 4).tril().bool()
    module = SimpleNamespace(layer_idx=0)
    every, _ = attend(module, query, keys, values, mask, shared_prefix=[[shared]], scaling=0.25)  # type: ignore[arg-type]
    some, _ = attend(  # type: ignore[call-arg]
        module,  # type: ignore[arg-type]
        query,
        keys,
        values,
        mask,
        shared_prefix=[[shared]],
        sharing=torch.tensor([0, -1, 0]),
        scaling=0.25,
    )
    alone = scaled_dot_product_attention(query, keys, values, attn_mask=mask, scale=0.25).transpose(1, 2)
    torch.testing.assert_close(some[[0, 2]], every[[0, 2]])
    torch.testing.assert_close(some[1], alone[1])


class Largest(TorchDispatchMode):
    """Notes the number of elements of the largest tensor that any operation makes."""

    seen = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        made = [one for one in torch.utils._pytree.tree_leaves(out) if isinstance(one, torch.Tensor)]
        self.seen = max([self.seen, *(one.numel() for one in made)])
        return out


@pytest.mark.parametrize(
    ("device", "dtype"),
    [
        pytest.param("cpu", torch.float32, id="CPU"),
        pytest.param("cuda", torch.bfloat16, id="GPU, half precision"),
        pytest.param("cuda", torch.float32, id="GPU, full precision"),
        pytest.param("mps", torch.float32, id="a device without such a kernel"),
    ],
)
def test_no_matrix_of_prompt_times_prefix_is_ever_made(device: str, dtype: torch.dtype) -> None:
    """16 rows of 64 tokens after a prefix of 32,768: the scores of one layer would be 34 million numbers."""
    rows, heads, prefix, new, size = 16, 2, 32_768, 64, 64
    with FakeTensorMode(), Largest() as largest:
        query = torch.empty(rows, heads, new, size, device=device, dtype=dtype)
        key, value = (torch.empty(1, heads, prefix, size, device=device, dtype=dtype) for _ in range(2))
        largest.seen = 0
        mixed, weight = _attend_shared(query, key, value, 0.125)
    assert (mixed.shape, weight.shape) == (query.shape, (rows, heads, new, 1))
    assert 0 < largest.seen < rows * heads * new * prefix / 3


@pytest.mark.parametrize(
    "attention", [pytest.param(fused, id="fused"), pytest.param(weighted, id="weighted")]
)
def test_the_weight_is_the_log_sum_exp(attention: Callable[..., tuple[torch.Tensor, torch.Tensor]]) -> None:
    torch.manual_seed(2)
    query, key, value = torch.randn(1, 2, 9, 16), torch.randn(1, 2, 70, 16), torch.randn(1, 2, 70, 16)
    mixed, weight = attention(query, key, value, 0.25)
    torch.testing.assert_close(weight, (query @ key.mT * 0.25).logsumexp(-1, keepdim=True))
    torch.testing.assert_close(mixed, scaled_dot_product_attention(query, key, value, scale=0.25))
