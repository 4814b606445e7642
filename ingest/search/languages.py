"""Which passages are in another language than a query, and what that does to their cosines.

An embedder puts texts of one language together, whatever they say: in XQuAD the 50 passages nearest to a
Chinese question were all Chinese, and the answer stood in an English one. Knows nothing of legs or fusion.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from core.language import Lang, detect_passage
from ingest.embedding import Embedder
from ingest.index.snapshot import Snapshot
from ingest.store.ledger import Ledger
from ingest.types import Ranking, Vectors

_LIFT = 0.8
"""Share of the distance between the languages that is made up for; the rest may be what the texts are about
(decision 019)."""
_SAMPLE = 1024  # passages that tell where a language lies
_SAID_TWICE = (
    ("The desk is open from nine to five every day.", "服务台每天九点至五点开放。"),
    ("The fee is refunded within seven days.", "费用在七天内退还。"),
    ("Smoking is not allowed in the building.", "楼内禁止吸烟。"),
    ("Please bring your identity card.", "请携带身份证。"),
    ("The contract ends when either party gives notice.", "任何一方通知后合同即告终止。"),
    ("Children pay half of the price.", "儿童半价。"),
    ("The room has a view of the river.", "房间可以看到河景。"),
    ("Save the file and restart the computer.", "保存文件后重新启动计算机。"),
)
"""The same in both languages: how far these lie apart, whatever is said."""
_WEIGHT = 8
"""Passages of a base that they weigh as much as: a mean of few passages is what these say (decision 019)."""
_REMEMBERED = 1 << 18  # passages


class Languages:
    """What is known of the languages of passages; threads may share one."""

    def __init__(self, ledger: Ledger, embedder: Embedder) -> None:
        self._ledger, self._embedder = ledger, embedder
        self._of: dict[int, Lang] = {}
        self._centres: WeakKeyDictionary[Snapshot, dict[str, Vectors]] = WeakKeyDictionary()

    def read(self, labels: Iterable[int], document: str) -> None:
        """Note the languages of passages that stand in documents of one language."""
        if len(self._of) > _REMEMBERED:
            self._of.clear()
        new = {label for label in labels if label not in self._of}
        for label, chunk in self._ledger.find(new).items():
            self._of[label] = detect_passage(chunk.text, "zh" if document == "zh" else "en")

    def foreign(self, labels: Iterable[int], asked: str) -> set[int]:
        """Return the passages, of those that were read, that are in another language than `asked`."""
        return {label for label in labels if asked and self._of.get(label, asked) != asked}

    def lifted(self, rankings: Sequence[Ranking], lifts: Sequence[float], asked: str) -> list[Ranking]:
        """Return each query's ranking with the cosines of its foreign passages raised by its lift."""
        raised = []
        for ranking, lift in zip(rankings, lifts, strict=True):
            foreign = self.foreign((label for label, _ in ranking), asked)
            raised.append([(label, score + lift * (label in foreign)) for label, score in ranking])
        return raised

    def lifts(self, snapshot: Snapshot, queries: Vectors, asked: str) -> list[float]:
        """Return for each query how much farther from it the other language lies than its own does."""
        if snapshot not in self._centres:
            self._centres[snapshot] = self._measured(snapshot)
        own, other = (self._centres[snapshot].get(lang) for lang in (asked, "en" if asked == "zh" else "zh"))
        if own is None or other is None:
            return [0.0] * len(queries)
        lifts: list[float] = (_LIFT * np.maximum(queries @ (own - other), 0)).tolist()
        return lifts

    def _measured(self, snapshot: Snapshot) -> dict[str, Vectors]:
        """Return where the passages of each language lie: the mean of a sample of their vectors."""
        of, rows = [], []
        for lang in snapshot.languages:
            exact = snapshot.exact[lang]
            step = len(exact.labels) // _SAMPLE + 1
            sample = [(labels[0], vectors[0]) for labels, vectors in exact.batches(step)]
            labels = [int(label) for label, _ in sample]
            self.read(labels, lang)
            of += [self._of.get(label, lang) for label in labels]
            rows += [vector for _, vector in sample]
        return self._centred(np.stack(rows), np.array(of)) if len(set(of)) > 1 else {}

    def _centred(self, vectors: Vectors, spoken: NDArray[np.str_]) -> dict[str, Vectors]:
        """Return the mean of each language, drawn to where all passages let it be expected."""
        shifts = np.stack([self._shifts[lang] for lang in spoken])
        middle = (vectors - shifts).mean(axis=0)
        centres = {}
        for lang, shift in self._shifts.items():
            own = vectors[spoken == lang]
            centres[lang] = (own.sum(axis=0) + _WEIGHT * (middle + shift)) / (len(own) + _WEIGHT)
        return centres

    @cached_property
    def _shifts(self) -> dict[str, Vectors]:
        """Where each language lies from the middle of both, whatever is said in it."""
        english, chinese = (
            self._embedder.embed_passages(texts).mean(axis=0) for texts in zip(*_SAID_TWICE, strict=True)
        )
        return {"en": (english - chinese) / 2, "zh": (chinese - english) / 2}
