"""Every method on a tiny model: it learns, only what should changed, and what it saved answers the same."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, set_seed

from assistant.generation.causal_lm import CausalLM
from assistant.generation.chat import open_chat
from assistant.generation.decoding import Decoding, Row
from assistant.generation.local import LocalGenerator
from assistant.generation.prefix_cache import PrefixStore
from assistant.types import Message, Prompt
from core.errors import AdapterError, AssistantError, GenerationError
from finetune import tuning
from finetune.batches import collate, plan
from finetune.export.merge import merge_adapter
from finetune.methods import METHODS
from finetune.objectives.supervised import Supervised
from finetune.trainer import Trainer
from finetune.types import Batch, Encoded, Example
from settings import Finetune, Generator, load_settings
from tests.families import make_family

EXAMPLES = [
    Example(f"e{number}", (Message("user", question),), reply)
    for number, (question, reply) in enumerate(
        [("退货期限", "7天"), ("refund", "7 days"), ("押金", "退还")] * 4
    )
]
LACKING = {name: f"lacks {method.lacks}" for name, method in METHODS.items() if method.lacks}
if not torch.cuda.is_available():
    LACKING.setdefault(
        "qlora", "no GPU here: on a CPU bitsandbytes takes widths of 64 alone and rounds scales"
    )
HERE = [
    pytest.param(name, marks=[pytest.mark.skip(reason=LACKING[name])] if name in LACKING else [])
    for name in METHODS
]
SOFT = [name for name, method in METHODS.items() if method.begins_texts]
WEIGHTS = ["bitfit", "freeze", "gradual", "full"]
UNMERGED = [*SOFT, "adapter"]

# The tiny Qwen2: 2 layers of q, k, v, o, gate, up, down; width 64, MLP 96, 2 key-value heads of 16.
LINEAR = [(64, 64), (64, 32), (64, 32), (64, 64), (64, 96), (64, 96), (96, 64)] * 2
LOW_RANK = sum(4 * (wide + out) for wide, out in LINEAR)
OUT = sum(out for _, out in LINEAR)
COUNTS = {
    **dict.fromkeys(["lora", "rslora", "pissa", "olora", "eva", "corda", "loftq", "qlora"], LOW_RANK),
    "dora": LOW_RANK + OUT,
    "adalora": sum(6 * (wide + out + 1) for wide, out in LINEAR),
    "ia3": 2 * (32 + 32 + 96),
    "vera": sum(4 + out for _, out in LINEAR),
    "oft": sum(wide // 32 * (32 * 31 // 2) for wide, _ in LINEAR),
    "boft": sum(wide // 32 * 32 * 32 + out for wide, out in LINEAR),
    "loha": 2 * LOW_RANK,
    "miss": sum(4 * out for _, out in LINEAR),
    "shira": LOW_RANK,
    "ln_tuning": 5 * 64,
    "prefix": 8 * 2 * 2 * 32,
    "prompt": 8 * 64,
    "p_tuning": 8 * 64 + 3 * (64 * 64 + 64),
    "cartridge": 7 * 2 * 2 * 32,
    "adapter": 4 * (2 * 64 * 4 + 4 + 64),
    "bitfit": 2 * (64 + 32 + 32),
}

Made = Callable[[str], tuple[Trainer, Path]]


def settings_of(method: str, **changes: object) -> Finetune:
    defaults = {
        **{"method": method, "rank": 4, "dropout": 0.0, "virtual_tokens": 8, "layers": 1},
        **{"epochs": 6, "batch_tokens": 160, "patience": 9, "learning_rate": max(METHODS[method].rate, 5e-3)},
    }
    return load_settings({"finetune": {**defaults, **changes}}).finetune


def build(model: Path, folder: Path, settings: Finetune, cls: type[Trainer] = Trainer) -> Trainer:
    set_seed(settings.seed)
    rounded = METHODS[settings.method].quantised
    told = {"quantization_config": tuning._four_bits(torch.float32)} if rounded else {}
    base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32, **told)
    chat, objective = open_chat(model), Supervised()

    def sample() -> Iterator[Batch]:
        for group in plan(objective.encode(EXAMPLES, chat), settings.batch_tokens, settings.seed):
            yield collate(group, base.device)

    tunable = METHODS[settings.method].attach(base, settings, sample)
    return cls(tunable, objective, chat, settings, folder, "one identity")


@pytest.fixture(scope="module")
def made(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Trains a method once; returns its trainer and its artefact."""

    @cache
    def train(method: str) -> tuple[Trainer, Path]:
        run = build(tiny_model, tmp_path_factory.mktemp(method), settings_of(method))
        run.fit(EXAMPLES, EXAMPLES[:3])
        run.tunable.save(run.folder / "last")
        return run, run.folder / "last"

    return train


