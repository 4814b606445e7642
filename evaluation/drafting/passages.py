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

from core.language import CJK, Lang, detect_passage, words
from evaluation.drafting.types import Passage
from ingest.chunking import sentences, split
from ingest.types import Document, Vectors

_SHORTEST, _LONGEST = 5, 120
"""Words of a sentence that can prove an answer."""
_DOCUMENTS_PER_QUESTION = 4
_PASSAGES_PER_QUESTION = 8
_PASSAGE_WORDS = 80
_LARGEST_TOPIC = 12  # questions that a topic stands for, on average
_HEADING = re.compile(r"#{1,6}\s|\|?[\s|:*-]+$")
_LATIN = re.compile(r"[^\W\d_]+")
_ENGLISH = re.compile(
    r"\b(?:the|of|and|to|in|is|are|for|on|at|with|by|be|or|not|from|as|it|that|this)\b", re.IGNORECASE
)
_OTHER_SCRIPT = re.compile("[\u0370-\u1fff\u3040-\u30ff\uac00-\ud7af]")
_LEAST_ENGLISH = 0.08
_LEAST_JUDGED = 20
"""Latin words by which a text is known to be English or not."""


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
    """Return passages for about `wanted` questions, each with sentences that can prove an answer."""
    everything = list(documents)
    foreign = tuple(document.id for document in everything if is_foreign(document.text))
    known = [document for document in everything if document.id not in set(foreign)]
    chance = random.Random(seed)
    drawn = chance.sample(known, min(len(known), wanted * _DOCUMENTS_PER_QUESTION))
    passages = [passage for document in drawn for passage in _passages(document)]
    if len(passages) > wanted * _PASSAGES_PER_QUESTION:
        passages = chance.sample(passages, wanted * _PASSAGES_PER_QUESTION)
    return Corpus(tuple(_by_topic(passages, embedder, wanted, chance)), foreign, len(everything))


def is_foreign(text: str) -> bool:
    """Whether a text is neither English nor Chinese.

    >>> is_foreign("Das Museum ist montags geschlossen, der Eintritt kostet zehn Euro und " * 3)
    True
    >>> is_foreign("Open daily. The fee is 10 euros. " * 5), is_foreign("博物馆每周一闭馆")
    (False, False)
    """
    latin, han = len(_LATIN.findall(text)), len(re.findall(f"[{CJK}]", text))
    if len(_OTHER_SCRIPT.findall(text)) > max(latin, han) / 4:
        return True
    if han > latin or latin < _LEAST_JUDGED:
        return False
    return len(_ENGLISH.findall(text)) < _LEAST_ENGLISH * latin


def _passages(document: Document) -> Iterator[Passage]:
    for chunk in split(document, _PASSAGE_WORDS, 0):
        lang: Lang = detect_passage(chunk.text, document.lang)
        usable = tuple(dict.fromkeys(filter(_can_prove, sentences(chunk.text))))
        if usable:
            yield Passage(chunk, lang, document.as_of, usable)


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
