"""Fixtures of the assistant's tests: generators over the tiny model."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.generation.causal_lm import CausalLM
from assistant.generation.local import LocalGenerator
from assistant.generation.prefix_cache import PrefixStore
from core.weights.catalogue import fingerprint
from settings import Generator


@pytest.fixture(scope="session")
def tiny_lm(tiny_model: Path) -> CausalLM:
    return CausalLM(tiny_model, "cpu", "float32", threads=1)


@pytest.fixture(scope="session")
def tiny_adapter(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random adapter for the tiny model, with its manifest."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(6)
    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    config = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    folder = tmp_path_factory.mktemp("tiny-adapter")
    get_peft_model(base, config).save_pretrained(folder)
    manifest = {"base": {"name": "tiny", "sha256": fingerprint(tiny_model)}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@pytest.fixture
def make_generator(tiny_lm: CausalLM, tiny_adapter: Path, tmp_path: Path) -> Callable[..., LocalGenerator]:
    """Return a maker of generators over the tiny model in fp32; they share `tmp_path`/prefixes."""

    def make(prefix_cache_mb: int = 16, **settings: object) -> LocalGenerator:
        wanted = Generator(model=str(tiny_lm.folder), max_new_tokens=12, **settings)  # type: ignore[arg-type]
        store = PrefixStore(lambda: tmp_path / "prefixes", prefix_cache_mb)
        return LocalGenerator(tiny_lm, wanted, store, {"tiny": tiny_adapter}.__getitem__)

    return make


@pytest.fixture
def generator(make_generator: Callable[..., LocalGenerator]) -> LocalGenerator:
    return make_generator()
