"""Rules of the answer columns: what is shown when, and that nothing foreign is ever markup."""

import re

import pytest

from apps.page.engine import Moment
from apps.page.evidence import asked, column, excerpt, highlight, joined, notice
from assistant.types import Answer, Citation, Question, Timing, Usage
from ingest.store.types import DocumentRecord
from ingest.types import Chunk, Hit

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) ![i](http://evil/i.png)"
)
OURS = set(
    re.findall(r"\w+", "article header div h3 h4 p b span dl dt dd small ol li cite details summary mark")
)
PASSAGE = "Article 7 fixes compensation at 250 euros.\nA delay counts from 3 hours."


def hit(chunk_id: str = "eu261#0", text: str = PASSAGE, title: str = "EU261") -> Hit:
    return Hit(Chunk(chunk_id, chunk_id.split("#")[0], text, 0, len(text), title), 1.0)


def answer(text: str = "250 euros", **rest: object) -> Answer:
    given = {"strategy": "rag", "contexts": (hit(),), "citations": (Citation("eu261#0", "250 euros"),)}
    return Answer(Question("q", "How much?", "en"), text, **{**given, **rest})


@pytest.mark.parametrize(
    ("text", "quotes", "expected"),
    [
        pytest.param("ab cd", ["cd"], "ab <mark>cd</mark>", id="a quote is marked"),
        pytest.param(
            "余款应当退还。", ["应当退还"], "余款<mark>应当退还</mark>。", id="a Chinese quote is marked"
        ),
        pytest.param("ab cd", ["xx"], "ab cd", id="a quote that is not there marks nothing"),
        pytest.param("abcd", ["bc", "ab"], "<mark>abc</mark>d", id="overlapping quotes are one mark"),
        pytest.param("ab ab", ["ab"], "<mark>ab</mark> ab", id="the first occurrence is marked"),
        pytest.param("a<b>", ["<b>"], "a<mark>&lt;b&gt;</mark>", id="a quote that looks like markup is text"),
        pytest.param(
            "a&amp;b", ["&"], "a<mark>&amp;</mark>amp;b", id="an entity in a document stays as written"
        ),
        pytest.param("", [""], "", id="an empty quote marks nothing"),
    ],
)
def test_highlight(text: str, quotes: list[str], expected: str) -> None:
    assert highlight(text, quotes) == expected


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        pytest.param(
            "One. Two. Three.", "Two.", "One. <mark>Two.</mark> Three.", id="short texts stay whole"
        ),
        pytest.param("Head\nOne. Two.\nTail", "Two.", "One. <mark>Two.</mark>", id="lines are not crossed"),
        pytest.param(
            "word " * 40 + "Two.", "Two.", "…" + "word " * 15 + "<mark>Two.</mark>", id="words stay whole"
        ),
        pytest.param("One.", "<gone>", "&lt;gone&gt;", id="a quote that is not there is shown alone"),
    ],
)
def test_excerpt(text: str, quote: str, expected: str) -> None:
    assert excerpt(text, quote) == expected


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        pytest.param(Moment("waiting"), ("Waiting",), id="waiting is said"),
        pytest.param(
            Moment("working", 3.2), ("Retrieving 3 s", "Searching the passages"), id="so is retrieving"
        ),
        pytest.param(
            Moment("answering", 4.0, answer("250")), ("Answering 4 s", ">250</p>"), id="words so far show"
        ),
        pytest.param(
            Moment("stopped", 4.0, answer("25")), ("Stopped", ">25</p>"), id="a stopped answer keeps them"
        ),
        pytest.param(
            Moment("failed", problem="no adapter; run: python -m finetune train"),
            ("Unavailable", "no adapter; run: python -m finetune train"),
            id="who cannot answer says the remedy",
        ),
        pytest.param(
            Moment("done", answer=answer("我不知道。", abstained=True, citations=())),
            ("Refused", 'lang="zh-Hans">我不知道。'),
            id="a refusal is marked",
        ),
    ],
)
def test_column_says_where_the_answer_stands(moment: Moment, shown: tuple[str, ...]) -> None:
    html = column("rag", moment)
    assert all(text in html for text in shown)
    assert "<dl" in html if moment.state == "done" else "<dl" not in html


