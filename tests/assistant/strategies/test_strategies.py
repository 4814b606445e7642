"""Strategies over scripted generators, retrievers and corpora."""

from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from assistant.generation.types import Generation
from assistant.prompts import refusal
from assistant.strategies import about, kind_of
from assistant.strategies.base import PromptStrategy
from assistant.strategies.closed_book import ClosedBook
from assistant.strategies.fine_tuned import FineTuned
from assistant.strategies.long_context import LongContext
from assistant.strategies.rag import Rag
from assistant.types import Answer, Ending, Prompt, Question, Timing
from core.errors import AssistantError
from ingest.search.search import EVERYTHING
from ingest.store.types import DocumentRecord
from ingest.types import Chunk, Document, Filter, Hit
from settings import LongContext as Reading
from tests.fakes import ScriptedGenerator, question_of

EN = Question("1", "When is the deposit refunded?", "en")
ZH = Question("2", "押金多久退还？", "zh")
HOTEL = Document("hotel", "Hotel", "The deposit is refunded in seven days.\n\nDogs pay 15 euros.", "en")
SPA = Document("spa", "Spa", "The spa opens at nine.", "en")
INN = Document("inn", "酒店", "酒店在七天内退还押金。", "zh")


class Shelf:
    """A corpus and retriever that finds every document of the language, and remembers what it was asked."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.shelved = list(documents)
        self.asked: list[tuple[list[str], str, int | None]] = []

    def documents(self, lang: str = "") -> list[Document]:
        return [document for document in self.shelved if lang in ("", document.lang)]

    def count(self, lang: str = "") -> int:
        return len(self.documents(lang))

    def document(self, document_id: str) -> Document:
        return next(one for one in self.shelved if one.id == document_id)

    def records(self) -> list[DocumentRecord]:
        return [DocumentRecord(one.id, one.title, one.lang, one.source, one.as_of, 1) for one in self.shelved]

    def corpus_sha256(self) -> str:
        return " ".join(document.id for document in self.shelved)

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None, only: Filter = EVERYTHING
    ) -> list[list[Hit]]:
        self.asked.append((list(queries), lang, top_k))
        found = [
            Hit(Chunk(f"{one.id}#0", one.id, one.text, 0, len(one.text), one.title), 1.0)
            for one in self.documents(lang)
        ]
        return [found[:top_k] for _ in queries]


def reading(max_tokens: int, order: str = "ingestion") -> Reading:
    """Settings that may be smaller than a user's."""
    return Reading.model_construct(max_tokens=max_tokens, order=order)


SHELF = Shelf([HOTEL, INN, SPA])
SILENT = ScriptedGenerator(lambda prompt: "")


def by_language(prompt: Prompt) -> str:
    return " In seven days.\n" if question_of(prompt) == EN.text else refusal("zh")


def asked(prompt: Prompt) -> tuple[str, str]:
    """What is told with the question of a prompt, and the question; the rules are told before."""
    assert (prompt.messages[0].role, prompt.messages[-1].role) == ("system", "user")
    return prompt.messages[-1].content, question_of(prompt)


def test_rag_searches_once_per_language_and_keeps_the_order() -> None:
    shelf = Shelf([HOTEL, INN, SPA])
    prompts = Rag(SILENT, shelf, "short", top_k=1).prepare_many([ZH, EN, ZH])
    assert shelf.asked == [([EN.text], "en", 1), ([ZH.text, ZH.text], "zh", 1)]
    assert [prompt.contexts[0].chunk.document_id for prompt in prompts] == ["inn", "hotel", "inn"]
    assert INN.text in asked(prompts[0])[0]
    assert [asked(prompt)[1] for prompt in prompts] == [ZH.text, EN.text, ZH.text]
    assert prompts[0].prefix == prompts[2].prefix == prompts[0].messages[:-1], "rules and examples"
    assert prompts[1].prefix != prompts[0].prefix


