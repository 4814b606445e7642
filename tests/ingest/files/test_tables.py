"""A merged cell never becomes a false statement: HTML, Word and spreadsheets share one grid."""

import pytest

from ingest.files.cleaning import clean
from ingest.files.loaders.html import load_html


def _lines(*rows: str, attributes: str = "") -> list[str]:
    """Return the lines of a page with one table; its rows are given without end tags, as HTML allows."""
    page = f"<table {attributes}>{''.join(f'<tr>{row}' for row in rows)}</table>"
    (document,) = load_html(page.encode(), "file.html")
    return clean(document.text).splitlines()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            ["<th>Zone<th>Ticket<th>Fee", "<td rowspan=2>A<td>single<td>2", "<td>day<td>7"],
            ["Zone: A; Ticket: single; Fee: 2.", "Zone: A; Ticket: day; Fee: 7."],
            id="down",
        ),
        pytest.param(
            ["<th>舱位<th>两天前<th>一天前<th>当天", "<td>一等<td colspan=2>免费<td>10%"],
            ["舱位：一等；两天前：免费；一天前：免费；当天：10%。"],
            id="across",
        ),
        pytest.param(
            ["<th>A<th>B", "<td rowspan=9>x<td>1", "<td>2"], ["A: x; B: 1.", "A: x; B: 2."], id="past the end"
        ),
        pytest.param(
            ["<th>A<th>B", "<td rowspan=0>x<td>1", "<td>2", "<td>3"],
            ["A: x; B: 1.", "A: x; B: 2.", "A: x; B: 3."],
            id="zero rows are all that follow",
        ),
        pytest.param(
            ["<th>A<th>B<th>C", "<td>1<td rowspan=2>2<td>3", "<td colspan=2>4<td>5"],
            ["A: 1; B: 2; C: 3.", "A: 4; B: 2; C: 5."],
            id="a place that is taken stays taken",
        ),
        pytest.param(
            ["<th>A<th>B", '<td colspan="-3" rowspan=1e9>1<td colspan=99999999>2'],
            ["A: 1; B: 2."],
            id="absurd numbers",
        ),
        pytest.param(
            ["<th>Item<th>Count<th>Sum", "<td>bag<td>2<td>10", "<td colspan=2>Total<td>10"],
            ["Item: bag; Count: 2; Sum: 10.", "Item: Total; Sum: 10."],
            id="the label of a row is said once",
        ),
        pytest.param(
            ["<th>Line<th>First<th>Last", "<td>1<td>5:00<td rowspan=2>23:00", "<td>2<td>6:00"],
            ["Line: 1; First: 5:00; Last: 23:00.", "Line: 2; First: 6:00; Last: 23:00."],
            id="a value of two rows",
        ),
        pytest.param(
            ["<th>A<th>B<th>C", "<td>1<td><td>3", "<td><td>2<td>"],
            ["A: 1; C: 3.", "B: 2."],
            id="empty stays empty",
        ),
    ],
)
def test_each_value_stands_under_its_own_name(rows: list[str], expected: list[str]) -> None:
    assert _lines(*rows) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [
                "<th rowspan=2>Route<th colspan=2>Adult<th colspan=2>Child",
                "<th>one way<th>return<th>one way<th>return",
                "<td>A-B<td>10<td>18<td>4<td>7",
            ],
            ["Route: A-B; Adult / one way: 10; Adult / return: 18; Child / one way: 4; Child / return: 7."],
            id="two rows",
        ),
        pytest.param(
            [
                "<th rowspan=3>航线<th colspan=4>2025年",
                "<th colspan=2>成人<th colspan=2>儿童",
                "<th>单程<th>往返<th>单程<th>往返",
                "<td>甲乙<td>1<td>2<td>3<td>4",
            ],
            [
                "航线：甲乙；2025年 / 成人 / 单程：1；2025年 / 成人 / 往返：2；"
                "2025年 / 儿童 / 单程：3；2025年 / 儿童 / 往返：4。"
            ],
            id="three rows",
        ),
        pytest.param(
            ["<td><td colspan=2>Adult", "<td>Route<td>one way<td>return", "<td>A-B<td>10<td>18"],
            ["Route: A-B; Adult / one way: 10; Adult / return: 18."],
            id="two rows that nobody marked",
        ),
        pytest.param(
            ["<th colspan=3>Prices 2026", "<th>Season<th>Adult<th>Child", "<td>Summer<td>40<td>20"],
            ["Prices 2026", "Season: Summer; Adult: 40; Child: 20."],
            id="a title stands over the table",
        ),
        pytest.param(
            [
                *("<th>Day<th>Adult<th>Child", "<td colspan=3>Summer", "<td>Mon<td>4<td>2"),
                *("<td colspan=3>Winter", "<td>Mon<td>3<td>1", "<td colspan=3>All prices include tax."),
            ],
            [
                *("Summer; Day: Mon; Adult: 4; Child: 2.", "Winter; Day: Mon; Adult: 3; Child: 1."),
                "All prices include tax.",
            ],
            id="a section is said of each of its rows, a note is not",
        ),
        pytest.param(
            ["<th>Season<th>Price", "<td>Low<td>50", "<td colspan=2>* two nights or more", "<td>High<td>90"],
            ["Season: Low; Price: 50.", "* two nights or more", "Season: High; Price: 90."],
            id="a line with a note's mark is no section",
        ),
        pytest.param(
            ["<th>菜名<th>价格", "<td><b>汤类</b><td>", "<td>鱼汤<td>18元"],
            ["汤类；菜名：鱼汤；价格：18元。"],
            id="a bold cell alone in its row is a section",
        ),
        pytest.param(
            ["<th>Feature<th>Fee", "<th>Sauna<td>", "<th>Pool<td>5"],
            ["Sauna", "Feature: Pool; Fee: 5."],
            id="not where all rows begin so",
        ),
        pytest.param(
            ["<td><th>Adult<th>Child", "<th>Summer<td>40<td>20"],
            ["Summer; Adult: 40; Child: 20."],
            id="a corner",
        ),
        pytest.param(
            ["<th>Route<th>Fare", "<td>A<td>1", "<th>Bag<th>Fee", "<td>B<td>2"],
            ["Route: A; Fare: 1.", "Bag: B; Fee: 2."],
            id="names anew in the middle",
        ),
        pytest.param(
            ["<th>Route<th>Fare", "<td>A<td>1", "<th>Total<th>9"],
            ["Route: A; Fare: 1.", "Route: Total; Fare: 9."],
            id="a sum is not a name",
        ),
        pytest.param(
            ["<th>Opens<td>9:00", "<th>Closes<td>18:00<td>in winter 17:00"],
            ["Opens: 9:00.", "Closes: 18:00; in winter 17:00."],
            id="names at the left",
        ),
        pytest.param(["<th>A<th>B", "<th>C<th>D"], ["A | B", "C | D"], id="names of nothing"),
    ],
)
def test_names_are_what_stands_over_a_value(rows: list[str], expected: list[str]) -> None:
    assert _lines(*rows) == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            ["<td>线路<td>成人<td>儿童", "<td>甲乙<td>40元<td>20元"],
            ["线路：甲乙；成人：40元；儿童：20元。"],
            id="figures",
        ),
        pytest.param(
            ["<td>Ticket<td>Price", "<td>Adult<td>40 euros", "<td>Child<td>20 euros"],
            ["Ticket: Adult; Price: 40 euros.", "Ticket: Child; Price: 20 euros."],
            id="prices in two columns",
        ),
        pytest.param(
            ["<td>Route<td>2024<td>2025", "<td>A<td>10<td>12"], ["Route: A; 2024: 10; 2025: 12."], id="years"
        ),
        pytest.param(
            ["<td><b>Item</b><td><strong>Rule</strong>", "<td>bag<td>free"],
            ["Item: bag; Rule: free."],
            id="bold",
        ),
        pytest.param(
            ["<td>Opens<td>9:00", "<td>Closes<td>18:00"],
            ["Opens | 9:00", "Closes | 18:00"],
            id="not where it has a value",
        ),
        pytest.param(
            ["<td>Name<td>Harbour Tours", "<td>Phone<td>0800 100", "<td>Since<td>1990"],
            ["Name | Harbour Tours", "Phone | 0800 100", "Since | 1990"],
            id="not in a form",
        ),
        pytest.param(
            ["<td>姓名<td>王小明", "<td>国籍<td>中国", "<td>电话<td>139 0000", "<td>手机<td>138 0000"],
            ["姓名 | 王小明", "国籍 | 中国", "电话 | 139 0000", "手机 | 138 0000"],
            id="nor in one whose values look alike",
        ),
        pytest.param(
            ["<td>Home<td>News<td>Contact", "<td>About<td>Jobs<td>Press"],
            ["Home | News | Contact", "About | Jobs | Press"],
            id="not in a grid of links",
        ),
        pytest.param(["<td>1<td>2", "<td>3<td>4"], ["1 | 2", "3 | 4"], id="not among numbers"),
    ],
)
def test_a_first_row_that_is_not_marked_names_where_it_shows(rows: list[str], expected: list[str]) -> None:
    assert _lines(*rows) == expected


