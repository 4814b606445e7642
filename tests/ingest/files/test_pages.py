"""What a PDF says, read as a person reads its pages."""

import pytest

from ingest.files.cleaning import clean
from ingest.files.loaders import LOADERS
from ingest.files.pages.words import Joiner
from tests.ingest.files.pdfs import Put, down, pages

_WIDE = "The harbour is open throughout the year, and the ferries leave from the eastern pier on"
_WIDE_ZH = "旅行社应当提前七日通知旅游者出行时间，并说明集合地点、交通方式和应当携带的证件与物品"


def _text(*contents: list[Put] | bytes, turn: int = 0) -> str:
    (document,) = LOADERS[".pdf"](pages(*contents, turn=turn), "file.pdf")
    return clean(document.text)


def _zh(lines: list[str], x: float = 50, y: float = 700) -> list[Put]:
    return down(lines, x, y, step=18, size=12)


def _columns(rows: list[tuple[str, ...]], places: tuple[float, ...] = (50, 320)) -> list[Put]:
    return [
        Put(text, x, 700 - 14 * number)
        for number, row in enumerate(rows)
        for x, text in zip(places, row, strict=True)
        if text
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            down([_WIDE, "weekdays."]), [f"{_WIDE} weekdays."], id="a line broken by the page's edge goes on"
        ),
        pytest.param(
            _zh([_WIDE_ZH, "品，旅游者应当到场。"]),
            [f"{_WIDE_ZH}品，旅游者应当到场。"],
            id="Chinese goes on without a blank",
        ),
        pytest.param(
            down([_WIDE, "Monday.", _WIDE, "Friday."]),
            [f"{_WIDE} Monday.", f"{_WIDE} Friday."],
            id="a short line ends a paragraph",
        ),
        pytest.param(
            _zh(["　　" + _WIDE_ZH[:38], "品，旅游者应当到场。", "　　" + _WIDE_ZH[:38], "品。"]),
            [_WIDE_ZH[:38] + "品，旅游者应当到场。", _WIDE_ZH[:38] + "品。"],
            id="a first line is indented",
        ),
        pytest.param(
            _zh(["三、定金为团费百分之二十", "四、尾款出发前三十日付清"]),
            ["三、定金为团费百分之二十", "四、尾款出发前三十日付清"],
            id="numbered items stay apart",
        ),
        pytest.param(
            _zh(["（一）身份证；", "① 早餐", "1）成人", "第三条 退票", "附件一 价目"]),
            ["（一）身份证；", "① 早餐", "1）成人", "第三条 退票", "附件一 价目"],
            id="so do items with other marks",
        ),
        pytest.param(
            down(
                ["• a towel for the lake behind the", "  house", "(a) soap", "2. water", "Deposit: 30 euros"]
            ),
            ["• a towel for the lake behind the house", "(a) soap", "2. water", "Deposit: 30 euros"],
            id="an item goes on below its words",
        ),
        pytest.param(
            _zh([_WIDE_ZH[:-3] + "，依照", "第二十四条的规定处理。", "第二十五条 旅行社应当投保。"]),
            [_WIDE_ZH[:-3] + "，依照第二十四条的规定处理。", "第二十五条 旅行社应当投保。"],
            id="an article that is referred to is no new one",
        ),
        pytest.param(
            down(["Harbour office 0123 456", "Night porter 0123 457", "Ferry desk 0123 458"]),
            ["Harbour office 0123 456", "Night porter 0123 457", "Ferry desk 0123 458"],
            id="telephone numbers stay apart",
        ),
        pytest.param(
            _zh(["奥德港至布里姆 12元 6元", "布里姆至科尔文 30元 4元"]),
            ["奥德港至布里姆 12元 6元", "布里姆至科尔文 30元 4元"],
            id="rows without rules stay apart",
        ),
        pytest.param(
            _zh(
                [
                    "营业时间九点至五点整",
                    "休息时间周一全天闭馆",
                    "售票时间八点半至四点",
                    "停车场地位于东门以南",
                ]
            ),
            ["营业时间九点至五点整", "休息时间周一全天闭馆", "售票时间八点半至四点", "停车场地位于东门以南"],
            id="lines of one length are a list",
        ),
        pytest.param(
            down(["Hotel Aurora,", "Harbour Street 5,", "1234 Brim"]),
            ["Hotel Aurora,", "Harbour Street 5,", "1234 Brim"],
            id="an address stays in its lines",
        ),
    ],
)
def test_lines_are_joined_where_a_sentence_goes_on(lines: list[Put], expected: list[str]) -> None:
    assert _text(lines).split("\n") == expected


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        pytest.param(
            [Put("退 款", 50, 700, 12)], "退款", id="two characters with a blank between them are one word"
        ),
        pytest.param(
            [Put("旅 游 合 同", 50, 700, 12)], "旅游合同", id="a blank after each character is none"
        ),
        pytest.param(
            [Put("第 三 条 退 票", 50, 700, 12)], "第三条退票", id="nor is one in an article's number"
        ),
        pytest.param([Put("甲方 乙方", 50, 700, 12)], "甲方 乙方", id="a blank between words is one"),
        pytest.param(
            [Put("乘坐 Harbour Line 的旅客", 50, 700, 12)],
            "乘坐 Harbour Line 的旅客",
            id="so are those of Latin",
        ),
        pytest.param([Put("T E R M S   O F   U S E")], "TERMS OF USE", id="spread capitals are words"),
        pytest.param([Put("1 2 3 4")], "1 2 3 4", id="figures are not spread"),
        pytest.param(
            b"BT /F2 11 Tf 50 700 Td [(The) -300 (fee) -300 (is)] TJ ET", "The fee is", id="a gap is a blank"
        ),
        pytest.param(
            b" ".join(
                b"BT /F1 12 Tf 1 0 0 1 %d 700 Tm <%s> Tj ET"
                % (50 + 15 * at, char.encode("utf-16-be").hex().encode())
                for at, char in enumerate("旅客可以退票")
            ),
            "旅客可以退票",
            id="characters that are set one by one, in a font that is nowhere",
        ),
    ],
)
def test_blanks_are_those_that_a_reader_sees(contents: list[Put] | bytes, expected: str) -> None:
    assert _text(contents) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["a non-", "refundable deposit"], "a non-refundable deposit", id="a word of two parts"),
        pytest.param(["the cancel-", "lation"], "the cancellation", id="a broken word"),
        pytest.param(["a long-", "term ticket"], "a long-term ticket", id="two words"),
        pytest.param(["an over-", "night stay"], "an overnight stay", id="one word of two"),
        pytest.param(["by e-", "mail"], "by e-mail", id="a letter"),
        pytest.param(["the Franco-", "German zone"], "the Franco-German zone", id="a name"),
        pytest.param(["in 2025-", "2026"], "in 2025-2026", id="years"),
        pytest.param(["the can\u00ad", "cellation"], "the cancellation", id="a soft hyphen"),
        pytest.param(["open – ", "except"], "open –  except", id="a dash"),
        pytest.param(["see www.harbour.example/", "fees"], "see www.harbour.example/fees", id="an address"),
        pytest.param(["费用为", "12元"], "费用为12元", id="Chinese"),
    ],
)
def test_a_hyphen_at_the_end_of_a_line_is_the_words_or_the_lines(lines: list[str], expected: str) -> None:
    assert Joiner([]).join(lines) == expected


