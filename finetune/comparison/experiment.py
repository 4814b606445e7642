"""A comparison from first to last: what it costs, the runs, the rows. Knows no command line."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.generation.local import open_local
from core.clusters import by_document
from core.domain import Domain
from core.errors import AssistantError, DomainError
from core.questions import QuestionRecord, read_questions
from finetune.bootstrap import DRAWS, LEVEL
from finetune.comparison.arms import Arm, plan_arms
from finetune.comparison.child import CannotRun, Launch, in_child
from finetune.comparison.held_out import BLOCK, HeldOut, held_out
from finetune.comparison.measuring import GENERAL, Request
from finetune.comparison.runs import Asked, Run, Runs
from finetune.comparison.scores import Prices, Row, Scorer
from finetune.objectives import OBJECTIVES
from finetune.registry import known

GENERAL_QUESTIONS = Path(__file__).with_name("general.jsonl")
BASE = "base model"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a comparison takes at most, told before anything is trained."""

    runs: int
    updates: int
    tokens: int
    questions: int

    def __str__(self) -> str:
        """Return the cost in one line."""
        return (
            f"{self.runs} runs of {self.updates:,} updates in all, about {self.tokens:,} tokens trained; "
            f"{self.questions:,} questions answered, those of the bare base among them"
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rows in their order, the bare base first; `split` is the one that they are judged by."""

    title: str
    split: str
    rows: tuple[Row, ...]
    runs: tuple[Run, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How it is compared: seeds, tokens a run (0: as the first arm's epochs), and whether `test` is asked.

    `sweeps`: the arms are settings of one method, ranked by `dev`; then `test` is never asked.
    """

    seeds: int = 1
    tokens: int = 0
    test: bool = False
    sweeps: bool = False

    def __post_init__(self) -> None:
        if self.test and self.sweeps:
            raise AssistantError("--grid chooses by dev and never asks test; leave --test out")


class Experiment:
    """Arms beside each other and the bare base, on the same data with the same budget."""

    def __init__(
        self, domain: Domain, arms: Sequence[Arm], wanted: Wanted, launch: Launch = in_child
    ) -> None:
        """Make the data.

        Raises:
            AssistantError: no arm can run here, the objective answers nothing, or there is nothing to ask.
        """
        self._domain, self._arms, self._wanted, self._launch = domain, arms, wanted, launch
        objective = arms[0].settings.finetune.objective
        if not known(OBJECTIVES, objective, "finetune.objective").answers:
            raise AssistantError(
                f"what {objective} trains answers no questions; compare methods by another objective"
            )
        self._planned = plan_arms(domain, arms, wanted.tokens)
        self._first = self._planned[0]
        self._settings = self._first.arm.settings
        self._questions = self._asked()

    def cost(self) -> Cost:
        """Return what it will take, before anything is trained."""
        seeds = self._wanted.seeds
        each = sum(map(len, self._questions.values()))
        return Cost(
            runs=seeds * len(self._planned),
            updates=seeds * sum(one.updates for one in self._planned),
            tokens=seeds * sum(one.tokens for one in self._planned),
            questions=each * (1 + seeds * len(self._planned)),
        )

    def run(self, tell: Tell) -> Comparison:
        """Make the runs that are missing and compare; each one that ends is kept.

        Raises:
            CannotRun: the bare base cannot be asked.
        """
        for note in dict.fromkeys(note for one in self._planned for note in one.data.notes):
            tell(note)
        text = self._held_out()
        runs = Runs(self._domain, self._settings, Asked(self._questions, text), self._launch)
        base = [runs.run(BASE, runs.base(self._first))]
        made, reasons = self._made(runs, tell)
        rows = self._rows(base, made, reasons)
        flat = tuple(one for of in [base, *made.values()] for one in of)
        title = f"{'Settings' if self._wanted.sweeps else 'Methods'} of fine-tuning: {self._domain.name}"
        return Comparison(title, self._split, rows, flat, tuple(self._notes(text, made)))

    @property
    def _split(self) -> str:
        return "test" if self._wanted.test else "dev"

    def _made(self, runs: Runs, tell: Tell) -> tuple[dict[str, list[Run]], dict[str, str]]:
        """Return the runs of each arm, and of those that cannot run the reason."""
        first = self._settings.finetune.seed
        seeds = range(first, first + self._wanted.seeds)
        requests = {one.arm.label: [runs.request(one, seed) for seed in seeds] for one in self._planned}
        there = sum(runs.is_known(one) for of in requests.values() for one in of)
        tell(f"{there} of {len(requests) * len(seeds)} runs are there already")
        reasons = {one.label: one.reason for one in self._arms if one.reason}
        made: dict[str, list[Run]] = {}
        for label, of in requests.items():
            try:
                made[label] = [self._one(runs, label, request, tell) for request in of]
            except CannotRun as error:
                reasons[label] = str(error)
        for label, reason in reasons.items():
            tell(f"cannot run: {label}: {reason}")
        return made, reasons

    def _one(self, runs: Runs, label: str, request: Request, tell: Tell) -> Run:
        if not runs.is_known(request):
            tell(f"training: {label}, seed {request.settings.finetune.seed}")
        return runs.run(label, request)

    def _rows(
        self, base: Sequence[Run], made: dict[str, list[Run]], reasons: dict[str, str]
    ) -> tuple[Row, ...]:
        finetune = self._settings.finetune
        prices = Prices(finetune.cost_per_cpu_hour, finetune.cost_per_gpu_hour)
        scorer = Scorer(self._questions, self._facts(), self._first.data.form.declines, finetune.seed)
        first = next(iter(made.values()), None)
        rows = [
            scorer.row(made[one.label], base, None if made[one.label] is first else first, prices)
            if one.label in made
            else Row(one.label, reasons[one.label])
            for one in self._arms
        ]
        if self._wanted.sweeps:
            rows.sort(key=lambda row: -row.answered["dev"].correct.value if row.answered else math.inf)
        return (scorer.row(base, base, None, prices), *rows)

    def _asked(self) -> dict[str, Sequence[QuestionRecord]]:
        """Return the questions by their part.

        Raises:
            DomainError: `test` is wanted and there is none.
        """
        asked: dict[str, Sequence[QuestionRecord]] = {"dev": self._first.data.dev_questions}
        if self._wanted.test:
            follow_ups = None if self._settings.task == "dialogue" else False
            asked["test"] = self._domain.questions("test", follow_ups=follow_ups)
        if not asked["dev"]:
            raise DomainError(
                f"{self._domain.name} has no dev questions to compare by; add some with split=dev"
            )
        return {**asked, GENERAL: list(read_questions(GENERAL_QUESTIONS))}

    def _held_out(self) -> HeldOut:
        languages = {record.lang for record in self._questions["dev"]}
        count = open_local(self._settings).count_tokens
        return held_out(self._domain, self._settings.finetune.held_out, languages, count)

    def _facts(self) -> set[str]:
        """Return the facts that train questions ask for."""
        try:
            return {record.fact_id for record in self._domain.questions("train", follow_ups=None)}
        except DomainError:
            return set()

    def _notes(self, text: HeldOut, made: dict[str, list[Run]]) -> Iterator[str]:
        settings, seeds = self._settings, self._wanted.seeds
        yield f"model: {Path(settings.generator.model).name}; objective: {settings.finetune.objective}"
        yield (
            f"the same {len(self._first.data.train)} examples and {self._first.tokens:,} tokens for each, "
            f"padding not counted; seeds: {seeds}; weights after the last update"
        )
        yield (
            "the learning rate is each method's own unless finetune.learning_rate states one; it was not "
            "searched for"
        )
        for part, records in self._questions.items():
            count = max(by_document([one.evidence_doc_ids for one in records])) + 1
            yield f"{part}: {len(records)} questions in {count} clusters by their document"
        drawn = "clusters and seeds" if seeds > 1 else "clusters; one seed: nothing is said of other seeds"
        yield (
            f"[ ]: {LEVEL} %, percentile bootstrap, {DRAWS:,} draws over {drawn}; too narrow where there are "
            f"few; differences are paired; not corrected for how many rows there are"
        )
        if made:
            yield f"to first: to {next(iter(made))}"
        if self._split == "dev":
            yield "dev is what settings are chosen by, and flatters what is best on it"
        yield (
            "peak: of a GPU what torch had allocated, else the resident memory of the run's process, "
            "libraries and all; seconds: of the optimizer steps alone"
        )
        yield (
            f"perplexity: of a text of {text.source} in blocks of {BLOCK} tokens, as a ratio to the base's; "
            f"general: questions of no domain, asked in the domain's style"
        )
