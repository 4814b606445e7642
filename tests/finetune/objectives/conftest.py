"""A tiny model that learns, and a trainer around it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, set_seed

from assistant.generation.chat import Chat, open_chat
from finetune.methods.lora import attach_lora
from finetune.objectives import OBJECTIVES
from finetune.objectives.setup import Setup
from finetune.trainer import Trainer
from finetune.types import Objective, Tunable
from settings import Finetune, load_settings

DEFAULTS = {
    "epochs": 4,
    "learning_rate": 5e-3,
    "batch_tokens": 256,
    "patience": 99,
    "rank": 4,
    "dropout": 0.0,
    "samples": 4,
    "answer_tokens": 6,
}


def finetune(**changes: object) -> Finetune:
    return load_settings({"finetune": {**DEFAULTS, **changes}}).finetune


def fresh(model: Path, settings: Finetune) -> Tunable:
    set_seed(settings.seed)
    return attach_lora(AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32), settings)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """So many small products: a second thread waits for longer than it computes."""
    torch.set_num_threads(1)


@pytest.fixture
def chat(tiny_model: Path) -> Chat:
    return open_chat(tiny_model)


@pytest.fixture
def tunable(tiny_model: Path) -> Tunable:
    return fresh(tiny_model, finetune())


@pytest.fixture
def build(tiny_model: Path, tmp_path: Path) -> Callable[..., Trainer]:
    """Builds a trainer of an objective, by its name or by what makes one."""

    def make(
        objective: str | Callable[[Setup], Objective],
        folder: str = "run",
        reward_model: Path | None = None,
        teacher: Path | None = None,
        **changes: object,
    ) -> Trainer:
        settings = finetune(**changes)
        chat = open_chat(tiny_model)
        kind = OBJECTIVES[objective].make if isinstance(objective, str) else objective
        made = kind(Setup(settings, chat, reward_model, teacher))
        return Trainer(fresh(tiny_model, settings), made, chat, settings, tmp_path / folder, "one identity")

    return make