def test_the_documents_own_spelling_decides_first() -> None:
    assert Joiner(["A nonrefundable fare"]).join(["non-", "refundable"]) == "nonrefundable"
    assert Joiner(["A can-cel button"]).join(["can-", "cel"]) == "can-cel"


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        pytest.param(
            [*_columns([("The pier is open", "Dogs must be on"), ("until five.", "a leash.")])],
            "The pier is open until five.\nDogs must be on a leash.",
            id="columns are read down",
        ),
        pytest.param(
            [
                Put("Guide", 50, 740, 18),
                *_columns([("The pier is open", "Dogs must be on"), ("until five.", "a leash.")]),
                Put("All prices are for one person, unless something else is said in the list.", 50, 600),
            ],
            "# Guide\n\nThe pier is open until five.\nDogs must be on a leash.\n"
            "All prices are for one person, unless something else is said in the list.",
            id="what spans the columns stands before and after them",
        ),
        pytest.param(
            [
                put
                for number in range(4)
                for put in (
                    Put(_WIDE_ZH[10 * number : 10 * number + 10], 50, 700 - 18 * number, 12),
                    Put(_WIDE_ZH[30 - 10 * number : 40 - 10 * number], 320, 693 - 18 * number, 12),
                )
            ],
            _WIDE_ZH[:40] + _WIDE_ZH[30:40] + _WIDE_ZH[20:30] + _WIDE_ZH[10:20] + _WIDE_ZH[:10],
            id="whose lines need not be level, and one goes on in the other",
        ),
        pytest.param(
            [
                *_zh([_WIDE_ZH[at : at + 10] for at in (0, 10, 20)]),
                *_zh(["票应当妥善保管到站", "后凭票出站。"], x=188),
            ],
            _WIDE_ZH[:30] + "票应当妥善保管到站后凭票出站。",
            id="and that are little apart",
        ),
        pytest.param(
            _columns([("• towels", "• torch"), ("• soap", "• map")]),
            "• towels\n• soap\n• torch\n• map",
            id="lists beside each other",
        ),
        pytest.param(
            _columns([("Service", "Price"), ("Kayak", "12 euros"), ("Sauna", "9 euros")]),
            "Service: Kayak; Price: 12 euros.\nService: Sauna; Price: 9 euros.",
            id="a table is read along its rows",
        ),
        pytest.param(
            _columns([("Harbour office", "0123 456"), ("Night porter", "0123 457")]),
            "Harbour office: 0123 456.\nNight porter: 0123 457.",
            id="two columns are names and values",
        ),
        pytest.param(
            _columns(
                [
                    ("Deposit", "thirty euros for each room, paid back"),
                    ("", "on departure"),
                    ("Pets", "not allowed"),
                ]
            ),
            "Deposit: thirty euros for each room, paid back on departure.\nPets: not allowed.",
            id="a cell goes on in the next line",
        ),
        pytest.param(
            [
                Put(text, x, y)
                for y, *row in (
                    (700, "Item", "What it covers", "Limit"),
                    (680, "Luggage", "Loss of luggage, theft and", "1,500"),
                    (667, "", "Delays of over six hours", ""),
                    (650, "Illness", "Treatment abroad", "90,000"),
                    (637, "and death", "Journey home", ""),
                )
                for x, text in zip((50, 150, 420), row, strict=True)
                if text
            ],
            "Item: Luggage; What it covers: Loss of luggage, theft and Delays of over six hours; "
            "Limit: 1,500.\n"
            "Item: Illness and death; What it covers: Treatment abroad Journey home; Limit: 90,000.",
            id="lines closer than rows are lines of a cell",
        ),
        pytest.param(
            _columns([("Name", "Harbour Tours"), ("Phone", "0800 100"), ("Fax", "0800 200")]),
            "Name: Harbour Tours.\nPhone: 0800 100.\nFax: 0800 200.",
            id="a form, whose first row names nothing",
        ),
        pytest.param(
            [
                Put("The pier is closed and the boats", 100, 100, turn=1),
                Put("stay inside.", 114, 100, turn=1),
            ],
            "The pier is closed and the boats stay inside.",
            id="a page that is set on its side",
        ),
    ],
)
def test_a_page_is_read_in_order(contents: list[Put], expected: str) -> None:
    assert _text(contents) == expected