@pytest.fixture
def lm(tiny_model: Path) -> CausalLM:
    return CausalLM(tiny_model, dtype="float32")


def trained_logits(run: Trainer, examples: list[Encoded]) -> list[torch.Tensor]:
    """What the model in training says next after each prompt."""
    run.tunable.model.eval()
    found = []
    for one in examples:
        ids = torch.tensor([one.ids[: one.prompt]], device=run.tunable.model.device)
        with torch.no_grad():
            out = run.tunable.model(input_ids=ids, attention_mask=torch.ones_like(ids))
        found.append(out.logits[0, -1].cpu())
    return found


def asked_logits(lm: CausalLM, rows: list[Row]) -> list[torch.Tensor]:
    """What the assistant's own decoding says next, the rows in one batch."""
    prefixes = [lm.beginning(row.adapter) for row in rows]
    used = [prefix for prefix in prefixes if prefix]
    places = iter(range(len(used)))
    placed = [
        Row(row.ids, row.adapter, next(places) if prefix else -1)
        for row, prefix in zip(rows, prefixes, strict=True)
    ]
    decoding = Decoding(lm, placed, used)
    logits = decoding._read(lambda found: found)
    order = torch.tensor(decoding._rows).argsort()
    return list(logits[order])


def close(left: list[torch.Tensor], right: list[torch.Tensor], tolerance: float = 2e-4) -> bool:
    return all(torch.allclose(a, b, atol=tolerance, rtol=1e-4) for a, b in zip(left, right, strict=True))


def test_every_row_of_the_table_is_there() -> None:
    assert METHODS.keys() == {
        *("lora", "rslora", "dora", "pissa", "olora", "eva", "corda", "loftq", "qlora", "adalora", "ia3"),
        *("vera", "oft", "boft", "loha", "lokr", "miss", "shira", "ln_tuning", "prefix", "prompt"),
        *("p_tuning", "cartridge", "adapter", "bitfit", "freeze", "gradual", "full"),
    }


@pytest.mark.parametrize("name", HERE)
def test_the_loss_falls(name: str, made: Made, tiny_model: Path, tmp_path: Path) -> None:
    run, _ = made(name)
    fresh = build(tiny_model, tmp_path, settings_of(name))
    before, _ = fresh.measure(fresh._encode(EXAMPLES[:3]))
    assert run.progress.curve[-1].dev_loss < before


@pytest.mark.parametrize("name", [name for name in METHODS if name not in (*SOFT, "loftq", "qlora")])
def test_step_0_is_the_base(name: str, tiny_model: Path, tmp_path: Path) -> None:
    fresh = build(tiny_model, tmp_path, settings_of(name))
    base = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    ids = torch.tensor([[5, 6, 7, 8]])
    fresh.tunable.model.eval()
    with torch.no_grad():
        assert close([fresh.tunable.model(input_ids=ids).logits], [base(input_ids=ids).logits], 1e-3)


