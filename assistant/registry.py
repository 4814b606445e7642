"""A domain's parts and the strategies made of them: the wiring. Knows nothing of how any of them works."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from assistant.forms import Form, form_of, style_of
from assistant.generation.adapters import Adapter, find_adapter, taught_documents
from assistant.generation.endpoint import open_endpoint
from assistant.generation.local import open_local
from assistant.generation.types import Generator
from assistant.prompts import Style, infer_style
from assistant.routing import Router, load_router
from assistant.strategies import kind_of
from assistant.strategies.base import NamedStrategy
from assistant.types import Message, Question
from core.domain import Domain
from core.errors import AdapterError, AssistantError, DomainError, QuestionError
from core.language import Lang, detect_question
from core.weights.catalogue import fingerprint, model_folder
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from settings import Settings


class Assistant:
    """A domain's knowledge base and generator, each opened at first use, and its strategies.

    A comparison passes a `generator` of its own, which remembers what it has answered.
    """

    def __init__(self, domain: Domain, settings: Settings, generator: Generator | None = None) -> None:
        self.domain = domain
        self.settings = settings
        self._strategies: dict[str, NamedStrategy] = {}
        if generator is not None:
            self.generator = generator

    @cached_property
    def knowledge(self) -> KnowledgeBase:
        """The domain's documents."""
        return open_knowledge_base(self.domain, self.settings)

    @cached_property
    def generator(self) -> Generator:
        """The model that every strategy answers with, the domain's adapters beside it."""
        if self.settings.generator.endpoint:
            return open_endpoint(self.settings)
        return open_local(
            self.settings,
            lambda name: self._adapter(name).folder,
            lambda: self.knowledge.derived() / "prefixes",
        )

    @cached_property
    def style(self) -> Style:
        """How long answers should be."""
        if wanted := style_of(self.settings):
            return wanted
        with suppress(DomainError):  # a domain may come without questions
            records = self.domain.questions("train", follow_ups=None)
            return infer_style(answer for record in records for answer in record.answers[:1])
        return infer_style([])

    @cached_property
    def form(self) -> Form:
        """What replies have to look like.

        Raises:
            DomainError: its schema or its labels are not there, see `forms.form_of`.
        """
        return form_of(self.domain, self.settings)

    @cached_property
    def known_questions(self) -> list[str]:
        """The domain's train questions: an adapter may have been trained on them."""
        with suppress(DomainError):
            return [record.in_full for record in self.domain.questions("train", follow_ups=None)]
        return []

    @property
    def router_file(self) -> Path:
        """Where a router of the domain is kept once it is learned."""
        return self.settings.home / "routers" / f"{self.domain.key}.json"

    @property
    def router(self) -> Router:
        """What chooses between strategies: learned here, or else the one that comes with the domain.

        Raises:
            AssistantError: there is none for the model.
        """
        name = self.domain.name
        how = f"python -m evaluation.compare --domain {name} --split dev --out DEV; "
        how += f"python -m evaluation.route --domain {name} --run DEV"
        places = self.router_file, self.domain.folder / "router.json"
        router = load_router(next(filter(Path.is_file, places), self.router_file), how)
        if router.model != self.generator.fingerprint:
            raise AssistantError(f"the router of {name} was learned for another model; run: {how}")
        return router

    def adapter(self, name: str = "") -> str:
        """Return what the generator calls an adapter of the domain; empty: that of the settings.

        Raises:
            AdapterError: there is none for the base model, or the model is behind an endpoint.
        """
        if self.settings.generator.endpoint:
            raise AdapterError(
                "an adapter needs local weights; unset generator.endpoint, "
                "or serve the merged model (python -m finetune merge) at the endpoint and ask closed_book"
            )
        return self._adapter(name).name

    def taught(self, adapter: str) -> tuple[str, ...] | None:
        """Return the ids of the documents that an adapter was trained on; None where nobody knows.

        Raises:
            AdapterError: there is none of this name.
        """
        return taught_documents(self._adapter(adapter).folder)

    def _adapter(self, name: str) -> Adapter:
        base = model_folder(self.settings.generator.model, self.settings.home)
        return find_adapter(self.domain, self.settings, fingerprint(base), name)

    def question(self, text: str, lang: Lang | None = None, turns: Sequence[str] = ()) -> Question:
        """Return `text` as a question, in the language that it is written in unless `lang` says otherwise.

        `turns` are what was said before it: a question, its answer, and so on.

        Raises:
            QuestionError: it is empty or too long, or the turns do not end with an answer.
        """
        asked, limit = text.strip(), self.settings.max_question_chars
        if not asked:
            raise QuestionError("the question is empty; write one")
        if len(asked) > limit:
            raise QuestionError(f"the question has {len(asked)} characters; shorten it to {limit}")
        if len(turns) % 2:
            raise QuestionError("the turns before a question end with an answer; give that as well")
        said = tuple(Message(("user", "assistant")[place % 2], turn) for place, turn in enumerate(turns))
        return Question(id="", text=asked, lang=lang or detect_question(asked), turns=said)

    def strategy(self, name: str) -> NamedStrategy:
        """Return the strategy called `name`, the same one every time.

        Raises:
            AssistantError: there is none of this name, or something that it needs is not there.
        """
        if name not in self._strategies:
            strategy = kind_of(name).assemble(self, name.partition(":")[2])
            strategy.form = self.form
            strategy.refusal_bias = self.settings.generator.refusal_bias
            self._strategies[name] = strategy
        return self._strategies[name]


def open_assistant(domain: Domain, settings: Settings) -> Assistant:
    """Return the assistant of `domain`; what it needs is opened when it is first used."""
    return Assistant(domain, settings)
