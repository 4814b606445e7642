"""A small domain with a held-out text, settings of a tiny model, and a launch without a child."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from core.domain import Domain
from core.errors import AssistantError
from finetune.comparison.child import CannotRun
from finetune.comparison.measuring import Request, measure
from settings import Settings
from tests.finetune.inn import Build, inn, tiny

TEXT = "The ferry leaves the island at noon and does not wait for anyone who is late. " * 3


@pytest.fixture(autouse=True)
def children_run_no_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spawned child runs the main module again: a page under test, which leaves itself there, is none."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    (tmp_path / "ferry.txt").write_text(TEXT, encoding="utf-8")
    return inn(tmp_path)


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path, tiny_embedder: Path) -> Build:
    def make(model: Path = tiny_model, **finetune: object) -> Settings:
        asked = {"epochs": 1, "held_out": "../ferry.txt", **finetune}
        return tiny(tmp_path / "var", model, tiny_embedder, **asked)

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
