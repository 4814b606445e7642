"""The wiring: what each strategy is made of, and what is said when something is missing."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.generation.adapters import adapter_folder, find_adapter
from assistant.generation.endpoint import EndpointGenerator
from assistant.generation.local import LocalGenerator
from assistant.registry import Assistant, open_assistant
from assistant.routing import SIGNALS, Router, save_router
from assistant.strategies import STRATEGIES
from core.domain import Domain
from core.errors import AdapterError, AssistantError, QuestionError
from core.weights.catalogue import fingerprint
from settings import Generator, Settings

QUESTION = {"id": "1", "question": "退还押金要多久？", "answers": ["七天"], "split": "train"}


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    folder = tmp_path / "inns"
    folder.mkdir()
    return Domain(name="inns", folder=folder)


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path) -> Settings:
    generator = Generator(model=str(tiny_model), dtype="float32", max_new_tokens=4)
    return Settings(home=tmp_path / "var", generator=generator, threads=1, max_question_chars=20)


@pytest.fixture
def assistant(domain: Domain, settings: Settings) -> Assistant:
    return open_assistant(domain, settings)


def place_adapter(source: Path, folder: Path, base: str = "") -> Path:
    shutil.copytree(source, folder)
    if base:
        (folder / "manifest.json").write_text(json.dumps({"base": {"name": "other", "sha256": base}}))
    return folder


def test_the_strategies_in_order() -> None:
    assert list(STRATEGIES) == [
        *("rag", "long_context", "fine_tuned", "fine_tuned_rag", "closed_book", "self_route", "auto")
    ]


def test_an_unknown_strategy_lists_the_known(assistant: Assistant) -> None:
    with pytest.raises(AssistantError, match="rag, long_context, fine_tuned, fine_tuned_rag, closed_book"):
        assistant.strategy("raq")


def test_without_a_router_of_this_model_it_says_how_to_learn_one(assistant: Assistant) -> None:
    with pytest.raises(
        AssistantError, match=r"no router at .*run: .*--split dev.*evaluation\.route --domain"
    ):
        assistant.strategy("auto")
    weights = {"closed_book": (0.0,) * (len(SIGNALS) + 1)}
    learned = Router("another", 40, (0.0,) * len(SIGNALS), (1.0,) * len(SIGNALS), weights)
    save_router(assistant.router_file, learned)
    with pytest.raises(AssistantError, match="learned for another model; run: "):
        assistant.strategy("auto")
    save_router(assistant.router_file, replace(learned, model=assistant.generator.fingerprint))
    assert assistant.strategy("auto").name == "auto"


def test_a_router_learned_here_goes_before_the_one_of_the_domain(
    assistant: Assistant, domain: Domain
) -> None:
    flat = (0.0,) * len(SIGNALS)
    weights = {"closed_book": (*flat, 0.0)}
    shipped = Router(assistant.generator.fingerprint, 40, flat, (1.0,) * len(SIGNALS), weights)
    save_router(domain.folder / "router.json", shipped)
    assert assistant.router == shipped
    save_router(assistant.router_file, replace(shipped, n=41))
    assert assistant.router.n == 41


def test_each_strategy_is_made_once(assistant: Assistant) -> None:
    assert assistant.strategy("closed_book") is assistant.strategy("closed_book")
    assert assistant.strategy("closed_book").name == "closed_book"


def test_generators_of_a_process_share_the_weights(
    assistant: Assistant, domain: Domain, settings: Settings
) -> None:
    other = open_assistant(domain, settings)
    assert isinstance(assistant.generator, LocalGenerator)
    assert isinstance(other.generator, LocalGenerator)
    assert assistant.generator is not other.generator
    assert assistant.generator._lm is other.generator._lm


class TestAdapter:
    def test_none_yet(self, assistant: Assistant) -> None:
        with pytest.raises(AdapterError, match="python -m finetune train --domain inns"):
            assistant.strategy("fine_tuned")

    def test_the_shipped_one_serves(self, assistant: Assistant, tiny_adapter: Path) -> None:
        place_adapter(tiny_adapter, assistant.domain.folder / "adapter")
        strategy = assistant.strategy("fine_tuned")
        (tuned,) = strategy.answer_many([assistant.question("When?")])
        assert (strategy.name, tuned.adapter) == ("fine_tuned", "lora")

    def test_a_domain_may_come_with_several(
        self, domain: Domain, settings: Settings, tiny_model: Path, tiny_adapter: Path
    ) -> None:
        base = fingerprint(tiny_model)
        with pytest.raises(AdapterError, match=r"train --domain .* --objective raft"):
            find_adapter(domain, settings, base, "raft")
        first = place_adapter(tiny_adapter, domain.folder / "adapter")
        second = place_adapter(tiny_adapter, domain.folder / "adapters" / "raft")
        assert find_adapter(domain, settings, base).folder == first
        assert find_adapter(domain, settings, base, "raft").folder == second

    def test_the_trained_one_is_preferred(
        self, domain: Domain, settings: Settings, tiny_model: Path, tiny_adapter: Path
    ) -> None:
        place_adapter(tiny_adapter, domain.folder / "adapter")
        trained = place_adapter(tiny_adapter, settings.home / "adapters" / domain.key / "lora")
        assert find_adapter(domain, settings, fingerprint(tiny_model)).folder == trained

    def test_one_that_an_earlier_version_trained_is_found(
        self, domain: Domain, settings: Settings, tiny_model: Path, tiny_adapter: Path
    ) -> None:
        trained = place_adapter(tiny_adapter, settings.home / "adapters" / domain.key)
        found = find_adapter(domain, settings, fingerprint(tiny_model))
        assert (found.name, found.folder) == ("lora", trained)

    def test_several_have_names(
        self, domain: Domain, settings: Settings, tiny_model: Path, tiny_adapter: Path
    ) -> None:
        home, base = settings.home / "adapters" / domain.key, fingerprint(tiny_model)
        lora, dora = (place_adapter(tiny_adapter, home / name) for name in ("lora", "dora"))
        assert find_adapter(domain, settings, base).folder == lora
        assert find_adapter(domain, settings, base, "dora").folder == dora
        with pytest.raises(AdapterError, match=r"no adapter 'mine', only dora, lora; run: .* --name mine"):
            find_adapter(domain, settings, base, "mine")

    def test_a_second_base_has_a_place_of_its_own(
        self, domain: Domain, settings: Settings, tiny_model: Path, tiny_adapter: Path
    ) -> None:
        home, base = settings.home / "adapters" / domain.key, fingerprint(tiny_model)
        first = adapter_folder(domain, settings, "0" * 64, "lora")
        place_adapter(tiny_adapter, first, base="0" * 64)
        second = adapter_folder(domain, settings, base, "lora")
        place_adapter(tiny_adapter, second)
        assert (first, second) == (home / "lora", home / f"lora-{base[:8]}")
        assert find_adapter(domain, settings, "0" * 64).folder == first
        assert find_adapter(domain, settings, base).folder == second
        assert adapter_folder(domain, settings, base, "lora") == second, "trained again"

    def test_one_that_is_being_replaced_serves_until_the_new_one_is_there(
        self, domain: Domain, settings: Settings, tiny_model: Path, tiny_adapter: Path
    ) -> None:
        home, base = settings.home / "adapters" / domain.key, fingerprint(tiny_model)
        aside = place_adapter(tiny_adapter, home / ".lora.replaced")
        assert find_adapter(domain, settings, base).folder == aside
        new = place_adapter(tiny_adapter, home / "lora")
        assert find_adapter(domain, settings, base).folder == new

    @pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a" * 65])
    def test_a_name_that_leads_elsewhere_is_refused(
        self, domain: Domain, settings: Settings, name: str
    ) -> None:
        with pytest.raises(AdapterError, match="cannot name an adapter"):
            adapter_folder(domain, settings, "0" * 64, name)

    def test_one_for_another_base_is_passed_over(
        self, domain: Domain, settings: Settings, tiny_model: Path, tiny_adapter: Path
    ) -> None:
        shipped = place_adapter(tiny_adapter, domain.folder / "adapter")
        place_adapter(tiny_adapter, settings.home / "adapters" / domain.key, base="0" * 64)
        assert find_adapter(domain, settings, fingerprint(tiny_model)).folder == shipped

    def test_one_for_another_base_alone_is_refused(self, assistant: Assistant, tiny_adapter: Path) -> None:
        place_adapter(tiny_adapter, assistant.domain.folder / "adapter", base="0" * 64)
        with pytest.raises(AdapterError, match=r"is for other.*finetune train --domain inns"):
            assistant.strategy("fine_tuned")

    def test_a_manifest_that_cannot_be_read(self, assistant: Assistant, tiny_adapter: Path) -> None:
        folder = place_adapter(tiny_adapter, assistant.domain.folder / "adapter")
        (folder / "manifest.json").write_text("{}")
        with pytest.raises(AdapterError, match=r"a base that manifest\.json does not tell"):
            assistant.strategy("fine_tuned")

    def test_damaged_weights(self, assistant: Assistant, tiny_adapter: Path) -> None:
        folder = place_adapter(tiny_adapter, assistant.domain.folder / "adapter")
        (folder / "adapter_model.safetensors").write_bytes(b"half")
        with pytest.raises(AdapterError, match="train it again"):
            assistant.strategy("fine_tuned").answer_many([assistant.question("When?")])

    def test_an_endpoint_takes_none(self, domain: Domain, settings: Settings) -> None:
        far = settings.model_copy(
            update={"generator": Generator(model="m", endpoint="http://127.0.0.1:9/v1")}
        )
        assistant = open_assistant(domain, far)
        assert isinstance(assistant.generator, EndpointGenerator)
        with pytest.raises(AdapterError, match=r"unset generator\.endpoint"):
            assistant.strategy("fine_tuned")


class TestQuestion:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            pytest.param("", "empty", id="empty"),
            pytest.param(" \n", "empty", id="white space"),
            pytest.param("问" * 21, "21 characters; shorten it to 20", id="longer than the limit"),
        ],
    )
    def test_refused(self, assistant: Assistant, text: str, message: str) -> None:
        with pytest.raises(QuestionError, match=message):
            assistant.question(text)

    def test_language_is_detected_unless_given(self, assistant: Assistant) -> None:
        assert [assistant.question(text).lang for text in (" 押金多久退还？ ", "When?")] == ["zh", "en"]
        assert assistant.question("When?", "zh").lang == "zh"
        assert assistant.question(" When? ").text == "When?"


class TestStyle:
    def test_goes_by_the_train_answers(self, assistant: Assistant) -> None:
        line = {**QUESTION, "answers": ["酒店应当在客人退房之后的七天之内退还押金。"]}
        (assistant.domain.folder / "questions.jsonl").write_text(json.dumps(line), encoding="utf-8")
        assert assistant.style == "sentence"

    def test_is_short_without_questions(self, assistant: Assistant) -> None:
        assert assistant.style == "short"

    def test_may_be_set(self, domain: Domain, settings: Settings) -> None:
        wanted = settings.model_copy(update={"answer_style": "paragraph"})
        assert open_assistant(domain, wanted).style == "paragraph"
