"""A spreadsheet is read as it is shown: formats, merged cells, what is hidden, several tables on a sheet."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from io import BytesIO

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from core.errors import DocumentError, DocumentWarning
from ingest.files.cleaning import clean
from ingest.files.loaders.number_formats import shown
from ingest.files.loaders.xlsx import load_xlsx
from tests.ingest.files.hostile import archive, members

_FARES = [["Route", "Fare"], ["A-B", 5], ["B-C", 6]]


def _saved(book: Workbook) -> bytes:
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _text(rows: list[list[object]], arrange: Callable[[Workbook], None] = lambda book: None) -> str:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    arrange(book)
    (document,) = load_xlsx(_saved(book), "file.xlsx")
    return clean(document.text)


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        pytest.param(3.0, "General", "3", id="a whole number"),
        pytest.param(0.1 + 0.2, "General", "0.3", id="no more digits than are shown"),
        pytest.param(123456789012, "General", "123456789012", id="an id"),
        pytest.param(0.25, "0%", "25%", id="percent"),
        pytest.param(0.125, "0.0%", "12.5%", id="percent with a decimal"),
        pytest.param(1234.5, "#,##0.00", "1,234.50", id="thousands"),
        pytest.param(2.675, "0.00", "2.68", id="halves go up"),
        pytest.param(12, '0"元"', "12元", id="a unit"),
        pytest.param(12.5, '"¥"#,##0.00', "¥12.50", id="a currency"),
        pytest.param(12.5, "[$€-407] 0.##", "€ 12.5", id="a currency by its country"),
        pytest.param(7, "00000", "00007", id="leading zeros"),
        pytest.param(-5, "0.0;(0.0)", "(5.0)", id="negative in brackets"),
        pytest.param(-5, '"$"0', "-$5", id="negative"),
        pytest.param(0, '0;-0;"free"', "free", id="a word for zero"),
        pytest.param(5, ";;;", "", id="shown as nothing"),
        pytest.param(5_000_000, '0.0,,"M"', "5.0M", id="in millions"),
        pytest.param(12345, "0.00E+00", "1.23E+4", id="scientific"),
        pytest.param(0.5, "# ?/?", "0.5", id="a fraction"),
        pytest.param(5, "@", "5", id="as text"),
        pytest.param(1e300, "0.00", "1e+300", id="beyond all figures"),
        pytest.param(True, "General", "TRUE", id="a truth"),
        pytest.param(datetime(2026, 5, 1), "d.m.yy", "2026-05-01", id="a day"),
        pytest.param(
            datetime(2026, 5, 1, 9, 29, 59, 999_900), "d.m.yy h:mm", "2026-05-01 09:30", id="a moment"
        ),
        pytest.param(time(9, 30), "h:mm", "09:30", id="a time"),
        pytest.param(timedelta(hours=26, minutes=5), "[h]:mm", "26:05", id="a duration"),
        pytest.param(date(2026, 5, 1), "General", "2026-05-01", id="a date that was written as one"),
    ],
)
def test_values_read_as_they_are_shown(value: object, form: str, expected: str) -> None:
    assert shown(value, form) == expected


def test_dates_in_formats_that_chinese_programs_know_by_number_are_dates() -> None:
    parts = members(_saved(_dated()))
    styles = parts["xl/styles.xml"].replace(b'numFmtId="14"', b'numFmtId="31"')
    (document,) = load_xlsx(archive({**parts, "xl/styles.xml": styles}), "file.xlsx")
    assert document.text == "起 | 2026-05-01"


def _dated() -> Workbook:
    book = Workbook()
    book.active.append(["起", 46143])
    book.active["B1"].number_format = "mm-dd-yy"
    return book


def test_sheets_are_sections_and_hidden_ones_are_not_read() -> None:
    def arrange(book: Workbook) -> None:
        book.active.title = "Fares"
        book.create_sheet("Empty")
        book.create_sheet("退票").append(["全额"])
        for state in ("hidden", "veryHidden"):
            sheet = book.create_sheet(state)
            sheet.append(["no"])
            sheet.sheet_state = state

    assert _text(_FARES, arrange) == "# Fares\n\nRoute: A-B; Fare: 5.\nRoute: B-C; Fare: 6.\n\n# 退票\n\n全额"


def test_an_only_sheet_needs_no_name_unless_it_was_given_one() -> None:
    assert _text([["Free"]]) == "Free"
    assert _text([["Free"]], lambda book: setattr(book.active, "title", "Bags")) == "# Bags\n\nFree"


@pytest.mark.parametrize(
    ("rows", "merged", "expected"),
    [
        pytest.param(
            [["Zone", "Ticket", "Fee"], ["A", "single", 2], [None, "day", 7]],
            ["A2:A3"],
            ["Zone: A; Ticket: single; Fee: 2.", "Zone: A; Ticket: day; Fee: 7."],
            id="down",
        ),
        pytest.param(
            [["Route", "Adult", None], [None, "one way", "return"], ["A-B", 10, 18]],
            ["A1:A2", "B1:C1"],
            ["Route: A-B; Adult / one way: 10; Adult / return: 18."],
            id="two rows of names",
        ),
        pytest.param(
            [["票价表"], ["线路", "成人", "儿童"], ["甲乙", 40, 20]],
            ["A1:C1"],
            ["票价表", "线路：甲乙；成人：40；儿童：20。"],
            id="a title",
        ),
        pytest.param(
            [["Fares"], ["Route", "Fare"], ["A-B", 5], ["Source: ministry"]],
            [],
            ["Fares", "Route: A-B; Fare: 5.", "Source: ministry"],
            id="a title and a note that are not merged",
        ),
        pytest.param(
            [["Cabin", "early", "late"], ["First", "free", None]],
            ["B2:Z99"],
            ["Cabin: First; early: free; late: free."],
            id="past the end of the table",
        ),
        pytest.param(
            [["Opens", time(9)], ["Closes", time(18)]], [], ["Opens | 09:00", "Closes | 18:00"], id="no names"
        ),
    ],
)
def test_each_value_stands_under_its_own_name(
    rows: list[list[object]], merged: list[str], expected: list[str]
) -> None:
    def arrange(book: Workbook) -> None:
        for cells in merged:
            book.active.merge_cells(cells)

    assert _text(rows, arrange).splitlines() == expected


def test_hidden_rows_and_columns_are_not_read_and_part_nothing() -> None:
    def arrange(book: Workbook) -> None:
        book.active.row_dimensions[2].hidden = True
        book.active.column_dimensions["B"].hidden = True

    rows = [["Route", "cost", "Fare"], ["no", 1, 2], ["A-B", 3, 5]]
    assert _text(rows, arrange) == "Route: A-B; Fare: 5."


def test_blank_rows_and_columns_part_tables() -> None:
    rows = [
        ["Route", "Fare", None, "Bag", "Fee"],
        ["A-B", 5, None, "cabin", 0],
        [],
        ["Day", "Hours"],
        ["Mon", "nine"],
    ]
    assert _text(rows).split("\n\n") == [
        "Route: A-B; Fare: 5.",
        "Bag: cabin; Fee: 0.",
        "Day: Mon; Hours: nine.",
    ]


def test_a_blank_row_under_the_names_parts_nothing() -> None:
    assert (
        _text([["Route", "Fare"], [], ["A-B", 5], ["B-C", 6]]) == "Route: A-B; Fare: 5.\nRoute: B-C; Fare: 6."
    )


def test_what_is_struck_out_is_not_read() -> None:
    assert (
        _text([["Fee", 5, 6]], lambda book: setattr(book.active["B1"], "font", Font(strike=True)))
        == "Fee | 6"
    )


def test_a_formula_is_read_by_its_saved_value() -> None:
    parts = members(_saved(_dated()))
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b"<v>46143</v>", b"<f>NOW()</f><v>46143</v>")
    (document,) = load_xlsx(archive({**parts, "xl/worksheets/sheet1.xml": sheet}), "file.xlsx")
    assert document.text == "起 | 2026-05-01"


def test_formulas_without_a_saved_value_are_counted() -> None:
    book = Workbook()
    for row in [["Room", "Price", "合计"], ["Single", 80, "=B2*2"], ["Double", 110, "=B3*2"]]:
        book.active.append(row)
    document, warning = load_xlsx(_saved(book), "file.xlsx")
    assert isinstance(warning, DocumentWarning)
    assert str(warning).startswith("file.xlsx has 2 formulas without a value; save it again")
    assert clean(document.text) == "Room: Single; Price: 80.\nRoom: Double; Price: 110."  # type: ignore[union-attr]
    book.active.row_dimensions[3].hidden = True
    assert "1 formula " in str(load_xlsx(_saved(book), "file.xlsx")[1])


def test_a_formula_that_gave_an_empty_text_has_a_value() -> None:
    parts = members(_saved(_dated()))
    sheet = parts["xl/worksheets/sheet1.xml"].replace(
        b"</row>", b'<c r="D1" t="str"><f>""</f><v></v></c></row>', 1
    )
    assert len(load_xlsx(archive({**parts, "xl/worksheets/sheet1.xml": sheet}), "file.xlsx")) == 1


def test_a_sheet_that_claims_a_million_rows_costs_what_it_holds() -> None:
    def arrange(book: Workbook) -> None:
        book.active["C1048576"] = "end"

    assert _text(_FARES, arrange).endswith("Fare: 6.\n\nend")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(_saved(_dated())[:2000], "file.xlsx is damaged or no XLSX", id="cut off"),
        pytest.param(archive({"notes.txt": b"x"}), "file.xlsx is damaged or no XLSX", id="another ZIP"),
        pytest.param(
            archive({"xl/worksheets/sheet1.xml": bytes(9 << 20)}), "packs a part over 200 times", id="a bomb"
        ),
    ],
)
def test_a_bad_spreadsheet_is_refused_in_one_line(data: bytes, line: str) -> None:
    with pytest.raises(DocumentError, match=line) as caught:
        load_xlsx(data, "file.xlsx")
    assert "\n" not in str(caught.value)
