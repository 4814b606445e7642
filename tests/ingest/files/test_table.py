import pytest

from core.errors import DocumentError, DocumentWarning
from ingest.files.cleaning import clean
from ingest.files.loaders import LOADERS, RawDocument


def _text(content: str) -> str:
    (document,) = LOADERS[".csv"](content.encode(), "file.csv")
    assert isinstance(document, RawDocument)
    return clean(document.text)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("Bag,Fee\ncabin,0\nhold,30", "Bag: cabin; Fee: 0.\nBag: hold; Fee: 30.", id="English"),
        pytest.param("行李,费用\n托运,30元", "行李：托运；费用：30元。", id="Chinese"),
        pytest.param("行李，费用\n托运，30元", "行李：托运；费用：30元。", id="Chinese commas"),
        pytest.param("a;b\n1,5;2", "a: 1,5; b: 2.", id="semicolons"),
        pytest.param('a;"b, c, d"\nx;1,5', "a: x; b, c, d: 1,5.", id="commas in a header"),
        pytest.param('"a\n(b, c)";d\nx;1,5', "a (b, c): x; d: 1,5.", id="a line break in a header"),
        pytest.param("a\tb\nx, y\t1,5", "a: x, y; b: 1,5.", id="tabs"),
        pytest.param("a|b\n1|2", "a: 1; b: 2.", id="bars"),
        pytest.param("| a | b |\n|---|---|\n| 1 | 2 |", "a: 1; b: 2.", id="bars around, and a rule"),
        pytest.param('"sep=;"\r\na;b\r\n1;2', "a: 1; b: 2.", id="Excel says the delimiter"),
        pytest.param("sep=\t\na\tb\n1\t2", "a: 1; b: 2.", id="also a tab"),
        pytest.param("a,b\r1,2\r3,4\r", "a: 1; b: 2.\na: 3; b: 4.", id="old line ends"),
        pytest.param("a,b\r\n1,2\r3,4\n5,6", "a: 1; b: 2.\na: 3; b: 4.\na: 5; b: 6.", id="mixed line ends"),
        pytest.param('a, b\n1, "2, 3"', "a: 1; b: 2, 3.", id="blanks before quotes"),
        pytest.param('a,b\n"1,\n2",3', "a: 1, 2; b: 3.", id="a quoted line break"),
        pytest.param("a,b\n1,\n,\n,2,3", "a: 1.\nb: 2; 3.", id="missing and extra cells"),
        pytest.param("a;b;\n1;2;\n", "a: 1; b: 2.", id="a delimiter at the end"),
        pytest.param('a,b\n5" pipe,1', 'a: 5" pipe; b: 1.', id="inches"),
        pytest.param(
            "Fares 2026,,\n,,\na,b,c\n1,2,3",
            "# Fares 2026\n\na: 1; b: 2; c: 3.",
            id="a title above the header",
        ),
        pytest.param(
            "票价\n更新于一月\n\n线路;票价\n甲;1,5\n乙;2,5",
            "# 票价\n\n更新于一月\n线路：甲；票价：1,5。\n线路：乙；票价：2,5。",
            id="two",
        ),
        pytest.param(
            "Fares, from May\n\na,b,c\nx,1,2",
            "# Fares, from May\n\na: x; b: 1; c: 2.",
            id="a comma in a title",
        ),
        pytest.param(
            "线路,成人,儿童\n国内,,\n甲,12,6\n注：含税,,",
            "国内。\n线路：甲；成人：12；儿童：6。\n注：含税。",
            id="titles and notes between rows",
        ),
        pytest.param("a,b,c\nx,y\nz,v,w", "a: x; b: y.\na: z; b: v; c: w.", id="a short row is a row"),
        pytest.param(
            'a, "b, c" , "d"\n1, "2,5" , "e, f"', "a: 1; b, c: 2,5; d: e, f.", id="blanks around quotes"
        ),
        pytest.param("# by desk, pier\na,b\nx,1", "# by desk, pier\n\na: x; b: 1.", id="a comment"),
        pytest.param("#,a\n1,x", "#: 1; a: x.", id="a column of numbers is no comment"),
        pytest.param("x,13.50\ny,9\nz,4", "x; 13.50.\ny; 9.\nz; 4.", id="no header"),
        pytest.param("a,2020,2021\nx,5,6", "a: x; 2020: 5; 2021: 6.", id="years head columns"),
        pytest.param(",a\n0,1\n1,2", "0; a: 1.\n1; a: 2.", id="a column without a name"),
        pytest.param(
            "Bus\nLine,Fare\n1,2\n9,3\n\nFerry\nRoute,Price\nIsle,12\nCape,15",
            "# Bus\n\nLine: 1; Fare: 2.\nLine: 9; Fare: 3.\n\n"
            "# Ferry\n\nRoute: Isle; Price: 12.\nRoute: Cape; Price: 15.",
            id="two tables with a blank row between",
        ),
        pytest.param(
            "线路,票价\n甲,1\n\n乙,2", "线路：甲；票价：1。\n线路：乙；票价：2。", id="a blank row in a table"
        ),
        pytest.param("a,b\nx,1\na,b\ny,2", "a: x; b: 1.\na: y; b: 2.", id="a header that is repeated"),
        pytest.param("Name,Harbour Tours\nPhone,0800", "Name; Harbour Tours.\nPhone; 0800.", id="a form"),
        pytest.param("名称,青湖游船\n票价,60元", "名称；青湖游船。\n票价；60元。", id="a form in Chinese"),
        pytest.param(
            "Day 1,Port\nDay 2,Isle", "Day 1; Port.\nDay 2; Isle.", id="counted from the first row on"
        ),
        pytest.param("a\nHello, world\nBye, you", "a: Hello, world.\na: Bye, you.", id="one column of prose"),
    ],
)
def test_a_table_is_one_document_of_sentences(content: str, expected: str) -> None:
    assert _text(content) == expected


def test_a_cell_may_be_long() -> None:
    assert _text(f"a,b\n1,{'x' * 200_000}") == f"a: 1; b: {'x' * 200_000}."


def test_quotes_that_do_not_close_are_read_as_they_stand_and_told() -> None:
    document, warning = LOADERS[".csv"](b'a,b\n"5,1\n"6,2', "file.csv")
    assert isinstance(document, RawDocument)
    assert document.text == 'a: "5; b: 1.\na: "6; b: 2.'
    assert isinstance(warning, DocumentWarning)
    assert str(warning).startswith("file.csv: quotes do not close")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param("a,b\n", "holds no rows under its header", id="a header alone"),
        pytest.param("\n", "is no table: it is empty", id="blank"),
    ],
)
def test_what_is_no_table_is_refused(content: str, line: str) -> None:
    with pytest.raises(DocumentError, match=line):
        _text(content)