def _table(
    xs: list[int], ys: list[int], cells: dict[tuple[int, int], list[str]], left_out: str = ""
) -> bytes:
    """Draw a ruled table; `left_out` names rules not drawn: `v01` is the upright of row 0, line 1."""
    rules = {
        f"h{row}{column}": f"{xs[column]} {y} m {xs[column + 1]} {y} l S"
        for row, y in enumerate(ys)
        for column in range(len(xs) - 1)
    } | {
        f"v{row}{line}": f"{x} {ys[row]} m {x} {ys[row + 1]} l S"
        for line, x in enumerate(xs)
        for row in range(len(ys) - 1)
    }
    drawn = [rule.encode() for name, rule in rules.items() if name not in left_out.split()]
    texts = [
        Put(text, xs[column] + 4, ys[row] - 13 - 12 * number, 10).drawn()
        for (row, column), lines in cells.items()
        for number, text in enumerate(lines)
    ]
    return b"\n".join(drawn + texts)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            _table(
                [50, 200, 330, 460],
                [700, 680, 650],
                {
                    (0, 0): ["Service"],
                    (0, 1): ["Price"],
                    (0, 2): ["Deposit"],
                    (1, 0): ["Kayak for two per-", "sons"],
                    (1, 1): ["12 euros an", "hour"],
                    (1, 2): ["none"],
                },
            ),
            "Service: Kayak for two persons; Price: 12 euros an hour; Deposit: none.",
            id="cells of several lines",
        ),
        pytest.param(
            _table(
                [50, 200, 330, 460],
                [700, 680, 660, 640],
                {
                    (0, 0): ["Season"],
                    (0, 1): ["Price"],
                    (1, 1): ["low"],
                    (1, 2): ["high"],
                    (2, 0): ["Kayak"],
                    (2, 1): ["9 euros"],
                    (2, 2): ["12 euros"],
                },
                left_out="v02 h10",
            ),
            "Season: Kayak; Price low: 9 euros; Price high: 12 euros.",
            id="headers over several columns and rows",
        ),
        pytest.param(
            _table(
                [50, 200, 330],
                [700, 680, 650, 630],
                {
                    (0, 0): ["退票时间"],
                    (0, 1): ["手续费"],
                    (1, 0): ["开车前四十八小时", "以上的"],
                    (1, 1): ["票价的5%"],
                    (2, 0): ["其他"],
                    (2, 1): ["票价的20%"],
                },
            ),
            "退票时间：开车前四十八小时以上的；手续费：票价的5%。\n退票时间：其他；手续费：票价的20%。",
            id="Chinese",
        ),
    ],
)
def test_a_ruled_table_is_a_sentence_a_row(content: bytes, expected: str) -> None:
    assert _text(content) == expected