@pytest.mark.parametrize("name", HERE)
def test_as_many_parameters_learn_as_the_formula_says(name: str, made: Made) -> None:
    run, _ = made(name)
    learned = sum(weight.numel() for weight in run.tunable.parameters)
    model = run.tunable.model
    layer = sum(weight.numel() for weight in model.parameters() if name in WEIGHTS)
    whole = {"full": layer, "gradual": layer}
    if name == "freeze":
        assert learned == sum(
            weight.numel()
            for key, weight in model.named_parameters()
            if key.startswith(("model.layers.1.", "model.norm.", "lm_head."))
            or weight is model.lm_head.weight
        )
    elif name != "lokr":
        assert learned == {**COUNTS, **whole}[name]


@pytest.mark.parametrize("name", HERE)
def test_only_what_learns_has_changed(name: str, made: Made, tiny_model: Path, tmp_path: Path) -> None:
    run, _ = made(name)
    fresh = build(tiny_model, tmp_path, settings_of(name)).tunable.model
    learning = {id(weight) for weight in run.tunable.parameters}
    after = dict(run.tunable.model.named_parameters())
    for key, weight in fresh.named_parameters():
        assert torch.equal(weight, after[key]) or id(after[key]) in learning, key
    changed = [not torch.equal(weight, after[key]) for key, weight in fresh.named_parameters()]
    assert any(changed) or name == "adapter"


@pytest.mark.parametrize("name", HERE)
def test_what_was_saved_says_the_same_and_leaves_the_base(name: str, made: Made, lm: CausalLM) -> None:
    """Alone, then in one batch with the base where it mixes; the base before, between and after."""
    run, folder = made(name)
    examples = run._encode(EXAMPLES[:3])
    prompts = [one.ids[: one.prompt] for one in examples]
    before = {key: weight.clone() for key, weight in lm._model.state_dict().items()}
    plain = asked_logits(lm, [Row(ids) for ids in prompts])
    adapter = lm.add_adapter(folder)
    expected = trained_logits(run, examples)
    assert close(asked_logits(lm, [Row(ids, adapter) for ids in prompts]), expected)
    assert all(map(torch.equal, asked_logits(lm, [Row(ids) for ids in prompts]), plain))
    assert not close(expected, plain, 1e-2)
    if lm.mixes(adapter):
        mixed = asked_logits(lm, [Row(ids, adapter if place else "") for place, ids in enumerate(prompts)])
        assert close(mixed, [plain[0], *expected[1:]])
    lm._switch("")
    after = lm._model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)


def test_artefacts_of_all_methods_share_one_base(made: Made, lm: CausalLM) -> None:
    """Loaded one after the other, asked in turn: none disturbs another, and the base stays bit for bit."""
    names = [name for name in METHODS if name not in LACKING]
    examples = made("lora")[0]._encode(EXAMPLES[:2])
    prompts = [one.ids[: one.prompt] for one in examples]
    plain = asked_logits(lm, [Row(ids) for ids in prompts])
    adapters = {name: lm.add_adapter(made(name)[1]) for name in names}
    for name in [*names, *reversed(names)]:
        found = asked_logits(lm, [Row(ids, adapters[name]) for ids in prompts])
        assert close(found, trained_logits(made(name)[0], examples)), name
    assert all(map(torch.equal, asked_logits(lm, [Row(ids) for ids in prompts]), plain))


@pytest.mark.parametrize("name", HERE)
def test_an_artefact_is_safetensors_and_a_configuration(name: str, made: Made) -> None:
    _, folder = made(name)
    assert {path.name for path in folder.iterdir()} - {"README.md"} == {
        "adapter_config.json",
        "adapter_model.safetensors",
    }


@pytest.mark.parametrize("name", HERE)
def test_it_is_merged_or_refused_in_one_line(name: str, made: Made, tiny_model: Path, tmp_path: Path) -> None:
    run, folder = made(name)
    if name in UNMERGED:
        with pytest.raises(AdapterError, match="cannot be merged"):
            merge_adapter(tiny_model, folder, tmp_path / "merged")
        return
    merge_adapter(tiny_model, folder, tmp_path / "merged")
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged", dtype=torch.float32)
    for one, expected in zip(
        run._encode(EXAMPLES[:2]), trained_logits(run, run._encode(EXAMPLES[:2])), strict=True
    ):
        with torch.no_grad():
            out = merged(input_ids=torch.tensor([one.ids[: one.prompt]])).logits[0, -1]
        assert torch.allclose(out, expected, atol=1e-3)


