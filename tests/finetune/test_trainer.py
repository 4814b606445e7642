"""Training on tiny models: it learns, stops, resumes to the same weights, and counts tokens, not batches."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, set_seed

from assistant.generation.chat import open_chat
from assistant.types import Message
from core.errors import AdapterError, DomainError
from finetune.batches import IGNORED, collate
from finetune.checkpoint import Checkpoint, Saved
from finetune.export.merge import merge_adapter
from finetune.methods.lora import attach_lora
from finetune.objectives.supervised import Supervised
from finetune.trainer import Trainer
from finetune.types import Example
from settings import Finetune, load_settings
from tests.families import FAMILIES, make_family

ON_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
EXAMPLES = [
    Example(f"e{number}", (Message("user", question),), reply)
    for number, (question, reply) in enumerate(
        [("退货期限", "7天"), ("refund", "7 days"), ("押金", "退还")] * 4
    )
]
UNEVEN = [
    Example("short", (Message("user", "refund"),), "7"),
    Example("long", (Message("user", "押金"),), "the hotel refunds the deposit in seven days " * 4),
]

Build = Callable[..., Trainer]


@pytest.fixture
def trainer(tiny_model: Path, tmp_path: Path) -> Build:
    """Builds a trainer in fp32 with a fresh adapter on a model."""

    def build(
        folder: str = "run", model: Path = tiny_model, device: str = "cpu", **changes: object
    ) -> Trainer:
        defaults = {"epochs": 4, "learning_rate": 5e-3, "batch_tokens": 160, "patience": 9, "rank": 4}
        settings = load_settings({"finetune": {**defaults, **changes}}).finetune
        set_seed(settings.seed)
        base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).to(device)
        tunable = attach_lora(base, settings)
        return Trainer(tunable, Supervised(), open_chat(model), settings, tmp_path / folder, "one identity")

    return build


class MortalTrainer(Trainer):
    """Dies between two checkpoints, in the third epoch."""

    def _take(self, optimizer: torch.optim.Optimizer, step, total: int) -> None:  # type: ignore[no-untyped-def]
        if self.progress.step * 12 > total * 7:
            raise KeyboardInterrupt
        super()._take(optimizer, step, total)


def weights(trainer: Trainer) -> list[torch.Tensor]:
    return [weight.detach().clone() for weight in trainer.tunable.parameters]


def test_the_loss_falls_and_the_curve_says_so(trainer: Build) -> None:
    curve = trainer().fit(EXAMPLES, EXAMPLES[:3]).curve
    assert [point.epoch for point in curve] == [1, 2, 3, 4]
    assert curve[-1].dev_loss < 0.8 * curve[0].dev_loss
    assert curve[-1].learning_rate == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=ON_GPU)])
@pytest.mark.parametrize(("accumulation", "dropout"), [(1, 0.1), (3, 0.0)])
def test_a_killed_run_ends_in_the_same_weights(
    trainer: Build, accumulation: int, dropout: float, device: str
) -> None:
    build = partial(trainer, device=device, accumulation=accumulation, dropout=dropout)
    whole = build("whole")
    whole.fit(EXAMPLES, EXAMPLES[:3])
    cut = build("cut")
    mortal = MortalTrainer(cut.tunable, cut.objective, cut.chat, cut.settings, cut.folder, cut.identity)
    with pytest.raises(KeyboardInterrupt):
        mortal.fit(EXAMPLES, EXAMPLES[:3])
    assert (cut.folder / "checkpoint.safetensors").exists()
    resumed = build("cut")
    progress = resumed.fit(EXAMPLES, EXAMPLES[:3])
    assert all(map(torch.equal, weights(resumed), weights(whole)))
    assert progress.curve == whole.progress.curve


def test_a_checkpoint_of_other_data_is_not_resumed(trainer: Build) -> None:
    trainer().fit(EXAMPLES, EXAMPLES[:3])
    other = trainer()
    other.identity = "another identity"
    other.fit(EXAMPLES, EXAMPLES[:3])
    assert len(other.progress.curve) == 4


def test_training_stops_when_dev_gets_no_better(trainer: Build) -> None:
    wrong = [Example("d", (Message("user", "退货期限"),), "a wholly different reply")]
    progress = trainer(epochs=12, patience=2, learning_rate=3e-2).fit(EXAMPLES, wrong)
    assert progress.best is not None
    assert progress.curve[-1].epoch == progress.best.epoch + 2 < 12


def gradient(run: Trainer, examples: Sequence[Example]) -> torch.Tensor:
    """The gradient of the first optimizer step, before it is clipped."""
    taken: list[torch.Tensor] = []
    run._update = lambda optimizer, rate: taken.append(  # type: ignore[method-assign]
        torch.cat([weight.grad.flatten() for weight in run.tunable.parameters if weight.grad is not None])
    )
    step = next(iter(run._steps(run._encode(examples))))
    run._take(run._optimizer(), step, 1)
    return taken[0]


def test_accumulated_steps_weigh_tokens_not_batches(trainer: Build) -> None:
    """Replies of 2 and of 34 tokens: in two passes they move the weights as in one."""
    replies = [len(one.ids) - one.prompt for one in trainer()._encode(UNEVEN)]
    assert replies[1] > 15 * replies[0]
    together = gradient(trainer(dropout=0.0, batch_tokens=4096), UNEVEN)
    apart = gradient(trainer(dropout=0.0, batch_tokens=160, accumulation=2), UNEVEN)
    assert torch.allclose(apart, together, rtol=1e-4, atol=1e-6)


def test_the_last_incomplete_step_of_an_epoch_weighs_its_tokens_too(trainer: Build) -> None:
    run = trainer(dropout=0.0, accumulation=3, batch_tokens=64, epochs=2)
    steps = list(run._steps(run._encode(EXAMPLES)))
    groups = [len(step.groups) for step in steps if step.epoch == 0]
    assert groups[-1] < 3
    assert [step.ends_epoch for step in steps if step.epoch == 0] == [False] * (len(groups) - 1) + [True]
    assert all(one.epoch <= next_.epoch for one, next_ in pairwise(steps))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_loss_is_that_of_the_whole_model(name: str, trainer: Build, tmp_path: Path) -> None:
    """Logits at reply positions alone, with whatever a family does to its logits afterwards."""
    run = trainer(model=make_family(name, tmp_path / name), dropout=0.0, batch_tokens=1024)
    group = run._encode([*EXAMPLES[:3], *UNEVEN])
    batch = collate(group, "cpu")
    ours = run.objective.loss(run.tunable, group)
    logits = run.tunable.model(input_ids=batch.ids, attention_mask=batch.mask).logits
    theirs = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    assert ours.summed.item() == pytest.approx(theirs.item(), rel=1e-5)
    assert ours.tokens == (batch.labels != IGNORED).sum() == run.objective.tokens(group)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_learns(name: str, trainer: Build, tmp_path: Path) -> None:
    run = trainer(model=make_family(name, tmp_path / name), epochs=2, batch_tokens=512)
    before, _ = run.measure(run._encode(EXAMPLES[:3]))
    assert run.fit(EXAMPLES, EXAMPLES[:3]).curve[-1].dev_loss < before


def test_the_output_matrix_sees_reply_positions_alone(trainer: Build) -> None:
    run = trainer()
    seen: list[int] = []
    head = run.tunable.model.get_output_embeddings()
    watching = head.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape[:-1].numel()))
    loss = run.objective.loss(run.tunable, run._encode(EXAMPLES[:3]))
    watching.remove()
    assert seen == [loss.tokens]


def test_an_example_that_fits_no_batch_is_refused(trainer: Build) -> None:
    with pytest.raises(DomainError, match=r"raise finetune\.batch_tokens \(160\)"):
        trainer().fit([Example("e", (Message("user", "refund " * 200),), "7")], EXAMPLES[:1])


def test_the_saved_adapter_is_safetensors_of_the_best_epoch(trainer: Build) -> None:
    run = trainer()
    run.fit(EXAMPLES, EXAMPLES[:3])
    saved = load_file(run.folder / "best" / "adapter_model.safetensors")
    assert sum(tensor.numel() for tensor in saved.values()) == sum(map(torch.numel, run.tunable.parameters))
    assert not list((run.folder / "best").glob("*.bin"))


def test_a_merged_model_answers_as_base_and_adapter_do(
    trainer: Build, tiny_model: Path, tmp_path: Path
) -> None:
    from peft import PeftModel

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


def test_settings_say_what_is_trained(trainer: Build) -> None:
    narrow, wide = (
        sum(map(torch.numel, run.tunable.parameters)) for run in (trainer(targets="q_proj,v_proj"), trainer())
    )
    assert 0 < narrow < wide
    assert Finetune().targets == "all-linear"


def test_a_checkpoint_holds_the_random_state_of_every_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.AdamW([weight])
    weight.grad = torch.ones(2)
    optimizer.step()
    card = torch.tensor([1, 2, 3], dtype=torch.uint8)
    restored: dict[str, torch.Tensor] = {}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: [card, card.clone()])
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, device: restored.update({device: state}))
    checkpoint = Checkpoint(tmp_path, "i")
    checkpoint.save(Saved({"step": 3}), [weight], optimizer)
    drawn = torch.rand(3)
    assert checkpoint.load([weight], optimizer) == Saved({"step": 3})
    assert torch.equal(torch.rand(3), drawn)
    assert restored.keys() == {"cuda:0"}, "a second card that is not here any more is passed over"
    assert torch.equal(restored["cuda:0"], card)


@pytest.mark.parametrize(
    ("updates", "epochs", "taken", "validated"),
    [
        pytest.param(0, 2, 8, [1, 2], id="0: as many as the epochs have"),
        pytest.param(6, 2, 6, [1, 2], id="6 of 8: the last epoch is cut and measured"),
        pytest.param(4, 2, 4, [1], id="4 of 8: one epoch"),
        pytest.param(9, 2, 8, [1, 2], id="9 of 8: the epochs end first"),
    ],
)
def test_training_ends_after_so_many_updates(
    trainer: Build, updates: int, epochs: int, taken: int, validated: list[int]
) -> None:
    run = trainer(max_updates=updates, epochs=epochs, accumulation=1, batch_tokens=100)
    progress = run.fit(EXAMPLES, EXAMPLES[:3])
    assert progress.step == taken
    assert [point.epoch for point in progress.curve] == validated
    assert progress.curve[-1].learning_rate == pytest.approx(0, abs=1e-9)  # by a schedule of its own length
