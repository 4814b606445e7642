"""BM25 over Chinese and English tokens. Knows nothing of documents or vectors: labels and texts only."""

import logging
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ingest.index import Damaged, Labels, Ranking, top
from ingest.index.seal import seal, unseal
from ingest.language import CJK

TOKENS = "bm25 jieba-search s-stem 1"
"""Changes whenever the same text would give other tokens."""

_RUN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_IS_CJK = re.compile(f"[{CJK}]")
_PLURALS = (("ies", ("eies", "aies"), "y"), ("es", ("aes", "ees", "oes"), "e"), ("s", ("us", "ss"), ""))
_LABELS = "labels.npy"


class LexicalIndex:
    """BM25 (Lucene's variant, k1 1.5, b 0.75) by bm25s."""

    def __init__(self, labels: Labels, bm25: Any) -> None:
        self.labels = labels
        self._bm25 = bm25

    @classmethod
    def build(cls, passages: Iterable[tuple[int, str]]) -> "LexicalIndex":
        """Index labels with their texts, in one pass."""
        import bm25s

        vocabulary: dict[str, int] = {"": 0}
        labels, rows = [], []
        for label, text in passages:
            labels.append(label)
            found = [vocabulary.setdefault(token, len(vocabulary)) for token in tokens(text)]
            rows.append(np.array(found or [0], np.int32))
        bm25 = bm25s.BM25(method="lucene")
        bm25.index((rows, vocabulary), create_empty_token=False, show_progress=False)
        return cls(np.array(labels, np.int64), bm25)

    def search_many(self, queries: Sequence[str], k: int) -> list[Ranking]:
        """Return for each query up to `k` labels that share a token with it, scored by BM25."""
        return [self._search(query, k) for query in queries]

    def _search(self, query: str, k: int) -> Ranking:
        known = self._bm25.get_tokens_ids(tokens(query))
        if not known:
            return []
        scores = self._bm25.get_scores_from_ids(known)
        return [(label, score) for label, score in top(scores, self.labels, k) if score > 0]

    def save(self, folder: Path) -> None:
        """Write the index to the empty `folder` and seal it."""
        self._bm25.save(str(folder), show_progress=False)
        with (folder / _LABELS).open("wb") as out:
            np.save(out, self.labels)
        seal(folder, {"tokens": TOKENS}, tuple(sorted(path.name for path in folder.iterdir())))

    @classmethod
    def load(cls, folder: Path) -> "LexicalIndex":
        """Open what `save` wrote, mapped.

        Raises:
            Damaged: the files are missing or not those that were written.
        """
        import bm25s

        facts = unseal(folder)
        if facts.get("tokens") != TOKENS:
            raise Damaged(f"{folder} holds other tokens than {TOKENS}")
        bm25 = bm25s.BM25.load(str(folder), mmap=True)
        return cls(np.load(folder / _LABELS), bm25)


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
