"""A small domain with a held-out text, settings of a tiny model, and a launch without a child."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from core.domain import Domain, find_domain
from core.errors import AssistantError
from core.questions import amend_questions
from finetune.comparison.child import CannotRun
from finetune.comparison.measuring import Request, measure
from settings import Settings, load_settings
from tests.factory import EN, ZH

Build = Callable[..., Settings]
TRAIN = [
    *(replace(EN, id=f"n{n}", question=f"What is fee {n}?", answers=(f"{n} euros",)) for n in range(6)),
    replace(EN, id="y0", question="Is it free?", answers=("yes",), answer_type="yesno", fact_id="free"),
    replace(ZH, id="z0", question="几点开门？", answers=("7点",), answer_type="short"),
]
DEV = [replace(EN, id="d0", split="dev"), replace(ZH, id="d1", split="dev")]
TEST = replace(EN, id="t0", question="Does one pay at the door?", fact_id="free", split="test")
TEXT = "The ferry leaves the island at noon and does not wait for anyone who is late. " * 3


@pytest.fixture(autouse=True)
def children_run_no_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spawned child runs the main module again: a page under test, which leaves itself there, is none."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    (tmp_path / "inn").mkdir()
    amend_questions(tmp_path / "inn" / "questions.jsonl", {}, [*TRAIN, *DEV, TEST])
    (tmp_path / "ferry.txt").write_text(TEXT, encoding="utf-8")
    return find_domain(str(tmp_path / "inn"))


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path, tiny_embedder: Path) -> Build:
    def make(model: Path = tiny_model, **finetune: object) -> Settings:
        return load_settings(
            {
                "home": tmp_path / "var",
                "threads": 1,
                "generator": {"model": str(model), "dtype": "float32", "max_new_tokens": 2},
                "embedder": {"model": str(tiny_embedder)},
                "finetune": {"epochs": 1, "rank": 2, "held_out": "../ferry.txt", **finetune},
            }
        )

    return make


class Here:
    """Makes runs in this process, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> dict[str, Any]:
        self.asked.append(request)
        try:
            return measure(request)
        except AssistantError as error:
            raise CannotRun(str(error)) from error


@pytest.fixture
def here() -> Here:
    return Here()
