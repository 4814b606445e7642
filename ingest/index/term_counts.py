"""How often each token stands in each passage: all that BM25 knows of texts. Knows nothing of scores.

Kept by columns, for each token the passages that hold it, in files that are mapped, not loaded. Counts of
passages that stay are taken over: cutting 22,684 statutes into words takes 10 s, joining two counts 0.1 s.
"""

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import compress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ingest.index import Damaged
from ingest.index.seal import seal, unseal
from ingest.types import Labels

Numbers = NDArray[np.int32]
_VOCABULARY = "vocabulary.json"
_NOTHING = np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class TermCounts:
    """Token `t` stands `counts[i]` times in passage `passages[i]`, for i from `starts[t]` to `starts[t + 1]`.

    Passages are places in `labels`, rising within a token; `lengths` are theirs, in tokens. Tokens are values
    of `vocabulary`, which counts up from 0.
    """

    vocabulary: dict[str, int]
    labels: Labels
    lengths: Numbers
    starts: Labels
    passages: Numbers
    counts: Numbers

    @classmethod
    def of(cls, passages: Iterable[tuple[int, Sequence[str]]]) -> "TermCounts":
        """Count the tokens of labelled passages, in one pass; one without tokens holds the empty token."""
        vocabulary = {"": 0}
        labels, lengths, ends = array("q"), array("i"), array("q", [0])
        words, times = array("i"), array("i")
        for label, tokens in passages:
            found = Counter(tokens or ("",))
            words.extend([vocabulary.setdefault(token, len(vocabulary)) for token in found])
            times.extend(found.values())
            labels.append(label)
            lengths.append(found.total())
            ends.append(len(words))
        rows = tuple(np.frombuffer(part, np.int32) for part in (times, words))
        by_word = csr_array((*rows, np.array(ends)), shape=(len(labels), len(vocabulary))).tocsc()
        return cls(
            vocabulary,
            np.array(labels, np.int64),
            np.array(lengths, np.int32),
            by_word.indptr.astype(np.int64),
            by_word.indices.astype(np.int32, copy=False),
            by_word.data,
        )

    def holding(self, token: str) -> tuple[Numbers, Numbers]:
        """Return the places of the passages that hold a token, and how often each does."""
        number = self.vocabulary.get(token)
        if number is None:
            return _NOTHING, _NOTHING
        span = slice(self.starts[number], self.starts[number + 1])
        return self.passages[span], self.counts[span]

    def only(self, labels: Labels) -> "TermCounts":
        """Return the counts of the passages among `labels`; of a word that stood elsewhere nothing stays."""
        stays = np.isin(self.labels, labels)
        rows = stays[self.passages]
        kept = np.concatenate([[0], np.cumsum(rows)])[self.starts]
        used = np.diff(kept) > 0
        used[0] = True
        place = np.cumsum(stays, dtype=np.int32) - 1
        return TermCounts(
            {word: number for number, word in enumerate(compress(self.vocabulary, used))},
            self.labels[stays],
            self.lengths[stays],
            kept[np.append(used, True)],
            place[self.passages[rows]],
            self.counts[rows],
        )

    def joined(self, later: "TermCounts") -> "TermCounts":
        """Return these counts with those of other passages after them."""
        vocabulary = dict(self.vocabulary)
        number = np.array([vocabulary.setdefault(word, len(vocabulary)) for word in later.vocabulary])
        mine, theirs = np.zeros(len(vocabulary), np.int64), np.zeros(len(vocabulary), np.int64)
        mine[: len(self.vocabulary)] = np.diff(self.starts)
        theirs[number] = np.diff(later.starts)
        starts = np.concatenate([[0], np.cumsum(mine + theirs)])
        here = _moved(self.starts, starts[: len(self.vocabulary)])
        there = _moved(later.starts, starts[number] + mine[number])
        passages, counts = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int32)
        passages[here], passages[there] = self.passages, later.passages + np.int32(len(self.labels))
        counts[here], counts[there] = self.counts, later.counts
        return TermCounts(
            vocabulary,
            np.concatenate([self.labels, later.labels]),
            np.concatenate([self.lengths, later.lengths]),
            starts,
            passages,
            counts,
        )

    def save(self, folder: Path, tokens: str) -> str:
        """Write the counts to the empty `folder`; return the digest of its seal.

        `tokens` says how texts were cut.
        """
        for name in _ARRAYS:
            with (folder / f"{name}.npy").open("wb") as out:
                np.save(out, getattr(self, name))
        text = json.dumps(list(self.vocabulary), ensure_ascii=False)
        (folder / _VOCABULARY).write_text(text, encoding="utf-8")
        return seal(folder, {"tokens": tokens}, (_VOCABULARY, *(f"{name}.npy" for name in _ARRAYS)))

    @classmethod
    def load(cls, folder: Path, tokens: str) -> "TermCounts":
        """Map what `save` wrote.

        Raises:
            Damaged: the files are missing or not those that were written, or texts were cut otherwise.
        """
        if unseal(folder).get("tokens") != tokens:
            raise Damaged(f"{folder} holds other tokens than {tokens}")
        words = json.loads((folder / _VOCABULARY).read_text(encoding="utf-8"))
        arrays = (np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in _ARRAYS)
        return cls({word: number for number, word in enumerate(words)}, *arrays)


_ARRAYS = tuple(field.name for field in fields(TermCounts))[1:]


def _moved(before: Labels, after: Labels) -> Labels:
    """Return for what lies between `before[t]` and `before[t + 1]` its places from `after[t]` on."""
    return np.arange(before[-1]) + np.repeat(after - before[:-1], np.diff(before))
