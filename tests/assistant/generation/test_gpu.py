"""What only a GPU can show; skipped where there is none."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from assistant.generation.causal_lm import CausalLM
from assistant.generation.chat import Chat
from assistant.generation.local import LocalGenerator
from assistant.generation.prefix_cache import PrefixStore
from assistant.generation.shared_prefix import _attend_shared, weighted
from assistant.types import Message, Prompt
from settings import Generator

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")

DOCUMENTS = Message("system", "The hotel refunds the deposit in seven days. 酒店在七天内退还押金。" * 40)
TEXTS = ["When is the deposit refunded?", "押金多久退还？", "Who?", "酒店在哪里，离机场有多远？"] * 4
SHARED = [Prompt((DOCUMENTS, Message("user", text)), prefix=(DOCUMENTS,)) for text in TEXTS]
APART = [dataclasses.replace(prompt, prefix=()) for prompt in SHARED]


@pytest.fixture
def make(tiny_model: Path, tiny_adapter: Path, tmp_path: Path) -> Callable[..., LocalGenerator]:
    def build(dtype: str = "float32", **settings: object) -> LocalGenerator:
        lm = CausalLM(tiny_model, "cuda", dtype, threads=1)
        wanted = Generator(model=str(tiny_model), device="cuda", dtype=dtype, max_new_tokens=12, **settings)  # type: ignore[arg-type]
        store = PrefixStore(lambda: tmp_path / "prefixes", 64)
        return LocalGenerator(lm, wanted, store, {"tiny": tiny_adapter}.__getitem__)

    return build


def by_transformers(lm: CausalLM, prompt: Prompt, limit: int) -> str:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(lm.folder, dtype=torch.float32).to("cuda")
    chat = Chat(lm.tokenizer)
    ids = torch.tensor([chat.encode(prompt.messages, reply=True)], device="cuda")
    mask = torch.ones_like(ids)
    out = model.generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=limit, pad_token_id=0)
    return chat.decode(out[0, ids.shape[1] :].tolist())


def test_says_what_transformers_says_with_and_without_a_prefix(make: Callable[..., LocalGenerator]) -> None:
    generator = make()
    expected = [by_transformers(generator._lm, prompt, 12) for prompt in APART[:4]]
    assert [one.text for one in generator.generate(APART)] == expected * 4
    assert [one.text for one in generator.generate(SHARED)] == expected * 4
    assert [one.text for one in make().generate(SHARED)] == expected * 4, "from disk"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_kernel_gives_the_log_sum_exp(dtype: torch.dtype) -> None:
    torch.manual_seed(2)
    query = torch.randn(3, 4, 5, 64, device="cuda", dtype=dtype)
    key, value = (torch.randn(1, 2, 700, 64, device="cuda", dtype=dtype) for _ in range(2))
    mixed, weight = _attend_shared(query, key, value, 0.125)
    grouped = query.reshape(3, 2, -1, 64).float()
    exact, log_sum = weighted(grouped, key.float(), value.float(), 0.125)
    torch.testing.assert_close(mixed.float(), exact.view(3, 4, 5, 64), rtol=2e-2, atol=2e-2)
    torch.testing.assert_close(weight.float(), log_sum.view(3, 4, 5, 1), rtol=1e-3, atol=1e-2)


def test_a_long_prefix_needs_no_memory_for_scores() -> None:
    """64 rows of 64 tokens with 12 heads after 131,072 tokens: the scores would take 12 GB in bf16."""
    query = torch.randn(64, 12, 64, 128, device="cuda", dtype=torch.bfloat16)
    key, value = (torch.randn(1, 2, 131_072, 128, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    _attend_shared(query, key, value, 0.1)
    assert torch.cuda.max_memory_allocated() - before < 1 << 30


def test_a_stored_prefix_stays_on_the_device(make: Callable[..., LocalGenerator]) -> None:
    make().generate(SHARED[:1])
    generator = make()
    generator.generate(SHARED[:1])
    (layers,) = generator._prefixes._recent.values()
    assert {tensor.device.type for pair in layers for tensor in pair} == {"cuda"}


def test_a_batch_that_does_not_fit_is_halved(make: Callable[..., LocalGenerator]) -> None:
    generator = make(batch_tokens=1 << 20)
    expected = [one.text for one in generator.generate(APART)]
    many = APART * 8
    hog = torch.empty(int(torch.cuda.mem_get_info()[0] - (150 << 20)), dtype=torch.uint8, device="cuda")
    try:
        assert [one.text for one in generator.generate(many)] == expected * 8
    finally:
        del hog
        torch.cuda.empty_cache()


def test_batches_grow_with_the_free_memory(make: Callable[..., LocalGenerator]) -> None:
    assert make()._lm.room() > 100_000


def test_adapters_are_mixed_in_a_batch(make: Callable[..., LocalGenerator]) -> None:
    generator = make()
    three = [SHARED[0], dataclasses.replace(APART[1], adapter="tiny"), APART[2]]
    alone = [generator.generate([prompt])[0].text for prompt in three]
    assert [one.text for one in generator.generate(three)] == alone
