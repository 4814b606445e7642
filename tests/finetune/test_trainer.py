"""LoRA training on a tiny model: it learns, stops, resumes to the same weights, and merges."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from assistant.types import Message
from core.errors import AdapterError
from finetune.artefact import merge_adapter
from finetune.batches import Encoded, collate
from finetune.factory.questions import Example
from finetune.methods.lora import LoraModel
from finetune.trainer import Trainer
from settings import Finetune, load_settings

EXAMPLES = [
    Example(f"e{number}", (Message("user", question),), reply)
    for number, (question, reply) in enumerate(
        [("退货期限", "7天"), ("refund", "7 days"), ("押金", "退还")] * 4
    )
]


@pytest.fixture
def trainer(tiny_model: Path, tmp_path: Path) -> Callable[..., Trainer]:
    """Builds a trainer in fp32 with a fresh adapter."""

    def build(folder: str = "run", **changes: object) -> Trainer:
        defaults = {"epochs": 4, "learning_rate": 5e-3, "batch_tokens": 128, "patience": 9, "rank": 4}
        settings = load_settings({"finetune": {**defaults, **changes}, "threads": 1})
        model = LoraModel(tiny_model, settings, "float32", "cpu")
        return Trainer(model, settings.finetune, tmp_path / folder, "one identity")

    return build


class MortalTrainer(Trainer):
    """Dies between two checkpoints, in the third epoch."""

    def _step(self, optimizer: torch.optim.Optimizer, group: Sequence[Encoded], total: int) -> None:
        if self.progress.step * 12 > total * 7:
            raise KeyboardInterrupt
        super()._step(optimizer, group, total)


def weights(trainer: Trainer) -> list[torch.Tensor]:
    return [weight.clone() for weight in trainer.model.weights]


def test_the_loss_falls_and_the_curve_says_so(trainer: Callable[..., Trainer]) -> None:
    curve = trainer().fit(EXAMPLES, EXAMPLES[:3]).curve
    assert [point.epoch for point in curve] == [1, 2, 3, 4]
    assert curve[-1].dev_loss < 0.8 * curve[0].dev_loss
    assert curve[-1].learning_rate == pytest.approx(0, abs=1e-9)


def test_a_killed_run_ends_in_the_same_weights(trainer: Callable[..., Trainer]) -> None:
    whole = trainer("whole")
    whole.fit(EXAMPLES, EXAMPLES[:3])
    cut = trainer("cut")
    mortal = MortalTrainer(cut.model, cut.settings, cut.folder, cut.identity)
    with pytest.raises(KeyboardInterrupt):
        mortal.fit(EXAMPLES, EXAMPLES[:3])
    assert (cut.folder / "checkpoint.safetensors").exists()
    resumed = trainer("cut")
    progress = resumed.fit(EXAMPLES, EXAMPLES[:3])
    assert all(map(torch.equal, weights(resumed), weights(whole)))
    assert progress.curve == whole.progress.curve


def test_a_checkpoint_of_other_data_is_not_resumed(trainer: Callable[..., Trainer]) -> None:
    trainer().fit(EXAMPLES, EXAMPLES[:3])
    other = trainer()
    other.identity = "another identity"
    other.fit(EXAMPLES, EXAMPLES[:3])
    assert len(other.progress.curve) == 4


def test_training_stops_when_dev_gets_no_better(trainer: Callable[..., Trainer]) -> None:
    wrong = [Example("d", (Message("user", "退货期限"),), "a wholly different reply")]
    progress = trainer(epochs=12, patience=2, learning_rate=3e-2).fit(EXAMPLES, wrong)
    assert progress.best is not None
    assert progress.curve[-1].epoch == progress.best.epoch + 2 < 12


def test_the_loss_at_reply_positions_equals_the_loss_over_all_logits(trainer: Callable[..., Trainer]) -> None:
    run = trainer(dropout=0.0)
    batch = collate(run._encode(EXAMPLES[:3]), run.model.tokenizer.pad_token_id, "cpu")
    ours = run.model.loss(batch)
    logits = run.model.peft(input_ids=batch.ids, attention_mask=batch.mask).logits
    theirs = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.labels.flatten(), ignore_index=-100, reduction="sum"
    )
    assert ours.summed.item() == pytest.approx(theirs.item(), rel=1e-5)
    assert ours.tokens == (batch.labels != -100).sum()


def test_the_saved_adapter_is_safetensors_of_the_best_epoch(trainer: Callable[..., Trainer]) -> None:
    run = trainer()
    run.fit(EXAMPLES, EXAMPLES[:3])
    saved = load_file(run.folder / "best" / "adapter_model.safetensors")
    assert sum(tensor.numel() for tensor in saved.values()) == run.model.trainable
    assert not list((run.folder / "best").glob("*.bin"))


def test_a_merged_model_answers_as_base_and_adapter_do(
    trainer: Callable[..., Trainer], tiny_model: Path, tmp_path: Path
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    run = trainer()
    run.fit(EXAMPLES, EXAMPLES[:3])
    adapter = run.folder / "best"
    merge_adapter(tiny_model, adapter, tmp_path / "merged")
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.inference_mode():
        merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")(input_ids=ids).logits
        base = AutoModelForCausalLM.from_pretrained(tiny_model)
        plain = base(input_ids=ids).logits
        adapted = PeftModel.from_pretrained(base, adapter)(input_ids=ids).logits
    assert torch.allclose(merged, adapted, atol=1e-4)
    assert not torch.allclose(merged, plain, atol=1e-2)
    with pytest.raises(AdapterError, match="exists"):
        merge_adapter(tiny_model, adapter, tmp_path / "merged")


def test_settings_say_what_is_trained(trainer: Callable[..., Trainer]) -> None:
    narrow = trainer(targets="q_proj,v_proj")
    assert 0 < narrow.model.trainable < trainer().model.trainable
    assert Finetune().targets == "all-linear"
