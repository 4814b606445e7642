"""A small domain of questions, and settings of tiny models, for tests that train several times."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.domain import Domain, find_domain
from core.questions import amend_questions
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


def inn(folder: Path) -> Domain:
    """Return the domain, written into a folder below `folder`."""
    (folder / "inn").mkdir()
    amend_questions(folder / "inn" / "questions.jsonl", {}, [*TRAIN, *DEV, TEST])
    return find_domain(str(folder / "inn"))


def tiny(home: Path, model: Path, embedder: Path, **finetune: object) -> Settings:
    """Return settings of one thread in float32, whose answers end after two tokens."""
    return load_settings(
        {
            "home": home,
            "threads": 1,
            "generator": {"model": str(model), "dtype": "float32", "max_new_tokens": 2},
            "embedder": {"model": str(embedder)},
            "finetune": {"rank": 2, **finetune},
        }
    )


def set_environment(monkeypatch: pytest.MonkeyPatch, settings: Settings, **others: object) -> None:
    """Let a command line find such settings, and others by their names."""
    said = {
        "HOME": settings.home,
        "THREADS": 1,
        "GENERATOR__MODEL": settings.generator.model,
        "GENERATOR__DTYPE": "float32",
        "GENERATOR__MAX_NEW_TOKENS": 2,
        "EMBEDDER__MODEL": settings.embedder.model,
        **others,
    }
    for name, value in said.items():
        monkeypatch.setenv(f"ASSISTANT_{name}", str(value))
