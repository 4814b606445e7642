"""An ablation on a tiny model: equal budgets, each run once, and what a difference is worth."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain import Domain
from core.errors import AssistantError
from core.questions import QuestionRecord
from finetune.__main__ import main
from finetune.ablation.arms import arm_with, base_arm, budgeted
from finetune.ablation.effects import Effect, effect
from finetune.ablation.experiment import Experiment
from finetune.ablation.runs import Result, Runs
from finetune.ablation.table import markdown
from settings import Settings
from tests.factory import EN, ZH
from tests.finetune.inn import Build, inn, set_environment, tiny


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    return inn(tmp_path)


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path, tiny_embedder: Path) -> Build:
    def make(**finetune: object) -> Settings:
        asked = {"epochs": 2, "batch_tokens": 256, **finetune}
        return tiny(tmp_path / "var", tiny_model, tiny_embedder, **asked)

    return make


def lines(tmp_path: Path) -> list[dict[str, object]]:
    (path,) = (tmp_path / "var" / "training").glob("*/ablation.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_run_takes_as_many_updates_whatever_its_examples(
    domain: Domain, settings: Build, tmp_path: Path
) -> None:
    experiment = Experiment(domain, settings(), ["balance", "split_by_fact"])
    expected = experiment.cost(seeds=1, updates=3)
    assert (expected.runs, expected.updates, expected.examples, expected.questions) == (3, 3, 8, 2)
    made = experiment.run(expected, lambda line: None)
    assert [(row["step"], row["updates"]) for row in lines(tmp_path)] == [
        ("", 3),
        ("balance", 3),
        ("split_by_fact", 3),
    ]
    assert [(one.step, one.examples) for one in made.effects] == [("balance", 12), ("split_by_fact", 7)]
    assert not list((tmp_path / "var" / "training").glob("*/ablation/*"))  # nothing trained is kept


def test_a_second_call_trains_only_what_is_missing(domain: Domain, settings: Build, tmp_path: Path) -> None:
    told: list[list[str]] = []
    for steps, seeds in ((["balance"], 1), (["balance"], 2), (["balance", "deduplicate"], 2)):
        experiment = Experiment(domain, settings(), steps)
        told.append([])
        experiment.run(experiment.cost(seeds, 2), told[-1].append)
    assert told[0] == [
        "0 of 2 runs are there already",
        "training: the base, seed 17",
        "training: balance, seed 17",
    ]
    assert told[1] == [
        "2 of 4 runs are there already",
        "training: the base, seed 18",
        "training: balance, seed 18",
    ]
    assert told[2] == ["6 of 6 runs are there already"]  # no repeats in the data: they are the base's


def test_a_run_that_was_killed_goes_on_and_the_others_are_kept(
    domain: Domain, settings: Build, tmp_path: Path
) -> None:
    experiment = Experiment(domain, settings(), ["balance"])

    def dies(line: str) -> None:
        if "balance" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        experiment.run(experiment.cost(1, 2), dies)
    told: list[str] = []
    experiment.run(experiment.cost(1, 2), told.append)
    assert told == ["1 of 2 runs are there already", "training: balance, seed 17"]
    assert len(lines(tmp_path)) == 2


@pytest.mark.parametrize(
    ("changes", "is_known"),
    [
        pytest.param({}, True, id="the same"),
        pytest.param(
            {"variants": 4, "oversample": 9, "name": "mine"}, True, id="what is in the data or a name"
        ),
        pytest.param({"learning_rate": 1e-3}, False, id="the learning rate"),
        pytest.param({"rank": 3}, False, id="the rank"),
        pytest.param({"seed": 18}, False, id="the seed"),
    ],
)
def test_a_run_is_known_by_what_it_depends_on(
    domain: Domain, settings: Build, changes: dict[str, object], is_known: bool
) -> None:
    before, after = (
        budgeted(base_arm(domain, made, []), 2, made.finetune.seed)
        for made in (settings(), settings(**changes))
    )
    Runs(domain, settings()).result(before)
    assert Runs(domain, settings()).is_known(after) == is_known


def test_arms_have_one_step_more_than_the_base_and_its_dev_questions(domain: Domain, settings: Build) -> None:
    base = base_arm(
        domain, settings(steps=("leak_guard", "balance", "deduplicate")), ["balance", "split_by_fact"]
    )
    assert base.settings.finetune.steps == ("leak_guard", "deduplicate")
    arm = arm_with("balance", domain, base)
    assert arm.settings.finetune.steps == ("leak_guard", "deduplicate", "balance")
    assert (arm.data.dev, arm.data.dev_questions) == (base.data.dev, base.data.dev_questions)
    assert len(arm.data.train) > len(base.data.train)


def test_the_budget_is_what_the_base_takes_unless_it_is_said(domain: Domain, settings: Build) -> None:
    """Eight examples of about 60 tokens, four to a batch of 256."""
    cost = Experiment(domain, settings(epochs=3), ["paraphrase", "refuse"]).cost(seeds=2)
    per_epoch = cost.updates // 3
    assert cost.updates == 3 * per_epoch > 0
    assert cost.runs == 6
    assert 6 * cost.updates * 64 < cost.tokens <= 6 * cost.updates * 256
    assert cost.prompts == 8 * 5 + round(8 * 0.2)
    assert "6 runs of" in str(cost)


def test_the_writer_works_for_an_arm_as_well(domain: Domain, settings: Build, tmp_path: Path) -> None:
    """A random model, held to the schema, writes nothing that stands: the arm is the base."""
    experiment = Experiment(domain, settings(variants=1), ["paraphrase"])
    (only,) = experiment.run(experiment.cost(1, 1), lambda line: None).effects
    assert (only.examples, only.difference, only.low, only.verdict) == (8, 0.0, None, "nothing differs")


def test_no_step_is_no_experiment(domain: Domain, settings: Build) -> None:
    with pytest.raises(AssistantError, match="name the steps to measure: --steps with some of split_by_time"):
        Experiment(domain, settings(), [])
    with pytest.raises(AssistantError, match="no step 'paraphase'; known are"):
        Experiment(domain, settings(), ["paraphase"])


def results(step: str, *by_seed: Mapping[str, str]) -> list[Result]:
    return [Result(step, seed, answers) for seed, answers in enumerate(by_seed)]


def asked(count: int, documents: int) -> list[QuestionRecord]:
    return [
        replace(EN, id=f"q{n}", evidence_doc_ids=(f"d{n * documents // count}",), split="dev")
        for n in range(count)
    ]


def said(right: Sequence[int], count: int) -> dict[str, str]:
    """Right answers to some of the questions, wrong ones to the others."""
    return {f"q{n}": "14 days" if n in right else "30 days" for n in range(count)}


@pytest.mark.parametrize(
    ("base", "arm", "difference", "verdict"),
    [
        pytest.param(range(10), range(30), 0.5, "helps", id="20 of 40 more are right"),
        pytest.param(range(30), range(10), -0.5, "harms", id="20 of 40 fewer are right"),
        pytest.param(range(10), range(1, 11), 0.0, "nothing shown", id="one for one"),
        pytest.param(range(10), range(10), 0.0, "nothing differs", id="the same answers"),
    ],
)
def test_a_step_helps_where_the_interval_is_above_zero(
    base: range, arm: range, difference: float, verdict: str
) -> None:
    runs = [results("step", *[said(right, 40)] * 2) for right in (base, arm)]
    found = effect(*runs, asked(40, 40), 8, draw_seed=1)
    assert found.difference == pytest.approx(difference)
    assert found.by_seed == pytest.approx((difference, difference))
    assert found.verdict == verdict
    assert (found.low is None) == (found.differing == 0)
    if found.low is not None and found.high is not None:
        assert found.low < found.difference < found.high


def test_questions_of_one_document_are_drawn_together_and_seeds_as_well() -> None:
    """Twenty answers of one document that turn are less sure than twenty of as many documents."""
    base, arm = (results("step", *[said(right, 40)] * 2) for right in (range(10), range(30)))

    def width(documents: int, of: list[Result] = arm) -> float:
        found = effect(base, of, asked(40, documents), 8, draw_seed=1)
        assert found.low is not None
        assert found.high is not None
        return found.high - found.low

    assert width(4) > 1.3 * width(40)
    uneven = results("step", said(range(40), 40), said(range(20), 40))  # the same mean, by 2 seeds apart
    assert width(40, uneven) > 1.3 * width(40)


def test_chinese_answers_count_by_their_value() -> None:
    record = replace(ZH, id="q0", split="dev")
    base, arm = (results("step", {"q0": text}) for text in ("30天", "两周"))
    assert effect(base, arm, [record], 8, draw_seed=1).difference == 1.0


def test_an_answer_that_declines_counts_where_there_is_none() -> None:
    record = replace(EN, id="q0", answers=(), answer_type="unanswerable")
    base, arm = (results("step", {"q0": text}) for text in ("14 days", "I don't know."))
    assert effect(base, arm, [record], 8, draw_seed=1).difference == 1.0


def test_the_markdown_has_every_number() -> None:
    shown = [
        Effect("balance", 12, 0.25, 0.5, (0.3, 0.2), 7, 0.05, 0.45),
        Effect("pair", 8, 0.25, 0.25, (0.0, 0.0), 0, None, None),
    ]
    text = markdown("Steps", shown, ["3 seeds"])
    assert "| balance | 12 | 0.250 → 0.500 | +0.250 | [+0.050, +0.450] | +0.300 +0.200 | 7 | helps |" in text
    assert "| pair | 8 | 0.250 → 0.250 | +0.000 | n/a | +0.000 +0.000 | 0 | nothing differs |" in text
    assert text.startswith("# Steps\n")
    assert text.endswith("- 3 seeds\n")


def test_the_command_says_its_cost_first_and_can_stop_there(
    domain: Domain,
    settings: Build,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_environment(monkeypatch, settings())
    out = tmp_path / "effects.md"
    command = [
        "ablate",
        "--domain",
        str(domain.folder),
        "--steps",
        "balance",
        "--seeds",
        "2",
        "--updates",
        "1",
    ]
    assert main([*command, "--cost"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("cost: 4 runs of 1 updates, about ")
    assert "training" not in said
    assert main([*command, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.index("cost: 4 runs") < said.index("0 of 4 runs") < said.index("training: the base, seed 17")
    assert "balance" in out.read_text(encoding="utf-8")
