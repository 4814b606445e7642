"""Which sentence of which passage supports an answer, found after it was written.

Works for every strategy that has passages, whatever the model. Knows nothing of models or retrieval.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from assistant.agreement import quantities
from assistant.agreement.numerals import blanked
from assistant.agreement.polarity import asks_yes_or_no, is_verdict
from assistant.agreement.tokens import folded
from assistant.agreement.words import GRAMMAR, stem
from assistant.refusals import is_refusal
from assistant.types import Citation
from core.language import CJK, is_cjk
from ingest.chunking import sentences as split_sentences
from ingest.types import Chunk, Hit

MIN_SUPPORT = 0.5
"""Least support of a cited sentence; decision 003 has the figures that these were set by."""
MIN_SAID = 0.3
"""Least share of what the answer adds to the question."""
QUESTION_SHARE = 0.5
"""Weight of the question's terms beside the answer's: which of two sentences that say "7 days"?"""
MIN_ASKED = 0.4
"""Least share of the question's terms, if the answer is a bare yes or no."""
_MOST = 3
"""How many sentences may support one of the answer, each what those before it leave."""
MIN_ABOUT = 0.15
"""A passage is about the question if it has this share of what the best one has of it."""
_ANY = "*"
"""In the place of a unit: any."""
_RUN = re.compile(rf"[{CJK}]+|[^\W{CJK}]+")

Term = frozenset[str]
"""A word, a pair of Chinese characters, or an amount: its spellings, of which a sentence need have one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a passage, and every spelling of what it says."""

    chunk_id: str
    text: str
    says: frozenset[str]


def cite(question: str, answer: str, contexts: Sequence[Hit]) -> tuple[Citation, ...]:
    """Return for each sentence of `answer` those of `contexts` that support it, if any do.

    A bare yes or no is supported by what supports the question, if that asks for one. A refusal cites
    nothing, nor does an empty answer.
    """
    if not answer.strip() or is_refusal(answer):
        return ()
    everything = [one for hit in contexts for one in _sentences(hit.chunk)]
    terms = _terms(question)
    asked = _rarity(terms, everything)
    sentences = _about(asked, contexts)
    if is_verdict(answer):
        found = _nearest(asked, sentences) if asks_yes_or_no(question) else []
    else:
        claims = [claim - terms or claim for claim in map(_terms, split_sentences(answer))]
        found = [one for claim in claims for one in _supporting(_rarity(claim, everything), asked, sentences)]
    return tuple(dict.fromkeys(Citation(one.chunk_id, one.text) for one in found))


def sources(answer: str, contexts: Sequence[Hit]) -> frozenset[str]:
    """Return the ids of the documents that have a sentence which says all that `answer` says.

    Of a bare "7 days" there may be many, and nobody can tell which of them it was read in.
    """
    terms = _terms(answer)
    return frozenset(
        hit.chunk.document_id
        for hit in contexts
        if any(all(term & one.says for term in terms) for one in _sentences(hit.chunk))
    )


def _about(asked: Mapping[Term, float], contexts: Sequence[Hit]) -> list[Sentence]:
    """Return the sentences of those passages that are about the question."""
    shares = [
        _share(asked, _says(hit.chunk.title).union(*(one.says for one in _sentences(hit.chunk))))
        for hit in contexts
    ]
    near = (hit for hit, share in zip(contexts, shares, strict=True) if share >= MIN_ABOUT * max(shares))
    return [one for hit in near for one in _sentences(hit.chunk)]


def _nearest(asked: Mapping[Term, float], sentences: Sequence[Sentence]) -> list[Sentence]:
    """Return the sentence that says most of the question, if it says enough."""
    shares = {one: _share(asked, one.says) for one in sentences}
    best = max(shares, key=shares.__getitem__, default=None)
    return [best] if best and shares[best] >= MIN_ASKED else []


def _supporting(
    claim: Mapping[Term, float], asked: Mapping[Term, float], sentences: Sequence[Sentence]
) -> list[Sentence]:
    """Return the sentence that supports a claim best, then those that support what it leaves."""
    near = {one: QUESTION_SHARE * _share(asked, one.says) for one in sentences}
    found: list[Sentence] = []
    while len(found) < _MOST:
        known = frozenset().union(*(one.says for one in found))
        said = {one: _share(claim, one.says, known) for one in sentences}
        support = {one: share + near[one] for one, share in said.items() if share >= MIN_SAID}
        best = max(support, key=support.__getitem__, default=None)
        if best is None or support[best] < MIN_SUPPORT:
            break
        found.append(best)
    return found


@lru_cache(maxsize=512)
def _sentences(chunk: Chunk) -> tuple[Sentence, ...]:
    """Return the sentences of a passage but for its headings; every question asks the same ones again."""
    sentences = (text for text in split_sentences(chunk.text) if not text.startswith("#"))
    return tuple(Sentence(chunk.id, text, _says(text)) for text in sentences)


@lru_cache(maxsize=4096)
def _says(text: str) -> frozenset[str]:
    """Return every spelling of what a sentence says: an amount with its unit, and as a number of anything."""
    words, amounts = _parts(text)
    spelled = (f"{name} {value}" for amount in amounts for unit, value in amount for name in (unit, _ANY))
    return frozenset([*words, *spelled])


def _terms(text: str) -> frozenset[Term]:
    """Return what is looked for: an amount may stand without its unit, and a bare number with any.

    >>> _terms("7 days") == _terms("七天"), _terms("7 days") & _terms("7 hours")
    (True, frozenset())
    """
    words, amounts = _parts(text)
    spelled = (
        frozenset(f"{name} {value}" for unit, value in amount for name in ((unit, "") if unit else (_ANY,)))
        for amount in amounts
    )
    return frozenset([*(frozenset([word]) for word in words), *spelled])


def _parts(text: str) -> tuple[list[str], list[list[tuple[str, str]]]]:
    """Return the words and pairs of Chinese characters, and for each amount its units and values."""
    plain = folded(text)
    amounts = [one for one in quantities(plain) if not one.weak]
    runs = _RUN.findall(blanked(plain, [(one.start, one.end) for one in amounts]))
    pieces = [map("".join, pairwise(run)) if is_cjk(run) and len(run) > 1 else [stem(run)] for run in runs]
    words = [word for piece in pieces for word in piece if word not in GRAMMAR]
    return words, [[(one.unit, f"{one.low}-{one.high}") for one in amount.readings] for amount in amounts]


def _rarity(terms: frozenset[Term], sentences: Sequence[Sentence]) -> dict[Term, float]:
    """Return the weight of each term: the fewer sentences have it, the more it says."""
    counts = {term: sum(not term.isdisjoint(one.says) for one in sentences) for term in terms}
    return {term: math.log(1 + len(sentences) / (count or 0.5)) for term, count in counts.items()}


def _share(weights: Mapping[Term, float], says: frozenset[str], known: frozenset[str] = frozenset()) -> float:
    """Return how much of the weight of these terms is said here and not yet known."""
    whole = sum(weights.values())
    new = (weight for term, weight in weights.items() if term & says and term.isdisjoint(known))
    return sum(new) / whole if whole else 0.0
