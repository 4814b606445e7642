"""Why answers are wrong: against people, rule by rule, and as it is shown.

`causes.jsonl` has 106 wrong answers of the default model to questions of the shipped domains, some of each
domain, language and strategy, with what was recorded of them; each was given its cause by reading, before the
rules gave theirs, in three rounds. As first written the rules agreed with 55 of the 60 of round 1. Mended by
these, with 25 of the 30 of round 2. Mended once more by those (what several documents state is from none of
them; a passage is a paragraph and those beside it), with 14 of the 16 of round 3, which has only answers that
had all evidence before them and refused nothing: the hardest. What they reach now, 58, 28 and 14, guards
against getting worse; of the first two rounds it promises nothing for others.
"""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from assistant.citations import cite
from assistant.refusals import is_refusal
from assistant.types import Answer, Citation, Message
from evaluation.analyses import report_of
from evaluation.analyses.cause import CAUSES, cause
from evaluation.analyses.comparison import Comparison
from evaluation.metrics import METRICS
from evaluation.metrics.retrieval import missing
from evaluation.report.blocks import Report
from evaluation.report.markdown import markdown
from evaluation.report.page import html
from evaluation.report.schema import as_json
from evaluation.report.terminal import terminal
from evaluation.types import ModelCard, Reference, Run, Sample
from ingest.types import Chunk, Document, Hit
from settings import Settings

ROWS = [
    json.loads(line)
    for line in Path(__file__).with_name("causes.jsonl").read_text(encoding="utf-8").splitlines()
]
POOL = (
    "The pool opens at seven in the morning.\n\nDogs pay ten euros a night.\n\nThe bar serves tea and cake."
)
FAR = "Cats pay 99 euros a night, dogs ask elsewhere."
QUOTE = "Dogs pay ten euros a night."
HAN = "泳池早上七点开放。\n\n狗每晚收费十欧元。"


def hit(id: str, text: str) -> Hit:
    return Hit(Chunk(id, id.partition("#")[0], text, 0, len(text)), 1.0)


def placed(one: dict[str, Any]) -> Hit:
    end = one["start"] + len(one["text"])
    return Hit(Chunk(one["id"], one["document"], one["text"], one["start"], end), 1.0)


def recorded(row: dict[str, Any]) -> Sample:
    reference = Reference(
        row["question"], tuple(row["answers"]), tuple(row["evidence"]), row["answer_type"], "test",
        row["id"], row["lang"], tuple(row["quotes"]), row["taught"],
    )  # fmt: skip
    contexts, found = (tuple(placed(one) for one in row[key]) for key in ("contexts", "found"))
    answer = Answer(
        reference.ask(), row["text"], row["arm"], contexts,
        tuple(Citation(*one) for one in row["citations"]), is_refusal(row["text"]), ending=row["ending"],
        adapter=row["adapter"], found=contexts + found if row["searched"] else (),
        ranked=tuple(one.chunk.document_id for one in contexts + found) if row["searched"] else None,
    )  # fmt: skip
    return Sample(reference, answer)


@pytest.mark.parametrize(
    ("round", "count", "least"),
    [
        pytest.param(1, 60, 56, id="the first, with which the rules were made"),
        pytest.param(2, 30, 26, id="those by which they were mended"),
        pytest.param(3, 16, 13, id="those that they were only measured with"),
    ],
)
def test_the_cause_is_what_people_say(round: int, count: int, least: int) -> None:
    rows = [row for row in ROWS if row["round"] == round]
    assert len(rows) == count
    assert all(row["correct"] < 1 and row["label"] in CAUSES for row in rows)
    agreed = [cause(recorded(row), row["correct"], ()) == row["label"] for row in rows]
    assert sum(agreed) >= least


def wrong(text: str, *contexts: Hit, **other: Any) -> Sample:
    """Ask what dogs pay, in English or Chinese."""
    lang = other.pop("lang", "en")
    asked, right, quote = {
        "en": ("What do dogs pay?", "ten euros", QUOTE),
        "zh": ("狗每晚收费多少？", "十欧元", "狗每晚收费十欧元。"),
    }[lang]
    question = other.pop("question", asked)
    reference = Reference(
        question, other.pop("answers", (right,)), other.pop("evidence", ("inn",)),
        other.pop("type", "number"), "test", "1", lang,
        other.pop("quotes", (quote,)), other.pop("taught", None),
    )  # fmt: skip
    answer = Answer(
        reference.ask(), text, "x", contexts, cite(question, text, contexts), is_refusal(text), **other
    )
    return Sample(reference, answer)


