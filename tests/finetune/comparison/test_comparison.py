"""A comparison on a tiny model: equal budgets, each run made once, what cannot run is said."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.domain import Domain
from core.errors import AssistantError
from finetune.__main__ import main
from finetune.comparison.arms import arms_of
from finetune.comparison.experiment import Comparison, Experiment, Wanted
from finetune.comparison.measuring import Request, _Steps, measure
from finetune.comparison.scores import Row
from finetune.tuning import Stage, tune
from finetune.types import StepTaken
from settings import Settings
from tests.families import make_family
from tests.finetune.comparison.conftest import Here
from tests.finetune.inn import Build, set_environment

SHORT = Wanted(tokens=300)


def compared(
    domain: Domain, settings: Settings, methods: str, here: Here, wanted: Wanted = SHORT
) -> tuple[Comparison, list[str]]:
    told: list[str] = []
    experiment = Experiment(domain, arms_of(settings, methods, ()), wanted, here)
    return experiment.run(told.append), told


def journal(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "var" / "training").glob("*/comparison.jsonl")
    return path


def by_label(comparison: Comparison) -> dict[str, Row]:
    return {row.label: row for row in comparison.rows}


def test_the_command_compares_two_methods_in_processes_of_their_own(
    domain: Domain,
    settings: Build,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = {"FINETUNE__HELD_OUT": "../ferry.txt", "FINETUNE__COST_PER_CPU_HOUR": 3600}
    set_environment(monkeypatch, settings(), **own)
    out = tmp_path / "out"
    command = ["compare", "--domain", str(domain.folder), "--methods", "lora,ia3", "--tokens", "300"]
    assert main([*command, "--cost"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("cost: 2 runs of ")
    assert "246 questions answered" in said  # 2 of dev and 80 of no domain, by two adapters and the base
    assert "training" not in said
    assert main([*command, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.index("cost: 2 runs") < said.index("0 of 2 runs") < said.index("training: lora, seed 17")
    told = json.loads((out / "methods.json").read_text(encoding="utf-8"))
    base, lora, ia3 = told["rows"]
    assert [row["label"] for row in (base, lora, ia3)] == ["base model", "lora", "ia3"]
    assert base["kept"]["perplexity_ratio"] == 1.0
    assert lora["training"]["trained_parameters"] > ia3["training"]["trained_parameters"] > 0
    assert lora["training"]["artefact"] > 2 * lora["training"]["trained_parameters"]
    assert 1 << 20 < ia3["training"]["peak"] < 1 << 34
    assert lora["money"] == pytest.approx(lora["training"]["seconds"])
    text = (out / "methods.md").read_text(encoding="utf-8")
    assert "| lora " in text
    assert "money" in text
    for name in ("gain_and_forgetting", "quality_and_cost"):
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert not list((tmp_path / "var" / "training").glob("*/comparison/*"))  # nothing trained is kept
    assert main(command) == 0
    assert "2 of 2 runs are there already" in capsys.readouterr().out


def test_every_method_sees_the_same_tokens_in_the_same_steps_at_its_own_rate(
    domain: Domain, settings: Build, here: Here
) -> None:
    made, _ = compared(domain, settings(), "lora,prompt,full", here, Wanted(seeds=2, tokens=500))
    by_seed: dict[int, set[tuple[int, int]]] = {}
    for run in made.runs:
        if run.training and run.seed is not None:
            by_seed.setdefault(run.seed, set()).add((run.training.updates, run.training.tokens))
    assert by_seed.keys() == {17, 18}
    assert all(len(budgets) == 1 for budgets in by_seed.values())
    assert min(tokens for _, tokens in by_seed[17]) >= 500
    rates = {
        one.settings.finetune.method: one.settings.finetune.learning_rate for one in here.asked if one.trains
    }
    assert rates == {"lora": 4e-4, "prompt": 3e-2, "full": 2e-5}
    assert by_label(made)["full"].seeds == (17, 18)


def test_a_stated_rate_is_everyones(domain: Domain, settings: Build) -> None:
    arms = arms_of(settings(learning_rate=1e-3), "lora,full", ())
    assert {one.settings.finetune.learning_rate for one in arms} == {1e-3}


def test_what_was_killed_goes_on_where_it_was(
    domain: Domain, settings: Build, tmp_path: Path, here: Here
) -> None:
    class Dies(Here):
        def __call__(self, request: Request) -> dict[str, Any]:
            if request.settings.finetune.method == "ia3":
                raise KeyboardInterrupt
            return super().__call__(request)

    with pytest.raises(KeyboardInterrupt):
        compared(domain, settings(), "lora,ia3", Dies())
    whole = journal(tmp_path).read_bytes()
    journal(tmp_path).write_bytes(whole + b'{"key": "0123", "made": {"answ')  # a line that a kill cut short
    made, told = compared(domain, settings(), "lora,ia3", here)
    assert told == ["1 of 2 runs are there already", "training: ia3, seed 17"]
    assert [one.settings.finetune.method for one in here.asked] == ["ia3"]
    assert len(journal(tmp_path).read_text(encoding="utf-8").splitlines()) == 3
    assert by_label(made)["lora"].training is not None


def test_a_run_that_was_killed_in_its_middle_counts_its_first_half(
    domain: Domain, settings: Build, here: Here
) -> None:
    compared(domain, settings(batch_tokens=256), "lora", here, Wanted(tokens=4500))
    asked = next(one for one in here.asked if one.trains)
    whole = measure(asked)["training"]
    again = replace(asked, work=asked.work.with_name("killed"))
    steps = _Steps(again.work / "steps.jsonl", again.settings)

    def dies(step: StepTaken) -> None:
        steps.take(step)
        if step.number == 23:
            raise KeyboardInterrupt

    assert whole["updates"] > 23
    with pytest.raises(KeyboardInterrupt):
        tune([Stage(again.data, again.settings)], again.work, keeps_last=True, on_step=dies)
    resumed = measure(again)["training"]
    assert (resumed["updates"], resumed["tokens"]) == (whole["updates"], whole["tokens"])


def test_what_cannot_run_here_is_a_row_with_its_reason(
    domain: Domain, settings: Build, tmp_path: Path, here: Here
) -> None:
    """No bias to learn is seen when the model is there; packing beside a soft prompt before."""
    model = make_family("llama3", tmp_path / "llama")
    made, told = compared(domain, settings(model, packing=True), "bitfit,prefix,lora", here)
    rows = by_label(made)
    assert "bias" in rows["bitfit"].reason
    assert "finetune.packing does not go with prefix" in rows["prefix"].reason
    assert rows["lora"].reason == ""
    assert rows["lora"].answered is not None
    assert rows["lora"].answered["dev"].difference is None  # it is the first that ran
    assert [line for line in told if line.startswith("cannot run: ")] == [
        f"cannot run: {name}: {rows[name].reason}" for name in ("prefix", "bitfit")
    ]


def test_nothing_that_can_run_is_an_error(domain: Domain, settings: Build, here: Here) -> None:
    with pytest.raises(AssistantError, match=r"nothing can run here: .* does not go with prefix"):
        compared(domain, settings(packing=True), "prefix", here)


def test_test_questions_are_asked_only_where_they_are_wanted(
    domain: Domain, settings: Build, here: Here
) -> None:
    compared(domain, settings(), "ia3", here)
    assert {part for one in here.asked for part in one.questions} == {"dev", "general"}
    made, told = compared(domain, settings(), "ia3", here, Wanted(tokens=300, test=True))
    assert told[0] == "0 of 1 runs are there already"  # what was trained is gone, so it is trained again
    row = by_label(made)["ia3"]
    assert made.split == "test"
    assert row.answered is not None
    assert row.answered.keys() == {"dev", "test"}
    assert row.answered["test"].taught is not None  # a train question asks for this fact
    _, told = compared(domain, settings(), "ia3", here)
    assert told == ["1 of 1 runs are there already"]


def test_a_sweep_is_ranked_by_dev_and_never_asks_test(domain: Domain, settings: Build, here: Here) -> None:
    arms = arms_of(settings(), "lora", ["rank=1,2", "learning_rate=1e-4,4e-4"])
    assert [one.label for one in arms] == [
        *("rank=1, learning_rate=1e-4", "rank=1, learning_rate=4e-4"),
        *("rank=2, learning_rate=1e-4", "rank=2, learning_rate=4e-4"),
    ]
    assert [one.settings.finetune.rank for one in arms] == [1, 1, 2, 2]
    made = Experiment(domain, arms[:3], Wanted(tokens=200, sweeps=True), here).run(lambda line: None)
    assert {part for one in here.asked for part in one.questions} == {"dev", "general"}
    base, *rows = made.rows
    worth = [row.answered["dev"].correct.value for row in rows if row.answered]
    assert base.label == "base model"
    assert worth == sorted(worth, reverse=True)
    assert len(worth) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["--methods", "lora,doar"], "--methods: there is no 'doar'; known are lora", id="a slip"
        ),
        pytest.param([], "name the methods to compare", id="none named"),
        pytest.param(
            ["--methods", "lora", "--grid", "rank=1,2", "--test"],
            "--grid chooses by dev and never asks test; leave --test out",
            id="a sweep on test",
        ),
        pytest.param(
            ["--grid", "rnak=1"], "no setting 'rnak' to sweep; there are beta, samples", id="no field"
        ),
        pytest.param(["--grid", "epochs=1,2"], "no setting 'epochs' to sweep", id="the budget is no axis"),
        pytest.param(
            ["--grid", "rank=0"], "rank=0: rank: Input should be greater", id="a value out of range"
        ),
        pytest.param(["--grid", "rank"], "give values, such as rank=A,B", id="no values"),
        pytest.param(["--grid", "rank=1", "--grid", "rank=2"], "names a setting twice", id="twice"),
        pytest.param(
            ["--methods", "lora,ia3", "--grid", "rank=1"], "--grid sweeps one method", id="two methods"
        ),
        pytest.param(
            ["--methods", "lora", "--objective", "pretraining,sft"], "one objective at a time", id="stages"
        ),
    ],
)
def test_what_makes_no_sense_ends_in_one_line(
    domain: Domain, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "--domain", str(domain.folder), *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_neither_money_nor_the_held_out_text_changes_what_a_run_depends_on(settings: Build) -> None:
    dear = settings(held_out="elsewhere", cost_per_cpu_hour=9).finetune
    assert dear.model_dump_json() == settings().finetune.model_dump_json()
