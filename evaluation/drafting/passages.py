"""Which passages of a corpus questions are written about. Knows nothing of models that write.

A sample of the documents is drawn by chance and cut; their passages are grouped by topic (k-means over their
vectors, Lloyd, 1982), and groups take turns, so that neither the first documents nor the largest topic has
them all.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

from core.language import Lang, detect_passage, words
from evaluation.drafting.foreign import is_foreign
from evaluation.drafting.types import Passage
from ingest.chunking import sentences, split
from ingest.code_blocks import code_blocks
from ingest.types import Document, Vectors

_SHORTEST, _LONGEST = 5, 120
"""Words of a sentence that can prove an answer."""
_DOCUMENTS_PER_QUESTION = 4
_PASSAGES_PER_QUESTION = 8
_PASSAGE_WORDS = 80
_LARGEST_TOPIC = 12  # questions that a topic stands for, on average
_HEADING = re.compile(r"#{1,6}\s|\|?[\s|:*-]+$")


class Embeds(Protocol):
    """What turns passages into vectors."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text."""
        ...


@dataclass(frozen=True, slots=True)
class Corpus:
    """The passages to write about, the best to begin with first, and ids of documents in other languages."""

    passages: tuple[Passage, ...]
    foreign: tuple[str, ...]
    documents: int


def choose_passages(documents: Iterable[Document], embedder: Embeds, wanted: int, seed: int) -> Corpus:
    """Return passages for about `wanted` questions, each with sentences that can prove an answer.

    However many documents there are, no more are held at once than are drawn.
    """
    chance = random.Random(seed)
    drawn: list[Document] = []
    foreign: list[str] = []
    known = 0
    for document in documents:
        if is_foreign(document.text):
            foreign.append(document.id)
            continue
        known += 1
        if len(drawn) < wanted * _DOCUMENTS_PER_QUESTION:
            drawn.append(document)
        elif (place := chance.randrange(known)) < len(drawn):  # algorithm R (Vitter, 1985): all alike likely
            drawn[place] = document
    passages = [passage for document in drawn for passage in _passages(document)]
    if len(passages) > wanted * _PASSAGES_PER_QUESTION:
        passages = chance.sample(passages, wanted * _PASSAGES_PER_QUESTION)
    return Corpus(tuple(_by_topic(passages, embedder, wanted, chance)), tuple(foreign), known + len(foreign))


def _passages(document: Document) -> Iterator[Passage]:
    prose = _without_code(document.text)
    for chunk in split(document, _PASSAGE_WORDS, 0):
        if is_foreign(chunk.text):
            continue
        lang: Lang = detect_passage(chunk.text, document.lang)
        usable = tuple(dict.fromkeys(filter(_can_prove, sentences(prose[chunk.start : chunk.end]))))
        if usable:
            yield Passage(chunk, lang, document.as_of, usable)


def _without_code(text: str) -> str:
    """Return a text with line breaks in place of each character of code: what follows stays in its place."""
    parts, at = [], 0
    for start, end in code_blocks(text):
        parts += [text[at:start], "\n" * (end - start)]
        at = end
    return "".join([*parts, text[at:]])


def _can_prove(sentence: str) -> bool:
    """Whether a sentence says something by itself: no heading, no ruler, no question."""
    if _HEADING.match(sentence) or sentence.endswith(("?", "？", ":", "：")):
        return False
    return _SHORTEST <= len(words(sentence)) <= _LONGEST


def _by_topic(
    passages: Sequence[Passage], embedder: Embeds, wanted: int, chance: random.Random
) -> Iterator[Passage]:
    """Yield the passages so that languages, then topics, then documents take turns."""
    languages: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        languages[passage.lang].append(passage)
    turns = [
        [*_taking_turns(_topics(group, embedder, wanted, chance), chance)] for group in languages.values()
    ]
    yield from _interleaved(turns)


def _topics(
    passages: Sequence[Passage], embedder: Embeds, wanted: int, chance: random.Random
) -> list[list[Passage]]:
    from sklearn.cluster import KMeans

    count = min(len(passages), max(1, wanted // _LARGEST_TOPIC))
    if count == 1:
        return [list(passages)]
    vectors = embedder.embed_passages([passage.chunk.passage for passage in passages])
    labels = KMeans(count, n_init=1, random_state=chance.randrange(1 << 31)).fit_predict(vectors)
    topics: dict[int, list[Passage]] = defaultdict(list)
    for label, passage in zip(labels.tolist(), passages, strict=True):
        topics[label].append(passage)
    return list(topics.values())


def _taking_turns(topics: Sequence[Sequence[Passage]], chance: random.Random) -> Iterator[Passage]:
    """Yield one passage of each topic in turn, and within a topic one of each document in turn."""
    ordered = []
    for topic in topics:
        documents: dict[str, list[Passage]] = defaultdict(list)
        for passage in topic:
            documents[passage.chunk.document_id].append(passage)
        for group in documents.values():
            chance.shuffle(group)
        order = sorted(documents)
        chance.shuffle(order)
        ordered.append(list(_interleaved([documents[name] for name in order])))
    return _interleaved(ordered)


def _interleaved(groups: Sequence[Sequence[Passage]]) -> Iterator[Passage]:
    return (one for turn in zip_longest(*groups) for one in turn if one is not None)
