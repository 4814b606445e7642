"""A Word document is read as Word shows it once all changes are accepted."""

import pytest

from ingest.files.cleaning import clean
from ingest.files.loaders.docx import load_docx
from tests.ingest.files.word import level, lists, numbered, p, r, row, table, tc, word

_BOX = f"<w:txbxContent>{p('Box.')}</w:txbxContent>"
_NOTE = f'<w:footnote w:id="2">{p("Up to 48 hours.")}</w:footnote>'
_CHECKED = "<w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>"
_SPAN = '<w:gridSpan w:val="2"/>'


def _char(kind: str, inside: str = "") -> str:
    return f'<w:r><w:fldChar w:fldCharType="{kind}">{inside}</w:fldChar></w:r>'


def _control(inside: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{inside}</w:sdtContent></w:sdt>"


def _code(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def _text(body: str, **parts: str) -> str:
    (document,) = load_docx(word(body, **parts), "file.docx")
    return clean(document.text)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            p(f"{r('in ')}<w:del>{r('30')}</w:del><w:ins>{r('90')}</w:ins>{r(' days')}"),
            "in 90 days",
            id="changes",
        ),
        pytest.param(
            p(f"<w:moveFrom>{r('A.')}</w:moveFrom>") + p("B.") + p(f"<w:moveTo>{r('A.')}</w:moveTo>"),
            "B.\nA.",
            id="moves",
        ),
        pytest.param(
            p("One ", "<w:rPr><w:del/></w:rPr>") + p("sentence."),
            "One sentence.",
            id="a deleted paragraph end",
        ),
        pytest.param(
            _control(p(_control(r("No. 7")))),
            "No. 7",
            id="content controls",
        ),
        pytest.param(
            p(r("To: ") + _control(r("Click here"), "<w:showingPlcHdr/>")),
            "To:",
            id="but not what asks to be filled in",
        ),
        pytest.param(
            p(
                f'{r("Price ")}<w:fldSimple w:instr=" REF x ">{r("5")}</w:fldSimple>'
                f"<w:hyperlink>{r(' euros')}</w:hyperlink>"
            ),
            "Price 5 euros",
            id="simple fields and links",
        ),
        pytest.param(
            p(
                r("See ")
                + (_char("begin") + _code("IF "))
                + (_char("begin") + _code("x") + _char("separate") + r("inner") + _char("end"))
                + (_char("separate") + r("Article 5") + _char("end") + r("."))
            ),
            "See Article 5.",
            id="fields in fields",
        ),
        pytest.param(
            p(_char("begin") + _code("x") + r("lost")) + p("Free."), "Free.", id="a code without an end"
        ),
        pytest.param(
            p(
                _char("begin", "<w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>")
                + _char("end")
                + r(" yes")
            ),
            "☒ yes",
            id="boxes of a form",
        ),
        pytest.param(
            p(
                "<w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx>"
                f"{_BOX}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict>{_BOX}</w:pict></mc:Fallback>"
                f"</mc:AlternateContent></w:r>{r('Beside.')}"
            ),
            "Beside.\nBox.",
            id="a text box, once",
        ),
        pytest.param(
            p(f"<w:r><w:pict><v:shape>{_BOX}</v:shape></w:pict></w:r>"), "Box.", id="an old text box"
        ),
        pytest.param(
            p(r("a") + r("b", "<w:vanish/>") + r("c", "<w:dstrike/>") + r("d", '<w:strike w:val="0"/>')),
            "ad",
            id="hidden",
        ),
        pytest.param(p(r("20 m") + r("2", '<w:vertAlign w:val="superscript"/>')), "20 m²", id="powers"),
        pytest.param(
            p(
                "<w:r><w:t>a</w:t><w:tab/><w:noBreakHyphen/><w:softHyphen/><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>"
            ),
            "a\t-b\nc",
            id="tabs, hyphens, line breaks",
        ),
        pytest.param(
            p('<w:r><w:sym w:font="Symbol" w:char="F0B3"/><w:sym w:font="Symbol" w:char="FFFFFFFFF"/></w:r>'),
            "≥",
            id="symbols",
        ),
        pytest.param(
            p(
                "<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num>"
                "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
            ),
            "1/2",
            id="a fraction is not two digits",
        ),
        pytest.param(
            p(
                f"<w:r><w:ruby><w:rt>{r('kan')}</w:rt><w:rubyBase>{r('漢')}</w:rubyBase></w:ruby></w:r>{r('字')}"
            ),
            "漢字",
            id="readings",
        ),
        pytest.param(
            p("抬头", '<w:outlineLvl w:val="1"/>') + p("正文", '<w:outlineLvl w:val="9"/>'),
            "## 抬头\n\n正文",
            id="outline levels",
        ),
    ],
)
def test_text_is_what_a_reader_sees(body: str, expected: str) -> None:
    assert _text(body) == expected


