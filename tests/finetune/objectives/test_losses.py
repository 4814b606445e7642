"""Losses of objectives on a tiny model, against formulas that know nothing of ours."""

from collections.abc import Callable
from dataclasses import replace
from math import log
from pathlib import Path

import pytest
import torch

from assistant.generation.chat import Chat, open_chat
from assistant.types import Message
from core.errors import DomainError
from finetune.batches import collate
from finetune.objectives.preference import Pair
from finetune.objectives.pretraining import Packed, Pretraining
from finetune.objectives.readings import Reference, row_log_probs
from finetune.objectives.supervised import Supervised, batch_loss
from finetune.trainer import Trainer
from finetune.types import Encoded, Example, Tunable
from tests.families import make_family
from tests.finetune.objectives.conftest import finetune, fresh

Build = Callable[..., Trainer]
PAIRS = [
    Example("en", (Message("user", "refund"),), "7 days", rejected="in thirty days at the earliest"),
    Example("zh", (Message("user", "退货期限"),), "7天", rejected="不退还"),
]
TEXTS = [
    Example("en", (), "the hotel refunds the deposit in seven days"),
    Example("zh", (), "酒店在七天内退还押金"),
    Example("short", (), "7"),
]


def ready(run: Trainer, examples: list[Example]) -> list[Encoded]:
    return list(run.objective.prepare(run.tunable, run._encode(examples)))


def move(tunable: Tunable) -> None:
    """Change what learns, so that it is no longer what it was."""
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in tunable.parameters:
            parameter += 0.05 * torch.randn_like(parameter)


def log_prob(tunable: Tunable, row: Encoded) -> torch.Tensor:
    """The log-probabilities of a reply's tokens, by the whole logits of one row alone."""
    with torch.no_grad():
        said = tunable.model(input_ids=torch.tensor([row.ids])).logits[0].log_softmax(-1)
    return torch.stack([said[place - 1, row.ids[place]] for place in range(row.prompt, len(row.ids))])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("dpo", log(2), id="dpo: log 2"),
        pytest.param("reward", log(2), id="reward: log 2"),
        pytest.param("kto", 0.5, id="kto: a half"),
    ],
)
def test_before_the_first_step_nothing_is_preferred(build: Build, name: str, value: float) -> None:
    run = build(name)
    group = ready(run, PAIRS)
    loss = run.objective.loss(run.tunable, group)
    assert loss.summed.item() / run.objective.tokens(group) == pytest.approx(value, abs=1e-5)


def test_dpo_by_its_formula(build: Build) -> None:
    run = build("dpo", beta=0.3)
    group = ready(run, PAIRS)
    pairs = [one for one in group if isinstance(one, Pair)]
    before = [log_prob(run.tunable, row).sum() for one in pairs for row in (one.chosen, one.rejected)]
    move(run.tunable)
    now = [log_prob(run.tunable, row).sum() for one in pairs for row in (one.chosen, one.rejected)]
    ratios = [float(new - old) for new, old in zip(now, before, strict=True)]
    expected = sum(
        log(1 + torch.exp(torch.tensor(-0.3 * (good - bad))).item())
        for good, bad in zip(ratios[::2], ratios[1::2], strict=True)
    )
    assert run.objective.loss(run.tunable, group).summed.item() == pytest.approx(expected, rel=1e-4)


def test_orpo_by_its_formula(build: Build) -> None:
    run = build("orpo", beta=0.2)
    group = ready(run, PAIRS)
    expected = 0.0
    for one in group:
        assert isinstance(one, Pair)
        good, bad = (log_prob(run.tunable, row).mean().exp().item() for row in (one.chosen, one.rejected))
        odds = (good / (1 - good)) / (bad / (1 - bad))
        expected += -log(good) + 0.2 * log(1 + 1 / odds)
    assert run.objective.loss(run.tunable, group).summed.item() == pytest.approx(expected, rel=1e-4)


