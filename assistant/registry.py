"""What a strategy is made of: the wiring. The one place of this package that reads settings."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from assistant.generation.adapters import find_adapter
from assistant.generation.endpoint import open_endpoint
from assistant.generation.local import open_local
from assistant.generation.types import Generator
from assistant.prompts import Style, infer_style
from assistant.strategies.base import PromptStrategy
from assistant.strategies.fine_tuned import FineTuned
from assistant.strategies.long_context import LongContext
from assistant.strategies.rag import Rag
from assistant.types import Question
from core.domain import Domain
from core.errors import AdapterError, AssistantError, DomainError, QuestionError
from core.language import Lang, detect
from core.weights.catalogue import fingerprint, model_folder
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from settings import Settings


class Assistant:
    """A domain's knowledge base and generator, each opened at first use, and its strategies."""

    def __init__(self, domain: Domain, settings: Settings) -> None:
        self.domain = domain
        self.settings = settings
        self._strategies: dict[str, PromptStrategy] = {}

    @cached_property
    def knowledge(self) -> KnowledgeBase:
        """The domain's documents."""
        return open_knowledge_base(self.domain, self.settings)

    @cached_property
    def generator(self) -> Generator:
        """The model that every strategy answers with, the domain's adapter beside it if there is one."""
        if self.settings.generator.endpoint:
            return open_endpoint(self.settings)
        adapters: dict[str, Path] = {}
        with suppress(AdapterError):
            adapters[self.domain.name] = self.adapter()
        return open_local(self.settings, adapters, lambda: self.knowledge.derived() / "prefixes")

    @cached_property
    def style(self) -> Style:
        """How long answers should be."""
        if self.settings.answer_style != "auto":
            return self.settings.answer_style
        with suppress(DomainError):  # a domain may come without questions
            return infer_style(
                answer for record in self.domain.questions("train") for answer in record.answers[:1]
            )
        return infer_style([])

    def adapter(self) -> Path:
        """Return the folder of the domain's adapter.

        Raises:
            AdapterError: there is none for the base model, or the model is behind an endpoint.
        """
        if self.settings.generator.endpoint:
            raise AdapterError(
                "an adapter needs local weights; unset generator.endpoint, "
                "or serve the merged model (python -m finetune merge) at the endpoint and ask closed_book"
            )
        base = model_folder(self.settings.generator.model, self.settings.home)
        return find_adapter(self.domain, self.settings, fingerprint(base))

    def question(self, text: str, lang: Lang | None = None) -> Question:
        """Return `text` as a question, in the language that it is written in unless `lang` says otherwise.

        Raises:
            QuestionError: it is empty or too long.
        """
        asked, limit = text.strip(), self.settings.max_question_chars
        if not asked:
            raise QuestionError("the question is empty; write one")
        if len(asked) > limit:
            raise QuestionError(f"the question has {len(asked)} characters; shorten it to {limit}")
        return Question(id="", text=asked, lang=lang or detect(asked))

    def strategy(self, name: str) -> PromptStrategy:
        """Return the strategy called `name`, the same one every time.

        Raises:
            AssistantError: there is none of this name.
            AdapterError: it needs an adapter that is not there.
        """
        check_strategies([name])
        if name not in self._strategies:
            self._strategies[name] = STRATEGIES[name](self)
        return self._strategies[name]


Builder = Callable[[Assistant], PromptStrategy]


def _rag(assistant: Assistant) -> PromptStrategy:
    top_k = assistant.settings.retrieval.top_k
    return Rag(assistant.generator, assistant.knowledge, assistant.style, top_k)


def _long_context(assistant: Assistant) -> PromptStrategy:
    max_tokens = assistant.settings.long_context.max_tokens
    return LongContext(assistant.generator, assistant.knowledge, assistant.style, max_tokens)


def _fine_tuned(assistant: Assistant) -> PromptStrategy:
    assistant.adapter()  # says what to do if there is none
    return FineTuned(assistant.generator, assistant.style, assistant.domain.name)


def _closed_book(assistant: Assistant) -> PromptStrategy:
    return FineTuned(assistant.generator, assistant.style)


STRATEGIES: dict[str, Builder] = {
    "rag": _rag,
    "long_context": _long_context,
    "fine_tuned": _fine_tuned,
    "closed_book": _closed_book,
}


def check_strategies(names: Iterable[str]) -> None:
    """Raise AssistantError, which lists the known, unless each name is a strategy's."""
    for name in names:
        if name not in STRATEGIES:
            raise AssistantError(f"no strategy {name!r}; known are {', '.join(STRATEGIES)}")


def open_assistant(domain: Domain, settings: Settings) -> Assistant:
    """Return the assistant of `domain`; what it needs is opened when it is first used."""
    return Assistant(domain, settings)