def test_a_note_follows_the_paragraph_that_first_refers_to_it() -> None:
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    assert _text(p(r("Free") + mark + r(" of charge.")) + p(r("Late.") + mark), footnotes=_NOTE) == (
        "Free of charge.\nUp to 48 hours.\nLate."
    )


def test_comments_are_not_read() -> None:
    body = p(f'{r("Free.")}<w:r><w:commentReference w:id="0"/></w:r>')
    assert _text(body, comments=f'<w:comment w:id="0">{p("secret")}</w:comment>') == "Free."


def test_page_headers_and_footers_are_read_once_without_page_numbers() -> None:
    references = "".join(
        f'<w:{kind}Reference w:type="{of}" r:id="{name}"/>'
        for kind, of, name in (
            ("header", "default", "header1"),
            ("header", "first", "header2"),
            ("footer", "default", "footer1"),
        )
    )
    number = f'<w:fldSimple w:instr=" PAGE ">{r("1")}</w:fldSimple>'
    count = _char("begin") + _code("NUMPAGES") + _char("separate") + r("9") + _char("end")
    page = p(r("Page ") + number + r(" of ") + count)
    body = p("Text.", f"<w:sectPr>{references}</w:sectPr>") + f"<w:sectPr>{references}</w:sectPr>"
    text = _text(body, header1=p("Tours Ltd"), header2=p("not shown"), footer1=page + p("Reg. 7"))
    assert text == "Tours Ltd\nText.\nReg. 7"


@pytest.mark.parametrize(
    ("name", "level"),
    [
        pytest.param("heading 2", "##", id="Word's own"),
        pytest.param("标题 3", "###", id="Chinese"),
        pytest.param("Überschrift 1", "#", id="German"),
        pytest.param("Title", "#", id="the title"),
    ],
)
def test_headings_are_known_by_their_style(name: str, level: str) -> None:
    styles = (
        f'<w:style w:styleId="a"><w:name w:val="{name}"/></w:style>'
        '<w:style w:styleId="b"><w:name w:val="mine"/><w:basedOn w:val="a"/></w:style>'
    )
    assert _text(p("Fees", '<w:pStyle w:val="b"/>') + p("Free."), styles=styles) == f"{level} Fees\n\nFree."


def test_a_style_can_hide_its_text() -> None:
    styles = '<w:style w:styleId="a"><w:rPr><w:vanish/></w:rPr></w:style>'
    assert (
        _text(
            p("no", '<w:pStyle w:val="a"/>') + p(r("yes") + r("no", '<w:rStyle w:val="a"/>')), styles=styles
        )
        == "yes"
    )


@pytest.mark.parametrize(
    ("form", "pattern", "expected"),
    [
        pytest.param("chineseCountingThousand", "第%1条", ["第一条 a", "第二条 a"], id="articles"),
        pytest.param("chineseCounting", "%1、", ["一、a", "二、a"], id="no blank after a Chinese comma"),
        pytest.param("ideographTraditional", "%1．", ["甲．a", "乙．a"], id="stems"),
        pytest.param("chineseLegalSimplified", "%1", ["壹 a", "贰 a"], id="financial"),
        pytest.param("decimalEnclosedCircle", "%1", ["① a", "② a"], id="circles"),
        pytest.param("lowerLetter", "(%1)", ["(a) a", "(b) a"], id="letters"),
        pytest.param("upperRoman", "%1.", ["I. a", "II. a"], id="Roman"),
        pytest.param("decimalZero", "%1", ["01 a", "02 a"], id="two digits"),
        pytest.param("bullet", "\uf0b7", ["- a", "- a"], id="bullets"),
        pytest.param("none", "", ["a", "a"], id="none"),
        pytest.param("klingon", "%1)", ["1) a", "2) a"], id="forms unknown here"),
    ],
)
def test_automatic_numbers_are_written_out(form: str, pattern: str, expected: list[str]) -> None:
    assert _text(numbered("a") * 2, numbering=lists(level(0, form, pattern))).splitlines() == expected


def test_levels_count_on_their_own_and_restart_under_the_next() -> None:
    levels = level(0, "decimal", "%1.") + level(1, "decimal", "%1.%2") + level(2, "lowerLetter", "(%3)")
    items = [(0, "1."), (1, "1.1"), (2, "(a)"), (2, "(b)"), (1, "1.2"), (2, "(a)"), (0, "2."), (1, "2.1")]
    body = "".join(numbered("x", 1, at) for at, _ in items)
    assert _text(body, numbering=lists(levels)).splitlines() == [f"{label} x" for _, label in items]