def test_kto_by_its_formula(build: Build) -> None:
    run = build("kto", beta=0.3)
    group = ready(run, PAIRS)
    rows = [(Encoded(one.ids, one.prompt), one.other) for one in group]  # type: ignore[attr-defined]
    before = [[log_prob(run.tunable, row).sum() for row in both] for both in rows]
    move(run.tunable)
    moved = [[log_prob(run.tunable, row).sum() for row in both] for both in rows]
    own, other = (
        [float(new[side] - old[side]) for new, old in zip(moved, before, strict=True)] for side in (0, 1)
    )
    base = max(0.0, sum(other) / len(other))
    wanted = [True, False, True, False]
    expected = sum(
        1 - 1 / (1 + torch.exp(torch.tensor(-0.3 * (ratio - base) * (1 if good else -1))).item())
        for ratio, good in zip(own, wanted, strict=True)
    )
    assert run.objective.loss(run.tunable, group).summed.item() == pytest.approx(expected, rel=1e-4)


def test_the_rarer_label_of_kto_weighs_as_much(build: Build) -> None:
    run = build("kto")
    group = run._encode([*PAIRS, replace(PAIRS[0], question_id="x", rejected="")])
    weights = [(one.wanted, one.weight) for one in group]  # type: ignore[attr-defined]
    assert weights == [(True, 1.0), (False, 1.5), (True, 1.0), (False, 1.5), (True, 1.0)]


@pytest.mark.parametrize(
    ("name", "examples", "message"),
    [
        pytest.param("dpo", [replace(PAIRS[0], rejected="")], "none of 1 examples has a rejected", id="none"),
        pytest.param("orpo", [replace(PAIRS[0], rejected="7 days")], "same text in all 1 pairs", id="equal"),
        pytest.param("kto", [replace(PAIRS[0], rejected="")], "there are 1 and 0", id="one label only"),
        pytest.param("grpo", TEXTS, "none of 3 examples has a reward of correct, refusal", id="no reward"),
        pytest.param("sdft", PAIRS, "sdft learns from passages", id="no passages"),
    ],
)
def test_what_cannot_be_learned_is_said_in_a_line(
    build: Build, name: str, examples: list[Example], message: str
) -> None:
    with pytest.raises(DomainError, match=message):
        build(name)._encode(examples)


@pytest.mark.parametrize("name", ["tiny", "llama3", "gemma2", "qwen3", "cohere", "granite"])
def test_texts_in_one_row_are_read_as_if_each_stood_alone(
    name: str, tiny_model: Path, tmp_path: Path
) -> None:
    folder = tiny_model if name == "tiny" else make_family(name, tmp_path / name)
    tunable = fresh(folder, finetune())
    objective = Pretraining(finetune(batch_tokens=512))
    (packed,) = objective.encode(TEXTS, open_chat(folder))
    assert isinstance(packed, Packed)
    assert len(packed.texts) == 3
    together = objective.loss(tunable, [packed])
    apart = [batch_loss(tunable, collate([text], "cpu")) for text in packed.texts]
    assert together.tokens == sum(one.tokens for one in apart) == objective.tokens([packed])
    assert together.summed.item() == pytest.approx(sum(one.summed.item() for one in apart), rel=1e-5)


def test_every_token_of_a_text_is_learned_between_its_borders(chat: Chat) -> None:
    (packed,) = Pretraining(finetune(batch_tokens=512)).encode(TEXTS[1:2], chat)
    (text,) = packed.texts  # type: ignore[attr-defined]
    *ids, border = chat.encode_reply(TEXTS[1].reply)
    assert (text.ids, text.prompt) == ((border, *ids, border), 1)


def test_a_long_text_is_cut_to_what_a_pass_holds_and_nothing_is_lost(chat: Chat) -> None:
    long = Example("long", (), TEXTS[0].reply * 40)
    rows = Pretraining(finetune(batch_tokens=64)).encode([long, *TEXTS], chat)
    assert all(len(row.ids) <= 64 for row in rows)
    wanted = [chat.encode_reply(one.reply) for one in (long, *TEXTS)]
    learned = sorted(token for row in rows for text in row.texts for token in text.ids[text.prompt :])  # type: ignore[attr-defined]
    assert learned == sorted(token for ids in wanted for token in ids)