def test_a_table_goes_on_on_the_next_page() -> None:
    xs = [50, 200, 330]
    first = _table(
        xs, [100, 80, 60], {(0, 0): ["Service"], (0, 1): ["Price"], (1, 0): ["Kayak"], (1, 1): ["9 euros"]}
    )
    second = _table(
        xs, [700, 680, 660], {(0, 0): ["Sauna"], (0, 1): ["5 euros"], (1, 0): ["Bike"], (1, 1): ["7 euros"]}
    )
    assert _text(first, second).split("\n") == [
        "Service: Kayak; Price: 9 euros.",
        "Service: Sauna; Price: 5 euros.",
        "Service: Bike; Price: 7 euros.",
    ]


_HEAD = Put("General Terms 2026", 50, 760, 9)


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        pytest.param(
            [
                [_HEAD, *down([_WIDE]), Put("Page 1 of 2", 50, 40, 9)],
                [_HEAD, *down(["weekdays."]), Put("Page 2 of 2", 50, 40, 9)],
            ],
            f"General Terms 2026\n{_WIDE} weekdays.",
            id="a sentence goes on below the next page's head, which is said once",
        ),
        pytest.param(
            [
                [*_zh([_WIDE_ZH]), Put("— 1 —", 300, 40, 9)],
                [*_zh(["品，旅游者应当到场。"]), Put("— 2 —", 300, 40, 9)],
            ],
            f"{_WIDE_ZH}品，旅游者应当到场。",
            id="Chinese, with page numbers between dashes",
        ),
        pytest.param(
            [
                [*down([f"Preface {name}."]), Put(number, 300, 40, 9)]
                for name, number in (("A", "iv"), ("B", "v"))
            ],
            "Preface A.\nPreface B.",
            id="Roman page numbers",
        ),
        pytest.param(
            [
                [*_zh([f"{name}。"]), Put(f"第{number}页", 300, 40, 9)]
                for name, number in (("甲", "一"), ("乙", "二"))
            ],
            "甲。\n乙。",
            id="Chinese page numbers",
        ),
        pytest.param(
            [[*down([f"Rule {name}."]), Put("Call 0123 at night", 50, 40, 8)] for name in "AB"],
            "Rule A.\nRule B.\nCall 0123 at night",
            id="a foot that is no page number is said once",
        ),
        pytest.param(
            [
                [Put(f"Harbour Tours Ltd - page {number}", 50, 40, 8), *down([f"Rule {name}."])]
                for number, name in ((1, "A"), (2, "B"))
            ],
            "Rule A.\nRule B.\nHarbour Tours Ltd",
            id="what stands beside a page number is said once",
        ),
        pytest.param(
            [
                [Put(f"Day {number}", 50, 740), *down([f"The tour goes to {name}."])]
                for number, name in ((1, "Brim"), (2, "Colvin"), (3, "Aden"))
            ],
            "Day 1\nThe tour goes to Brim.\nDay 2\nThe tour goes to Colvin.\nDay 3\nThe tour goes to Aden.",
            id="a heading that counts is no page number",
        ),
        pytest.param(
            [
                [Put(title, 50, 760, 9), Put(number, 500, 760, 9), *down([text])]
                for title, number, text in (
                    ("Fees", "7", _WIDE),
                    ("Fees", "8", "weekdays."),
                    ("Pets", "9", "No."),
                )
            ],
            f"Fees\n{_WIDE} weekdays.\nPets\nNo.",
            id="a chapter's title beside its page number",
        ),
        pytest.param(
            [down(["First rule.", "Pay on arrival."]), down(["Second rule.", "Pay on arrival."])],
            "First rule.\nPay on arrival.\nSecond rule.\nPay on arrival.",
            id="a sentence that both pages say is no foot",
        ),
        pytest.param(
            [
                [
                    *down([f"{_WIDE}"]),
                    Put("1", 50, 66, 5),
                    Put("Not in winter.", 55, 63, 8),
                ],
                down(["weekdays.", "Dogs are welcome."]),
            ],
            f"{_WIDE} weekdays.\n[1] Not in winter.\nDogs are welcome.",
            id="a note waits for the end of the sentence",
        ),
    ],
)
def test_what_stands_around_the_text_is_not_in_it(contents: list[list[Put]], expected: str) -> None:
    assert _text(*contents) == expected


def test_headings_are_marked_by_size_and_weight() -> None:
    page = [
        Put("Cancellation", 50, 740, 18, bold=True),
        Put("Deposits", 50, 715, 11, bold=True),
        *down([_WIDE, "weekdays."]),
        Put("They are paid on arrival.", 50, 660, 11, bold=True),
    ]
    assert _text(page).split("\n") == [
        *("# Cancellation", "", "## Deposits", "", f"{_WIDE} weekdays.", "They are paid on arrival.")
    ]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_how_a_page_is_shown_does_not_change_what_it_says(turn: int) -> None:
    assert _text(down([_WIDE, "weekdays."]), turn=turn) == f"{_WIDE} weekdays."


def test_a_raised_figure_is_no_digit_of_the_number_before_it() -> None:
    assert _text([Put("The fee is 30"), Put("1", 115, 704, 6), Put("for each night.", 121, 700)]) == (
        "The fee is 30[1] for each night."
    )
