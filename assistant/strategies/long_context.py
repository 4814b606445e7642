"""Answer from the whole corpus, as much of it as fits. Knows nothing of files, indexes or metrics.

The documents stand in ingestion order before the question, so all questions of a language share them
as a prefix that is read once.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from assistant.generation.types import Generator
from assistant.prompts import Style, open_book, passage
from assistant.strategies.base import Parts, PromptStrategy
from assistant.types import About, Coverage, Prompt, Question
from core.language import Lang
from ingest.types import Chunk, Document, Hit

_PARAGRAPH_END = re.compile(r"\n\s*")
_QUESTION = 256
"""Tokens of the window that are left for the question and the turns of the chat around it."""
_FEW = 0.25
"""Share of the documents: one Chinese file among English ones is hardly all that can answer in Chinese."""
_FULL = 100
"""Under this fraction of the budget nothing more is looked for: 20,000 statutes take seconds to count."""


class Corpus(Protocol):
    """What holds the documents."""

    def documents(self, lang: str = "") -> Iterable[Document]:
        """Return the documents of a language (empty: of all) in ingestion order."""
        ...

    def count(self, lang: str = "") -> int:
        """Return how many these are."""
        ...

    def corpus_sha256(self) -> str:
        """Return the identity of all documents."""
        ...


@dataclass(frozen=True, slots=True)
class Packed:
    """Whole documents as contexts, and what they cover."""

    contexts: tuple[Hit, ...]
    coverage: Coverage


class LongContext(PromptStrategy):
    """Whole documents in the prompt, up to `max_tokens`."""

    name = "long_context"
    about = About(
        label="Long context",
        how="reads every document that fits",
        doing="Reading",
        waiting="Reading the documents…",
        reads="document",
    )

    def __init__(self, generator: Generator, corpus: Corpus, style: Style, max_tokens: int) -> None:
        super().__init__(generator)
        self._corpus, self._style, self._max_tokens = corpus, style, max_tokens
        self._packed: dict[str, Packed] = {}
        self._packed_corpus = ""

    @classmethod
    def assemble(cls, parts: Parts, variant: str = "") -> Self:
        """Make the strategy of what there is."""
        return cls(parts.generator, parts.knowledge, parts.style, parts.settings.long_context.max_tokens)

    def prepare_many(self, questions: Sequence[Question]) -> list[Prompt]:
        """Return the prompts for all questions; those of one language share their prefix."""
        return [self._prompt(question, self._pack(question.lang)) for question in questions]

    def coverage(self, lang: Lang) -> Coverage:
        """Return what part of the corpus a question in `lang` meets."""
        return self._pack(lang).coverage

    def _prompt(self, question: Question, packed: Packed) -> Prompt:
        chunks = [hit.chunk for hit in packed.contexts]
        messages = open_book(question.text, chunks, question.lang, self._style)
        return Prompt(
            messages,
            contexts=packed.contexts,
            prefix=messages[:1],
            one_line=self._style == "short",
        )

    def _pack(self, lang: Lang) -> Packed:
        """Pack once per language, and again when the corpus has changed."""
        if (corpus := self._corpus.corpus_sha256()) != self._packed_corpus:
            self._packed, self._packed_corpus = {}, corpus
        if lang not in self._packed:
            self._packed[lang] = pack(self._documents(lang), self._budget(lang), self.generator)
        return self._packed[lang]

    def _documents(self, lang: Lang) -> Iterator[Document]:
        """Yield the documents in a language, and behind them the others where these are few."""
        yield from self._corpus.documents(lang)
        if self._corpus.count(lang) < _FEW * self._corpus.count():
            yield from (document for document in self._corpus.documents() if document.lang != lang)

    def _budget(self, lang: Lang) -> int:
        """Return the tokens that documents may take: `max_tokens`, or what the model's window leaves."""
        if not self.generator.window:
            return self._max_tokens
        around = "\n".join(message.content for message in open_book("", (), lang, self._style))
        taken = self.generator.count_tokens(around) + _QUESTION + self.generator.max_new_tokens
        return max(1, min(self._max_tokens, self.generator.window - taken))


def pack(documents: Iterable[Document], budget: int, generator: Generator) -> Packed:
    """Take whole documents in their order, as many as `budget` tokens hold; one that does not fit is skipped.

    If none fits, the first is cut at the end of a paragraph, or anywhere if even one is too long.
    """
    taken: list[Chunk] = []
    left_out: list[str] = []
    used, cut, first = 0, "", None
    for document in documents:
        first = first or document
        has_room = budget - used >= budget // _FULL
        if has_room and used + (size := _size(_whole(document), generator)) <= budget:
            taken.append(_whole(document))
            used += size
        else:
            left_out.append(document.id)
    if first and not taken:
        taken, cut = [_cut(first, budget, generator)], left_out.pop(0)
        used = _size(taken[0], generator)
    contexts = tuple(Hit(chunk, 0.0) for chunk in taken)
    count = len(taken) + len(left_out)
    coverage = Coverage(
        count, len(taken), tuple(left_out), used, budget, cut, estimated=generator.estimates_tokens
    )
    return Packed(contexts, coverage)


def _whole(document: Document, end: int | None = None) -> Chunk:
    text = document.text[:end]
    return Chunk(document.id, document.id, text, 0, len(text), document.title)


def _size(chunk: Chunk, generator: Generator) -> int:
    """Return the tokens of a document in a prompt, with the blank line that follows it."""
    return generator.count_tokens(f"{passage(chunk)}\n\n")


def _cut(document: Document, budget: int, generator: Generator) -> Chunk:
    """Return the longest beginning of `document` that fits."""
    paragraphs = [end.start() for end in _PARAGRAPH_END.finditer(document.text)]
    for ends in (paragraphs, range(len(document.text) + 1)):
        fits = bisect_right(ends, budget, key=lambda end: _size(_whole(document, end), generator))
        if fits and ends[fits - 1]:
            return _whole(document, ends[fits - 1])
    return _whole(document, 0)
