"""Which sentence of which passage supports an answer, found after it was written.

Works for every strategy that has passages, whatever the model. Knows nothing of models or retrieval.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from assistant.refusals import is_refusal
from assistant.types import Citation
from core.language import CJK, words
from ingest.chunking import sentences as split_sentences
from ingest.types import Hit

MIN_SUPPORT = 0.4
"""Share of an answer's words, weighted by rarity, that the cited sentence must hold.

Of 318 train facts, their right answers set against all documents of their language, 91 % cite the evidence.
"""
MIN_ASKED = 0.3
"""The same for a question's words, if the answer is a bare yes or no: 25 of 66 cite, 19 of them right."""
QUESTION_SHARE = 0.5
"""Weight of the question's words beside the answer's: which of two sentences that say "7 days"?"""
_CJK = re.compile(f"[{CJK}]")
_ENGLISH = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMERALS = {word: str(number) for number, word in enumerate(_ENGLISH, 2)} | {
    word: str(number) for number, word in enumerate("一二三四五六七八九十", 1)
}
_BARE_VERDICT = re.compile(
    r"\W*(yes|no|是的?|不是|否|可以|不可以|不可|能|不能|对|不对|有|没有|需要|不需要)\W*", re.I
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a passage, and its terms."""

    chunk_id: str
    text: str
    terms: frozenset[str]


def cite(question: str, answer: str, contexts: Sequence[Hit]) -> tuple[Citation, ...]:
    """Return for each sentence of `answer` the one of `contexts` that supports it best, if any does.

    A bare yes or no is supported by what supports the question. A refusal cites nothing, nor does an empty
    answer.
    """
    if not answer.strip() or is_refusal(answer) or not contexts:
        return ()
    sentences = [
        Sentence(hit.chunk.id, text, terms) for hit in contexts for text, terms in _sentences(hit.chunk.text)
    ]
    asked = _terms(question)
    verdict = _BARE_VERDICT.fullmatch(answer)
    claims = [asked] if verdict else [terms for _, terms in _sentences(answer)]
    weights = _rarity(asked.union(*claims), sentences)
    least = MIN_ASKED if verdict else MIN_SUPPORT
    found = (_best(claim, asked, sentences, weights, least) for claim in claims)
    citations = (Citation(best.chunk_id, best.text) for best in found if best is not None)
    return tuple(dict.fromkeys(citations))


def _best(
    claim: frozenset[str],
    asked: frozenset[str],
    sentences: Sequence[Sentence],
    weights: Mapping[str, float],
    least: float,
) -> Sentence | None:
    """Return the sentence that holds most of the claim; among equals the one nearest to the question."""
    best, top = None, 0.0
    for sentence in sentences:
        support = _share(claim, sentence.terms, weights)
        if support < least:
            continue
        score = support + QUESTION_SHARE * _share(asked, sentence.terms, weights)
        if score > top:
            best, top = sentence, score
    return best


@lru_cache(maxsize=512)
def _sentences(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return the sentences of a text and their terms; every question asks the same long contexts again."""
    return tuple((sentence, _terms(sentence)) for sentence in split_sentences(text))


def _terms(text: str) -> frozenset[str]:
    """Return Latin words, numbers (as digits) and pairs of neighbours of which one is Chinese.

    >>> sorted(_terms("押金七天退")), sorted(_terms("seven days")), sorted(_terms("税"))
    (['7', '7天', '天退', '押金', '金7'], ['7', 'days'], ['税'])
    """
    tokens = [_NUMERALS.get(word, word) for word in words(text)]
    pairs = {one + two for one, two in pairwise(tokens) if _CJK.match(one) or _CJK.match(two)}
    latin = {token for token in tokens if not _CJK.match(token)}
    return frozenset(pairs | latin or tokens)


def _rarity(terms: frozenset[str], sentences: Sequence[Sentence]) -> dict[str, float]:
    """Return the weight of each term: the fewer sentences hold it, the more it says."""
    counts = Counter(term for sentence in sentences for term in sentence.terms & terms)
    return {term: math.log(1 + len(sentences) / (counts[term] or 0.5)) for term in terms}


def _share(claim: frozenset[str], terms: frozenset[str], weights: Mapping[str, float]) -> float:
    """Return how much of the claim's weight `terms` hold."""
    whole = sum(weights[term] for term in claim)
    return sum(weights[term] for term in claim & terms) / whole if whole else 0.0