def test_a_learning_prompt_is_read_and_not_learned(chat: Chat, tunable: Tunable) -> None:
    told = [
        replace(TEXTS[0], messages=(Message("system", "Reflect on it.\n\n"),)),
        replace(TEXTS[1], messages=(Message("system", "思考一下。\n\n"),)),
    ]
    objective = Pretraining(finetune(batch_tokens=512))
    (plain,), (behind,) = objective.encode(TEXTS[:2], chat), objective.encode(told, chat)
    assert objective.tokens([plain]) == objective.tokens([behind])
    assert len(behind.ids) > len(plain.ids)
    expected = sum(log_prob(tunable, text).sum() for text in behind.texts)  # type: ignore[attr-defined]
    assert objective.loss(tunable, [behind]).summed.item() == pytest.approx(-float(expected), rel=1e-5)


def test_the_reference_is_the_base_with_the_adapter_off(chat: Chat, tunable: Tunable) -> None:
    rows = Supervised().encode(PAIRS, chat)
    with torch.no_grad(), tunable.model.disable_adapter():
        base = row_log_probs(tunable, rows)
    reference = Reference(tunable)
    move(tunable)
    moved = [parameter.detach().clone() for parameter in tunable.parameters]
    with reference.restored(tunable):
        assert torch.allclose(row_log_probs(tunable, rows), base)
    assert all(map(torch.equal, moved, tunable.parameters))
    assert not torch.allclose(row_log_probs(tunable, rows), base)


def test_preferences_are_compared_without_dropout_and_the_model_learns_on(build: Build) -> None:
    run = build("dpo", dropout=0.5)
    run.tunable.model.train()
    group = ready(run, PAIRS)
    move(run.tunable)
    losses = {run.objective.loss(run.tunable, group).summed.item() for _ in range(3)}
    assert len(losses) == 1
    assert all(module.training for module in run.tunable.model.modules())


def test_a_reading_of_nlft_shows_the_answer_and_states_the_mistake(build: Build, chat: Chat) -> None:
    for one, shown, told in (
        (PAIRS[0], "Reference answer: 7 days", "say “in thirty"),
        (PAIRS[1], "参考答案：7天", "说“不退还”"),
    ):
        right, wrong = build("nlft", batch_tokens=1024)._encode([one])
        assert shown in chat.decode(right.shown.ids)  # type: ignore[attr-defined]
        assert shown in chat.decode(wrong.shown.ids)  # type: ignore[attr-defined]
        assert told in chat.decode(wrong.mistaken.ids)  # type: ignore[attr-defined]


def test_the_loss_of_nlft_at_the_models_own_probabilities(build: Build) -> None:
    run = build("nlft", batch_tokens=1024)
    group = run._encode(PAIRS)
    expected = 0.0
    for one in group:
        base, shown = log_prob(run.tunable, one), log_prob(run.tunable, one.shown).exp()  # type: ignore[attr-defined]
        if one.mistaken is None:  # type: ignore[attr-defined]
            beside = [
                any(shown[near] > 0.95 for near in (at - 1, at + 1) if 0 <= near < len(shown))
                for at in range(len(shown))
            ]
            for at, (own, std) in enumerate(zip(base.tolist(), shown.tolist(), strict=True)):
                weight = (
                    1 + ((std - 0.95) / 0.05) ** 5
                    if std > 0.95
                    else (std / 0.95) ** (0.3 if beside[at] else 0.6)
                )
                expected -= (weight + 1) * own / len(shown)
        else:
            mistaken = log_prob(run.tunable, one.mistaken).exp().tolist()  # type: ignore[attr-defined]
            for own, std, said in zip(base.exp().tolist(), shown.tolist(), mistaken, strict=True):
                if said / own > 1.5 and said / std > 1.5 and said > 0.01:
                    expected -= (
                        2 * torch.sigmoid(torch.tensor(said / own - 1.5)).item() * log(1 - own) / len(shown)
                    )
    assert run.objective.loss(run.tunable, group).summed.item() == pytest.approx(expected, rel=1e-4)