def test_articles_count_through_all_chapters_where_they_never_restart() -> None:
    levels = level(0, "chineseCounting", "第%1章") + level(
        1, "chineseCounting", "第%2条", '<w:lvlRestart w:val="0"/>'
    )
    body = "".join(numbered("x", 1, at) for at in (0, 1, 1, 0, 1))
    assert _text(body, numbering=lists(levels)).split(" x")[:5] == [
        "第一章",
        "\n第一条",
        "\n第二条",
        "\n第二章",
        "\n第三条",
    ]


def test_lists_of_one_definition_count_on_until_one_states_its_start() -> None:
    numbering = lists(level(0, "decimal", "%1)")) + "".join(
        f'<w:num w:numId="{key}"><w:abstractNumId w:val="1"/>{more}</w:num>'
        for key, more in (
            (2, ""),
            (3, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'),
        )
    )
    body = "".join(numbered("x", key) for key in (1, 2, 3, 3, 1))
    assert _text(body, numbering=numbering).split(" x")[:5] == ["1)", "\n2)", "\n5)", "\n6)", "\n7)"]


def test_what_is_deleted_or_empty_counts_as_it_does_for_a_reader() -> None:
    gone = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:rPr><w:del/></w:rPr>'
    off = p("b", '<w:numPr><w:numId w:val="0"/></w:numPr>')
    body = numbered("a") + p(f"<w:del>{r('gone')}</w:del>", gone) + numbered("<w:r/>") + off + numbered("c")
    assert _text(body, numbering=lists(level(0, "decimal", "%1."))) == "1. a\nb\n3. c"


def test_a_column_that_numbers_its_rows_is_read() -> None:
    rows = [row(tc(numbered("<w:r/>")), text) for text in ("托运", "随身")]
    text = _text(table(row("序号", "项目"), *rows), numbering=lists(level(0, "decimal", "%1")))
    assert text.splitlines() == ["序号：1；项目：托运。", "序号：2；项目：随身。"]


def test_styles_number_headings_by_the_level_that_names_them() -> None:
    levels = level(0, "chineseCounting", "第%1章", '<w:pStyle w:val="x"/>') + level(
        1, "decimal", "%1.%2", '<w:pStyle w:val="y"/><w:isLgl/>'
    )
    numbering = '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr>'
    styles = "".join(
        f'<w:style w:styleId="{key}"><w:name w:val="{name}"/>{numbering}</w:style>'
        for key, name in (("x", "标题 1"), ("y", "heading 2"))
    )
    body = p("总则", '<w:pStyle w:val="x"/>') + p("目的", '<w:pStyle w:val="y"/>')
    assert _text(body, numbering=lists(levels), styles=styles) == "# 第一章 总则\n\n## 1.1 目的"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [row("Cabin", "early", "late"), row("First", tc("free", _SPAN))],
            ["Cabin: First; early: free; late: free."],
            id="across",
        ),
        pytest.param(
            [
                row("Class", "Fee"),
                row(tc("First", '<w:vMerge w:val="restart"/>'), "5"),
                row(tc("x", "<w:vMerge/>"), "6"),
            ],
            ["Class: First; Fee: 5.", "Class: First; Fee: 6."],
            id="down; what the merge covers is not seen",
        ),
        pytest.param(
            [
                row(tc("Line", '<w:vMerge w:val="restart"/>'), tc("Adult", _SPAN)),
                row(tc("<w:p/>", "<w:vMerge/>"), "one way", "return"),
                row("A", "1", "2"),
                row("3", properties='<w:gridBefore w:val="2"/>'),
            ],
            ["Line: A; Adult / one way: 1; Adult / return: 2.", "Adult / return: 3."],
            id="two rows of names; a row that begins later",
        ),
        pytest.param(
            [
                row(tc("Prices", '<w:gridSpan w:val="3"/>')),
                row("Season", "Adult", "Child"),
                row("Summer", "40", "20"),
            ],
            ["Prices", "Season: Summer; Adult: 40; Child: 20."],
            id="a title",
        ),
        pytest.param(
            [row("Item", "Fee"), row("bag", "5", properties="<w:del/>"), row("box", "6")],
            ["Item: box; Fee: 6."],
            id="a deleted row",
        ),
        pytest.param(
            [row("Item", "Fee"), row("bag", "5"), row("Item", "Fee"), row("box", "6")],
            ["Item: bag; Fee: 5.", "Item: box; Fee: 6."],
            id="names that are repeated on the next page",
        ),
        pytest.param(
            [
                row("Item", "More"),
                row("Extras", tc(table(row("Name", "Price"), row("Kayak", "15")) + p("none else"))),
            ],
            ["Item: Extras; More: none else.", "Name: Kayak; Price: 15."],
            id="a table in it",
        ),
        pytest.param(
            [row("Adult", "40 euros"), row("Child", "20 euros")],
            ["Adult | 40 euros", "Child | 20 euros"],
            id="no names",
        ),
        pytest.param(
            [row(*(tc(p(r(text, "<w:b/>"))) for text in texts)) for texts in (("Item", "Fee"), ("bag", "5"))],
            ["Item: bag; Fee: 5."],
            id="bold type that all cells have",
        ),
        pytest.param(
            [row(tc(p(r("Name", "<w:b/>"))), "Tours"), row(tc(p(r("Phone", "<w:b/>"))), "0800")],
            ["Name: Tours.", "Phone: 0800."],
            id="a form",
        ),
    ],
)
def test_tables_say_under_what_each_value_stands(rows: list[str], expected: list[str]) -> None:
    assert _text(table(*rows)).splitlines() == expected


