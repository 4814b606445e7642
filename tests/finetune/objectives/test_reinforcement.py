"""Reinforcement: rewards rise, the model stays near its reference, a killed run ends in the same weights."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from assistant.generation.chat import Chat
from assistant.types import Message
from core.errors import AdapterError, DomainError
from core.questions import QuestionRecord
from finetune.objectives.ppo import ProximalPolicy
from finetune.objectives.readings import Reference, measured, row_log_probs, token_log_probs
from finetune.objectives.reinforcement import GroupRelative, LeaveOneOut, Reinforced
from finetune.objectives.reward import Judge
from finetune.objectives.rewards import reward
from finetune.objectives.rollouts import asked, draw
from finetune.objectives.supervised import row
from finetune.trainer import Trainer
from finetune.types import Example, Tunable
from tests.factory import EN, ZH
from tests.finetune.objectives.conftest import finetune, fresh

Build = Callable[..., Trainer]
KINDS = [
    pytest.param(GroupRelative, id="grpo"),
    pytest.param(LeaveOneOut, id="rloo"),
    pytest.param(ProximalPolicy, id="ppo"),
]
QUESTIONS = [
    Example(f"q{number}", (Message("user", question),), "7", record=record)
    for number, (question, record) in enumerate(
        [("退货期限", ZH), ("refund", EN), ("押金", ZH), ("deposit", EN)]
    )
]


def letters(example: Example, text: str) -> float:
    """The share of lower-case letters of a text: something that a random model can find and learn."""
    return sum("a" <= one <= "z" for one in text) / max(len(text), 1)


def asks(tunable: Tunable, chat: Chat, reference: Reference) -> tuple[float, float]:
    """The mean reward of answers that are drawn, and the nats by which they left the reference."""
    torch.manual_seed(1)
    drawn = draw(tunable, chat, [asked(one, chat, 6) for one in QUESTIONS], 32)
    rows = [one.row for one in drawn]
    with reference.restored(tunable):
        before = row_log_probs(tunable, rows)
    with measured(tunable):
        distance = float((row_log_probs(tunable, rows) - before).mean())
    return sum(letters(one.asked.example, one.text) for one in drawn) / len(drawn), distance


@pytest.mark.parametrize("kind", KINDS)
def test_the_reward_rises_and_a_price_keeps_the_model_near(
    build: Build, kind: type[Reinforced], chat: Chat
) -> None:
    came = {}
    for price in (0.02, 1.0):
        epochs = 20 if kind is ProximalPolicy else 60  # which takes four steps in each
        run = build(partial(kind, rule=letters), f"kl{price}", kl=price, epochs=epochs, samples=8)
        reference = Reference(run.tunable)
        start, nowhere = asks(run.tunable, chat, reference)
        assert nowhere == pytest.approx(0, abs=1e-5)
        run.fit(QUESTIONS, QUESTIONS)
        came[price] = asks(run.tunable, chat, reference)
    assert came[0.02][0] > start + 0.1
    assert came[1.0][1] < 0.5 * came[0.02][1]
    assert came[1.0][1] < 2.5


def test_a_model_that_is_measured_answers_as_well_as_it_can(build: Build) -> None:
    run = build(partial(GroupRelative, rule=letters))
    loss, mean = run.measure(run.objective.prepare(run.tunable, run._encode(QUESTIONS)))
    best = draw(run.tunable, run.chat, [asked(one, run.chat, 6) for one in QUESTIONS], 1, best=True)
    assert mean == -loss == pytest.approx(sum(letters(QUESTIONS[0], one.text) for one in best) / 4)


class MortalTrainer(Trainer):
    """Dies in the fifth epoch."""

    def _take(self, optimizer: torch.optim.Optimizer, step, total: int) -> None:  # type: ignore[no-untyped-def]
        if step.epoch == 4:
            raise KeyboardInterrupt
        super()._take(optimizer, step, total)


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_run_draws_the_same_answers_again(build: Build, kind: type[Reinforced]) -> None:
    make = partial(build, partial(kind, rule=letters), epochs=6, dropout=0.1)
    whole = make("whole")
    whole.fit(QUESTIONS, QUESTIONS[:1])
    cut = make("cut")
    mortal = MortalTrainer(cut.tunable, cut.objective, cut.chat, cut.settings, cut.folder, cut.identity)
    with pytest.raises(KeyboardInterrupt):
        mortal.fit(QUESTIONS, QUESTIONS[:1])
    resumed = make("cut")
    resumed.fit(QUESTIONS, QUESTIONS[:1])
    assert all(map(torch.equal, resumed.tunable.parameters, whole.tunable.parameters))
    assert resumed.progress == whole.progress


def test_ppo_learns_four_times_of_the_same_answers(build: Build) -> None:
    counted: list[str] = []

    def counting(example: Example, text: str) -> float:
        counted.append(text)
        return letters(example, text)

    run = build(partial(ProximalPolicy, rule=counting), epochs=1, batch_tokens=512)
    steps = list(run._steps(run._encode(QUESTIONS)))
    assert [step.ends_epoch for step in steps] == [False, False, False, True]
    group = run.objective.prepare(run.tunable, run._encode(QUESTIONS))
    counted.clear()
    losses = [run.objective.loss(run.tunable, group) for _ in range(5)]
    assert len(counted) == 2 * len(QUESTIONS) * 4  # at the first and at the fifth
    assert len({one.summed.item() for one in losses[:4]}) == 1  # no weight has changed: the ratio is 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_reward_is_said_in_a_line(build: Build, kind: type[Reinforced]) -> None:
    run = build(partial(kind, rule=lambda example, text: 0.25))
    with pytest.raises(
        DomainError, match=r"to each of the first 4 questions all 4 answers had the same \(at last 0\.25\)"
    ):
        run.fit(QUESTIONS, QUESTIONS[:1])


def test_a_model_that_gets_all_right_is_no_constant_reward(build: Build) -> None:
    run = build(partial(GroupRelative, rule=lambda example, text: 1.0), epochs=2)
    assert [point.dev_accuracy for point in run.fit(QUESTIONS, QUESTIONS[:1]).curve] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("record", "text", "value"),
    [
        pytest.param(EN, "14 days", 1.0, id="right"),
        pytest.param(EN, "30 days", 0.0, id="wrong"),
        pytest.param(EN, "I don't know.", 0.0, id="declined though there is an answer"),
        pytest.param(ZH, "两周", 1.0, id="Chinese: two weeks are 14 days"),
        pytest.param(ZH, "<think>14天</think>30天", 0.0, id="Chinese: only what is said counts"),
    ],
)
def test_the_right_answer_is_rewarded(record: QuestionRecord, text: str, value: float) -> None:
    assert reward(["correct", "refusal"], Example("e", (), "", record=record), text) == value


def test_declining_is_rewarded_where_there_is_no_answer_and_saying_what_the_evidence_says() -> None:
    unknown = Example("e", (), "", record=replace(ZH, answers=(), answer_type="unanswerable"))
    assert [reward(["correct", "refusal"], unknown, text) for text in ("我不知道。", "14天")] == [1.0, 0.0]
    assert reward(["correct"], unknown, "14天") is None
    for record, right, wrong in ((EN, "14 days", "30 days"), (ZH, "14天", "30天")):
        known = Example("e", (), "", record=record)
        assert [reward(["citation"], known, text) for text in (right, wrong)] == [1.0, 0.0]
        assert reward(["correct", "citation"], known, right) == 2.0
    assert reward(["correct", "refusal", "citation"], Example("e", (), ""), "14 days") is None


def test_answers_are_drawn_as_likely_as_the_model_finds_them(tunable: Tunable, chat: Chat) -> None:
    """First tokens over 4,000 answers, against the distribution that the model states."""
    question = asked(QUESTIONS[0], chat, 1)
    torch.manual_seed(0)
    drawn = draw(tunable, chat, [question], 4000)
    with torch.no_grad():
        stated = tunable.model(input_ids=torch.tensor([question.ids])).logits[0, -1].softmax(-1)
    seen = torch.bincount(torch.tensor([one.row.ids[-1] for one in drawn]), minlength=len(stated)) / len(
        drawn
    )
    assert float((seen - stated).abs().sum()) / 2 < 0.1
    (best,) = draw(tunable, chat, [question], 1, best=True)
    assert best.row.ids[-1] == int(stated.argmax())


def test_an_answer_ends_with_its_stop_and_prompts_of_any_length_stand_beside_each_other(
    tunable: Tunable, chat: Chat
) -> None:
    long = Example("long", (Message("user", "refund the deposit in seven days"),), "")
    together = draw(tunable, chat, [asked(one, chat, 6) for one in (QUESTIONS[0], long)], 1, best=True)
    alone = [draw(tunable, chat, [asked(one, chat, 6)], 1, best=True)[0] for one in (QUESTIONS[0], long)]
    assert [one.row for one in together] == [one.row for one in alone]
    torch.manual_seed(2)
    for one in draw(tunable, chat, [asked(QUESTIONS[1], chat, 40)], 64):
        answer = one.row.ids[one.row.prompt :]
        assert all(token not in chat.stops for token in answer[:-1])
        assert len(answer) == 40 or answer[-1] in chat.stops


def test_a_reward_model_judges_beside_the_adapter_that_learns(
    build: Build, tiny_model: Path, chat: Chat
) -> None:
    pairs = [
        Example(one.question_id, one.messages, reply, rejected=worse)
        for one in QUESTIONS
        for reply, worse in (("7 days", "押金押金"), ("the deposit", "在七天"), ("refunds", "退还酒店"))
    ]
    run = build("reward", "reward", epochs=6)
    assert run.fit(pairs, pairs).curve[-1].dev_accuracy > 0.9
    folder = run.folder / "best"
    tunable = fresh(tiny_model, finetune())
    rows = [row(one, text, chat) for one in pairs for text in (one.reply, one.rejected)]
    with measured(tunable):
        before = torch.cat(token_log_probs(tunable, rows))
    judge = Judge(tunable, folder)
    scores = judge.scores(rows)
    assert sum(good > bad for good, bad in zip(scores[::2], scores[1::2], strict=True)) > 0.9 * len(pairs)
    with measured(tunable):
        assert torch.equal(torch.cat(token_log_probs(tunable, rows)), before)
    assert all(parameter.requires_grad for parameter in tunable.parameters)
    policy = build("ppo", "policy", reward_model=folder, epochs=8, learning_rate=2e-2, samples=8)
    rewards = [point.dev_accuracy for point in policy.fit(QUESTIONS, QUESTIONS).curve]
    assert max(rewards) > rewards[0]
    saved = {path.name for path in (policy.folder / "best").iterdir()}
    assert saved >= {"adapter_model.safetensors", "head.safetensors"}
    assert "reward" not in saved


def test_what_is_no_reward_model_is_refused(tunable: Tunable, tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="is no reward model; run: python -m finetune train"):
        Judge(tunable, tmp_path)
