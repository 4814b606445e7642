"""Which question is to be written about which passage, types balanced. Knows nothing of models."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, cycle, islice

from assistant.agreement import quantities
from assistant.agreement.words import content
from core.language import is_cjk
from core.quotes import squeezed
from evaluation.drafting.passages import Corpus
from evaluation.drafting.types import Passage, Slot
from ingest.index.bm25 import tokens

SHARES = {
    **{"list": 0.08, "procedure": 0.06, "number": 0.24, "yesno": 0.18, "short": 0.28},
    **{"multi_hop": 0.06, "unanswerable": 0.10},
}
"""Shares of the types among the questions of the test, as far as the documents have them.

In the order in which they choose their sentences: those that fit few come first."""
_QUOTES = 2
"""Sentences that the writer of one question may choose from: the next one has others."""
_PARTNERS = 200  # passages that one is compared with for what it shares
_COMMON = 0.1  # share of the documents from which a word in all of them joins nothing
_LISTS = re.compile(r"、[^、。]+(?:、|和|及|与)|,[^,.]+(?:,| and | or )")
_DEMANDS = re.compile(
    r"\b(?:must|should|need(?:s|ed)? to|has to|have to|first|then|before|after|by \w+ing"
    r"|apply|book|present|show)\b"
    r"|应当|应|须|需|先|再|然后|凭|提前|办理|预约|出示|提交",
    re.IGNORECASE,
)
_FITS: dict[str, Callable[[str], object]] = {
    "list": _LISTS.search,
    "procedure": _DEMANDS.search,
    "number": lambda sentence: any(not one.weak for one in quantities(sentence)),
}
"""Whether a sentence may prove an answer of a type; one that is not here fits any sentence."""


class Slots:
    """Hands out slots; no sentence is offered twice to prove a question by itself."""

    def __init__(self, corpus: Corpus, seed: int) -> None:
        self._passages = corpus.passages
        self._documents = corpus.documents
        self._left = _each_once(corpus.passages)
        self._chance = random.Random(seed)
        self._used: Counter[str] = Counter()
        self._order = {kind: self._begin(kind) for kind in SHARES}
        self._senses = cycle(("yes", "no"))

    def take(self, kind: str, count: int) -> list[Slot]:
        """Return up to `count` slots of a type; fewer where the passages have no more for it."""
        return list(islice(self._order[kind], count))

    def first(self, count: int) -> list[Slot]:
        """Return the slots that are handed out first, of whatever types."""
        return list(islice(chain.from_iterable(self._order[kind] for kind in SHARES), count))

    def _begin(self, kind: str) -> Iterator[Slot]:
        if kind == "multi_hop":
            return self._joined()
        if kind == "unanswerable":
            return (Slot(kind, passage) for passage in self._shuffled())
        return self._proved(kind)

    def _shuffled(self) -> list[Passage]:
        return self._chance.sample(self._passages, len(self._passages))

    def _proved(self, kind: str) -> Iterator[Slot]:
        """Yield slots with sentences that fit the type, one of each passage in turn, until none is left."""
        fits = _FITS.get(kind, bool)
        while True:
            gave = False
            for place, passage in enumerate(self._passages):
                quotes = [one for one in self._left[place] if fits(one)][:_QUOTES]
                if not quotes:
                    continue
                self._left[place] = [one for one in self._left[place] if one not in quotes]
                gave = True
                sense = next(self._senses) if kind == "yesno" else ""
                yield Slot(kind, passage, tuple(quotes), sense=sense)
            if not gave:
                return

    def _joined(self) -> Iterator[Slot]:
        """Yield pairs of passages of two documents that share a rare word, those with the rarest first."""
        holders: dict[str, set[int]] = defaultdict(set)
        for place, passage in enumerate(self._passages):
            for name in _names(passage):
                holders[name].add(place)
        for name in sorted(holders, key=lambda one: (len(holders[one]), one)):
            pair = self._pair(sorted(holders[name]))
            if pair:
                one, other = pair
                yield Slot("multi_hop", one, _with(one, name), other, _with(other, name))

    def _pair(self, places: Sequence[int]) -> tuple[Passage, Passage] | tuple[()]:
        """Return two passages of different documents, each used once; nothing where there are none."""
        passages = [self._passages[place] for place in places[:_PARTNERS]]
        documents = {one.chunk.document_id for one in passages}
        if len(documents) < 2 or len(documents) > max(3, _COMMON * self._documents):
            return ()
        for one in passages:
            for other in passages:
                apart = one.chunk.document_id != other.chunk.document_id and one.lang == other.lang
                if apart and not self._used[one.chunk.id] and not self._used[other.chunk.id]:
                    self._used.update([one.chunk.id, other.chunk.id])
                    return one, other
        return ()


def _each_once(passages: Sequence[Passage]) -> dict[int, list[str]]:
    """Return the sentences of each passage but those that stand in one before it as well."""
    seen: set[str] = set()
    left = {}
    for place, passage in enumerate(passages):
        left[place] = [one for one in passage.sentences if squeezed(one) not in seen]
        seen.update(map(squeezed, passage.sentences))
    return left


def _names(passage: Passage) -> set[str]:
    """Return the words of a passage that may name something: with a capital, or Chinese ones."""
    if passage.lang == "en":
        inner = re.findall(r"(?<=[a-z,] )[A-Z][a-zA-Z]{3,}", passage.chunk.text)
        return {one for one in inner if content(one)}
    return {one for one in tokens(passage.chunk.text) if len(one) > 1 and is_cjk(one)}


def _with(passage: Passage, name: str) -> tuple[str, ...]:
    """Return the sentences that hold a name, or all where none does."""
    return tuple(one for one in passage.sentences if name in one) or passage.sentences
