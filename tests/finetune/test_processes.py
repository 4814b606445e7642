"""Two processes train what one does: the same curve, one writer, one voice, and none waits for the dead."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import pytest
import torch

from assistant.generation.adapters import find_adapter
from core.domain import Domain
from core.errors import AssistantError, TrainingError
from core.weights.catalogue import fingerprint
from finetune import launch
from finetune.processes import ALONE, LOST, Processes
from finetune.tuning import staged
from settings import Finetune, Settings, load_settings
from tests.finetune.shared_run import CASES, train, trainer

ROOT = Path(__file__).parents[2]
SCRIPT = str(Path(__file__).with_name("shared_run.py"))


def started(*arguments: str, count: int = 2, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run processes under torchrun, on a port that is free, and wait for them."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    told = {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "", **environment}
    return subprocess.run(
        [*command, *arguments],
        env={**os.environ, **told},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def curve(folder: Path) -> list[dict[str, float]]:
    found: list[dict[str, float]] = json.loads((folder / "curve.json").read_text())
    return found


def same(one: Path, other: Path) -> None:
    """Compare two runs: curves to 1e-4, and the weights that they ended in."""
    for mine, theirs in zip(curve(one), curve(other), strict=True):
        assert mine == pytest.approx(theirs, abs=1e-4)
    weights = (torch.load(folder / "last.pt") for folder in (one, other))
    assert all(torch.allclose(mine, theirs, atol=2e-4) for mine, theirs in zip(*weights, strict=True))


@pytest.fixture(scope="module")
def together(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trains every case in two processes; returns the folder of what they wrote."""
    folder = tmp_path_factory.mktemp("together")
    run = started(SCRIPT, str(tiny_model), str(folder), *CASES)
    assert run.returncode == 0, run.stderr
    return folder


@pytest.mark.parametrize("case", CASES)
def test_two_processes_have_the_curve_of_one(
    case: str, together: Path, tiny_model: Path, tmp_path: Path
) -> None:
    train(trainer(case, tiny_model, tmp_path))
    same(together / case, tmp_path / case)
    assert curve(tmp_path / case)[-1]["train_loss"] < curve(tmp_path / case)[0]["train_loss"]


def test_a_process_that_dies_ends_the_others_in_one_line_and_one_or_both_go_on_later(
    together: Path, tiny_model: Path, tmp_path: Path
) -> None:
    begun = time.monotonic()
    run = started(SCRIPT, str(tiny_model), str(tmp_path), "sft", "--dies")
    assert time.monotonic() - begun < 60
    assert run.returncode != 0
    assert run.stderr.count(f"error: {LOST}\n") == 1
    assert not (tmp_path / "sft" / "last.pt").exists()
    shutil.copytree(tmp_path / "sft", tmp_path / "alone" / "sft")
    train(trainer("sft", tiny_model, tmp_path / "alone"))
    same(tmp_path / "alone" / "sft", together / "sft")
    again = started(SCRIPT, str(tiny_model), str(tmp_path), "sft")
    assert again.returncode == 0, again.stderr
    same(tmp_path / "sft", together / "sft")


