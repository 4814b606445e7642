"""BM25 over Chinese and English tokens. Knows nothing of documents or vectors: labels and texts only.

Scores are computed when a query comes, of the passages that share a token with it: how rare a token is and
how long passages are on average depends on all of them, so that each change would change every stored score.
"""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import log1p
from typing import Any

import numpy as np

from core.language import CJK
from ingest.index import top
from ingest.index.term_counts import TermCounts
from ingest.types import Labels, Ranking

TOKENS = "bm25 jieba-search s-stem 3"
"""Changes whenever the same text would give other tokens, or files another content."""

_K1, _B = 1.5, 0.75  # of bm25s, Lucene's variant
_RUN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_IS_CJK = re.compile(f"[{CJK}]")
_PLURALS = (("ies", ("eies", "aies"), "y"), ("es", ("aes", "ees", "oes"), "e"), ("s", ("us", "ss"), ""))


class Bm25Index:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) over the passages of all `parts`, scored as one corpus."""

    def __init__(self, parts: Sequence[TermCounts]) -> None:
        self._parts = parts
        self._size = sum(len(part.labels) for part in parts)
        self._mean = sum(int(part.lengths.sum()) for part in parts) / self._size

    @property
    def labels(self) -> Labels:
        """Of all passages."""
        return np.concatenate([part.labels for part in self._parts])

    def search_many(
        self, queries: Sequence[str], k: int, others: Sequence["Bm25Index"] = ()
    ) -> list[Ranking]:
        """Return for each query up to `k` labels that share a token with it, scored by BM25.

        A score is a share of what the query weighs; it would be 1 if all its tokens came without end. How
        rare a token is, is counted in `others` too, so that scores compare with theirs.
        """
        return [self._search(query, k, (self, *others)) for query in queries]

    def _search(self, query: str, k: int, corpus: Sequence["Bm25Index"]) -> Ranking:
        size = sum(one._size for one in corpus)
        weights = {
            token: times * _rarity(sum(one._found_in(token) for one in corpus), size)
            for token, times in Counter(tokens(query)).items()
        }
        most = sum(weights.values())
        found = [
            (label, score / most) for part in self._parts for label, score in self._best(part, weights, k)
        ]
        return sorted(found, key=lambda hit: -hit[1])[:k]

    def _found_in(self, token: str) -> int:
        """Return in how many passages a token stands."""
        return sum(len(part.holding(token)[0]) for part in self._parts)

    def _best(self, part: TermCounts, weights: Mapping[str, float], k: int) -> Ranking:
        """Return the best of one part."""
        scores = np.zeros(len(part.labels), np.float32)
        for token, weight in weights.items():
            places, counts = part.holding(token)
            damping = _K1 * (1 - _B) + _K1 * _B / self._mean * part.lengths[places]
            scores[places] += weight * counts / (counts + damping)
        return [(label, score) for label, score in top(scores, part.labels, k) if score > 0]


def counted(passages: Iterable[tuple[int, str]]) -> TermCounts:
    """Count the tokens of labelled texts."""
    return TermCounts.of((label, tokens(text)) for label, text in passages)


def _rarity(found_in: int, size: int) -> float:
    """Return the weight of a token that stands in so many of `size` passages."""
    return log1p((size - found_in + 0.5) / (found_in + 0.5))


def tokens(text: str) -> list[str]:
    """Return what BM25 counts: words of Chinese and their parts, stems of Latin words, numbers.

    >>> tokens("Baggage fees，行李托运费30元")
    ['baggage', 'fee', '行李', '托运', '运费', '托运费', '30', '元']
    """
    found: list[str] = []
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        if _IS_CJK.match(run):
            found += _segmenter().cut_for_search(run)
        else:
            found.append(_stem(run))
    return found


def _stem(word: str) -> str:
    """Strip an English plural: the S stemmer of Harman, 1991 (JASIS 42:7-15)."""
    for ending, exceptions, replacement in _PLURALS:
        if len(word) > 3 and word.endswith(ending) and not word.endswith(exceptions):
            return word.removesuffix(ending) + replacement
    return word


@lru_cache(maxsize=1)
def _segmenter() -> Any:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    return jieba.Tokenizer()