def test_a_document_that_states_no_title_has_none() -> None:
    assert load_docx(word(p("Free.")), "file.docx")[0].title == ""


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            (row("Name", "Tours"), row("Phone", "0800"), row("Since", "spring")),
            ["Name | Tours", "Phone | 0800", "Since | spring"],
            id="a label that is known",
        ),
        pytest.param(
            (row("Owner", "Harbour Tours"), row("Write to", "a@b.example"), row("Seat", "Brim")),
            ["Owner | Harbour Tours", "Write to | a@b.example", "Seat | Brim"],
            id="an address among other values",
        ),
        pytest.param(
            (row("旅游者", "张三", "性别", "男"), row("线路", "海岛", "联系电话", "见附件")),
            ["旅游者 | 张三 | 性别 | 男", "线路 | 海岛 | 联系电话 | 见附件"],
            id="two labels in a row",
        ),
        pytest.param(
            (row("Tour name", "Harbour lights"), row("Duration", "3 hours"), row("Meeting point", "Pier 4")),
            ["Tour name | Harbour lights", "Duration | 3 hours", "Meeting point | Pier 4"],
            id="labels that name kinds of values",
        ),
        pytest.param(
            (row("线路名称", "青湖三日游"), row("出发城市", "白沙"), row("价格", "1280元/人")),
            ["线路名称 | 青湖三日游", "出发城市 | 白沙", "价格 | 1280元/人"],
            id="such labels in Chinese",
        ),
        pytest.param(
            (row("Owner", "Lena Orr"), row("Seat", "Brim")),
            ["Owner | Lena Orr", "Seat | Brim"],
            id="two columns of words, of which nothing shows that they have names",
        ),
        pytest.param(
            (row("Day 1", "Port", "Hotel Alba"), row("Day 2", "Isle", "Hotel Brisa")),
            ["Day 1 | Port | Hotel Alba", "Day 2 | Isle | Hotel Brisa"],
            id="rows that are counted from the first on",
        ),
        pytest.param(
            (row("第一天", "抵达青湖"), row("第二天", "游览白沙")),
            ["第一天 | 抵达青湖", "第二天 | 游览白沙"],
            id="rows that are counted in Chinese",
        ),
        pytest.param(
            (row("项目", "标准"), row("停车", "每天20元")),
            ["项目：停车；标准：每天20元。"],
            id="no form: a Chinese table",
        ),
        pytest.param(
            (row("Contact", "Details"), row("Phone", "0800")),
            ["Contact: Phone; Details: 0800."],
            id="no form: values have a name",
        ),
        pytest.param(
            (row("Paper", "Who needs it"), row("Passport", "all")),
            ["Paper: Passport; Who needs it: all."],
            id="no form: nothing says so",
        ),
    ],
)
def test_the_first_row_of_a_form_names_nothing(rows: tuple[str, ...], expected: list[str]) -> None:
    assert _text(table(*rows)).splitlines() == expected


def test_names_below_others_may_stand_over_words() -> None:
    heads = row("日期", tc("行程", '<w:gridSpan w:val="2"/>')), row("", "上午", "下午")
    text = _text(table(*heads, row("5月1日", "西湖", "灵隐寺")))
    assert text == "日期：5月1日；行程 / 上午：西湖；行程 / 下午：灵隐寺。"
