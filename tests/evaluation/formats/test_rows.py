"""From a file's text to its rows: lines are counted, and what is broken stops nothing else."""

from typing import Any

import pytest

from evaluation.formats.cells import guarded, read_cells, unguarded, write_cells
from evaluation.formats.rows import rows_of
from evaluation.formats.table import joined, known_columns, parted
from evaluation.formats.types import Passed, Row


def rows(text: str) -> list[tuple[int, Any]]:
    """Lines with their values, or for those that were passed over the first words of the reason."""
    return [
        (one.line, dict(one.values) if isinstance(one, Row) else one.reason.split(":")[0].split(" (")[0])
        for one in rows_of(text, known_columns)
    ]


A, B = {"a": "1"}, {"a": "2"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"a": "1"}\n\n{"a": "2"}', [(1, A), (3, B)], id="JSON Lines"),
        pytest.param(
            '{"a": "1"}\n{"a": \n{"a": "2"}\n', [(1, A), (2, "it is not JSON"), (3, B)], id="a torn line"
        ),
        pytest.param(
            'oops\n{"a": "1"}\n{"a": "2"}', [(1, "it is not JSON"), (2, A), (3, B)], id="the first torn"
        ),
        pytest.param('{"a": "1"}\n[1]', [(1, A), (2, "it is no JSON object")], id="a line that is no object"),
        pytest.param(
            '{"a": "x\u2028y"}\n{"a": "2"}', [(1, {"a": "x\u2028y"}), (2, B)], id="U+2028 ends no line"
        ),
        pytest.param('\n{\n "a": "1"\n}\n', [(2, A)], id="a single object"),
        pytest.param('[{"a": "1"}, {"a": "2"}]', [(1, A), (1, B)], id="a list on one line"),
        pytest.param('[\n {\n  "a": "1"\n },\n {"a": "2"}\n]\n', [(2, A), (5, B)], id="a list over lines"),
        pytest.param('{"data": [\n{"a": "1"},\n{"a": "2"}]}', [(2, A), (3, B)], id="a list in an object"),
        pytest.param(
            '[\n {"a": "1"},\n {"a": 1,\n {"a": "2"}\n]',
            [(2, A), (3, "it is not JSON"), (4, B)],
            id="one torn",
        ),
        pytest.param('[{"a": "1"}, {"a": ', [(1, A), (1, "it is not JSON")], id="a list that ends early"),
        pytest.param("[" * 100_000, [(1, "it is not JSON")], id="a list that nests too deep"),
        pytest.param("  \n", [], id="nothing"),
    ],
)
def test_json(text: str, expected: list[tuple[int, Any]]) -> None:
    assert rows(text) == expected


QA = {"question": "When?", "answer": "Now"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("question,answer\nWhen?,Now\n", [(2, QA)], id="commas"),
        pytest.param("question;answer\r\nWhen?;Now", [(2, QA)], id="semicolons, as a German Excel writes"),
        pytest.param("question\tanswer\rWhen?\tNow\r", [(2, QA)], id="tabs and old line ends"),
        pytest.param(
            "问题，答案\n几天？，7天", [(2, {"问题": "几天？", "答案": "7天"})], id="Chinese commas"
        ),
        pytest.param("sep=|\nquestion|answer\nWhen?|Now", [(3, QA)], id="the delimiter that a file states"),
        pytest.param(
            "Our FAQ, of 2026\n\nquestion;answer\nWhen?;Now", [(4, QA)], id="a title above the header"
        ),
        pytest.param("\n,\nquestion,answer\n\n,\nWhen?,Now", [(6, QA)], id="blank rows"),
        pytest.param(
            'question,answer\n"When,\nat last?",Now\nWhen?,Now',
            [(2, {"question": "When,\nat last?", "answer": "Now"}), (4, QA)],
            id="a line break in a cell",
        ),
        pytest.param('question,answer\n"When?" , "Now"\n', [(2, QA)], id="blanks around quotes"),
        pytest.param(
            'question,answer\n"When,Now\n"When?","Now"\n', [(2, "its quotes do not close"), (3, QA)],
            id="a quote that is not closed",
        ),
        pytest.param(
            "question,answer\nWhen?,Now,at,once\nWhen?,Now",
            [(2, "it has 4 cells, the header 2; quote what holds a delimiter"), (3, QA)],
            id="too many cells",
        ),
        pytest.param("question,answer\nWhen?\n", [(2, {**QA, "answer": ""})], id="too few are empty"),
        pytest.param("question,answer\nWhen?,Now,,\n", [(2, QA)], id="empty ones too many are none"),
        pytest.param(
            "question,answer,,answer\nWhen?,Now,x,y",
            [(2, {**QA, "column 3": "x", "answer 4": "y"})],
            id="columns without a name of their own",
        ),
        pytest.param("question,answer\n'=When?,Now", [(2, {**QA, "question": "=When?"})], id="an apostrophe"),
    ],
)  # fmt: skip
def test_csv(text: str, expected: list[tuple[int, Any]]) -> None:
    assert rows(text) == expected


def test_an_unclosed_quote_swallows_no_more_than_itself() -> None:
    text = 'question,answer\n"torn,\n' + "When?,Now\n" * 3000
    found = list(read_cells(text, known_columns))
    assert [one for one in found if isinstance(one, Passed)] == [found[0]]
    assert len(found) == 3001


CELLS = ["=1+1", "+1", "-5 °C", "@SUM(A1)", "\t=1", "＝1", "'=x", "'tis", "1+1", "", " =1", "负-5"]


@pytest.mark.parametrize("cell", CELLS)
def test_a_spreadsheet_runs_no_cell_and_reading_takes_the_mark_off(cell: str) -> None:
    shown = guarded(cell)
    assert not shown.lstrip().startswith(("=", "+", "-", "@", "＝"))
    assert unguarded(shown) == cell


def test_what_is_written_as_a_table_is_read_from_it() -> None:
    table = [{"question": one, "answer": 'a "b", c\nd'} for one in CELLS]
    text = write_cells(table)
    assert "\n=" not in text
    found = [one.values["question"] for one in read_cells(text, known_columns) if isinstance(one, Row)]
    assert [one.strip() for one in found] == [one.strip() for one in CELLS]


@pytest.mark.parametrize(
    "items",
    [
        pytest.param(["7 days", "a week"], id="plain"),
        pytest.param(["a|b", "c｜d"], id="strokes of the texts, of either width"),
        pytest.param(["a\\", "b\\\\", "c"], id="backslashes at their ends"),
        pytest.param(["a\\|b", "\\frac{1}{2}", "C:\\"], id="backslashes within"),
        pytest.param([], id="nothing"),
    ],
)
def test_several_texts_of_a_cell_come_back(items: list[str]) -> None:
    assert parted(joined(items)) == items
