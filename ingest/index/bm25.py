"""BM25 over Chinese and English tokens. Knows nothing of documents or vectors: labels and texts only."""

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.language import CJK
from ingest.index import Damaged, top
from ingest.index.seal import seal, unseal
from ingest.index.term_counts import Numbers, TermCounts
from ingest.types import Labels, Ranking

TOKENS = "bm25 jieba-search s-stem 2"
"""Changes whenever the same text would give other tokens, or files another content."""

_RUN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_IS_CJK = re.compile(f"[{CJK}]")
_PLURALS = (("ies", ("eies", "aies"), "y"), ("es", ("aes", "ees", "oes"), "e"), ("s", ("us", "ss"), ""))
_PART = 1 << 20  # scores computed at a time
_LABELS, _COUNTS = "labels.npy", "counts.npy"


class Bm25Index:
    """BM25 (Lucene's variant, k1 1.5, b 0.75); bm25s scores, saves and loads."""

    def __init__(self, labels: Labels, counts: Numbers, bm25: Any) -> None:
        self.labels = labels
        self._counts = counts
        self._bm25 = bm25

    @classmethod
    def build(cls, passages: Iterable[tuple[int, str]], kept: TermCounts | None = None) -> "Bm25Index":
        """Index labels with their texts, in one pass, after the passages of `kept`."""
        import bm25s

        terms = TermCounts.of((label, tokens(text)) for label, text in passages)
        if kept:
            terms = kept.joined(terms)
        bm25 = bm25s.BM25(method="lucene")
        bm25.vocab_dict = terms.vocabulary
        bm25.scores = _weights(terms, bm25.k1, bm25.b)
        bm25.nonoccurrence_array = None  # of other variants
        return cls(terms.labels, terms.counts, bm25)

    @property
    def terms(self) -> TermCounts:
        """What was indexed, for the next index of nearly the same passages."""
        scores = self._bm25.scores
        words = np.arange(len(self._bm25.vocab_dict), dtype=np.int32)
        found_in = np.diff(scores["indptr"])
        return TermCounts(
            self.labels, self._bm25.vocab_dict, np.repeat(words, found_in), scores["indices"], self._counts
        )

    def search_many(
        self, queries: Sequence[str], k: int, others: Sequence["Bm25Index"] = ()
    ) -> list[Ranking]:
        """Return for each query up to `k` labels that share a token with it, scored by BM25.

        A score is a share of what the query weighs; it would be 1 if all its tokens came without end. How
        rare a token is, is counted in `others` too, so that scores compare with theirs.
        """
        return [self._search(query, k, (self, *others)) for query in queries]

    def _search(self, query: str, k: int, counted: Sequence["Bm25Index"]) -> Ranking:
        size = sum(len(one.labels) for one in counted)
        scores, most = np.zeros(len(self.labels), np.float32), 0.0
        ends, matrix = self._bm25.scores["indptr"], self._bm25.scores
        for token, times in Counter(tokens(query)).items():
            weight = times * _rarity(sum(one._found_in(token) for one in counted), size)
            most += weight
            if own := self._found_in(token):
                number = self._bm25.vocab_dict[token]
                rows = slice(ends[number], ends[number + 1])
                share = weight / _rarity(own, len(self.labels))  # of what was computed by its own rarity
                scores[matrix["indices"][rows]] += share * matrix["data"][rows]
        return [(label, score / most) for label, score in top(scores, self.labels, k) if score > 0]

    def _found_in(self, token: str) -> int:
        """Return in how many passages a token stands."""
        number = self._bm25.vocab_dict.get(token)
        ends = self._bm25.scores["indptr"]
        return 0 if number is None else int(ends[number + 1] - ends[number])

    def save(self, folder: Path) -> None:
        """Write the index to the empty `folder` and seal it."""
        self._bm25.save(str(folder), show_progress=False)
        for name, values in ((_LABELS, self.labels), (_COUNTS, self._counts)):
            with (folder / name).open("wb") as out:
                np.save(out, values)
        seal(folder, {"tokens": TOKENS}, tuple(sorted(path.name for path in folder.iterdir())))

    @classmethod
    def load(cls, folder: Path) -> "Bm25Index":
        """Open what `save` wrote, mapped.

        Raises:
            Damaged: the files are missing or not those that were written.
        """
        import bm25s

        facts = unseal(folder)
        if facts.get("tokens") != TOKENS:
            raise Damaged(f"{folder} holds other tokens than {TOKENS}")
        bm25 = bm25s.BM25.load(str(folder), mmap=True)
        return cls(np.load(folder / _LABELS), np.load(folder / _COUNTS, mmap_mode="r"), bm25)


def _weights(terms: TermCounts, k1: float, b: float) -> dict[str, Any]:
    """Return the scores of all tokens as bm25s keeps them: a matrix by columns, one for each token.

    Computed by the million: bm25s, which goes passage by passage, takes 1.4 s for 22,684 passages, this
    0.1 s; all at once they would need five times the memory of the counts.
    """
    size = len(terms.labels)
    parts = [slice(start, start + _PART) for start in range(0, len(terms.counts), _PART)]
    lengths = np.zeros(size)
    for part in parts:
        lengths += np.bincount(terms.passages[part], terms.counts[part], minlength=size)
    found_in = np.bincount(terms.tokens, minlength=len(terms.vocabulary))
    rarity = _rarity(found_in, size)
    damping = k1 * (1 - b + b * lengths / lengths.mean())
    scores = np.empty(len(terms.counts), np.float32)
    for part in parts:
        counts = terms.counts[part]
        scores[part] = rarity[terms.tokens[part]] * counts / (counts + damping[terms.passages[part]])
    ends = np.concatenate([[0], np.cumsum(found_in)])
    return {"data": scores, "indices": terms.passages, "indptr": ends, "num_docs": size}


def _rarity(found_in: Any, size: int) -> Any:
    """Return the weight of tokens that stand in so many of `size` passages."""
    return np.log1p((size - found_in + 0.5) / (found_in + 0.5))


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
