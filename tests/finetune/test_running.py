"""How a run runs: packing, checkpointing, optimizers, schedules, and what stops it."""

import errno
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from assistant.types import Message
from core.errors import AssistantError, TrainingError
from finetune import tuning
from finetune.batches import plan
from finetune.checkpoint import save_whole
from finetune.lamb import Lamb
from finetune.methods import METHODS
from finetune.optimizers import OPTIMIZERS, SCHEDULES
from finetune.trainer import Trainer
from finetune.types import Encoded, Example
from settings import Finetune, Settings, load_settings
from tests.families import make_family
from tests.finetune.test_methods import EXAMPLES, Mortal, build, settings_of

Build = Callable[..., Trainer]


@pytest.fixture
def trainer(tiny_model: Path, tmp_path: Path) -> Build:
    def make(
        folder: str = "run", model: Path = tiny_model, kind: type[Trainer] = Trainer, **changes: Any
    ) -> Trainer:
        settings = settings_of(changes.pop("method", "lora"), **{"epochs": 4, **changes})
        return build(model, tmp_path / folder, settings, kind)

    return make


def loss_and_gradient(run: Trainer) -> tuple[float, torch.Tensor]:
    """Of one pass over examples of several lengths."""
    run.tunable.model.train()
    group = run._encode(
        [*EXAMPLES[:3], Example("long", (Message("user", "押金 deposit " * 6),), "seven days")]
    )
    loss = run.objective.loss(run.tunable, group)
    torch.autograd.backward(loss.summed / loss.tokens)
    weights = run.tunable.parameters
    return loss.summed.item(), torch.cat([one.grad.flatten() for one in weights if one.grad is not None])


@pytest.mark.parametrize("method", ["lora", "full", "adapter"])
@pytest.mark.parametrize("setting", ["packing", "gradient_checkpointing"])
def test_neither_packing_nor_checkpointing_changes_losses_or_gradients(
    trainer: Build, method: str, setting: str
) -> None:
    plain = loss_and_gradient(trainer(method=method, batch_tokens=512))
    run = trainer(method=method, batch_tokens=512, **{setting: True})
    if setting == "gradient_checkpointing":
        run.tunable.model.gradient_checkpointing_enable(
            gradient_checkpointing_kwargs={"use_reentrant": False}
        )
    other = loss_and_gradient(run)
    assert other[0] == pytest.approx(plain[0], rel=1e-5)
    assert torch.allclose(other[1], plain[1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", ["gemma2", "llama3"])
def test_packed_examples_see_none_of_each_other_in_any_family(
    trainer: Build, family: str, tmp_path: Path
) -> None:
    """Gemma 2 with windows: borders hold in every kind of layer."""
    model = make_family(family, tmp_path / family)
    plain = loss_and_gradient(trainer(model=model, batch_tokens=512))
    packed = loss_and_gradient(trainer(model=model, batch_tokens=512, packing=True))
    assert packed[0] == pytest.approx(plain[0], rel=1e-5)
    assert torch.allclose(packed[1], plain[1], atol=1e-5, rtol=1e-4)


def test_packed_passes_count_no_padding() -> None:
    examples = [Encoded(tuple(range(size)), 1) for size in (2, 3, 10, 11)]
    assert [len(group) for group in plan(examples, 15, None)] == [2, 1, 1]
    assert [len(group) for group in plan(examples, 15, None, packs=True)] == [3, 1]
    assert all(sum(len(one.ids) for one in group) <= 15 for group in plan(examples, 15, 3, packs=True))


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "adamw_8bit"])
def test_every_optimizer_learns_and_resumes_to_the_same_bytes(trainer: Build, name: str) -> None:
    rate = {"sgd": 0.3, "lamb": 0.05, "adafactor": 0.05}.get(name, 5e-3)
    make = partial(trainer, optimizer=name, learning_rate=rate, dropout=0.1)
    whole = make("whole")
    before, _ = whole.measure(whole._encode(EXAMPLES[:3]))
    assert whole.fit(EXAMPLES, EXAMPLES[:3]).curve[-1].dev_loss < before
    with pytest.raises(KeyboardInterrupt):
        make("cut", kind=Mortal).fit(EXAMPLES, EXAMPLES[:3])
    resumed = make("cut")
    resumed.fit(EXAMPLES, EXAMPLES[:3])
    assert all(map(torch.equal, resumed.tunable.parameters, whole.tunable.parameters))


def test_8_bit_adamw_says_what_it_lacks(trainer: Build) -> None:
    with pytest.raises(AssistantError, match="lacks bitsandbytes; take adamw or adafactor"):
        trainer(optimizer="adamw_8bit").fit(EXAMPLES, EXAMPLES[:3])


def test_a_step_of_lamb_has_the_size_of_the_weights() -> None:
    """By hand: Adam's first step is the sign of the gradient, its norm sqrt(2) made the weights' 5."""
    weight = torch.tensor([3.0, 4.0], requires_grad=True)
    optimizer = Lamb([weight], 0.1)
    weight.grad = torch.tensor([1.0, -2.0])
    optimizer.step()
    step = 0.1 * 5 / 2**0.5
    assert weight.tolist() == pytest.approx([3 - step, 4 + step], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        pytest.param("cosine", [1, 0.5, 0], id="cosine: half way at half"),
        pytest.param("linear", [1, 0.5, 0], id="linear"),
        pytest.param("constant", [1, 1, 1], id="constant"),
    ],
)
def test_the_rate_after_warm_up(trainer: Build, name: str, shares: list[float]) -> None:
    run = trainer(schedule=name, warmup=0.1, learning_rate=1e-3)
    assert [SCHEDULES[name](done) for done in (0, 0.5, 1)] == pytest.approx(shares)
    run.progress = type(run.progress)(step=10)
    assert run._rate(100) == pytest.approx(1e-3)
    run.progress = type(run.progress)(step=5)
    assert run._rate(100) == pytest.approx(5e-4)


