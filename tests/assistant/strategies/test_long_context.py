"""What the long context reads, in which order, and of too large a corpus which part."""

import time
from collections.abc import Sequence

import pytest

from assistant.strategies.long_context import LongContext
from assistant.types import Prompt, Question
from ingest.search.search import EVERYTHING
from ingest.types import Chunk, Document, Filter, Hit
from tests.assistant.strategies.test_strategies import EN, ZH, Shelf, reading
from tests.fakes import ScriptedGenerator

DAYS = {"a": "2024-05-01", "b": "2023", "c": "", "d": "2025-01-02"}
DOCUMENTS = [Document(id, id, f"{id} says so", "en", as_of=day) for id, day in DAYS.items()]
CHINESE = [Document(f"文{n}", "文", f"第{n}篇说押金七天内退还", "zh") for n in range(4)]
SIZE = 4  # tokens of each with its title


class Library(Shelf):
    """Finds the documents named in `best`, in that order, then nothing."""

    def __init__(self, documents: Sequence[Document], best: Sequence[str]) -> None:
        super().__init__(documents)
        self.best, self.allowed = list(best), Filter()

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None, only: Filter = EVERYTHING
    ) -> list[list[Hit]]:
        self.asked.append((list(queries), lang, top_k))
        self.allowed = only
        found = [self.document(id) for id in self.best]
        hits = [Hit(Chunk(f"{one.id}#0", one.id, one.text, 0, len(one.text)), 1.0) for one in found]
        return [hits[:top_k] for _ in queries]


def strategy(library: Library, budget: int, order: str = "ingestion") -> LongContext:
    return LongContext(ScriptedGenerator(lambda prompt: ""), library, "short", reading(budget, order))


def read(prompt: Prompt) -> str:
    return "".join(hit.chunk.id for hit in prompt.contexts)


@pytest.mark.parametrize(
    ("order", "all_fit", "two_fit"),
    [
        pytest.param("ingestion", "abcd", "bd", id="as they came"),
        pytest.param("date", "cbad", "bd", id="the newest last, the undated first"),
        pytest.param("best_first", "dbac", "db", id="best first, what was not found behind"),
        pytest.param("best_last", "cabd", "bd", id="best last"),
        pytest.param("both_ends", "dacb", "db", id="the best at both ends"),
    ],
)
def test_the_order_in_which_documents_are_read(order: str, all_fit: str, two_fit: str) -> None:
    assert read(strategy(Library(DOCUMENTS, "db"), 100, order).prepare(EN)) == all_fit
    assert read(strategy(Library(DOCUMENTS, "dba"), 2 * SIZE, order).prepare(EN)) == two_fit


@pytest.mark.parametrize("order", ["ingestion", "date"])
def test_what_is_the_same_for_all_is_read_once_and_nothing_is_searched(order: str) -> None:
    library = Library(DOCUMENTS, "")
    prompts = strategy(library, 100, order).prepare_many([EN, Question("2", "Who says so?", "en")])
    assert prompts[0].prefix == prompts[1].prefix
    assert DOCUMENTS[0].text in prompts[0].prefix[-1].content
    assert (library.asked, prompts[0].ranked) == ([], None)


@pytest.mark.parametrize(("budget", "order"), [(2 * SIZE, "ingestion"), (100, "best_last")])
def test_what_depends_on_the_question_is_in_no_shared_prefix(budget: int, order: str) -> None:
    prompt = strategy(Library(DOCUMENTS, "db"), budget, order).prepare(EN)
    assert prompt.ranked == ("d", "b")
    assert prompt.prefix == prompt.messages[:-1]
    assert not any(one.text in message.content for one in DOCUMENTS for message in prompt.prefix)


def test_where_not_all_fit_only_those_of_the_language_are_searched() -> None:
    library = Library([*DOCUMENTS, *CHINESE], ["文2", "文0"])
    (prompt,) = strategy(library, 2 * 2).prepare_many([ZH])
    assert [hit.chunk.id for hit in prompt.contexts] == ["文0", "文2"]
    assert library.allowed == Filter(lang="zh")


def test_where_a_language_has_few_all_are_searched() -> None:
    library = Library([*DOCUMENTS, *CHINESE[:1]], ["d", "文0"])
    strategy(library, 2 * SIZE).prepare(ZH)
    assert library.allowed == Filter()


def test_coverage_of_what_depends_on_the_question_is_a_mean_over_answers() -> None:
    library = Library(DOCUMENTS, "db")
    reads = strategy(library, 2 * SIZE)
    assert reads.coverage("en") is None
    answers = reads.answer_many([EN])
    library.best = ["a"]
    met = reads.coverage("en", [*answers, *reads.answer_many([EN])])
    assert met is not None
    assert (met.documents, met.included, met.questions, met.tokens) == (4, 1.5, 2, 1.5 * SIZE)
    assert met.left_out == ("c",)


def test_a_corpus_of_statutes_is_packed_without_counting_it() -> None:
    """Each question counts what it reads; the corpus once, until the budget is full."""
    statutes = [Document(str(n), "", "a short rule " * 10, "en") for n in range(22_684)]

    class Counting(ScriptedGenerator):
        counted = 0

        def count_tokens(self, text: str) -> int:
            self.counted += 1
            return super().count_tokens(text)

    library, generator = Library(statutes, [str(n) for n in range(300)]), Counting(lambda prompt: "")
    reads = LongContext(generator, library, "short", reading(8192))
    reads.prepare(EN)
    generator.counted, start = 0, time.process_time()
    prompt = reads.prepare(EN)
    assert len(prompt.contexts) > 200
    assert generator.counted < 3 * len(prompt.contexts)
    assert time.process_time() - start < 1
