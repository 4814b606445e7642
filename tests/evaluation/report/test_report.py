"""The report: its schema, what it says, and that untrusted text stays text."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from assistant.strategies import STRATEGIES
from assistant.types import Answer, Coverage, Ending, Timing, Usage
from core.colours import COLOURS
from evaluation.analyses import ANALYSES, report_of
from evaluation.analyses.comparison import Comparison
from evaluation.asking.seals import Seal
from evaluation.metrics import METRICS
from evaluation.report.blocks import Report
from evaluation.report.markdown import markdown
from evaluation.report.page import html
from evaluation.report.schema import as_json, dumps
from evaluation.report.terminal import terminal
from evaluation.types import Agreement, ModelCard, Reference, Run, Sample, Score
from ingest.types import Chunk, Hit
from settings import Settings

FIVE = ("rag", "long_context", "fine_tuned", "closed_book", "self_route")
SETTINGS = Settings(evaluation={"bootstrap": 200})  # type: ignore[arg-type]
EVIL = '<script>alert("x")</script> $\\frac$ |'
TRUSTED = Agreement("all", 96, 0, 0.9, 0.85, 0.7, 0.6, 0.8)
HIT = Hit(Chunk("doc#0", "doc", "text", 0, 4), 1.0, {"bm25": 1})
REFERENCES = [
    Reference(
        question=EVIL if number == 0 else f"question {number}",
        answers=() if number == 7 else (f"right answer {number}",),
        evidence=("doc",),
        type=EVIL if number == 0 else "unanswerable" if number == 7 else "short",
        split="test",
        id=str(number),
        lang="zh" if number % 2 else "en",
        taught=None if number == 7 else number < 2,
    )
    for number in range(8)
]


def run(strategy: str, right: int, contexts: tuple[Hit, ...] = ()) -> Run:
    samples = []
    for number, reference in enumerate(REFERENCES):
        text = f"right answer {number}" if number < right else EVIL
        usage, timing = (
            Usage(100 * len(strategy), 10, 5),
            Timing(0.1, 0.5 + number, 1.0 + number, alone=number < 3),
        )
        ranked = ("doc",) if contexts else None
        answer = Answer(
            reference.ask(), text, strategy, contexts, (), number == 7, usage, timing, ranked=ranked
        )
        samples.append(Sample(reference, answer))
    return Run(strategy, tuple(samples))


def compared(runs: list[Run], scores: dict[str, dict[str, Score]], **other: Any) -> Report:
    comparison = Comparison(
        **{
            "domain": EVIL,
            "settings": SETTINGS,
            "model": ModelCard("tiny", "f00d", "cpu", "float32"),
            "corpus": {"documents": 1, "sha256": "c0"},
            "references": REFERENCES,
            "runs": runs,
            "scores": scores,
            "skipped": {},
            "coverage": {},
            "absent": frozenset(),
            "seed": 17,
            **other,
        }
    )
    return report_of(comparison, created="2026-01-01T00:00:00+00:00")


@pytest.fixture(scope="module")
def report() -> Report:
    runs = [run("rag", 7, (HIT,)), run("closed_book", 1)]
    scores = {
        one.strategy: {name: metric.score(one.samples) for name, metric in METRICS.items()} for one in runs
    }
    judged = Score(
        "ragas_faithfulness", 0.5, (0.5, *[None] * 7), "ragas", {1: EVIL, 2: EVIL}, agreement=TRUSTED
    )
    nothing = Score("ragas_faithfulness", None, (None,) * 8, "ragas", agreement=TRUSTED)
    scores["rag"]["ragas_faithfulness"], scores["closed_book"]["ragas_faithfulness"] = judged, nothing
    return compared(
        runs,
        scores,
        skipped={"fine_tuned": "no adapter; run: python -m finetune train"},
        coverage={"en": Coverage(9, 1, tuple("abcdefgh"), 900, 1000)},
    )


@pytest.fixture(scope="module")
def whole(report: Report) -> dict[str, Any]:
    """The report as report.json has it."""
    return as_json(report)


def test_the_schema_is_the_contract(report: Report) -> None:
    again = json.loads(dumps(report))
    assert again["schema_version"] == 1
    assert set(again) >= {
        "domain", "created", "environment", "settings", "corpus", "model", "strategies", "pairs", "questions",
    }  # fmt: skip
    assert again["corpus"] == {"documents": 1, "sha256": "c0"}
    assert again["model"] == {"name": "tiny", "sha256": "f00d", "device": "cpu", "dtype": "float32"}
    rag = again["strategies"]["rag"]
    assert rag["n"] == 8
    assert set(rag["metrics"]["f1"]) == {"value", "low", "high", "n", "signature"}
    assert rag["metrics"]["f1"]["value"] == 1.0
    assert set(again["pairs"][0]) == {
        "a", "b", "metric", "difference", "low", "high", "p", "p_holm",
        "n", "clusters", "family", "detectable",
    }  # fmt: skip
    question = again["questions"][1]
    assert (question["id"], question["lang"], question["type"]) == ("1", "zh", "short")
    answer = question["answers"]["rag"]
    assert (answer["text"], answer["contexts"], answer["prompt_tokens"]) == ("right answer 1", ["doc#0"], 300)
    assert answer["scores"]["f1"] == 1.0


def test_not_applicable_is_null_and_failures_are_counted(whole: dict[str, Any]) -> None:
    metrics = {name: block["metrics"] for name, block in whole["strategies"].items()}
    failed = metrics["rag"]["ragas_faithfulness"]
    assert (failed["value"], failed["n"], failed["failed"], failed["failures"]) == (0.5, 1, 2, {EVIL: 2})
    assert metrics["closed_book"]["ragas_faithfulness"]["value"] is None
    assert metrics["closed_book"]["recall@1"]["value"] is None
    assert whole["questions"][7]["answers"]["rag"]["scores"]["bleu"] is None


def test_latency_is_of_the_questions_asked_alone(whole: dict[str, Any]) -> None:
    latency = whole["strategies"]["rag"]["latency"]
    assert (latency["p50"], latency["first_token_p50"], latency["n"]) == (2.0, 1.5, 3)
    assert whole["strategies"]["rag"]["usage"] == {
        "prompt_tokens": 2400, "cached_tokens": 80, "completion_tokens": 40, "estimated": 0, "calls": 8,
    }  # fmt: skip


def test_parts_have_their_own_numbers(whole: dict[str, Any]) -> None:
    parts = whole["strategies"]["closed_book"]["by_language"]
    assert parts["en"]["exact_match"]["value"] == 0.25
    assert parts["en"]["exact_match"]["n"] == 4
    assert parts["zh"]["refusal_recall"]["value"] == 1.0
    assert set(whole["strategies"]["rag"]["by_type"]) == {EVIL, "short", "unanswerable"}


def test_facts_that_train_questions_ask_are_told_from_others(report: Report, whole: dict[str, Any]) -> None:
    facts = whole["strategies"]["closed_book"]["by_fact"]
    assert {part: (block["f1"]["n"], block["exact_match"]["value"]) for part, block in facts.items()} == {
        "taught": (2, 0.5),
        "not taught": (5, 0.0),
    }
    assert "correct, not taught" in markdown(report)


def test_the_verdict_says_which_by_how_much_and_how_surely(whole: dict[str, Any]) -> None:
    assert re.match(
        r"rag is better than closed_book: correct 1\.00 against 0\.\d\d, "
        r"difference 0\.\d\d \[0\.\d\d, \d\.\d\d\], p = 0\.0\d\d \(Holm\), n = 8\. "
        r"Cost: rag reads 300 tokens a question \(10 of them cached\), "
        r"2\.0 s \(p50, n = 3\); closed_book reads 1,100",
        whole["verdict"],
    )


def test_the_report_says_what_holms_correction_covers(report: Report, whole: dict[str, Any]) -> None:
    assert {pair["family"] for pair in whole["pairs"]} == {1}
    for page in (markdown(report), html(report)):
        assert "Holm (1979) over the pairs of strategies on one metric" in page
    assert "| f1 | rag | closed\\_book | 0.750 |" in markdown(report)


def test_facts_have_their_own_pairs_on_the_metric_that_decides(whole: dict[str, Any]) -> None:
    halves = whole["pairs_by_fact"]
    assert {part: [(one["metric"], one["n"]) for one in of] for part, of in halves.items()} == {
        "taught": [("correct", 2)],
        "not taught": [("correct", 5)],
    }


@pytest.mark.parametrize(
    ("asked", "deciding"),
    [
        pytest.param(["rouge1", "f1", "correct"], "correct", id="correct where it was asked for"),
        pytest.param(["rouge1", "f1"], "f1", id="else f1"),
        pytest.param(["bleu", "rouge1"], "bleu", id="else the first"),
        pytest.param(["recall@1", "rouge1"], "rouge1", id="the first with a value"),
    ],
)
def test_the_metric_that_decides(asked: list[str], deciding: str) -> None:
    one = run("rag", 7)
    scores = {name: METRICS.get(name, METRICS["f1"]).score(one.samples) for name in asked}
    assert as_json(compared([one], {"rag": scores}))["verdict"].startswith(f"rag: {deciding} ")


def test_equal_comparisons_differ_in_nothing_but_the_date(report: Report) -> None:
    again = replace(report, created="2026-01-02T00:00:00+00:00")
    assert html(again).replace("2026-01-02", "2026-01-01") == html(report)


def test_html_is_one_file_and_escapes_everything(report: Report, tmp_path: Path) -> None:
    page = html(report)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert set(re.findall(r'(?:src|href)="([^"]{5})', page)) == {"data:"}
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("data:image/svg+xml;base64,") >= 10
    assert 'name="viewport"' in page


def test_markdown_escapes_what_would_break_a_table(report: Report) -> None:
    page = markdown(report)
    assert "<script" not in page
    assert "fine\\_tuned skipped: no adapter; run: python -m finetune train" in page
    assert "| f1 n = 8 | 1.00 [0.68, 1.00] |" in page
    assert "| ragas\\_faithfulness n = 1, 2 failed | 0.50 [0.05, 0.95] | n/a |" in page


def shown(report: Report, width: int) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(terminal(report))
    return console.export_text()


def test_the_terminal_shows_n_intervals_and_what_was_left_out(report: Report) -> None:
    text = shown(report, 200)
    assert re.search(r"^ f1 +1\.00 +0\.25 *\n n = 8 +\[0\.68, 1\.00\]", text, re.M)
    assert "fine_tuned skipped: no adapter" in text
    assert "long_context (en) reads 1 of 9 documents (900 tokens), left out: a, b, c, d, e and 3 more" in text


def test_five_strategies_fit_eighty_columns_with_whole_names() -> None:
    runs = [run(name, 7 - number, (HIT,)) for number, name in enumerate(FIVE)]
    scores = {
        one.strategy: {name: metric.score(one.samples) for name, metric in METRICS.items()} for one in runs
    }
    for name in ("ragas_answer_relevancy", "ragas_context_precision"):
        for of in scores.values():
            of[name] = Score(name, 0.5, (0.5, *[None] * 7), "ragas")
    text = shown(compared(runs, scores), 80)
    table = text.split("No difference")[0]
    assert max(map(len, table.splitlines())) <= 80
    for name in (*FIVE, "ragas_answer_relevancy", "ragas_context_precision", "refusal_recall"):
        assert re.search(rf"(^|\s){re.escape(name)}(\s|$)", table), name
    assert (
        table.count("[")
        == table.count("]")
        == sum(line.count("]") for line in table.splitlines() if "[" in line)
    )


@pytest.mark.parametrize(
    ("agreement", "why"),
    [
        pytest.param(replace(TRUSTED, kappa=0.39), "kappa 0.39 [0.60, 0.80]; with", id="a kappa under 0.4"),
        pytest.param(
            Agreement("all", 0, 96, None, None, None, None, None), "(96 failed); with", id="no verdict at all"
        ),
        pytest.param(None, "nobody checked its judge", id="an older run, which nobody checked"),
    ],
)
def test_scores_of_a_judge_that_cannot_be_trusted_are_in_brackets_or_grey(
    agreement: Agreement | None, why: str
) -> None:
    one = run("rag", 7, (HIT,))
    values = (0.5, *[None] * 7)
    scores: dict[str, Score] = {name: metric.score(one.samples) for name, metric in METRICS.items()}
    for name, known in (("ragas_faithfulness", agreement), ("ragas_context_recall", TRUSTED)):
        scores[name] = Score(name, 0.5, values, "ragas", agreement=known)
    found = compared([one], {"rag": scores})
    written, page, text = markdown(found), html(found), shown(found, 200)
    assert "faithfulness n = 1 | (0.50) [0.05, 0.95] |" in written
    assert "recall n = 1 | 0.50 [0.05, 0.95] |" in written
    assert page.count('<tr class="doubted">') == 1
    assert re.search(r"ragas_faithfulness +\(0\.50\)", text)
    for report in (written, page, text):
        assert why in " ".join(report.replace("\\", "").split())
        assert "kappa 0.70 [0.60, 0.80]." in " ".join(report.split())


def test_answers_that_are_none_are_counted_by_kind(report: Report) -> None:
    endings: list[Ending] = ["length", "loop", "thinking", "stop", "stop", "stop", "stop", "stop"]
    one = run("rag", 7)
    samples = [
        Sample(sample.reference, replace(sample.answer, ending=ending, text="" if number == 2 else "x"))
        for number, (sample, ending) in enumerate(zip(one.samples, endings, strict=True))
    ]
    found = compared([Run("rag", tuple(samples))], {"rag": {"f1": METRICS["f1"].score(samples)}})
    assert as_json(found)["strategies"]["rag"]["endings"] == {
        "empty": 1, "length": 1, "loop": 1, "thinking": 1, "refused": 1,
    }  # fmt: skip
    assert "| used up by thinking of 8 | 1 |" in markdown(found)


def test_one_strategy_alone_is_compared_with_nothing() -> None:
    runs = [run("rag", 7)]
    alone = as_json(compared(runs, {"rag": {"f1": METRICS["f1"].score(runs[0].samples)}}))
    assert alone["pairs"] == []
    assert alone["verdict"] == "rag: f1 1.00, n = 8; nothing to compare it with."


def test_every_analysis_is_a_block(report: Report) -> None:
    assert len(report.blocks) == len(ANALYSES)
    assert [block.title for block in report.blocks if block.level == "detail"] == [
        "Why wrong?", "Further scores", "By language and question type", "Differences between strategies",
        "How it was measured",
    ]  # fmt: skip


def right(strategy: str, numbers: set[int], **answer: Any) -> Run:
    """A run that is right on these questions."""
    one = run(strategy, 0)
    samples = [
        Sample(
            sample.reference,
            replace(
                sample.answer, text=f"right answer {n}" if n in numbers else EVIL, abstained=False, **answer
            ),
        )
        for n, sample in enumerate(one.samples)
    ]
    return Run(strategy, tuple(samples))


def judged(*runs: Run, **other: Any) -> dict[str, Any]:
    """The report over `correct`."""
    scores = {one.strategy: {"correct": METRICS["correct"].score(one.samples)} for one in runs}
    return as_json(compared(list(runs), scores, **other))


class TestOracle:
    def test_takes_the_best_answer_to_each_question(self) -> None:
        found = judged(right("rag", {0, 1, 2}), right("long_context", {2, 3}))["oracle"]
        assert (found["value"], found["n"], found["best"]) == (4 / 8, 8, "rag")
        assert found["low"] < 4 / 8 < found["high"]
        assert found["above_best"]["difference"] == pytest.approx(1 / 8)

    def test_is_no_arm_and_says_so(self) -> None:
        report = judged(right("rag", {0}), right("long_context", {1}))
        assert list(report["strategies"]) == ["rag", "long_context"]
        assert {pair["a"] for pair in report["pairs"]} | {pair["b"] for pair in report["pairs"]} == {
            "rag", "long_context",
        }  # fmt: skip

    def test_one_made_of_others_brings_no_answer_of_its_own(self) -> None:
        routed = right("self_route", {0, 1, 2, 3, 4}, route=("rag",))
        found = judged(right("rag", {0, 1}), right("long_context", {1}), routed)["oracle"]
        assert (found["value"], found["best"], found["above_best"]["difference"]) == (2 / 8, "rag", 0.0)

    def test_one_arm_leaves_no_choice(self) -> None:
        assert "oracle" not in judged(right("rag", {0}))


class TestLedger:
    DOCUMENTS = ("doc", "b", "c")

    def test_each_arm_knows_what_it_searched_read_or_was_taught(self) -> None:
        runs = (
            right("rag", {0}, contexts=(HIT,), ranked=("doc",)),
            right("long_context", {0}, contexts=(HIT,)),
            right("fine_tuned", {0}, adapter="lora"),
            right("closed_book", {0}),
        )
        report = judged(*runs, documents=self.DOCUMENTS, taught={"lora": ("c", "b")})
        assert report["ledger"] == {
            "rag": ["b", "c", "doc"], "long_context": ["doc"], "fine_tuned": ["b", "c"], "closed_book": [],
        }  # fmt: skip

    def test_unequal_arms_are_a_warning(self) -> None:
        runs = [right("rag", {0}, ranked=("doc",)), right("long_context", {0}, contexts=(HIT,))]
        scores = {one.strategy: {"correct": METRICS["correct"].score(one.samples)} for one in runs}
        page = markdown(compared(runs, scores, documents=self.DOCUMENTS))
        assert "could not know the same documents (rag 3, long\\_context 1)" in page
        assert "| documents it could know of 3 | 3 | 1 |" in page
        assert "Unequal" not in markdown(compared(runs, scores, documents=("doc",)))

    def test_the_floor_makes_no_arms_unequal(self) -> None:
        runs = [right("rag", {0}, ranked=("doc",)), right("closed_book", {0})]
        scores = {one.strategy: {"correct": METRICS["correct"].score(one.samples)} for one in runs}
        assert "Unequal" not in markdown(compared(runs, scores, documents=self.DOCUMENTS))

    def test_what_a_manifest_does_not_say_is_not_nothing(self) -> None:
        report = judged(
            right("fine_tuned", {0}, adapter="lora"), documents=self.DOCUMENTS, taught={"lora": None}
        )
        assert report["ledger"] == {"fine_tuned": None}

    def test_runs_from_before_have_none(self) -> None:
        assert "ledger" not in judged(right("rag", {0}))


@pytest.mark.parametrize(
    ("seal", "line", "is_stale"),
    [
        pytest.param(
            Seal("3f2a91c0ffee", 82, 7, "2026-11-02", "2026-11-27"),
            "Test set 3f2a91c0 (82 questions): used 7 times since 2026-11-02",
            True,
            id="seven uses",
        ),
        pytest.param(
            Seal("3f2a91c0ffee", 82, 1, "2026-11-02", "2026-11-02", related=4),
            "used once since 2026-11-02; sets that share most of its questions: 4 uses",
            True,
            id="five uses with those of sets that are much the same",
        ),
        pytest.param(Seal("3f2a91c0ffee", 82), "(82 questions): no use is on record", False, id="an old run"),
    ],
)
def test_the_report_says_how_often_its_test_set_was_used(seal: Seal, line: str, is_stale: bool) -> None:
    one = run("rag", 7)
    found = compared([one], {"rag": {"f1": METRICS["f1"].score(one.samples)}}, seal=seal)
    assert as_json(found)["test_set"]["sha256"] == "3f2a91c0ffee"
    for page in (markdown(found), html(found), shown(found, 200)):
        assert line in page
        assert ("no longer fresh" in page) == is_stale


def test_of_questions_that_people_wrote_and_of_no_test_set_nothing_is_said(report: Report) -> None:
    assert not {"test_set", "drafting"} & as_json(report).keys()
    assert "Test set" not in markdown(report)
    assert "drafted" not in markdown(report)


@pytest.mark.parametrize(
    ("drafters", "reviewed", "sentence"),
    [
        pytest.param(["writer"] * 8, 3, "8 questions: 8 drafted by writer, 3 of them reviewed.", id="all"),
        pytest.param(
            ["a", "a", "b"],
            0,
            "8 questions: 2 drafted by a and 1 drafted by b, none of them reviewed.",
            id="some",
        ),
        pytest.param(
            [""], 1, "8 questions: 1 drafted by a model, 1 of them reviewed.", id="by nobody knows whom"
        ),
    ],
)
def test_the_report_says_who_wrote_its_questions(drafters: list[str], reviewed: int, sentence: str) -> None:
    references = [
        replace(one, drafted=place < len(drafters), reviewed=place < reviewed, drafter=name)
        for place, (one, name) in enumerate(zip(REFERENCES, [*drafters, *[""] * 8], strict=False))
    ]
    one = run("rag", 7)
    scores = {"rag": {"f1": METRICS["f1"].score(one.samples)}}
    assert f"The verdict rests on {sentence}" in markdown(compared([one], scores, references=references))


def test_no_two_strategies_of_a_figure_have_one_colour() -> None:
    assert len(set(COLOURS)) >= len(STRATEGIES)
