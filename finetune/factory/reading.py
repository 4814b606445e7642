"""Examples that are read: a question behind passages, of which one may hold the answer (RAFT).

Zhang et al., 2024 (arXiv:2403.10131), without its chains of thought: a reader of 1.5B parameters that quoted
before it answered did worse (decision 027). Knows nothing of models or of training.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.forms import FREE, Form
from assistant.prompts import Style, open_book
from core.language import words
from core.questions import QuestionRecord
from core.quotes import spot
from finetune.types import Example, Provenance
from ingest.chunking import sentences
from ingest.types import Chunk, Hit
from settings import Finetune

_FOUND = 12
"""Passages that are searched for; those without the evidence are the distractors."""


class Passages(Protocol):
    """What finds passages."""

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        """Return the best passages for each query, best first."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How questions become examples with passages."""

    passages: Passages
    style: Style
    settings: Finetune
    form: Form = FREE

    def examples(self, records: Sequence[QuestionRecord]) -> list[Example]:
        """Return an example for each question, in their order; one search for each language."""
        found: dict[str, list[Hit]] = {}
        for lang in sorted({record.lang for record in records}):
            asked = [record for record in records if record.lang == lang]
            hits = self.passages.search_many([one.in_full for one in asked], lang=lang, top_k=_FOUND)
            found.update({one.id: some for one, some in zip(asked, hits, strict=True)})
        return [self._example(record, [hit.chunk for hit in found[record.id]]) for record in records]

    def _example(self, record: QuestionRecord, found: Sequence[Chunk]) -> Example:
        shown = self._shown(record, found)
        book = open_book(record.in_full, shown, record.language, self.style, with_examples=False)
        return Example(
            record.id,
            self.form.asked(book.messages, record.language),
            self.form.reply(record),
            Provenance(documents=record.evidence_doc_ids),
            asked=record.in_full,
            record=record,
        )

    def _shown(self, record: QuestionRecord, found: Sequence[Chunk]) -> list[Chunk]:
        """Return some of the passages in the order of the search, shortened; chance goes by the seed.

        Those with the evidence are among them, or in a share of the questions none: the answer is taught
        nevertheless.
        """
        chance = random.Random(f"{self.settings.seed}|{record.id}")
        holding = [one for one in found if _evidence(one.text, record.evidence_text)]
        right = holding[: self.settings.passages]
        others = [one for one in found if one not in holding]
        if right and chance.random() >= self.settings.evidence_share:
            right = []
        kept = [*right, *others[: self.settings.passages - len(right)]]
        return [
            replace(one, text=_excerpt(one.text, record.evidence_text, self.settings.passage_words, chance))
            for one in found
            if one in kept
        ]


def _evidence(text: str, quotes: Sequence[str]) -> list[tuple[int, int]]:
    """Return where quotes stand in a text."""
    return [place for quote in quotes if (place := spot(quote, text))]


def _excerpt(text: str, quotes: Sequence[str], limit: int, chance: random.Random) -> str:
    """Return sentences that follow each other, of `limit` words in all, or more where quotes take more.

    They are those around the quotes; in a text without any they begin anywhere.
    """
    spans = _spans(text)
    quoted = _evidence(text, quotes)
    inside = [
        place
        for place, (start, end) in enumerate(spans)
        if any(start < last and first < end for first, last in quoted)
    ] or [chance.randrange(len(spans))]
    first, last = inside[0], inside[-1]
    while (first, last) != (0, len(spans) - 1):
        before = last == len(spans) - 1 or (first > 0 and chance.random() < 0.5)
        wider = (first - before, last + (not before))
        if len(words(text[spans[wider[0]][0] : spans[wider[1]][1]])) > limit:
            break
        first, last = wider
    return text[spans[first][0] : spans[last][1]]


def _spans(text: str) -> list[tuple[int, int]]:
    """Return where each sentence of a text is."""
    spans, end = [], 0
    for sentence in sentences(text):
        start = text.index(sentence, end)
        end = start + len(sentence)
        spans.append((start, end))
    return spans
