"""Every row of the table: trained on a tiny model, put in place, found again and asked, in both languages."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.generation.adapters import find_adapter
from assistant.generation.local import forget_weights
from assistant.registry import open_assistant
from core.domain import Domain, find_domain
from core.errors import AssistantError
from core.questions import amend_questions
from core.weights.catalogue import fingerprint
from finetune.__main__ import main
from finetune.artefact import train_adapter
from finetune.factory.questions import training_data
from finetune.objectives import OBJECTIVES
from finetune.trainer import Trainer
from finetune.tuning import staged
from settings import Settings, load_settings
from tests.factory import EN, ZH

Make = Callable[..., Settings]
TRAIN = [
    EN,
    ZH,
    replace(EN, id="en2", question="What is the fee for a dog?", answers=("12 euros",), fact_id="dog"),
]
DEV = [replace(one, id=f"d-{one.id}", split="dev", question=f"{one.question}?") for one in (EN, ZH)]
ALPACA = [
    {"instruction": "Translate.", "input": "退还押金", "output": "Refund the deposit."},
    {"instruction": "退货期限是几天？", "output": "7天"},
    {"instruction": "Name a fee.", "input": "", "output": "12 euros"},
]


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    folder = tmp_path / "inn"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "en.md").write_text("# Inn\n\nA guest may cancel a booking within 14 days.")
    (folder / "documents" / "zh.md").write_text("# 客栈\n\n住客可以在14天内取消订单。")
    amend_questions(folder / "questions.jsonl", {}, [*TRAIN, *DEV])
    (folder / "own.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in ALPACA))
    return find_domain(str(folder))


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path, tiny_embedder: Path) -> Make:
    def make(**finetune: object) -> Settings:
        return load_settings(
            {
                "home": tmp_path / "var",
                "threads": 1,
                "generator": {"model": str(tiny_model), "dtype": "float32", "max_new_tokens": 6},
                "embedder": {"model": str(tiny_embedder)},
                "finetune": {"epochs": 1, "rank": 2, "batch_tokens": 1024, "answer_tokens": 4, "samples": 4}
                | finetune,
            }
        )

    return make


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        pytest.param({}, "lora", id="replies: the method"),
        pytest.param({"objective": "dpo"}, "dpo", id="the objective"),
        pytest.param({"objective": " pretraining, sft"}, "pretraining-sft", id="all of them"),
        pytest.param({"objective": "dpo", "name": "mine"}, "mine", id="its name"),
    ],
)
def test_what_is_trained_is_what_is_found_without_a_name(
    changes: dict[str, object], name: str, domain: Domain, settings: Make, tiny_model: Path
) -> None:
    train_adapter(domain, settings(**changes))
    assert find_adapter(domain, settings(**changes), fingerprint(tiny_model)).name == name


def asked(domain: Domain, settings: Settings, name: str) -> list[str]:
    forget_weights()
    assistant = open_assistant(domain, settings)
    strategy = assistant.strategy("fine_tuned_rag" if name == "raft" else f"fine_tuned:{name}")
    return [one.adapter for one in strategy.answer_many([assistant.question(one.question) for one in DEV])]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_it_is_trained_put_in_place_and_asked(
    name: str, domain: Domain, settings: Make, tiny_model: Path
) -> None:
    more: dict[str, object] = {}
    if name == "instruction":
        more["data"] = "own.jsonl"
    if name in ("grpo", "rloo", "ppo"):  # the classic three steps
        train_adapter(domain, settings(objective="reward"))
        more["reward_model"] = "reward"
    if name == "distil":
        more["teacher"] = str(tiny_model)
    trained = train_adapter(domain, settings(objective=name, **more))
    expected = "lora" if name == "sft" else name
    assert trained.folder.name == expected
    assert find_adapter(domain, settings(), fingerprint(tiny_model), expected).folder == trained.folder
    manifest = json.loads((trained.folder / "manifest.json").read_text())
    assert manifest["settings"]["objective"] == name
    assert manifest["settings"]["learning_rate"] == (OBJECTIVES[name].learning_rate or 4e-4)
    assert manifest["examples"]["train"] > 0
    assert (trained.after is None) == (name == "reward")
    assert asked(domain, settings(), expected) == [expected] * 2


@pytest.mark.parametrize("name", ["dpo", "kto", "orpo", "reward", "nlft"])
def test_pairs_of_ones_own_are_learned_as_they_are(name: str, domain: Domain, settings: Make) -> None:
    rows = [{"prompt": f"{n} 押金？", "chosen": f"{n} 元", "rejected": "不退还"} for n in range(12)]
    (domain.folder / "pairs.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    trained = train_adapter(domain, settings(objective=name, data="pairs.json"))
    manifest = json.loads((trained.folder / "manifest.json").read_text())
    assert manifest["examples"] == {"train": 11, "dev": 1, "left_out": 0}
    assert [one["step"] for one in manifest["steps"]] == ["leak_guard", "leak_guard"]


def test_labels_of_ones_own_are_learned_without_pairs(domain: Domain, settings: Make) -> None:
    rows = [{"prompt": f"{n}?", "completion": f"{n} days", "label": n % 3 > 0} for n in range(40)]
    (domain.folder / "labels.json").write_text(json.dumps(rows), encoding="utf-8")
    trained = train_adapter(domain, settings(objective="kto", data="labels.json"))
    assert json.loads((trained.folder / "manifest.json").read_text())["examples"]["train"] == 36


def test_documents_are_learned_before_replies_in_one_run(domain: Domain, settings: Make) -> None:
    trained = train_adapter(domain, settings(objective="pretraining,sft", epochs=2, learning_rate=1e-2))
    manifest = json.loads((trained.folder / "manifest.json").read_text())
    assert trained.folder.name == "pretraining-sft"
    assert [one["objective"] for one in manifest["stages_before"]] == ["pretraining"]
    assert manifest["stages_before"][0]["examples"] == {"train": 2, "dev": 2, "left_out": 0}
    assert set(manifest["documents"]) > {"inn", "云栖渡"}  # those of the questions, and all that were read
    alone = train_adapter(domain, settings(objective="sft", epochs=2, learning_rate=1e-2))
    assert trained.progress.curve[0].train_loss != alone.progress.curve[0].train_loss
    assert asked(domain, settings(), "pretraining-sft") == ["pretraining-sft"] * 2


def test_the_classic_three_steps(domain: Domain, settings: Make) -> None:
    judge = train_adapter(domain, settings(objective="reward", epochs=3, learning_rate=5e-3))
    assert judge.before is None
    wanted = settings(objective="sft,ppo", reward_model="reward", epochs=2, learning_rate=5e-3)
    trained = train_adapter(domain, wanted)
    manifest = json.loads((trained.folder / "manifest.json").read_text())
    assert [one["objective"] for one in manifest["stages_before"]] == ["sft"]
    assert manifest["settings"]["reward_model"] == str(judge.folder)
    assert trained.after is not None
    assert asked(domain, settings(), "sft-ppo") == ["sft-ppo"] * 2


def test_a_run_that_died_in_its_second_stage_ends_in_the_same_weights(
    domain: Domain, settings: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = settings(objective="pretraining,dpo", epochs=2, dropout=0.1)
    whole = train_adapter(domain, settings(objective="pretraining,dpo", epochs=2, dropout=0.1, name="whole"))
    take = Trainer._take

    def dying(self: Trainer, *arguments: object) -> None:
        if self.settings.objective == "dpo" and self.progress.step == 1:
            raise KeyboardInterrupt
        take(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Trainer, "_take", dying)
    with pytest.raises(KeyboardInterrupt):
        train_adapter(domain, wanted)
    monkeypatch.undo()
    again = train_adapter(domain, wanted)
    weights = [(one.folder / "adapter_model.safetensors").read_bytes() for one in (whole, again)]
    assert weights[0] == weights[1]
    assert again.progress == whole.progress


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"objective": "instruction"}, r"--objective instruction --data FILE", id="no file"),
        pytest.param({"objective": "distil"}, r"name it: finetune\.teacher", id="no teacher"),
        pytest.param(
            {"objective": "ppo", "reward_model": "judge"}, r"no adapter.*--name judge", id="no judge"
        ),
        pytest.param({"objective": "ppo", "answer_tokens": 1}, r"the reward is constant", id="all wrong"),
        pytest.param({"objective": "sft,dop"}, r"there is no 'dop'; known are sft", id="not known"),
        pytest.param({"objective": ","}, r"there is no ''; known are sft", id="none"),
    ],
)
def test_what_is_missing_is_said_in_a_line(
    domain: Domain, settings: Make, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(AssistantError, match=message):
        train_adapter(domain, settings(**changes))


def test_documents_that_are_not_there_are_asked_for(domain: Domain, settings: Make) -> None:
    for path in domain.documents.iterdir():
        path.unlink()
    with pytest.raises(AssistantError, match=r"holds no documents; put some there"):
        train_adapter(domain, settings(objective="pretraining"))


def test_an_objective_has_its_own_learning_rate_unless_the_settings_say_one(settings: Make) -> None:
    rates = [one.finetune.learning_rate for one in staged(settings(objective="sft,dpo"))]
    assert rates == [4e-4, 5e-5]
    assert [one.finetune.learning_rate for one in staged(settings(objective="dpo", learning_rate=1e-3))] == [
        1e-3
    ]


def test_pairs_are_made_where_an_objective_needs_them_on_dev_as_well(domain: Domain, settings: Make) -> None:
    made = training_data(domain, staged(settings(objective="dpo"))[0])
    assert [(one.step, one.split) for one in made.taken if one.step == "pair"] == [
        ("pair", "train"),
        ("pair", "dev"),
    ]
    assert any(one.rejected for one in made.dev)
    plain = training_data(domain, staged(settings(objective="nlft"))[0])
    assert not any(one.rejected for one in plain.dev)


def test_the_command_lists_what_can_be_learned(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["objectives"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == list(OBJECTIVES)
    assert "packed with their borders; of documents (Gururangan 2020, arXiv:2004.10964)" in out


def test_the_command_shows_one_objective_at_a_time(
    domain: Domain, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--domain", str(domain.folder), "--objective", "pretraining,sft"]) == 1
    assert "one objective at a time here" in capsys.readouterr().err