def test_a_column_that_asks_others_says_whom() -> None:
    """A refusal of the first is taken back: the column waits again, for the second."""
    route = {"strategy": "self_route", "route": ("rag", "long_context")}
    waiting = column("self_route", Moment("working", 3.0, answer("", citations=(), **route)))
    assert "Reading 3 s" in waiting
    assert "Reading the documents" in waiting
    done = column("self_route", Moment("done", answer=answer(**route)))
    assert "<dt>Asked</dt><dd>Retrieval, Long context<" in done
    assert "1 document<" in done


def test_a_finished_column_shows_figures_citation_and_evidence() -> None:
    full = answer(usage=Usage(1412, 1024, 9), timing=Timing(0.1, 0.42, 12.34))
    record = DocumentRecord("eu261", "EU261", "en", "Regulation 261/2004", "2025-01-01", 2)
    html = column("rag", Moment("done", answer=full, records={"eu261": record}))
    for text in ("0.42 s", "12.3 s", "1,412", "1,024 cached", "<dd>9<small>tokens"):
        assert text in html
    assert html.count("<mark>250 euros</mark>") == 2  # in the citation and in its passage
    assert "eu261 · Regulation 261/2004 · as of 2025-01-01" in html
    assert "1 passage<" in html


def test_cited_passages_come_first_and_the_many_are_folded() -> None:
    hits = tuple(hit(f"doc{number}#0", title=f"Title {number}") for number in range(9))
    html = column(
        "long_context", Moment("done", answer=answer(contexts=hits, citations=(Citation("doc7#0", "250"),)))
    )
    titles = re.findall(r"<summary[^>]*>(Title \d|\d more)", html)
    assert titles[:5] == ["Title 7", "Title 0", "Title 1", "Title 2", "5 more"]


def test_an_answer_without_documents_says_so() -> None:
    html = column("fine_tuned", Moment("done", answer=answer(contexts=(), citations=())))
    assert "No documents in the prompt." in html
    assert "Cited" not in html


def test_a_citation_of_an_unknown_passage_is_left_out() -> None:
    html = column("rag", Moment("done", answer=answer(citations=(Citation("gone#0", "250 euros"),))))
    assert "<mark>" not in html


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(asked(HOSTILE), id="question"),
        pytest.param(notice(HOSTILE), id="problem"),
        pytest.param(joined(HOSTILE), id="title of an upload"),
        pytest.param(column("rag", Moment("answering", answer=answer(HOSTILE))), id="answer so far"),
        pytest.param(column("rag", Moment("failed", problem=HOSTILE)), id="remedy"),
        pytest.param(column(f"fine_tuned:{HOSTILE}", Moment("working")), id="strategy"),
        pytest.param(
            column(
                "rag",
                Moment(
                    "done",
                    answer=answer(
                        HOSTILE,
                        contexts=(hit(HOSTILE, HOSTILE, HOSTILE),),
                        citations=(Citation(HOSTILE, HOSTILE[:30]),),
                    ),
                    records={
                        HOSTILE: DocumentRecord(HOSTILE, HOSTILE, "en", HOSTILE, HOSTILE, 1)  # type: ignore[arg-type]
                    },
                ),
            ),
            id="answer, passage, title, source and quote",
        ),
    ],
)
def test_nothing_foreign_is_markup(html: str) -> None:
    tags = set(re.findall(r"<\s*/?\s*([a-z0-9]+)", html))
    assert tags <= OURS
    assert not re.search(r"<[^>]*\b(on\w+|href|src|style)\s*=", html)
    assert "alert(1)" in html
