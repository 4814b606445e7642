"""Ask strategies questions. Knows nothing of metrics or of what strategies are made of.

What was answered before is remembered at the generator, so a run that was killed goes on where it was.
"""

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from math import ceil

from assistant.types import Answer, Coverage, Question, Strategy
from core.errors import AssistantError
from core.progress import progress_bar
from evaluation.types import Reference, Run, Sample

Announce = Callable[[str], None]
_SHORT = 3  # seconds that need no announcement


def run(strategy: Strategy, references: Sequence[Reference], latency_sample: int, announce: Announce) -> Run:
    """Return all answers; the first `latency_sample` questions are asked alone, so that their times count.

    `announce` hears what is read first, and then how long the other questions may take.

    Raises:
        AssistantError: the strategy failed.
    """
    questions = [reference.ask() for reference in references]
    alone, together = questions[:latency_sample], questions[latency_sample:]
    one_by_one = progress_bar(alone, desc=f"{strategy.name}, one by one")
    coverages = [strategy.coverage(lang) for lang in sorted({question.lang for question in questions})]
    if tokens := sum(one.tokens for one in coverages if one):
        announce(f"{strategy.name}: reads {tokens:,} tokens first, unless they are stored (minutes on a CPU)")
    for question in {question.lang: question for question in reversed(alone)}.values():
        _warm_up(strategy, question)
    start = time.perf_counter()
    answers = [_asked_alone(strategy, question) for question in one_by_one]
    if limit := _limit(time.perf_counter() - start, alone, together):
        announce(f"{strategy.name}: the other {len(together)} together, in about {limit} or less")
    answers += strategy.answer_many(together)
    return Run(strategy.name, tuple(map(Sample, references, answers)))


def run_all(
    strategies: Sequence[Strategy],
    references: Sequence[Reference],
    latency_sample: int,
    announce: Announce,
) -> tuple[list[Run], dict[str, str]]:
    """Run the strategies one after the other; return their runs, and why others have none."""
    runs: list[Run] = []
    failed: dict[str, str] = {}
    for strategy in strategies:
        announce(f"{strategy.name}: {len(references)} questions")
        try:
            runs.append(run(strategy, references, latency_sample, announce))
        except AssistantError as error:
            failed[strategy.name] = str(error)
    return runs, failed


def coverage_of(strategies: Sequence[Strategy], runs: Sequence[Run]) -> dict[str, Coverage]:
    """Return by language what part of the corpus the strategy has met that reads it."""
    answers = {run.strategy: [sample.answer for sample in run.samples] for run in runs}
    languages = sorted({answer.question.lang for of in answers.values() for answer in of})
    met = ((lang, one.coverage(lang, answers.get(one.name, ()))) for lang in languages for one in strategies)
    return {lang: one for lang, one in met if one is not None}


def _limit(seconds: float, alone: Sequence[Question], together: Sequence[Question]) -> str:
    """Return how long `together` takes at the pace of `alone`, which took `seconds`; empty: not known.

    Batches are mostly faster, up to six times; rag's, which share nothing, once took 1.2 times as long.
    Where a language was not asked in yet, its documents are still to be read.
    """
    if not alone or {one.lang for one in together} - {one.lang for one in alone}:
        return ""
    limit = ceil(seconds / len(alone) * len(together))
    if limit <= _SHORT:
        return ""
    return f"{limit} s" if limit < 100 else f"{ceil(limit / 60)} minutes"


def _warm_up(strategy: Strategy, question: Question) -> None:
    """Have an answer begun and drop it: weights, adapter, index and shared prefix are read at first use."""
    if question.turns:  # a rewriting is remembered with its time, which is not to be that of loading: another
        question = replace(question, text=f"{question.text}?")
    stream = strategy.stream(question)
    next(stream, None)
    if isinstance(stream, Generator):
        stream.close()


def _asked_alone(strategy: Strategy, question: Question) -> Answer:
    """Ask as a user would."""
    *_, answer = strategy.stream(question)
    return answer