def test_parts_of_a_table_are_read_in_the_order_in_which_they_are_shown() -> None:
    page = (
        b"<table><caption>Fares of\n the ferry</caption><tfoot><tr><td>Total<td>5</tfoot>"
        b"<thead><tr><td>Item<td>Sum</thead><tbody><tr><td rowspan=7>Bag<td>5</tbody></table>"
    )
    (document,) = load_html(page, "file.html")
    assert clean(document.text).splitlines() == [
        "Fares of the ferry",
        "Item: Bag; Sum: 5.",
        "Item: Total; Sum: 5.",
    ]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(
            "<div role=grid><div role=row><span role=columnheader>Kind</span>"
            "<span role=columnheader>Fee</span></div><div role=row><span role=gridcell>Adult</span>"
            "<span role=gridcell>12</span></div></div>",
            id="by role",
        ),
        pytest.param(
            "<div style='display: table'><div style='display:table-row'>"
            "<div style='display:table-cell'><b>Kind</b></div>"
            "<div style='display:table-cell'><b>Fee</b></div></div>"
            "<div style='display:table-row'><div style='display:table-cell'>Adult</div>"
            "<div style='display:table-cell'>12</div></div></div>",
            id="by style",
        ),
    ],
)
def test_what_is_shown_as_a_table_is_one(page: str) -> None:
    assert clean(load_html(page.encode(), "file.html")[0].text) == "Kind: Adult; Fee: 12."


