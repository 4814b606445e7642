"""Corpus BLEU (Papineni et al., 2002) by sacreBLEU (Post, 2018). Knows nothing of models.

Chinese answers are tokenised with `zh`, all others with `13a`; where both are present the value is the
mean of the two corpus scores weighted by their numbers of questions, and the signature says so.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluation.types import CorpusStatistics, Floats, Sample, Score, ratio

_TOKENIZERS = ("zh", "13a")
_WIDTH = 11  # per tokenizer: questions, system length, reference length, 4 matches, 4 totals


class Bleu:
    """Corpus BLEU, 0 to 100; `per_question` are sentence scores, for reading only."""

    name = "bleu"

    def score(self, samples: Sequence[Sample]) -> Score:
        """Measure all samples; questions where no answer is right are left out."""
        rows = np.zeros((len(samples), _WIDTH * len(_TOKENIZERS)))
        sentences: list[float | None] = [None] * len(samples)
        signatures: list[str] = []
        for leg, tokenizer in enumerate(_TOKENIZERS):
            members = [
                index
                for index, sample in enumerate(samples)
                if sample.reference.answerable and (sample.reference.lang == "zh") == (tokenizer == "zh")
            ]
            if not members:
                continue
            chosen = [samples[index] for index in members]
            rows[members, leg * _WIDTH : (leg + 1) * _WIDTH], values = _sentences(chosen, tokenizer)
            for index, sentence in zip(members, values, strict=True):
                sentences[index] = sentence
            signatures.append(f"n:{len(members)}|{_signature(chosen, tokenizer)}")
        joined = " + ".join(signatures) + ("; mean weighted by n" if len(signatures) > 1 else "")
        value = float(_of_sums(rows.sum(axis=0, keepdims=True))[0]) if signatures else None
        corpus = CorpusStatistics(rows, _of_sums, highest=100.0)
        return Score(self.name, value, tuple(sentences), joined, corpus=corpus)


def _bleu(tokenizer: str) -> Any:
    from sacrebleu.metrics import BLEU

    # effective_order: a corpus whose answers all have under four tokens would otherwise score 0.
    return BLEU(tokenize=tokenizer, effective_order=True, force=True)


def _sentences(samples: Sequence[Sample], tokenizer: str) -> tuple[Floats, list[float]]:
    """Return each sample's row of statistics and its sentence score."""
    bleu, rows, values = _bleu(tokenizer), [], []
    for sample in samples:
        found = bleu.corpus_score([sample.answer.text], [[right] for right in sample.reference.answers])
        rows.append([1, found.sys_len, found.ref_len, *found.counts, *found.totals])
        values.append(float(found.score))
    return np.array(rows, dtype=np.float64), values


def _signature(samples: Sequence[Sample], tokenizer: str) -> str:
    bleu = _bleu(tokenizer)
    most = max(len(sample.reference.answers) for sample in samples)
    streams = [
        [
            sample.reference.answers[rank] if rank < len(sample.reference.answers) else None
            for sample in samples
        ]
        for rank in range(most)
    ]
    bleu.corpus_score([sample.answer.text for sample in samples], streams)
    return str(bleu.get_signature().format())


def _of_sums(sums: Floats) -> Floats:
    """Return BLEU for each row of summed statistics; NaN where a row holds no question."""
    total = np.zeros(len(sums))
    count = np.zeros(len(sums))
    for leg in range(len(_TOKENIZERS)):
        part = sums[:, leg * _WIDTH : (leg + 1) * _WIDTH]
        if part.any():
            total += part[:, 0] * _corpus_scores(part)
            count += part[:, 0]
    return ratio(total, count)


def _corpus_scores(part: Floats) -> Floats:
    from sacrebleu.metrics import BLEU

    return np.array(
        [
            BLEU.compute_bleu(
                correct=row[3:7],
                total=row[7:11],
                sys_len=row[1],
                ref_len=row[2],
                smooth_method="exp",
                effective_order=True,
            ).score
            for row in part.astype(int).tolist()
        ]
    )