def followed(sample: Sample, question: str, standalone: str) -> Sample:
    """The same after some turns."""
    turns = (Message("user", "Is there a room?"), Message("assistant", "Yes."))
    reference = replace(sample.reference, question=question, standalone=standalone, turns=turns)
    return Sample(reference, sample.answer)


INN, CATS, HAN_INN = hit("inn", POOL), hit("cats", FAR), hit("inn", HAN)
PIECE, OTHER = hit("inn#1", QUOTE), hit("cats#0", FAR)


@pytest.mark.parametrize(
    ("sample", "correct", "expected"),
    [
        pytest.param(
            wrong("20 euros", OTHER, ranked=("cats",), quotes=("gone",)), 0, "not_in_corpus",
            id="the corpus has not the evidence",
        ),
        pytest.param(
            wrong("20 euros", OTHER, ranked=("cats", "inn"), found=(OTHER,)), 0, "not_retrieved",
            id="no passage that was found has it, though its document was",
        ),
        pytest.param(
            wrong("20 euros", OTHER, ranked=("cats",)), 0, "not_retrieved",
            id="not even its document was found, of a run that kept no passages",
        ),
        pytest.param(
            wrong("20 euros", OTHER, ranked=("cats", "inn"), found=(OTHER, PIECE)), 0, "ranked_out",
            id="found, but not among the first",
        ),
        pytest.param(
            wrong("20 euros", OTHER, ranked=("cats", "inn")), 0, "unknown",
            id="of a run that kept no passages nobody knows which of its document's were found",
        ),
        pytest.param(wrong("20 euros", CATS), 0, "cut", id="its document did not fit"),
        pytest.param(
            wrong("20 euros", OTHER, quotes=(), ranked=("cats", "inn")), 0, "ranked_out",
            id="without quotes by documents",
        ),
        pytest.param(
            wrong("20 euros", PIECE, quotes=(), ranked=("inn",)), 0, "unknown",
            id="without quotes a passage of the right document may be the wrong one",
        ),
        pytest.param(wrong("20 euros", PIECE, quotes=(), evidence=()), 0, "unknown", id="none is named"),
        pytest.param(wrong("I don't know.", CATS), 0, "cut", id="a refusal without evidence"),
        pytest.param(wrong("I don't know.", INN), 0, "refused", id="refused"),
        pytest.param(wrong("我不知道。", HAN_INN, lang="zh"), 0, "refused", id="refused in Chinese"),
        pytest.param(wrong("20 euros", INN, answers=()), 0, "answered", id="answered"),
        pytest.param(wrong("99 euros", INN, CATS), 0, "other_passage", id="what another document says"),
        pytest.param(wrong("20 euros", INN, CATS), 0, "number", id="a number that stands nowhere"),
        pytest.param(wrong("二十欧元", HAN_INN, lang="zh"), 0, "number", id="and in Chinese"),
        pytest.param(
            wrong("No.", INN, question="Do dogs pay?", answers=("Yes",), type="yesno"), 0, "polarity",
            id="no for yes",
        ),
        pytest.param(
            wrong("不用。", HAN_INN, lang="zh", question="狗要收费吗？", answers=("要",), type="yesno"), 0,
            "polarity", id="no for yes in Chinese",
        ),
        pytest.param(
            wrong("tea", INN, question="What does the bar serve?", answers=("tea and cake",), type="list",
                  quotes=("The bar serves tea and cake.",)), 0.5, "partial", id="one of two",
        ),
        pytest.param(
            wrong("狗每晚要付钱的", INN, type="short", answers=("money",)), 0, "language", id="Chinese",
        ),
        pytest.param(
            wrong("The bar serves its guests cake, and earlier tea", INN, type="short",
                  question="What is there?", answers=("tea, cake",),
                  quotes=("The bar serves tea and cake.",)), 0.6, "wording", id="all words of it, and more",
        ),
        pytest.param(wrong("so it is", INN, type="short", ending="loop"), 0, "loop", id="loops"),
        pytest.param(wrong("", INN, ending="length"), 0, "cut_off", id="nothing said"),
        pytest.param(wrong("so it is", INN), 0, "misread", id="anything else"),
        pytest.param(wrong("20 euros", taught=True), 0, "never_taught", id="no adapter learned nothing"),
        pytest.param(wrong("20 euros", taught=False, adapter="a"), 0, "never_taught", id="not its fact"),
        pytest.param(wrong("20 euros", taught=True, adapter="a"), 0, "missed", id="taught and missed"),
        pytest.param(wrong("", ending="thinking"), 0, "cut_off", id="thought, and said nothing"),
        pytest.param(wrong("20 euros", adapter="a"), 0, "unknown", id="nobody knows what was taught"),
    ],
)  # fmt: skip
def test_the_first_cause_that_holds(sample: Sample, correct: float, expected: str) -> None:
    assert cause(sample, correct, {"gone"}) == expected


