"""The formulas of objectives against numbers that were worked out by hand."""

from math import exp, log

import pytest
import torch
from torch import tensor

from finetune.objectives.distillation import divergence
from finetune.objectives.natural_language import right_cost, salience, wrong_cost
from finetune.objectives.ppo import estimated_advantages, policy_cost, value_cost
from finetune.objectives.preference import log_odds
from finetune.objectives.reinforcement import group_advantages, left_out_advantages, price

TWO = tensor([0.5, 0.5]).log()[None]
SKEWED = tensor([0.8, 0.2]).log()[None]


def test_the_odds_of_four_in_five_are_four() -> None:
    assert log_odds(tensor([log(0.8), log(0.2)])).tolist() == pytest.approx([log(4), -log(4)])
    assert torch.isfinite(log_odds(tensor([0.0, -200.0]))).all()


@pytest.mark.parametrize(
    ("beta", "value"),
    [
        pytest.param(0.0, 0.8 * log(1.6) + 0.2 * log(0.4), id="0: of the teacher from the student"),
        pytest.param(
            1.0, 0.5 * log(0.5 / 0.8) + 0.5 * log(0.5 / 0.2), id="1: of the student from the teacher"
        ),
        pytest.param(
            0.5,
            0.5 * (0.8 * log(0.8 / 0.65) + 0.2 * log(0.2 / 0.35))
            + 0.5 * (0.5 * log(0.5 / 0.65) + 0.5 * log(0.5 / 0.35)),
            id="half: of both from their mean",
        ),
    ],
)
def test_divergence(beta: float, value: float) -> None:
    assert divergence(TWO, SKEWED, beta).item() == pytest.approx(value, abs=1e-6)
    assert divergence(SKEWED, SKEWED, beta).item() == pytest.approx(0, abs=1e-6)


def test_rows_that_fill_a_matrix_up_do_not_count() -> None:
    wider = torch.cat([SKEWED, tensor([[5.0]])], 1)
    assert divergence(TWO, wider, 0.0).item() == pytest.approx(divergence(TWO, SKEWED, 0.0).item())


@pytest.mark.parametrize(
    ("shown", "weights"),
    [
        pytest.param([1.0], [2.0], id="certain: twice"),
        pytest.param([0.975], [1 + 0.5**5], id="half way from .95 to 1: 1 + 1/32"),
        pytest.param([0.95], [1.0], id=".95 itself: once"),
        pytest.param([0.475, 0.1], [0.5**0.6, (0.1 / 0.95) ** 0.6], id="none is understood: power .6"),
        pytest.param([0.475, 1.0, 0.475], [0.5**0.3, 2.0, 0.5**0.3], id="beside one that is: power .3"),
        pytest.param([1.0, 0.475, 0.475], [2.0, 0.5**0.3, 0.5**0.6], id="two away: power .6"),
    ],
)
def test_tokens_of_a_right_answer_weigh_by_how_they_read_with_it_shown(
    shown: list[float], weights: list[float]
) -> None:
    assert salience(tensor(shown)).tolist() == pytest.approx(weights, rel=1e-4)


def test_a_right_answer_costs_its_loss_and_its_weighed_loss() -> None:
    """Tokens of 1/2 and 1/4, which count 2 and 0.5 ** 0.3."""
    base, shown = tensor([log(0.5), log(0.25)]), tensor([1.0, 0.475])
    weighed = (2 * log(2) + 0.5**0.3 * log(4)) / 2
    assert right_cost(base, shown).item() == pytest.approx(weighed + (log(2) + log(4)) / 2, rel=1e-5)


@pytest.mark.parametrize(
    ("base", "shown", "mistaken", "value"),
    [
        pytest.param(0.2, 0.1, 0.5, 2 / (1 + exp(-1.0)) * -log(0.8), id="2.5 times as likely when told"),
        pytest.param(0.4, 0.1, 0.5, 0.0, id="1.25 times as likely as unasked: nothing"),
        pytest.param(0.2, 0.4, 0.5, 0.0, id="1.25 times as likely as with the answer: nothing"),
        pytest.param(0.002, 0.002, 0.008, 0.0, id="under .01: nothing"),
    ],
)
def test_a_token_that_only_the_mistake_explains_is_made_less_likely(
    base: float, shown: float, mistaken: float, value: float
) -> None:
    cost = wrong_cost(tensor([base, 1e-9]).log(), tensor([shown, 1.0]), tensor([mistaken, 1e-9]))
    assert cost.item() == pytest.approx(value / 2, abs=1e-6)  # a mean over both tokens


def test_advantages_of_a_group_sum_to_nothing() -> None:
    rewards = tensor([[1.0, 0.0, 0.0, 1.0], [0.5, 0.5, 0.5, 0.5], [3.0, 0.0, 0.0, 1.0]])
    advantages = group_advantages(rewards)
    assert advantages.sum(1).tolist() == pytest.approx([0, 0, 0], abs=1e-5)
    assert advantages[1].tolist() == [0.0] * 4
    assert advantages[0].tolist() == pytest.approx([0.866, -0.866, -0.866, 0.866], abs=1e-3)


def test_an_answer_is_measured_by_the_mean_of_the_others() -> None:
    assert left_out_advantages(tensor([[1.0, 0.0, 0.5]])).tolist()[0] == pytest.approx([0.75, -0.75, 0.0])


def test_leaving_the_reference_has_a_price_either_way() -> None:
    now = tensor([log(0.5), log(0.25), log(0.5)])
    before = tensor([log(0.5), log(0.5), log(0.25)])
    assert price(now, before).tolist() == pytest.approx([0, 2 - log(2) - 1, 0.5 + log(2) - 1])


@pytest.mark.parametrize(
    ("ratio", "advantage", "cost", "moves"),
    [
        pytest.param(1.0, 1.0, -1.0, True, id="as it was"),
        pytest.param(1.5, 1.0, -1.2, False, id="a good token that is 1.5 times as likely: 1.2, no gradient"),
        pytest.param(0.5, -1.0, 0.8, False, id="a bad one that is half as likely: 0.8, no gradient"),
        pytest.param(1.5, -1.0, 1.5, True, id="a bad one that became likelier is brought back"),
        pytest.param(0.5, 1.0, -0.5, True, id="a good one that became less likely is brought back"),
    ],
)
def test_nothing_is_won_beyond_the_clip(ratio: float, advantage: float, cost: float, moves: bool) -> None:
    then = tensor([-2.0])
    now = (then + log(ratio)).requires_grad_()
    found = policy_cost(now, then, tensor([advantage]))
    assert found.item() == pytest.approx(cost)
    (gradient,) = torch.autograd.grad(found.sum(), now)
    assert bool(gradient.abs() > 0) is moves


def test_advantages_hand_on_what_is_paid_later() -> None:
    """Paid 1 at the end, expected .5 throughout: surprises of 0, 0 and .5, handed back at .95."""
    found = estimated_advantages(tensor([0.0, 0.0, 1.0]), tensor([0.5, 0.5, 0.5]))
    assert found.tolist() == pytest.approx([0.5 * 0.95**2, 0.5 * 0.95, 0.5])


def test_a_value_that_moves_further_than_the_clip_gains_nothing() -> None:
    then, returns = tensor([0.0, 0.0]), tensor([1.0, 1.0])
    assert value_cost(tensor([0.1, 0.9]), then, returns).tolist() == pytest.approx([0.405, 0.32])