def test_long_context_reads_all_of_the_language_in_one_shared_prefix() -> None:
    prompts = LongContext(SILENT, SHELF, "short", reading(200)).prepare_many([EN, ZH, EN])
    assert [[hit.chunk.id for hit in prompt.contexts] for prompt in prompts] == [
        ["hotel", "spa"],
        ["inn"],
        ["hotel", "spa"],
    ]
    assert prompts[0].prefix == prompts[2].prefix
    assert prompts[0].prefix[:-1] == prompts[0].messages[:-1], "rules and examples"
    assert prompts[0].messages[-1].content.startswith(prompts[0].prefix[-1].content)
    assert SPA.text in prompts[0].prefix[-1].content
    assert prompts[1].prefix != prompts[0].prefix
    assert HOTEL.text in asked(prompts[0])[0]


def test_long_context_reads_everything_where_the_language_has_nothing() -> None:
    prompt = LongContext(SILENT, Shelf([HOTEL, SPA]), "short", reading(200)).prepare(ZH)
    assert [hit.chunk.id for hit in prompt.contexts] == ["hotel", "spa"]


def test_long_context_reads_the_others_behind_the_few_of_a_language() -> None:
    """One Chinese file among English ones does not hide them from a Chinese question."""
    others = [Document(f"room{n}", "Room", "It has a bath.", "en") for n in range(3)]
    strategy = LongContext(SILENT, Shelf([HOTEL, *others, INN]), "short", reading(200))
    prompts = strategy.prepare_many([ZH, EN, ZH])
    read = [[hit.chunk.id for hit in prompt.contexts] for prompt in prompts]
    assert read[0] == ["inn", "hotel", "room0", "room1", "room2"]
    assert read[1] == ["hotel", "room0", "room1", "room2"]
    assert prompts[0].prefix == prompts[2].prefix


def test_long_context_packs_again_when_the_corpus_has_changed() -> None:
    shelf = Shelf([HOTEL])
    strategy = LongContext(SILENT, shelf, "short", reading(200))
    assert strategy.coverage("en").documents == 1
    shelf.shelved.append(SPA)
    assert strategy.coverage("en").documents == 2


def test_without_documents_the_adapter_is_the_only_difference() -> None:
    tuned, floor = FineTuned(SILENT, "short", "lora"), ClosedBook(SILENT, "short")
    assert tuned.prepare(EN).messages == floor.prepare(EN).messages
    assert (tuned.prepare(EN).adapter, floor.prepare(EN).adapter) == ("lora", "")


def test_a_variant_is_a_strategy_of_its_own() -> None:
    named = FineTuned(SILENT, "short", "dora", variant="dora")
    assert named.name == "fine_tuned:dora"
    assert about(named.name).label == "Fine-tuned: dora"


@pytest.mark.parametrize(
    "name", [pytest.param("raq", id="unknown"), pytest.param("rag:x", id="a variant of what has none")]
)
def test_what_is_no_strategy_is_refused_with_the_known(name: str) -> None:
    with pytest.raises(AssistantError, match=r"rag, long_context|fine_tuned:NAME"):
        kind_of(name)


@pytest.mark.parametrize(
    ("said", "text", "ending"),
    [
        pytest.param("7 days\nThe contract says so.", "7 days", "stop", id="the first line alone"),
        pytest.param("<think>Which?</think>\n\n7 days", "7 days", "stop", id="no thoughts"),
        pytest.param("<think>Which days", "", "thinking", id="cut while thinking"),
        pytest.param("", "", "thinking", id="cut, and nothing said"),
        pytest.param("1. passport\n2. visa", "1. passport\n2. visa", "stop", id="a list has lines"),
    ],
)
def test_what_becomes_of_a_completion(said: str, text: str, ending: Ending) -> None:
    cut: Ending = "length" if ending == "thinking" else "stop"
    generator = ScriptedGenerator(lambda prompt: said, ending=cut)
    (answer,) = ClosedBook(generator, "short").answer_many([EN])
    assert (answer.text, answer.ending, answer.abstained) == (text, ending, False)


def test_longer_styles_keep_their_lines() -> None:
    generator = ScriptedGenerator(lambda prompt: "One.\n\nTwo.")
    assert ClosedBook(generator, "paragraph").answer_many([EN])[0].text == "One.\n\nTwo."