def test_a_table_in_a_table_stands_under_the_row_that_holds_it() -> None:
    inner = "<table><tr><th>Name<th>Price<tr><td>Kayak<td>15</table>"
    assert _lines("<th>Item<th>Details", f"<td>Extras<td>see {inner}", "<td>Base<td>none") == [
        *("Item: Extras; Details: see.", "Name: Kayak; Price: 15.", "Item: Base; Details: none."),
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param("Mon<br>Tue", "Mon Tue", id="line breaks"),
        pytest.param("<p>9:00<p>12:00", "9:00 12:00", id="paragraphs"),
        pytest.param("<ol><li>pass<li>photo</ol>", "1. pass 2. photo", id="lists"),
        pytest.param("<dl><dt>in<dd>9:00</dl>", "in: 9:00", id="terms"),
        pytest.param("<table role=presentation><tr><td>x<td>y</table>", "x y", id="layout, under its row"),
    ],
)
def test_blocks_in_a_cell_are_parted(cell: str, expected: str) -> None:
    assert (
        " ".join(_lines("<th>A<th>B", f"<td>1<td>{cell}"))
        .replace(".", "")
        .endswith(expected.replace(".", ""))
    )


@pytest.mark.parametrize(
    ("attributes", "cells"),
    [
        pytest.param("", "<td><h2>News</h2><p>One.<td><p>Two.", id="headings"),
        pytest.param("", "<td><p>News<p>One.<td>Two.", id="paragraphs"),
        pytest.param("role=presentation", "<td>News<td>One.<tr><td>Two.", id="by its role"),
    ],
)
def test_a_table_that_lays_out_the_page_is_no_table(attributes: str, cells: str) -> None:
    assert [line.strip("# ") for line in _lines(cells, attributes=attributes) if line] == [
        "News",
        "One.",
        "Two.",
    ]


def test_a_long_text_over_many_rows_is_given_once() -> None:
    lines = _lines("<th>Day<th>Note", f"<td>Mon<td rowspan=3>{'closed ' * 60}", "<td>Tue", "<td>Wed")
    assert lines[0].startswith("Day: Mon; Note: closed closed")
    assert lines[1:] == ["Day: Tue.", "Day: Wed."]


def test_a_table_too_large_to_be_laid_out_is_read_cell_by_cell() -> None:
    staircase = "".join(f"<tr><td colspan={at}>a<td>b" for at in range(1, 1000)) + "<tr><td>c" * 2000
    assert _lines("<th>A<th>B", staircase)[-1] == "c"