class Mortal(Trainer):
    """Dies at a step that no checkpoint follows."""

    def _take(self, optimizer: Any, step: Any, total: int) -> None:
        if self.progress.step * 12 > total * 7:
            raise KeyboardInterrupt
        super()._take(optimizer, step, total)


@pytest.mark.parametrize("name", HERE)
def test_a_killed_run_leaves_the_same_artefact(name: str, tiny_model: Path, tmp_path: Path) -> None:
    settings = settings_of(name, epochs=4, dropout=0.1)
    files = []
    for folder, kinds in (("whole", [Trainer]), ("cut", [Mortal, Trainer])):
        for kind in kinds:
            run = build(tiny_model, tmp_path / folder, settings, kind)
            if kind is Mortal:
                with pytest.raises(KeyboardInterrupt):
                    run.fit(EXAMPLES, EXAMPLES[:3])
            else:
                run.fit(EXAMPLES, EXAMPLES[:3])
                run.tunable.save(run.folder / "last")
        files.append((run.folder / "last" / "adapter_model.safetensors").read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("name", ["adalora", "gradual", "prefix", "corda", "adapter"])
def test_it_may_be_killed_at_any_step_and_more_than_once(
    name: str, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a checkpoint every third step, dead at three steps drawn by a seed."""
    monkeypatch.setattr("finetune.trainer._CHECKPOINT_STEPS", 3)
    settings = settings_of(name, epochs=4, dropout=0.1)
    whole = build(tiny_model, tmp_path / "whole", settings)
    steps = whole.fit(EXAMPLES, EXAMPLES[:3]).step
    for last in sorted(Random(7).sample(range(1, steps), 3)):
        dying = build(tiny_model, tmp_path / "cut", settings)
        taken = dying._take

        def take(*told: Any, run: Trainer = dying, taken: Any = taken, last: int = last) -> None:
            if run.progress.step == last:
                raise KeyboardInterrupt
            taken(*told)

        monkeypatch.setattr(dying, "_take", take)
        with pytest.raises(KeyboardInterrupt):
            dying.fit(EXAMPLES, EXAMPLES[:3])
    resumed = build(tiny_model, tmp_path / "cut", settings)
    resumed.fit(EXAMPLES, EXAMPLES[:3])
    assert all(map(torch.equal, resumed.tunable.parameters, whole.tunable.parameters))
    assert resumed.progress == whole.progress


def test_ranks_move_between_layers(made: Made) -> None:
    _, folder = made("adalora")
    kept = json.loads((folder / "adapter_config.json").read_text())["rank_pattern"]
    ranks = [sum(one) for one in kept.values()]
    assert sum(ranks) == 4 * len(LINEAR) < 6 * len(LINEAR)
    assert len(set(ranks)) > 1


def test_layers_thaw_from_the_top(tiny_model: Path, tmp_path: Path) -> None:
    run = build(tiny_model, tmp_path, settings_of("gradual"))
    model = run.tunable.model
    learning = [layer.mlp.down_proj.weight for layer in model.model.layers]
    run.tunable.begin(12)
    seen = []
    for step in range(0, 7, 2):
        run.tunable.on_step(step)
        seen.append([weight.requires_grad for weight in learning])
    assert seen[0] == [False, True]
    assert seen[-1] == [True, True]


@pytest.mark.parametrize("name", SOFT)
def test_a_stored_prefix_is_not_shared_with_a_soft_prompt(
    name: str, made: Made, tiny_model: Path, tmp_path: Path
) -> None:
    """A question behind a shared document says the same with and without the store, for each adapter."""
    store = PrefixStore(lambda: tmp_path, 64)
    lm = CausalLM(tiny_model, dtype="float32")
    settings = Generator(model=str(tiny_model), max_new_tokens=6)
    generator = LocalGenerator(lm, settings, store, lambda adapter: made(adapter)[1])
    document = Message("system", "The hotel refunds the deposit in seven days. 酒店在七天内退还押金。" * 10)
    asked = (document, Message("user", "When is the deposit refunded?"))
    shared = [Prompt(asked, prefix=(document,), adapter=adapter) for adapter in ("", name, "lora")]
    apart = [Prompt(asked, adapter=adapter) for adapter in ("", name, "lora")]
    plain = [generator.generate([prompt])[0].text for prompt in apart]
    for _ in range(2):  # computed, then from the store
        assert [one.text for one in generator.generate(shared)] == plain
    assert [list(generator.stream(prompt))[-1].text for prompt in shared] == plain


def test_what_does_not_mix_is_answered_apart(made: Made, tiny_model: Path) -> None:
    lm = CausalLM(tiny_model, dtype="float32")
    settings = Generator(model=str(tiny_model), max_new_tokens=6)
    generator = LocalGenerator(lm, settings, PrefixStore(None, 0), lambda adapter: made(adapter)[1])
    prompts = [
        Prompt((Message("user", "refund"),), adapter=adapter)
        for adapter in ("", "lora", "dora", "bitfit", "prefix", "adapter")
    ]
    alone = [generator.generate([prompt])[0].text for prompt in prompts]
    assert [one.text for one in generator.generate(prompts)] == alone


def test_virtual_tokens_count_for_the_window(made: Made, tiny_model: Path) -> None:
    lm = CausalLM(tiny_model, dtype="float32")
    settings = Generator(model=str(tiny_model), max_new_tokens=6)
    generator = LocalGenerator(lm, settings, PrefixStore(None, 0), lambda adapter: made(adapter)[1])
    prompt = Prompt((Message("user", "refund"),))
    (said,) = generator.generate([prompt])
    lm.__dict__["config"].max_position_embeddings = said.usage.prompt_tokens + 6
    assert generator.generate([prompt])[0].text == said.text
    with pytest.raises(GenerationError, match="does not fit into the window"):
        generator.generate([replace(prompt, adapter="prefix")])


class TestRefused:
    def test_a_model_without_biases(self, tmp_path: Path) -> None:
        model = make_family("llama3", tmp_path / "llama")
        with pytest.raises(AdapterError, match="bitfit learns biases and the base has none"):
            build(model, tmp_path, settings_of("bitfit"))

    @pytest.mark.parametrize("name", ["lora", "ia3", "oft", "miss"])
    def test_targets_that_match_nothing_with_those_there_are(
        self, name: str, tiny_model: Path, tmp_path: Path
    ) -> None:
        with pytest.raises(AdapterError, match="no linear layer qproj; it has down_proj, gate_proj, k_proj"):
            build(tiny_model, tmp_path, settings_of(name, targets="qproj,v_proj"))

    @pytest.mark.parametrize("name", SOFT)
    def test_soft_prompts_on_a_model_with_windows(self, name: str, tmp_path: Path) -> None:
        model = make_family("gemma2", tmp_path / "gemma2")
        with pytest.raises(AdapterError, match="this one has windows"):
            build(model, tmp_path, settings_of(name))

    @pytest.mark.parametrize("setting", ["packing", "gradient_checkpointing"])
    def test_what_a_soft_prompt_does_not_go_with(self, setting: str) -> None:
        with pytest.raises(AssistantError, match=f"finetune.{setting} does not go with prefix"):
            METHODS["prefix"].refuse("prefix", Finetune(**{setting: True}))

    def test_a_pickle(self, lm: CausalLM, tmp_path: Path) -> None:
        (tmp_path / "adapter_model.bin").write_bytes(b"\x80\x04.")
        (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA"}')
        with pytest.raises(AdapterError, match="is a pickle, which can run any code"):
            lm.add_adapter(tmp_path)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            pytest.param({"peft_type": "XLORA"}, "of type 'XLORA'; those opened are LORA", id="type"),
            pytest.param({"r": 1 << 20}, "states sizes up to 1048576", id="rank"),
            pytest.param({"megatron_config": {"a": 1}}, "sets megatron_config", id="import"),
            pytest.param({"target_modules": "(.*)*x"}, "by a pattern", id="pattern"),
            pytest.param(
                {"alpha_pattern": {"(a+)+$": 1}}, "has a pattern among its alpha_pattern", id="regex"
            ),
            pytest.param({"bias": "all"}, "changes biases of the base", id="bias"),
            pytest.param({"init_lora_weights": "pissa"}, "changes the base", id="start"),
            pytest.param({"target_modules": ["c_attn"]}, "does not fit", id="targets"),
            pytest.param({"unheard_of": 1, "r": 8}, "does not fit", id="size"),
        ],
    )
    def test_a_configuration_from_elsewhere(
        self, change: dict[str, object], message: str, made: Made, lm: CausalLM, tmp_path: Path
    ) -> None:
        _, folder = made("lora")
        told = json.loads((folder / "adapter_config.json").read_text())
        (tmp_path / "adapter_config.json").write_text(json.dumps({**told, **change}))
        save_file(load_file(folder / "adapter_model.safetensors"), tmp_path / "adapter_model.safetensors")
        plain = asked_logits(lm, [Row((5, 6, 7))])
        with pytest.raises(AdapterError, match=message) as caught:
            lm.add_adapter(tmp_path)
        assert "\n" not in str(caught.value)
        assert torch.equal(asked_logits(lm, [Row((5, 6, 7))])[0], plain[0])
        good = lm.add_adapter(folder)
        assert not torch.equal(asked_logits(lm, [Row((5, 6, 7), good)])[0], plain[0])

    @pytest.mark.parametrize("name", ["lora", "full", "adapter", "prefix"])
    def test_tensors_that_are_not_the_bases(
        self, name: str, made: Made, tiny_model: Path, tmp_path: Path
    ) -> None:
        _, folder = made(name)
        config = AutoConfig.from_pretrained(tiny_model, hidden_size=32)
        AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "other")
        other = CausalLM(tmp_path / "other", dtype="float32")
        with pytest.raises(AdapterError, match="does not fit other") as caught:
            other.add_adapter(folder)
        assert "\n" not in str(caught.value)

    def test_tensors_that_would_be_written_into_the_base(
        self, made: Made, lm: CausalLM, tmp_path: Path
    ) -> None:
        _, folder = made("lora")
        tensors = load_file(folder / "adapter_model.safetensors")
        smuggled = "base_model.model.model.layers.0.self_attn.q_proj.base_layer.weight"
        save_file({**tensors, smuggled: torch.zeros(64, 64)}, tmp_path / "adapter_model.safetensors")
        (tmp_path / "adapter_config.json").write_bytes((folder / "adapter_config.json").read_bytes())
        plain = asked_logits(lm, [Row((5, 6, 7))])
        with pytest.raises(AdapterError, match="1 tensors are none of its layers'"):
            lm.add_adapter(tmp_path)
        assert torch.equal(asked_logits(lm, [Row((5, 6, 7))])[0], plain[0])

    def test_half_an_artefact(self, made: Made, lm: CausalLM, tmp_path: Path) -> None:
        _, folder = made("lora")
        tensors = load_file(folder / "adapter_model.safetensors")
        half = {key: tensors[key] for key in sorted(tensors)[::2]}
        save_file(half, tmp_path / "adapter_model.safetensors")
        (tmp_path / "adapter_config.json").write_bytes((folder / "adapter_config.json").read_bytes())
        with pytest.raises(AdapterError, match="tensors are missing"):
            lm.add_adapter(tmp_path)
