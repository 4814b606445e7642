"""Why answers are wrong: what each cause takes away from 100 %, down to `correct`, and the worst of it."""

from collections import Counter
from collections.abc import Iterator, Mapping

from core.quotes import spot
from evaluation.analyses.cause import CAUSES
from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block, Example, Part, Plot, Table
from evaluation.report.numbers import NOT_APPLICABLE
from evaluation.report.plots import waterfalls
from evaluation.types import Sample

_TITLE = "Why wrong?"
_WORST = 10
_LONGEST = 300
"""Characters of a question, an answer or a quote that an example shows."""
_QUOTES = 3
"""Quotes that an example shows."""
_AROUND = 80
"""Characters of the passage before and after a quote."""
_METHOD = (
    "One cause for each answer that is not wholly right, the first that holds; it takes away what the answer "
    "lacks of being correct, so that a column adds up to 100 %."
)

Lost = Mapping[str, Mapping[str, float]]
"""By strategy, then cause: the share of all that was to be had, 0 to 1."""


def causes(comparison: Comparison) -> Block:
    """Return a row for each cause that occurs, a waterfall for each strategy, and the worst answers."""
    if not comparison.causes:
        return Block(_TITLE, "detail", notes=[f"{NOT_APPLICABLE}: `correct` was not measured."])
    counts = {name: Counter(filter(None, of)) for name, of in comparison.causes.items()}
    lost = {name: _lost(comparison, name) for name in counts}
    shown = [key for key in CAUSES if any(of[key] for of in counts.values())]
    rows = [[CAUSES[key], *(_cell(lost[name][key], counts[name][key]) for name in counts)] for key in shown]
    rows.append(["correct", *(f"{1 - sum(of.values()):.1%}" for of in lost.values())])
    falls = {name: [of[key] for key in shown] for name, of in lost.items()}
    return Block(
        _TITLE,
        "detail",
        Table(["", *counts], rows),
        notes=[_METHOD],
        plots=[Plot(_TITLE, waterfalls([CAUSES[key] for key in shown], falls), wide=True)],
        examples=[_example(comparison, name, place) for name, place in _worst(comparison, lost)],
        data={"strategies": {name: {"causes": _data(lost[name], counts[name])} for name in counts}},
    )


def _lost(comparison: Comparison, name: str) -> dict[str, float]:
    lost = dict.fromkeys(CAUSES, 0.0)
    values = comparison.scores[name]["correct"].per_question
    for key, value in zip(comparison.causes[name], values, strict=True):
        if key and value is not None:
            lost[key] += (1 - value) / len(values)
    return lost


def _data(lost: Mapping[str, float], counts: Mapping[str, int]) -> dict[str, dict[str, float]]:
    return {key: {"n": counts[key], "lost": lost[key]} for key in CAUSES if key in counts}


def _cell(lost: float, count: int) -> str:
    return f"-{lost:.1%}\nn = {count}" if count else ""


def _worst(comparison: Comparison, lost: Lost) -> Iterator[tuple[str, int]]:
    """Yield strategies and places: of each step, the highest first, the worst answer; a question once."""
    steps = sorted(
        ((lost[name][key], name, key) for name in lost for key in CAUSES if lost[name][key]), reverse=True
    )
    told: set[int] = set()
    for _, name, key in steps:
        values = [value or 0.0 for value in comparison.scores[name]["correct"].per_question]
        places = [at for at, one in enumerate(comparison.causes[name]) if one == key and at not in told]
        if places and len(told) < _WORST:
            place = min(places, key=values.__getitem__)
            told.add(place)
            yield name, place


def _example(comparison: Comparison, name: str, place: int) -> Example:
    sample = next(run for run in comparison.runs if run.strategy == name).samples[place]
    reference, answer = sample.reference, sample.answer
    value = comparison.scores[name]["correct"].per_question[place]
    told = CAUSES[comparison.causes[name][place] or "unknown"]
    right = " · ".join(reference.answers) or "none: it must be refused"
    cited = [Part("it cites", [(_cut(one.quote), False)]) for one in answer.citations[:1]]
    return Example(
        _cut(reference.in_full),
        f"{name}, {reference.lang}, {reference.type}: {told}, correct {value:.2f}",
        [
            Part("answer", [(_cut(answer.text) or "(no answer)", False)]),
            Part("right", [(_cut(right), False)]),
            *(_evidence(sample, quote) for quote in reference.evidence_text[:_QUOTES]),
            *cited,
        ],
    )


def _evidence(sample: Sample, quote: str) -> Part:
    """Return a quote, marked, where it stands in the prompt or among what was found, or by itself."""
    for label, hits in (("evidence", sample.answer.contexts), ("found only", sample.answer.found)):
        for hit in hits:
            if place := spot(quote, hit.chunk.text):
                start, end = place
                before, after = hit.chunk.text[:start][-_AROUND:], hit.chunk.text[end:][:_AROUND]
                return Part(label, [(before, False), (_cut(hit.chunk.text[start:end]), True), (after, False)])
    label = "evidence" if sample.answer.ranked is None and not sample.answer.contexts else "not in the prompt"
    return Part(label, [(_cut(quote), True)])


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