@pytest.mark.parametrize("asks", ["And with children?", "那带孩子呢？"])
def test_a_follow_up_is_read_as_the_question_in_full(asks: str) -> None:
    sample = wrong("No.", INN, answers=("Yes, they may stay.",))
    assert cause(followed(sample, asks, "May guests with children stay?"), 0, ()) == "polarity"
    assert cause(followed(sample, asks, ""), 0, ()) != "polarity", "nobody asked for a yes or no"


def test_evidence_is_missing_where_the_named_documents_lack_it() -> None:
    known = Reference("?", ("a",), ("inn", "gone"), "short", "test", evidence_text=(QUOTE, "no such"))
    anywhere = Reference("?", ("a",), (), "short", "test", evidence_text=("Dogs  pay ten", "nowhere"))
    documents = [Document("bar", "Bar", "no such", "en"), Document("inn", "Inn", POOL, "en")]
    assert missing([known, anywhere], documents) == {"gone", "no such", "nowhere"}


EVIL = "<script>alert(1)</script> **x** \x1b[2J ｜狗"


@pytest.fixture
def report() -> Report:
    """Three answers of one strategy: right, half right, and hostile."""
    passage = hit("inn#0", f"{EVIL} {QUOTE} {EVIL}")
    items = {"type": "list", "answers": ("tea, cake",)}
    samples = (
        wrong("ten euros", passage, ranked=("inn",)),
        wrong("tea", passage, ranked=("inn",), **items),
        wrong(EVIL * 40, passage, ranked=("inn",), question=EVIL),
    )
    comparison = Comparison(
        "inn", Settings(evaluation={"bootstrap": 100}), ModelCard("tiny", "", "cpu", ""),  # type: ignore[arg-type]
        {"documents": 1}, [one.reference for one in samples], [Run("rag", samples)],
        {"rag": {"correct": METRICS["correct"].score(samples)}}, {}, {}, frozenset(), 17,
    )  # fmt: skip
    return report_of(comparison, "now")


def test_a_waterfall_goes_from_all_to_correct(report: Report) -> None:
    whole = as_json(report)
    found = whole["strategies"]["rag"]["causes"]
    assert found["partial"] == {"n": 1, "lost": pytest.approx(1 / 6)}
    lost = sum(one["lost"] for one in found.values())
    assert 1 - lost == pytest.approx(whole["strategies"]["rag"]["metrics"]["correct"]["value"])
    causes = [question["answers"]["rag"]["cause"] for question in whole["questions"]]
    assert causes[:2] == [None, "partial"]
    assert sum(one["n"] for one in found.values()) == 2
    assert "| read wrongly: a part only | -16.7% n = 1 |" in markdown(report)


def test_examples_mark_the_evidence_and_execute_nothing(report: Report) -> None:
    page, text = html(report), markdown(report)
    assert f"<mark>{QUOTE}</mark>" in page
    assert f"**{QUOTE}**" in text
    assert "<script" not in page
    assert "<script" not in text
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(terminal(report))
    shown = console.export_text()
    assert "Dogs pay ten euros" in shown
    assert "\x1b[2J" not in shown
    assert shown.count("alert(1)") < 40  # 300 characters of an answer


def test_without_correct_there_is_nothing_to_explain() -> None:
    samples = (wrong("20 euros", INN),)
    comparison = Comparison(
        "inn", Settings(evaluation={"bootstrap": 100}), ModelCard("tiny", "", "cpu", ""),  # type: ignore[arg-type]
        {"documents": 1}, [samples[0].reference], [Run("rag", samples)],
        {"rag": {"f1": METRICS["f1"].score(samples)}}, {}, {}, frozenset(), 17,
    )  # fmt: skip
    whole = as_json(report_of(comparison, "now"))
    assert whole["questions"][0]["answers"]["rag"]["cause"] is None
    assert "causes" not in whole["strategies"]["rag"]
