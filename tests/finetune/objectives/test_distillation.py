"""Distillation on a tiny model: it comes nearer to its teacher, another model or itself behind passages."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed

from assistant.generation.chat import open_chat
from assistant.types import Message
from core.errors import AssistantError
from finetune.objectives.distillation import Taught, divergence
from finetune.objectives.readings import Reference, measured, row_logits
from finetune.objectives.rollouts import draw
from finetune.trainer import Trainer
from finetune.types import Encoded, Example, Tunable
from tests.families import make_family

Build = Callable[..., Trainer]
QUESTIONS = [
    Example(
        "zh",
        (Message("user", "退货期限"),),
        "7天",
        told=(Message("user", "酒店在七天内退还押金\n\n退货期限"),),
    ),
    Example("en", (Message("user", "refund"),), "7 days", told=(Message("user", "in seven days\n\nrefund"),)),
]


@pytest.fixture
def teacher(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model with other weights, and rows in its matrix that no token has."""
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    torch.manual_seed(9)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    model.resize_token_embeddings(model.config.vocab_size + 8)
    model.save_pretrained(tmp_path / "teacher")
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(tmp_path / "teacher")
    return tmp_path / "teacher"


def references(run: Trainer) -> list[Taught]:
    return [one for one in run._encode(QUESTIONS) if isinstance(one, Taught)]


def apart(student: list[torch.Tensor], teacher: list[torch.Tensor]) -> float:
    """The mean divergence of both, half forward and half reverse."""
    return float(torch.cat([divergence(*both, 0.5) for both in zip(student, teacher, strict=True)]).mean())


def read(tunable: Tunable, rows: list[Encoded]) -> list[torch.Tensor]:
    with measured(tunable):
        return row_logits(tunable, rows)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
def test_a_student_comes_nearer_to_its_teacher(build: Build, teacher: Path, beta: float) -> None:
    run = build("distil", teacher=teacher, divergence=beta, epochs=80, learning_rate=1e-2)
    rows: list[Encoded] = [Encoded(one.ids, one.prompt) for one in references(run)]
    model = AutoModelForCausalLM.from_pretrained(teacher, dtype=torch.float32)
    with torch.no_grad():
        said = [model(input_ids=torch.tensor([row.ids])).logits[0, row.prompt - 1 : -1] for row in rows]
    before = apart(read(run.tunable, rows), said)
    run.fit(QUESTIONS, QUESTIONS)
    assert apart(read(run.tunable, rows), said) < 0.85 * before


def test_a_model_comes_nearer_to_itself_behind_passages(build: Build) -> None:
    run = build("sdft", epochs=120, learning_rate=1e-2)
    taught = references(run)
    reference = Reference(run.tunable)

    def distance() -> float:
        """From what it would say behind the passages, over answers that it draws without them."""
        torch.manual_seed(4)
        drawn = draw(run.tunable, run.chat, [one.question for one in taught], 32)
        own: list[Encoded] = [one.row for one in drawn]
        told = [one.asked.prompt for one in drawn]
        behind = {one.question.ids: one for one in taught}
        rows: list[Encoded] = [
            behind[row.ids[:size]].behind(row.ids[size:]) for row, size in zip(own, told, strict=True)
        ]
        with reference.restored(run.tunable):
            said = row_logits(run.tunable, rows)
        return apart(read(run.tunable, own), said)

    assert all(one.told != one.ids[: one.prompt] for one in taught)
    before = distance()
    run.fit(QUESTIONS, QUESTIONS)
    assert distance() < 0.92 * before


class MortalTrainer(Trainer):
    """Dies in its third epoch."""

    def _take(self, optimizer: torch.optim.Optimizer, step, total: int) -> None:  # type: ignore[no-untyped-def]
        if step.epoch == 2:
            raise KeyboardInterrupt
        super()._take(optimizer, step, total)


@pytest.mark.parametrize("name", ["distil", "sdft"])
def test_a_killed_run_learns_of_the_same_answers(build: Build, teacher: Path, name: str) -> None:
    make = partial(build, name, teacher=teacher, epochs=5, dropout=0.1)
    whole, cut = make("whole"), make("cut")
    mortal = MortalTrainer(cut.tunable, cut.objective, cut.chat, cut.settings, cut.folder, cut.identity)
    set_seed(17)
    whole.fit(QUESTIONS, QUESTIONS)
    set_seed(17)
    with pytest.raises(KeyboardInterrupt):
        mortal.fit(QUESTIONS, QUESTIONS)
    resumed = make("cut")
    resumed.fit(QUESTIONS, QUESTIONS)
    assert all(map(torch.equal, resumed.tunable.parameters, whole.tunable.parameters))


def test_nothing_is_learned_of_a_teacher_that_is_told_no_more(build: Build) -> None:
    run = build("sdft")
    same = [replace(one, told=one.messages) for one in QUESTIONS]
    group = run.objective.prepare(run.tunable, run._encode(same))
    assert run.objective.loss(run.tunable, group).summed.item() == pytest.approx(0, abs=1e-5)


def test_a_teacher_with_other_tokens_is_refused(build: Build, tmp_path: Path) -> None:
    folder = make_family("llama3", tmp_path / "llama3")
    assert open_chat(folder)
    run = build("distil", teacher=folder)
    with pytest.raises(AssistantError, match="has other tokens than the model that learns"):
        run.fit(QUESTIONS, QUESTIONS)
