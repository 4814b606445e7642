"""How readily is declined: by what was fitted, by the settings, and not where an answer has another form."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.declining import fitted_bias
from assistant.prompts import refusal
from assistant.registry import Assistant
from assistant.types import Prompt
from core.domain import Domain
from ingest.updating import bring_up_to_date
from settings import load_settings
from tests.fakes import ScriptedGenerator

MODEL = "qwen2.5-coder-1.5b-instruct"


@pytest.fixture
def prepare(tmp_path: Path, tiny_embedder: Path) -> Callable[..., Prompt]:
    (tmp_path / "inns" / "documents").mkdir(parents=True)
    (tmp_path / "inns" / "documents" / "a.md").write_text("# Inn\n\nThe deposit is refunded in seven days.")
    (tmp_path / "inns" / "schema.json").write_text('{"type": "string"}')

    def prepared(strategy: str, text: str, model: str = MODEL, **settings: object) -> Prompt:
        generator = ScriptedGenerator(lambda prompt: "", model)
        assistant = Assistant(
            Domain(name="inns", folder=tmp_path / "inns"),
            load_settings({"home": tmp_path, "embedder": {"model": str(tiny_embedder)}, **settings}),
            generator,
        )
        bring_up_to_date(assistant.knowledge, assistant.domain, assistant.settings)
        return assistant.strategy(strategy).prepare(assistant.question(text))

    return prepared


@pytest.mark.parametrize("strategy", ["rag", "long_context"])
def test_the_default_model_leans_towards_declining_behind_documents(
    prepare: Callable[..., Prompt], strategy: str
) -> None:
    english, chinese = prepare(strategy, "When is it refunded?"), prepare(strategy, "押金何时退还？")
    assert english.first_bias == ((refusal("en"), fitted_bias(MODEL, "en")),)
    assert chinese.first_bias == ((refusal("zh"), fitted_bias(MODEL, "zh")),)
    assert fitted_bias(MODEL, "en") > 0 < fitted_bias(MODEL, "zh")


@pytest.mark.parametrize(
    ("strategy", "settings"),
    [
        pytest.param("closed_book", {}, id="no documents"),
        pytest.param("rag", {"model": "another"}, id="a model that nothing is known of"),
        pytest.param("rag", {"generator": {"refusal_bias": 0}}, id="switched off"),
        pytest.param("rag", {"answer_style": "json", "answer_schema": "schema.json"}, id="JSON"),
        pytest.param("rag", {"answer_style": "paragraph"}, id="no examples that it was fitted with"),
    ],
)
def test_others_do_not(prepare: Callable[..., Prompt], strategy: str, settings: dict[str, object]) -> None:
    assert prepare(strategy, "When is it refunded?", **settings).first_bias == ()


def test_the_settings_say_how_much(prepare: Callable[..., Prompt]) -> None:
    asked = prepare("rag", "When is it refunded?", "another", generator={"refusal_bias": 1.5})
    assert asked.first_bias == ((refusal("en"), 1.5),)
