"""Answer from the whole corpus, or from the best documents where it does not fit. Knows nothing of files.

Where all documents fit and their order is the same for every question, the questions of a language share them
as a prefix that is read once. Else each question has the documents that are found for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from assistant.generation.types import Generator
from assistant.packing import ORDERS, Candidate, Packed, pack, size, whole
from assistant.prompts import Style
from assistant.strategies.base import Parts, PromptStrategy
from assistant.types import About, Answer, Coverage, Prompt, Question
from core.language import Lang
from ingest.store.types import DocumentRecord
from ingest.types import Document, Filter, Hit
from settings import LongContext as Reading

_QUESTION = 256
"""Tokens of the window that are left for the question and the turns of the chat around it."""
_FEW = 0.25
"""Share of the documents: one Chinese file among English ones is hardly all that can answer in Chinese."""
_SHORT, _CANDIDATES = 32, 50
"""As many passages are searched for as documents of this many tokens fit, and at least so many."""
_FIXED = ("ingestion", "date")
"""Orders that are the same for every question."""


class Corpus(Protocol):
    """What holds the documents."""

    def documents(self, lang: str = "") -> Iterable[Document]:
        """Return the documents of a language (empty: of all) in ingestion order."""
        ...

    def document(self, document_id: str) -> Document:
        """Return one document."""
        ...

    def records(self) -> Sequence[DocumentRecord]:
        """Return what is listed of all documents, in ingestion order."""
        ...

    def count(self, lang: str = "") -> int:
        """Return how many documents of a language, or in all, there are."""
        ...

    def corpus_sha256(self) -> str:
        """Return the identity of all documents."""
        ...

    def search_many(
        self,
        queries: Sequence[str],
        lang: str = "",
        top_k: int | None = None,
        *,
        only: Filter,
    ) -> list[list[Hit]]:
        """Return the best passages of the documents that `only` allows for each query, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Pool:
    """The documents that a question in one language may meet; `all` are these if they fit, or else none."""

    places: dict[str, int]
    """By document id: where it stands in ingestion order, those in the language first."""
    all: tuple[Packed, ...]
    budget: int
    only: Filter


