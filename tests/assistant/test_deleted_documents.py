"""A deleted document is in no strategy's prompt, no stored prefix on the disk and none in memory."""

from pathlib import Path

import pytest

from assistant.generation.local import LocalGenerator
from assistant.registry import Assistant
from core.domain import Domain
from ingest.knowledge_base import open_knowledge_base
from ingest.types import Document
from settings import Generator, Retrieval, Settings
from tests.fakes import FakeEmbedder

WORD = "zanzibar"
CANARY = Document("canary", "Canary", f"The {WORD} deposit is refunded in seven days.", "en")
OTHERS = [Document(f"d{n}", f"Rule {n}", f"Rule {n} says {n * 7}.", "en") for n in range(4)]
QUESTION = f"When is the {WORD} deposit refunded?"


@pytest.fixture(params=["hnsw", "chroma"])
def assistant(request: pytest.FixtureRequest, tmp_path: Path, tiny_model: Path) -> Assistant:
    """An assistant as the registry wires it, with a fake embedder, that has read the canary."""
    settings = Settings(
        home=tmp_path / "var",
        threads=1,
        generator=Generator(model=str(tiny_model), dtype="float32", max_new_tokens=4),
        retrieval=Retrieval(backend=request.param),
    )
    domain = Domain("inns", tmp_path / "inns")
    made = Assistant(domain, settings)
    made.__dict__["knowledge"] = open_knowledge_base(domain, settings, FakeEmbedder())
    made.knowledge.sync([*OTHERS, CANARY])
    return made


def stored(home: Path) -> set[str]:
    return {path.stem for path in home.rglob("*.safetensors")}


@pytest.mark.parametrize("strategy", ["rag", "long_context", "closed_book"])
def test_no_prompt_holds_it(assistant: Assistant, strategy: str) -> None:
    asked = assistant.question(QUESTION)

    def told() -> str:
        """What the model reads beside the question itself."""
        prompt = assistant.strategy(strategy).prepare(asked)
        return f"{prompt.messages} {prompt.contexts} {prompt.prefix}".replace(QUESTION, "")

    assert (WORD in told()) == (strategy != "closed_book")
    assistant.knowledge.delete([CANARY.id])
    assert WORD not in told()


def test_no_prefix_holds_it(assistant: Assistant) -> None:
    strategy, asked = assistant.strategy("long_context"), assistant.question(QUESTION)
    generator = assistant.generator
    assert isinstance(generator, LocalGenerator)
    strategy.answer_many([asked])
    (key,) = stored(assistant.settings.home)
    assert list(generator._prefixes._recent) == [key]

    assistant.knowledge.delete([CANARY.id])
    assert stored(assistant.settings.home) == set()
    strategy.answer_many([asked])
    assert list(generator._prefixes._recent) == list(stored(assistant.settings.home)) != [key]


def test_what_was_only_added_keeps_the_prefixes(assistant: Assistant) -> None:
    assistant.strategy("long_context").answer_many([assistant.question(QUESTION)])
    before = stored(assistant.settings.home)
    assistant.knowledge.sync([Document("new", "New", "Something new.", "en")])
    assert stored(assistant.settings.home) == before != set()
