import zipfile
from collections.abc import Callable
from io import BytesIO

import docx
import pytest
from fpdf import FPDF

from core.errors import DocumentError
from ingest.files.cleaning import clean
from ingest.files.loaders import LOADERS, RawDocument
from tests.ingest.files.hostile import archive, members


def _load(suffix: str, content: str | bytes) -> list[RawDocument]:
    data = content.encode() if isinstance(content, str) else content
    return [item for item in LOADERS[suffix](data, f"file{suffix}") if isinstance(item, RawDocument)]


def _text(suffix: str, content: str | bytes) -> str:
    (document,) = _load(suffix, content)
    return clean(document.text)


def _pdf(text: str, arrange: Callable[[FPDF], None] = lambda pdf: None) -> bytes:
    pdf = FPDF()
    arrange(pdf)
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.multi_cell(0, text=text, align="L")
    return bytes(pdf.output())


def _chinese_pdf(lines: list[str]) -> bytes:
    """Return a PDF in a font that is named, not embedded, as older Chinese software writes it."""
    drawn = b" T* ".join(b"<" + line.encode("utf-16-be").hex().encode() + b"> Tj" for line in lines)
    stream = b"BT /F1 12 Tf 50 700 Td 14 TL " + drawn + b" ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H/DescendantFonts[6 0 R]>>",
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>",
    ]
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, part) for number, part in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Size 7>>\nstartxref\n0\n%%EOF"


def _docx(title: str = "") -> bytes:
    document = docx.Document()
    document.core_properties.title = title
    document.add_heading("Bags", level=1)
    document.add_paragraph("Cabin bags are free.")
    document.add_paragraph("up to 8 kg", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (cell for row in table.rows for cell in row.cells), ("行李", "费用", "托运", "30元"), strict=True
    ):
        cell.text = text
    document.add_paragraph("After the table.")
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_html_becomes_text_with_headings_lists_and_table_sentences() -> None:
    page = """<html lang="zh-CN"><head><title>退票规则</title><style>p {}</style></head><body>
      <nav>首页</nav><h1>退票</h1><p>开车前8天以上
      <b>不收费</b>。<br>其他收费。</p><ul><li>身份证</li><li><p>车票</p></li></ul>
      <table><tr><th>时间</th><th>费率</th></tr><tr><td>2天</td><td>5%</td></tr></table>
      <script>alert(1)</script><footer>©</footer></body></html>"""
    (document,) = _load(".html", page)
    assert (document.title, document.lang) == ("退票规则", "zh-CN")
    expected = "# 退票\n\n开车前8天以上 不收费。\n其他收费。\n\n- 身份证\n- 车票\n\n时间：2天；费率：5%。"
    assert clean(document.text) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("<meta charset=gb2312><p>免费</p>".encode("gb18030"), "免费", id="declared GB2312"),
        pytest.param(
            b"<meta charset=nonsense><p>free</p>", "free", id="a declared encoding that does not exist"
        ),
        pytest.param(
            b"<?xml version='1.0' encoding='utf-8'?><html><body>free</body></html>", "free", id="XHTML"
        ),
        pytest.param(b"<p>5 &lt; 6 &amp; &eacute;", "5 < 6 & é", id="character entities"),
        pytest.param(
            b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><body>a &x; b</body>",
            "]>a &x; b",
            id="no files",
        ),
        pytest.param(b"<p>a&#1;b\x02c<pre>d&#3;", "abc\n\nd", id="control characters"),
        pytest.param(b"<table><tr><td>Fee<td>30</tr></table>", "Fee | 30", id="a table without headers"),
    ],
)
def test_html_is_read_as_found_in_the_wild(data: bytes, expected: str) -> None:
    assert _text(".html", data) == expected


def test_pdf_lines_broken_by_the_page_width_are_joined() -> None:
    paragraph = "The carrier offers meals in relation to the waiting time, " * 3 + "and rooms."
    assert _text(".pdf", _pdf(f"{paragraph}\nPay later.\nGo on.")) == f"{paragraph}\nPay later.\nGo on."


def test_chinese_pdf_lines_are_joined_without_a_blank() -> None:
    data = _chinese_pdf(["航班延误四小时以上，旅客可", "以要求退票。", "第二条"])
    assert _text(".pdf", data) == "航班延误四小时以上，旅客可以要求退票。\n第二条"


def test_pdf_title_comes_from_its_properties() -> None:
    assert _load(".pdf", _pdf("Free.", lambda pdf: pdf.set_title("Fees")))[0].title == "Fees"


def test_pdf_that_only_forbids_printing_is_read() -> None:
    assert _text(".pdf", _pdf("Free.", lambda pdf: pdf.set_encryption(owner_password="secret"))) == "Free."


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(
            _pdf("Free.", lambda pdf: pdf.set_encryption(owner_password="a", user_password="b")),
            "file.pdf is encrypted; save a copy without a password",
            id="encrypted",
        ),
        pytest.param(_pdf("Free.")[:300], "file.pdf is damaged or no PDF", id="cut off"),
        pytest.param(b"not a PDF", "file.pdf is damaged or no PDF", id="other bytes"),
        pytest.param(
            _pdf(""),
            "file.pdf holds no text, perhaps scanned pages; set parsing.ocr = true",
            id="pictures only",
        ),
    ],
)
def test_bad_pdf_is_refused_in_one_line(data: bytes, line: str) -> None:
    with pytest.raises(DocumentError, match=line) as caught:
        _load(".pdf", data)
    assert "\n" not in str(caught.value)


def test_docx_keeps_headings_lists_and_tables_in_reading_order() -> None:
    (document,) = _load(".docx", _docx(title="Bag rules"))
    assert document.title == "Bag rules"
    expected = "# Bags\n\nCabin bags are free.\n- up to 8 kg\n行李：托运；费用：30元。\nAfter the table."
    assert clean(document.text) == expected


def _archive(name: str, size: int) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as member:
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(_docx()[:2000], "file.docx is damaged or no DOCX", id="cut off"),
        pytest.param(_archive("notes.txt", 1 << 20), "file.docx is damaged or no DOCX", id="another ZIP"),
        pytest.param(
            _archive("word/document.xml", 600 << 20), "file.docx unpacks to 600 MB", id="a ZIP bomb"
        ),
        pytest.param(
            _archive("word/document.xml", 9 << 20), "file.docx packs a part over 200 times", id="a small bomb"
        ),
        pytest.param(_archive("../evil", 0), "file.docx names a part outside of itself", id="a path upwards"),
        pytest.param(
            archive({f"x{number}": b"" for number in range(10_001)}),
            "file.docx holds 10001 parts, over 10000",
            id="too many parts",
        ),
    ],
)
def test_bad_docx_is_refused_in_one_line(data: bytes, line: str) -> None:
    with pytest.raises(DocumentError, match=line) as caught:
        _load(".docx", data)
    assert "\n" not in str(caught.value)


def test_docx_with_a_blank_picture_is_read() -> None:
    parts = {**members(_docx()), "word/media/image1.bmp": bytes(3 << 20)}
    assert "Cabin bags are free." in _text(".docx", archive(parts))


def test_html_that_nests_deep_is_read_or_refused_never_cut() -> None:
    assert _text(".html", "<div>" * 1500 + "deep</div>") == "deep"
    with pytest.raises(DocumentError, match="nests deeper than 2,048 elements"):
        _load(".html", "<div>" * 3000 + "deep</div>")
