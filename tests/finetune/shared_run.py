"""One of several processes that train tiny models together, started by `test_processes.py`.

    torchrun --nproc-per-node 2 tests/finetune/shared_run.py MODEL FOLDER CASE... [--dies]

The first of them writes `curve.json` and `last.pt` for each case. With `--dies` the last kills itself in
the third epoch.
"""

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from assistant.types import Message
from core.errors import AssistantError
from finetune.launch import joined
from finetune.objectives import OBJECTIVES
from finetune.objectives.setup import Setup
from finetune.processes import ALONE, Processes
from finetune.trainer import Trainer
from finetune.types import Example
from tests.finetune.test_methods import build, settings_of

ASKED = [
    Example(f"e{number}", (Message("user", question),), reply, rejected=wrong)
    for number, (question, reply, wrong) in enumerate(
        [
            ("退货期限", "7天", "30天"),
            ("refund", "7 days after the guest has left the hotel", "never"),
            ("押金", "退还", "不退还押金"),
            ("a deposit of how much", "20 euros", "a deposit of 30 euros or more"),
        ]
        * 3
    )
]
TEXTS = [
    Example(f"t{number}", (), text)
    for number, text in enumerate(
        ["the hotel refunds the deposit in seven days", "酒店在七天内退还押金", "seven days"] * 4
    )
]
CASES: dict[str, dict[str, object]] = {
    "sft": {},
    "sft of packed passes": {"packing": True, "accumulation": 3, "batch_tokens": 100},
    "pretraining": {"objective": "pretraining", "batch_tokens": 100, "accumulation": 3},
    "dpo": {"objective": "dpo"},
    "kto": {"objective": "kto", "accumulation": 2},
    "orpo": {"objective": "orpo"},
    "reward": {"objective": "reward"},
    "nlft": {"objective": "nlft"},
    "full": {"method": "full", "learning_rate": 1e-3},
    "adalora": {"method": "adalora"},
    "prefix": {"method": "prefix"},
    "gradual": {"method": "gradual", "learning_rate": 1e-3},
}


def trainer(
    case: str, model: Path, folder: Path, processes: Processes = ALONE, cls: type[Trainer] = Trainer
) -> Trainer:
    """Build the run of a case; all that is random in it is its beginning."""
    told = {"epochs": 4, **CASES[case]}
    settings = settings_of(str(told.pop("method", "lora")), **told)
    run = build(model, folder / case, settings, cls)
    goal = OBJECTIVES[settings.objective].make(Setup(settings, run.chat))
    return cls(run.tunable, goal, run.chat, settings, run.folder, run.identity, processes=processes)


def train(run: Trainer) -> None:
    """Train, and keep what the weights are at the end."""
    learned = TEXTS if run.settings.objective == "pretraining" else ASKED
    progress = run.fit(learned, ASKED[:4])
    if run.processes.is_first:
        (run.folder / "curve.json").write_text(json.dumps([asdict(point) for point in progress.curve]))
        torch.save([one.detach() for one in run.tunable.parameters], run.folder / "last.pt")


class Dying(Trainer):
    """Of several the last kills itself in the third epoch."""

    def _take(self, optimizer: torch.optim.Optimizer, step, total: int) -> None:  # type: ignore[no-untyped-def]
        if len(self.progress.curve) == 2 and self.processes.rank == self.processes.count - 1:
            os.kill(os.getpid(), signal.SIGKILL)
        super()._take(optimizer, step, total)


def main(model: str, folder: str, *cases: str) -> int:
    torch.set_num_threads(1)
    cls = Dying if "--dies" in cases else Trainer
    try:
        with joined() as processes:
            for case in cases:
                if case in CASES:
                    train(trainer(case, Path(model), Path(folder), processes, cls))
    except AssistantError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