class TestCommand:
    @pytest.fixture
    def environment(self, tmp_path: Path, tiny_model: Path, tiny_embedder: Path) -> dict[str, str]:
        return {
            "ASSISTANT_HOME": str(tmp_path / "var"),
            "ASSISTANT_THREADS": "1",
            "ASSISTANT_GENERATOR__MODEL": str(tiny_model),
            "ASSISTANT_GENERATOR__DTYPE": "float32",
            "ASSISTANT_GENERATOR__MAX_NEW_TOKENS": "2",
            "ASSISTANT_EMBEDDER__MODEL": str(tiny_embedder),
            "ASSISTANT_FINETUNE__EPOCHS": "1",
            "ASSISTANT_FINETUNE__RANK": "2",
        }

    @pytest.fixture
    def domain(self, tmp_path: Path) -> Path:
        folder = tmp_path / "inns"
        (folder / "documents").mkdir(parents=True)
        (folder / "documents" / "a.md").write_text("# Inn\n\nThe deposit is refunded in seven days.")
        rows = [
            {"id": f"{split}{n}", "question": f"{split} question {n}?", "answers": [f"{n}"], "split": split}
            for split in ("train", "dev")
            for n in range(4)
        ]
        (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
        return folder

    def test_two_processes_leave_one_adapter_and_one_table(
        self, domain: Path, environment: Mapping[str, str], tiny_model: Path
    ) -> None:
        run = started("-m", "finetune", "train", "--domain", str(domain), **environment)
        assert run.returncode == 0, run.stderr
        assert run.stdout.count("epoch   train loss") == run.stdout.count("adapter: ") == 1
        settings = load_settings({"home": environment["ASSISTANT_HOME"]})
        found = find_adapter(Domain(name="inns", folder=domain), settings, fingerprint(tiny_model), "lora")
        manifest = json.loads((found.folder / "manifest.json").read_text())
        assert len(manifest["curve"]) == 1
        assert manifest["dev"]["after"]["n"] == 4

    def test_what_all_have_to_say_one_says(self, domain: Path, environment: Mapping[str, str]) -> None:
        command = ["-m", "finetune", "train", "--domain", str(domain), "--objective", "sft,ppo"]
        run = started(*command, **environment)
        assert run.returncode != 0
        assert run.stderr.count("error: ppo learns of answers that the model draws") == 1


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("sizes", [[1], [4, 2, 3], [7], [2] * 6, []])
@pytest.mark.parametrize("whole", [False, True])
def test_every_row_is_read_once(count: int, sizes: list[int], whole: bool) -> None:
    groups = [[(group, row) for row in range(size)] for group, size in enumerate(sizes)]
    shares = [Processes(rank, count).share(groups, whole) for rank in range(count)]
    assert sorted(row for share in shares for part in share for row in part) == sorted(chain(*groups))
    assert all(part for share in shares for part in share)
    if whole:
        assert all(part in groups for share in shares for part in share)


def test_one_process_is_left_as_it_is() -> None:
    groups = [[1, 2], [3]]
    assert ALONE.share(groups) == groups
    assert ALONE.sum(1.5, 2) == (1.5, 2)
    assert ALONE.once(lambda: 3) == 3
    state = torch.get_rng_state()
    ALONE.draw_apart(17, 3)
    assert torch.equal(torch.get_rng_state(), state)


def test_each_process_has_its_own_dropout_and_has_it_again() -> None:
    def drawn(rank: int, step: int) -> list[float]:
        Processes(rank, 2).draw_apart(17, step)
        return list(torch.rand(3).tolist())

    assert drawn(0, 4) == drawn(0, 4)
    assert drawn(0, 4) != drawn(1, 4)
    assert drawn(0, 4) != drawn(0, 5)


@pytest.mark.parametrize("objective", ["grpo", "rloo", "ppo", "distil", "sdft"])
def test_objectives_that_draw_answers_are_refused(objective: str) -> None:
    settings = Settings(finetune=Finetune(objective=objective))
    assert staged(settings, ALONE)
    with pytest.raises(AssistantError, match=f"{objective} learns of answers .* run it in one"):
        staged(settings, Processes(0, 2))


class TestLaunch:
    @pytest.mark.parametrize(
        ("switch", "name"),
        [
            ("ACCELERATE_USE_FSDP", "FSDP"),
            ("ACCELERATE_USE_DEEPSPEED", "DeepSpeed"),
            ("ACCELERATE_USE_MEGATRON_LM", "Megatron-LM"),
        ],
    )
    def test_sharding_is_refused(self, switch: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(switch, "true")
        with pytest.raises(AssistantError, match=f"{name} is not built: every process holds the whole base"):
            launch._refuse_not_built()

    def test_accelerate_on_cpus_starts_one_and_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As `accelerate launch --cpu --num_processes 2` does without MPI: a port, and no rank."""
        monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
        monkeypatch.setenv("MASTER_PORT", "29500")
        with pytest.raises(AssistantError, match="run: torchrun --nproc-per-node 2"), launch.joined():
            pass

    def test_a_process_has_a_gpu_of_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chosen: list[int] = []
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
        monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
        monkeypatch.setenv("LOCAL_RANK", "1")
        assert launch._choose_card()
        assert chosen == [1]
        monkeypatch.setenv("LOCAL_RANK", "2")
        with pytest.raises(AssistantError, match=r"process 3 .* no GPU of its own.*: 2"):
            launch._choose_card()

    def test_without_a_launcher_one_is_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WORLD_SIZE", "2")  # of a cluster's own, without the rest
        monkeypatch.delenv("RANK", raising=False)
        with launch.joined() as processes:
            assert processes == ALONE

    def test_the_launcher_ending_it_is_one_line_too(self) -> None:
        with pytest.raises(TrainingError, match="goes on from the last"), launch._ended_by_launcher():
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