class LongContext(PromptStrategy):
    """Whole documents in the prompt, up to `max_tokens`, in an order."""

    name = "long_context"
    about = About(
        label="Long context",
        how="reads every document that fits",
        doing="Reading",
        waiting="Reading the documents…",
        reads="document",
    )

    def __init__(self, generator: Generator, corpus: Corpus, style: Style, settings: Reading) -> None:
        super().__init__(generator)
        self._corpus, self._style, self._settings = corpus, style, settings
        self._pools: dict[str, Pool] = {}
        self._pooled_corpus = ""

    @classmethod
    def assemble(cls, parts: Parts, variant: str = "") -> Self:
        """Make the strategy of what there is."""
        return cls(parts.generator, parts.knowledge, parts.style, parts.settings.long_context)

    def prepare_many(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions; those that read the same share it as their prefix."""
        prompts: dict[int, Prompt] = {}
        for lang in dict.fromkeys(question.lang for question in questions):
            places = [place for place, question in enumerate(questions) if question.lang == lang]
            made = self._prompts([questions[place] for place in places], self._pool(lang))
            prompts.update(zip(places, made, strict=True))
        return [prompts[place] for place in range(len(questions))]

    def coverage(self, lang: Lang, answers: Sequence[Answer] = ()) -> Coverage | None:
        """Return what part of the corpus a question in `lang` meets, or what `answers` met on average."""
        pool = self._pool(lang)
        read = [[hit.chunk for hit in one.contexts] for one in answers if one.question.lang == lang]
        if pool.all or not pool.places:
            read = [[one.chunk for one in pool.all]]
        elif not read:
            return None
        met = {chunk.document_id for chunks in read for chunk in chunks}
        return Coverage(
            documents=len(pool.places),
            included=_mean([len(chunks) for chunks in read]),
            left_out=tuple(id for id in pool.places if id not in met),
            tokens=round(_mean([sum(size(one, self.generator.count_tokens) for one in of) for of in read])),
            budget=pool.budget,
            estimated=self.generator.estimates_tokens,
            questions=0 if pool.all else len(read),
        )

    def _prompts(self, questions: Sequence[Question], pool: Pool) -> list[Prompt]:
        is_fixed = self._settings.order in _FIXED
        if not pool.places or (pool.all and is_fixed):
            contexts = self._contexts(pool.all)
            return [self.reading(question, contexts, self._style, None) for question in questions]
        found = self._corpus.search_many(
            [question.text for question in questions],
            lang=questions[0].lang,
            top_k=max(_CANDIDATES, pool.budget // _SHORT),
            only=pool.only,
        )
        return [
            self.reading(question, self._contexts(self._best(hits, pool)), self._style, hits)
            for question, hits in zip(questions, found, strict=True)
        ]

    def _best(self, hits: Sequence[Hit], pool: Pool) -> list[Packed]:
        """Return the documents of the hits, best first, as many as fit; behind them the others if all do."""
        best: dict[str, int] = {}
        for hit in hits:
            best.setdefault(hit.chunk.document_id, hit.chunk.start)
        if pool.all:
            ranks = {id: rank for rank, id in enumerate(best)}
            return sorted(pool.all, key=lambda one: ranks.get(one.chunk.id, len(ranks)))
        candidates = (
            Candidate(self._corpus.document(id), pool.places[id], at)
            for id, at in best.items()
            if id in pool.places
        )
        return pack(candidates, pool.budget, self.generator.count_tokens)

    def _contexts(self, packed: Sequence[Packed]) -> tuple[Hit, ...]:
        return tuple(Hit(one.chunk, 0.0) for one in ORDERS[self._settings.order](packed))

    def _pool(self, lang: Lang) -> Pool:
        """Look once per language what fits, and again when the corpus has changed."""
        if (corpus := self._corpus.corpus_sha256()) != self._pooled_corpus:
            self._pools, self._pooled_corpus = {}, corpus
        if lang not in self._pools:
            records = self._corpus.records()
            is_few = self._corpus.count(lang) < _FEW * self._corpus.count()
            own = [one.id for one in records if one.lang == lang]
            others = [one.id for one in records if one.lang != lang] if is_few else []
            places = {id: place for place, id in enumerate([*own, *others])}
            budget = self._budget(lang)
            fitting = tuple(self._fitting(self._documents(lang, is_few), places, budget))
            self._pools[lang] = Pool(places, fitting, budget, Filter(lang="" if is_few else lang))
        return self._pools[lang]

    def _documents(self, lang: Lang, is_few: bool) -> Iterator[Document]:
        """Yield the documents in a language, and behind them the others where these are few."""
        yield from self._corpus.documents(lang)
        if is_few:
            yield from (document for document in self._corpus.documents() if document.lang != lang)

    def _fitting(self, documents: Iterable[Document], places: dict[str, int], budget: int) -> list[Packed]:
        """Return all documents, or none where they do not fit together."""
        fitting = []
        for document in documents:
            chunk = whole(document)
            budget -= size(chunk, self.generator.count_tokens)
            if budget < 0:
                return []
            fitting.append(Packed(chunk, places[document.id], document.as_of))
        return fitting

    def _budget(self, lang: Lang) -> int:
        """Return the tokens that documents may take: `max_tokens`, or what the model's window leaves."""
        if not self.generator.window:
            return self._settings.max_tokens
        messages = self.reading(Question("", "", lang), (), self._style, None).messages
        around = "\n".join(message.content for message in messages)
        taken = self.generator.count_tokens(around) + _QUESTION + self.generator.max_new_tokens
        return max(1, min(self._settings.max_tokens, self.generator.window - taken))


def _mean(values: Sequence[int]) -> float:
    """Return the mean, as a whole number where there is one value."""
    return values[0] if len(values) == 1 else sum(values) / len(values)