class TestStops:
    def test_a_loss_that_is_no_number_keeps_the_last_good_artefact(self, trainer: Build) -> None:
        class Exploding(Trainer):
            def _take(self, optimizer: Any, step: Any, total: int) -> None:
                if len(self.progress.curve) == 2:
                    self.tunable.parameters[0].data.fill_(float("nan"))
                super()._take(optimizer, step, total)

        run = trainer(kind=Exploding)
        with pytest.raises(
            TrainingError, match=r"the loss is nan in epoch 3, after \d+ steps; the artefact of"
        ):
            run.fit(EXAMPLES, EXAMPLES[:3])
        assert (run.folder / "best" / "adapter_model.safetensors").is_file()

    def test_a_full_disk_is_one_line_and_the_old_artefact_stays(
        self, trainer: Build, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = trainer(epochs=1)
        run.fit(EXAMPLES, EXAMPLES[:3])
        kept = (run.folder / "best" / "adapter_model.safetensors").read_bytes()

        def full(folder: Path) -> None:
            (folder / "adapter_model.safetensors").write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(run.tunable, "save", full)
        with pytest.raises(TrainingError, match="is full; make room and run the same command again"):
            save_whole(run.tunable, run.folder / "best")
        assert (run.folder / "best" / "adapter_model.safetensors").read_bytes() == kept

    def test_a_full_disk_under_a_checkpoint_keeps_the_old_one(
        self, trainer: Build, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = trainer(epochs=1)
        run.fit(EXAMPLES, EXAMPLES[:3])
        kept = (run.folder / "checkpoint.safetensors").read_bytes()

        def full(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("safetensors.torch.save_file", full)
        with pytest.raises(TrainingError, match=r"the disk of .* is full"):
            run._checkpoint(run._optimizer())
        assert (run.folder / "checkpoint.safetensors").read_bytes() == kept

    def test_one_example_is_enough(self, trainer: Build) -> None:
        progress = trainer(epochs=2).fit(EXAMPLES[:1], EXAMPLES[:1])
        assert progress.step == 2

    @pytest.mark.parametrize("method", ["adalora", "eva", "corda", "gradual", "p_tuning"])
    def test_one_example_is_enough_for_methods_that_plan_or_look(self, trainer: Build, method: str) -> None:
        assert trainer(method=method, epochs=1).fit(EXAMPLES[:1], EXAMPLES[:1]).step == 1


class TestSettings:
    def test_the_rate_is_the_methods_where_none_is_set(self) -> None:
        (found,) = (one.finetune for one in tuning.staged(Settings(finetune=Finetune(method="full"))))
        assert found.learning_rate == METHODS["full"].rate == 2e-5
        stated = Finetune(method="full", learning_rate=1e-3)
        assert tuning.staged(Settings(finetune=stated))[0].finetune.learning_rate == 1e-3

    def test_without_a_card_a_pass_has_512_tokens(self, tiny_model: Path) -> None:
        base = AutoModelForCausalLM.from_pretrained(tiny_model)
        settings = load_settings({"finetune": {"batch_tokens": 0}})
        assert tuning._with_batch(settings, base).finetune.batch_tokens == 512

    def test_a_card_holds_what_its_memory_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """80 GB less 3 of weights, a third; 28 layers of 1536 and 151,936 words in bf16: 3.8 MB a token."""

        class Card:
            device, dtype = torch.device("cuda"), torch.bfloat16

            class config:
                @staticmethod
                def get_text_config() -> Any:
                    return type("C", (), {"num_hidden_layers": 28, "hidden_size": 1536, "vocab_size": 151936})

            def get_memory_footprint(self) -> int:
                return 3 << 30

            def num_parameters(self) -> int:
                return 1_500_000_000

        properties = type("P", (), {"total_memory": 80 << 30})
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
        settings = load_settings({"finetune": {"batch_tokens": 0}})
        expected = int((77 << 30) / 3 / (2 * (34 * 28 * 1536 + 3 * 151936)))
        assert tuning._with_batch(settings, Card()).finetune.batch_tokens == expected
        left = (77 << 30) - 16 * 1_500_000_000  # gradient, copy and two moments of every weight
        learning = tuning._with_batch(settings, Card(), everything=True).finetune.batch_tokens
        assert learning == int(left / 3 / (2 * (34 * 28 * 1536 + 3 * 151936))) < expected

    def test_bf16_weights_move_by_less_than_bf16_can_add(self, tiny_model: Path, trainer: Build) -> None:
        from finetune.masters import Masters

        weight = torch.nn.Parameter(torch.ones(4, dtype=torch.bfloat16))
        masters = Masters([weight])
        for _ in range(16):
            masters.copies[0].data += 1e-3
            masters.publish()
        assert weight.tolist() == [pytest.approx(1.016, abs=4e-3)] * 4
        weight.data[1] = 0
        masters.adopt()
        assert masters.copies[0].tolist() == pytest.approx([1.016, 0, 1.016, 1.016])