@pytest.mark.parametrize(
    ("window", "max_tokens", "budget"),
    [
        pytest.param(0, 5000, 5000, id="a window that nobody knows"),
        pytest.param(2000, 5000, 2000 - 96 - 256 - 72, id="what the window leaves"),
        pytest.param(2000, 500, 500, id="no more than was asked for"),
    ],
)
def test_the_budget_respects_the_window(window: int, max_tokens: int, budget: int) -> None:
    generator = ScriptedGenerator(lambda prompt: "")
    generator.window = window
    read = LongContext(generator, SHELF, "short", reading(max_tokens)).coverage("en")
    assert read.budget == budget


def test_documents_are_ranked_beyond_those_in_the_prompt() -> None:
    prompt = Rag(SILENT, Shelf([HOTEL, SPA]), "short", top_k=1, ranked=50).prepare(EN)
    assert [hit.chunk.document_id for hit in prompt.contexts] == ["hotel"]
    assert prompt.ranked == ("hotel", "spa")


STRATEGIES = [
    pytest.param(lambda generator: Rag(generator, SHELF, "short", 2), id="rag"),
    pytest.param(lambda generator: LongContext(generator, SHELF, "short", reading(200)), id="long_context"),
    pytest.param(lambda generator: FineTuned(generator, "short", "travel"), id="fine_tuned"),
    pytest.param(lambda generator: ClosedBook(generator, "short"), id="closed_book"),
]


@pytest.mark.parametrize("make", STRATEGIES)
def test_an_answer_remembers_its_request(make) -> None:  # type: ignore[no-untyped-def]
    generator = ScriptedGenerator(by_language)
    strategy: PromptStrategy = make(generator)
    heard: list[Answer] = []
    answers = strategy.answer_many([EN, ZH], heard.append)
    assert sorted(answer.question.id for answer in heard) == ["1", "2"]
    assert [answer.question for answer in answers] == [EN, ZH]
    assert [answer.text for answer in answers] == ["In seven days.", "我不知道。"]
    assert [answer.abstained for answer in answers] == [False, True]
    assert answers[1].citations == ()
    assert {answer.strategy for answer in answers} == {strategy.name}
    assert {answer.model for answer in answers} == {generator.name}
    assert [answer.contexts for answer in answers] == [prompt.contexts for prompt in generator.asked]
    assert [answer.adapter for answer in answers] == [prompt.adapter for prompt in generator.asked]
    cited = [citation.quote for citation in answers[0].citations]
    assert cited == (["The deposit is refunded in seven days."] if answers[0].contexts else [])


@pytest.mark.parametrize("make", STRATEGIES)
def test_a_stream_ends_with_the_whole_answer(make) -> None:  # type: ignore[no-untyped-def]
    seen = list(make(ScriptedGenerator(by_language)).stream(EN))
    (whole,) = make(ScriptedGenerator(by_language)).answer_many([EN])
    assert len(seen[0].text) < len(seen[1].text)
    assert (seen[0].citations, seen[0].abstained) == ((), False)
    assert (seen[-1].text, seen[-1].citations) == (whole.text, whole.citations)


def test_a_closed_stream_stops_the_generator() -> None:
    class Endless(ScriptedGenerator):
        closed = False

        def stream(self, prompt: Prompt, max_new_tokens: int | None = None) -> Iterator[Generation]:
            try:
                while True:
                    yield Generation("more")
            finally:
                self.closed = True

    generator = Endless(by_language)
    stream = ClosedBook(generator, "short").stream(EN)
    next(stream)
    stream.close()
    assert generator.closed


def test_seconds_count_from_the_asking() -> None:
    class Slow(ClosedBook):
        def __init__(self) -> None:
            ticks = count()
            super().__init__(ScriptedGenerator(by_language), "short")
            self._clock = lambda: float(next(ticks))

    # The scripted generator says that its first token took 0.1 s and the whole 0.4 s.
    assert Slow().answer_many([EN])[0].timing == Timing(retrieval=1.0, first_token=1.1, total=1.4)
