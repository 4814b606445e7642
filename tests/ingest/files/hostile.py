"""Writes good files, and beside them files that are damaged or mean harm; the same ones for the same seed."""

import contextlib
import io
import json
import os
import random
import socket
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import docx
from fpdf import FPDF
from openpyxl import Workbook

Named = Iterator[tuple[str, bytes]]
GOOD_LINE = "The north gate opens at nine."
_CHINESE = "第一条 旅客可以在开车前退票，费用为票价的百分之五。"
_TRADITIONAL = "旅客可以在開車前退票，費用為票價的百分之五。"


@cache
def good() -> dict[str, bytes]:
    """One good file of each format, by suffix; each says `GOOD_LINE`."""
    pdf = FPDF()
    pdf.set_compression(False)  # what is flipped in a packed stream is only ever seen by zlib
    pdf.set_title("Gates")
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.multi_cell(0, text=f"{GOOD_LINE}\nThe south gate does not.", align="L")
    word = docx.Document()
    word.add_heading("Gates", level=1)
    word.add_paragraph(GOOD_LINE)
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("Gate", "Opens", "north", "nine"), strict=True):
        cell.text = text
    buffer = io.BytesIO()
    word.save(buffer)
    book = Workbook()
    for cells in (["Gate", "Rule"], ["north", GOOD_LINE], ["south", 0.5]):
        book.active.append(cells)
    book.active.merge_cells("A5:B5")
    sheet = io.BytesIO()
    book.save(sheet)
    page = (
        f"<html lang=en><title>Gates</title><h1>Gates</h1><p>{GOOD_LINE}<table><tr><th>a<th>b<tr><td>1<td>2"
    )
    return {
        ".md": f"---\ntitle: Gates\nlang: en\n---\n# Gates\n\n{GOOD_LINE}\n".encode(),
        ".txt": f"{GOOD_LINE}\n{_CHINESE}\n".encode(),
        ".html": page.encode(),
        ".csv": f"Gate,Rule\nnorth,{GOOD_LINE}\n".encode(),
        ".json": json.dumps([{"title": "Gates", "text": GOOD_LINE}]).encode(),
        ".jsonl": (json.dumps({"title": "Gates", "text": GOOD_LINE}) + "\n").encode() * 3,
        ".xml": f"<gates><gate id='1'><rule>{GOOD_LINE}</rule></gate><gate id='2'/></gates>".encode(),
        ".pdf": bytes(pdf.output()),
        ".docx": buffer.getvalue(),
        ".xlsx": sheet.getvalue(),
    }


def write_good(folder: Path, prefix: str) -> None:
    """Write one good file of each format."""
    for suffix, data in good().items():
        (folder / f"{prefix}-good{suffix}").write_bytes(data)


def write_hostile(folder: Path, seed: int = 17) -> None:
    """Write all hostile files."""
    texts = (_encoded, _markdown, _records, _elements, _tables)
    for make in (_damaged, _misnamed, *texts, _pages, _words, _sheets, _pdfs):
        for name, data in make(random.Random(seed)):
            (folder / f"{make.__name__[1:]}-{name}").write_bytes(data)
    _write_long_lines(folder)
    _write_paths(folder)


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP of `members`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """Return what a ZIP holds."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def hostile_pages() -> dict[str, bytes]:
    """Return the hostile HTML pages, by name."""
    return dict(_pages(random.Random(17)))


def _damaged(rng: random.Random) -> Named:
    for suffix, data in good().items():
        for number in range(6):
            yield f"cut-{number}{suffix}", data[: rng.randrange(1, len(data))]
            flipped = bytearray(data)
            for _ in range(1 + number):
                flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            yield f"flipped-{number}{suffix}", bytes(flipped)
        at = rng.randrange(len(data))
        yield f"zeros{suffix}", data[:at] + bytes(9) + data[at:]
        yield f"noise{suffix}", rng.randbytes(4000)
        yield f"empty{suffix}", b""
        yield f"blank{suffix}", b" \n" * 9


def _encoded(rng: random.Random) -> Named:
    for suffix in (".md", ".txt", ".html", ".csv", ".json", ".jsonl", ".xml"):
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "gb18030", "big5", "cp1252"):
            text = good()[suffix].decode() + (_TRADITIONAL if encoding == "big5" else _CHINESE)
            yield f"{encoding}{suffix}", text.encode(encoding, "ignore")


def _misnamed(rng: random.Random) -> Named:
    for own, data in good().items():
        for suffix in good():
            if suffix != own:
                yield f"{own[1:]}{suffix}", data


def _markdown(rng: random.Random) -> Named:
    laughs = "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    merges = "".join(f"m{n}: &m{n} {{<<: [{','.join([f'*m{n - 1}'] * 9)}]}}\n" for n in range(1, 12))
    fronts = {
        "laughs": f"a0: &a0 [x]\n{laughs}title: *a11",
        "merges": f"m0: &m0 {{x: y}}\n{merges}",
        "deep": "title: " + "[" * 30_000,
        "deep-blocks": "".join(" " * n + "a:\n" for n in range(300)),
        "loop": "title: &a [*a]",
        "code": "title: !!python/object/apply:os.system ['echo hacked']",
        "digits": "id: " + "9" * 50_000,
        "clock": "id: 1" + ":59" * 20_000,
        "tags": "title: !!bool nonsense",
        "time": "as_of: !!timestamp nonsense",
        "dates": "as_of: " + "2026-03-01/" * 90,
        "wide": "".join(f"k{n}: v\n" for n in range(60_000)),
    }
    for name, front in fronts.items():
        yield f"yaml-{name}.md", f"---\n{front}\n---\n{GOOD_LINE}\n".encode()
    for name, unit in {
        "comments": "<!--",
        "code-comments": "`<!--`",
        "fences": "```\n",
        "tildes": "~~~ a\n",
        "underlines": "a\n\n-----\n",
        "references": "[a][b",
        "definitions": "[a]: b\n",
        "bars": "|-",
        "columns": "a|b\n-|-\n",
        "heads": "+++\n",
        "wrapped": "一，二\n",
        "items": "- 一\n  二\n",
        "quotations": "> 一，二\n",
        "marks": "- _ * ",
    }.items():
        yield f"{name}.md", unit.encode() * 300_000 + "。".encode()
    yield "indented.md", b" " * 2_000_000 + b"```"
    yield "one-word.txt", b"x" * 2_000_000
    yield "kana.txt", ("ひらがな" * 200_000).encode()
    yield "marks-small.txt", ("a" + "\u0301\u0316" * 15_000).encode()
    yield "marks-large.txt", ("a" + "\u0301\u0316" * 2_000_000).encode()
    yield "ligatures.txt", ("\ufdfa" * 1_000_000).encode()
    yield "hidden.txt", ("\u200b\u2060\ufeff" * 9000).encode()
    yield "bidi.txt", f"\u202e{GOOD_LINE}\u202c \u2066x\u2069".encode()
    yield "tags.txt", ("Free." + "".join(map(chr, range(0xE0020, 0xE007F)))).encode()
    yield "lines.txt", b"a\n" * 2_000_000
    yield "hashes.md", b"# " * 1_000_000
    yield "blanks.md", b"a" + b" " * 5_000_000 + b"b\n" * 9
    yield "rules.md", b"---\n" * 500_000
    yield "dots.txt", b". " * 1_000_000
    yield "accents.txt", "é".encode("cp1252") * 5_000_000


def _records(rng: random.Random) -> Named:
    deep = '{"a":' * 450 + "1" + "}" * 450
    texts = {
        "brackets": "[" * 60_000,
        "bottomless": "[" * 5_000_000,
        "deep-table": deep,
        "deep-field": f'{{"text": "{GOOD_LINE}", "id": {deep}}}',
        "lists": "[" + "[]," * 4_000_000 + "[]]",
        "keys": "[" + ",".join(f'{{"k{n}": 1}}' for n in range(50_000)) + "]",
        "digits": '{"text": "Free.", "id": ' + "9" * 9000 + "}",
        "surrogates": '{"text": "Free \\ud800 \\udc00", "id": "\\ud800"}',
        "endless": '{"text": "Free.", "id": NaN, "title": 1e999}',
        "numbers": "[1, 2, 3]",
        "twice": '[{"id": "d", "text": "Free."}, {"id": "d", "text": "Free."}]',
        "long-id": json.dumps({"id": "i" * 3_000_000, "title": "\u0301\u0316" * 900_000, "text": "Free."}),
    }
    for name, text in texts.items():
        yield f"{name}.json", text.encode()
        yield f"{name}.jsonl", text.removeprefix("[").replace("},{", "}\n{").encode() + b"\n"
    yield "named.json", json.dumps({"name": "n" * 100_000, "rooms": [{"a": 1}] * 100_000}).encode()
    nested = '{"name": "n", "rooms": [' * 90 + "1" + "]}" * 90
    yield "named-deep.json", f"[{','.join([nested] * 2000)}]".encode()
    for name, unit in {
        "slashes": "//",
        "open-notes": "/*",
        "strings": '"',
        "commas": ", ",
        "keys-twice": '{"a":1,"a":',
    }.items():
        yield f"{name}.json", unit.encode() * 300_000
    yield "broken.jsonl", b'{"text": "Free."}\n{"text\n' * 2000


def _elements(rng: random.Random) -> Named:
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 9}">' for n in range(1, 12))
    texts = {
        "laughs": f'<!DOCTYPE a [<!ENTITY a0 "x">{laughs}]><a>&a11;</a>',
        "quadratic": f'<!DOCTYPE a [<!ENTITY a0 "{"x" * 200_000}">]><a>{"&a0;" * 500}</a>',
        "file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "web": '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]><a>b</a>',
        "deep": "<a>" * 100_000,
        "deep-allowed": "<a b='1'>" * 250 + "x" + "</a>" * 250,
        "many": "<a>" + "<b/>" * 1_000_000 + "</a>",
        "records": "<a>" + "<b><c>1</c></b>" * 200_000 + "</a>",
        "attributes": "<a " + " ".join(f"a{n}='1'" for n in range(50_000)) + "/>",
        "mixed": "<a>x" + "<b>y</b>z" * 300_000 + "</a>",
        "prose": "<p>" * 200 + "<p>x</p>" * 100_000 + "</p>" * 200,
        "names": "<a>" + "&eacute;&bogus;" * 100_000 + "</a>",
        "text": "<a>" + "x" * 12_000_000 + "</a>",
        "feed": "<rss><channel>" + "<item><title>a</title></item>" * 50_000 + "</channel></rss>",
        "include": '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd"/></a>',
    }
    for name, text in texts.items():
        yield f"{name}.xml", text.encode()


def _tables(rng: random.Random) -> Named:
    yield "product.csv", b"h" * 100_000 + b"\n" + b"1\n" * 500_000
    yield "rows.csv", b"a,b\n" + b"1\n" * 10_000_000
    yield "columns.csv", b"a," * 300_000 + b"a\n" + b"1," * 300_000
    yield "both.csv", b"a," * 200_000 + b"a\n" + b"1\n" * 200_000
    yield "cell.csv", b"a,b\n1," + b"x" * 9_000_000
    yield "quotes.csv", b'a,b\n"' + b'""' * 2_000_000
    yield "separators.csv", b"sep=;\n" * 200_000
    yield "comments.csv", b"# a\n" * 500_000 + b"a,b\n1,2\n"
    yield "open-quotes.csv", b'"a,b\n' * 500_000
    yield "spaced-quotes.csv", b'a,b\n"' + b'" ' * 1_000_000 + b" " * 1_000_000 + b"x"
    yield "delimiters.csv", b"a,b;c\td|e\n" * 9


def _pages(rng: random.Random) -> Named:
    yield "menus.html", b"<div class=nav><ul class=menu>" * 900 + b"<li><a href=x>y</a>" * 50_000
    yield (
        "links.html",
        b"".join(b"<a href='http://a.org/%d?%s'>x</a>" % (n, b"y" * 900) for n in range(20_000)),
    )
    yield (
        "metas.html",
        b"<meta name=date content='2024-" + b"1" * 1_000_000 + b"'><meta name=x>" * 100_000 + b"Free.",
    )
    yield (
        "linked.html",
        b"<script type=application/ld+json>" + b'"dateModified" : "' * 200_000 + b"</script>Free.",
    )
    yield "words.html", b"<div class='" + b"nav " * 1_000_000 + b"'>Free.</div>"
    yield "nested-300.html", b"<div>" * 300 + GOOD_LINE.encode()
    yield "nested-5000.html", b"<div>" * 5000 + GOOD_LINE.encode()
    yield "unclosed.html", b"<b><p>" * 100_000
    yield "bold.html", b"<b><a><font>" * 1500 + b"x<p>" * 1500
    yield "attribute.html", b"<p title='" + b"x" * 5_000_000 + b"'>Free."
    yield "attributes.html", b"<p " + b"".join(b"a%d=1 " % n for n in range(50_000)) + b">Free."
    yield "entities.html", b"<p>" + b"&amp;&#0;&#xD800;&#x110000;&bogus;" * 20_000
    yield "scripts.html", b"<script></script>x" * 100_000
    yield "open-script.html", b"<p>Free.<script>" + b"x" * 1_000_000
    yield "open-comment.html", b"<p>Free.<!--" + b"<!--" * 100_000
    yield "cells.html", b"<table><tr><th>a<th>b" + b"<tr><td>1<td>2" * 40_000
    yield "product.html", b"<table><tr><th>" + b"h" * 100_000 + b"<th>b" + b"<tr><td>1<td>2" * 50_000
    yield "tables.html", b"<table><tr><td>" * 600 + b"Free."
    yield "named-tables.html", b"<table><tr><th>a<th>b<tr><td>" * 500 + b"Free."
    yield "spans.html", b"<table><tr><th>a<th>b" + b"<tr><td colspan=1000 rowspan=65534>1<td>2" * 4000
    yield "stairs.html", b"<table>" + b"".join(b"<tr><td colspan=%d>1<td>2" % n for n in range(1, 1000)) * 9
    yield "hanging.html", b"<table><tr>" + b"<td rowspan=0>1" * 900 + b"<tr><td>2" * 9000
    yield "sup.html", b"<sup><a href='#n'>" * 700 + b"1"
    yield "items.html", b"<ol reversed>" + b"<li>x" * 50_000
    yield "terms.html", b"<dl>" + b"<dt>x<dd>y" * 30_000
    rules = b"".join(b".c%d{display:none}" % n for n in range(5000))
    names = b" ".join(b"c%d" % n for n in range(5000))
    yield "rules.html", b"<style>" + rules + b"</style><p class='" + names + b"'>x" + b"<p>Free." * 5000
    yield "brackets.html", b"<style>p{display:none}" + b"(" * 100_000 + b"</style><p>Free."
    yield "selectors.html", b"<style>" + b"* " * 20_000 + b"{display:none}</style><p>Free."
    yield "styles.html", b"<p style='" + b"text-decoration:" * 200_000 + b"'>Free."
    for encoding in (b"punycode", b"idna", b"zlib", b"unicode_escape", b"utf-16", b"rot13"):
        name = encoding.decode()
        yield f"charset-{name}.html", b"<meta charset=%s><p>Free.\xff-" % encoding + b"a9z" * 50_000
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 9}">' for n in range(1, 10))
    yield "laughs.html", f'<!DOCTYPE a [<!ENTITY a0 "x">{laughs}]><p>&a9;'.encode()
    yield "file.html", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><body>a &x; b</body>"


def _words(rng: random.Random) -> Named:
    """DOCX files, each a good one with something else in it."""
    parts = members(good()[".docx"])
    body = parts["word/document.xml"]

    def with_body(xml: bytes) -> bytes:
        return archive({**parts, "word/document.xml": xml})

    def repeated(xml: bytes) -> bytes:
        return with_body(body.replace(b"<w:body>", b"<w:body>" + xml))

    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 9}">' for n in range(1, 12))
    entities = {
        "laughs": f'<!DOCTYPE d [<!ENTITY a0 "x">{laughs}]>',
        "quadratic": f'<!DOCTYPE d [<!ENTITY a11 "{"x" * 200_000}">]>',
        "file": '<!DOCTYPE d [<!ENTITY a11 SYSTEM "file:///etc/passwd">]>',
        "web": '<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;<!ENTITY a11 "x">]>',
    }
    xml = body.split(b"?>", 1)[1].replace(GOOD_LINE.encode(), b"&a11;" * 500)
    for name, declared in entities.items():
        yield f"{name}.docx", with_body(declared.encode() + xml)
    yield "bomb.docx", archive({**parts, "word/document.xml": bytes(60 << 20)})
    yield "media.docx", archive({**parts, "word/media/image1.png": bytes(30 << 20)})
    yield "nested.docx", archive({**parts, "word/document.xml": good()[".docx"]})
    yield "members.docx", archive({**parts, **{f"x{n}": b"" for n in range(12_000)}}, zipfile.ZIP_STORED)
    yield "outside.docx", archive({**parts, "../../../../tmp/outside": b"x"})
    yield "absolute.docx", archive({**parts, "/etc/outside": b"x"})
    yield (
        "bodiless.docx",
        archive({name: data for name, data in parts.items() if name != "word/document.xml"}),
    )
    yield "typeless.docx", archive({name: data for name, data in parts.items() if not name.startswith("[")})
    yield "lzma.docx", archive(parts, zipfile.ZIP_LZMA)
    yield "encrypted.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000)
    small = archive({"word/document.xml": bytes(9 << 20)})
    yield "liar.docx", small.replace((9 << 20).to_bytes(4, "little"), (5000).to_bytes(4, "little"))
    yield "deep.docx", repeated(b"<w:p>" * 50_000)
    yield "deep-tables.docx", repeated(b"<w:tbl><w:tr><w:tc>" * 80 + b"</w:tc></w:tr></w:tbl>" * 80)
    yield "paragraphs.docx", repeated(b"<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 5_000)
    cell = b"<w:tc><w:tcPr><w:gridSpan w:val='%d'/></w:tcPr><w:p/></w:tc>"
    yield "span.docx", repeated(b"<w:tbl><w:tr>" + cell % 900_000_000 + b"</w:tr></w:tbl>")
    rows = b"<w:tr>" + b"<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>" * 40 + b"</w:tr>"
    yield "cells.docx", repeated(b"<w:tbl>" + rows * 100 + b"</w:tbl>")
    yield "controls.docx", repeated(b"<w:sdt><w:sdtContent>" * 100 + b"</w:sdtContent></w:sdt>" * 100)
    begin = b"<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r></w:p>"
    yield "fields.docx", repeated(begin * 5_000)
    yield "shared.docx", repeated(b"<w:p><w:pPr><w:outlineLvl w:val='%s'/></w:pPr></w:p>" % (b"9" * 9000) * 9)
    merge = b"<w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>" * 20
    yield "merges.docx", repeated(b"<w:tbl>" + (b"<w:tr>" + merge + b"</w:tr>") * 500 + b"</w:tbl>")
    number = b"<w:start w:val='999999999'/><w:numFmt w:val='%s'/><w:lvlText w:val='" + b"%%1" * 3000 + b"'/>"
    forms = (b"lowerLetter", b"upperRoman", b"chineseCounting")
    levels = b"".join(
        b"<w:lvl w:ilvl='%d'>" % at + number % form + b"</w:lvl>" for at, form in enumerate(forms)
    )
    space = b"xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"
    abstract = b"<w:abstractNum w:abstractNumId='1'>" + levels + b"</w:abstractNum>"
    listed = b"<w:num w:numId='1'><w:abstractNumId w:val='1'/></w:num>"
    numbering = b"<w:numbering " + space + b">" + abstract + listed + b"</w:numbering>"
    placed = b"<w:pPr><w:numPr><w:ilvl w:val='1'/><w:numId w:val='1'/></w:numPr></w:pPr>"
    item = b"<w:p>" + placed + b"<w:r><w:t>x</w:t></w:r></w:p>"
    numbered = body.replace(b"<w:body>", b"<w:body>" + item * 2000)
    yield "numbers.docx", archive({**parts, "word/document.xml": numbered, "word/numbering.xml": numbering})


def _sheets(rng: random.Random) -> Named:
    """XLSX files, each a good one with something else in it."""
    parts = members(good()[".xlsx"])
    place = "xl/worksheets/sheet1.xml"

    def with_sheet(old: bytes, new: bytes) -> bytes:
        return archive({**parts, place: parts[place].replace(old, new)})

    yield "bomb.xlsx", archive({**parts, place: bytes(60 << 20)})
    yield "sheetless.xlsx", archive({name: data for name, data in parts.items() if name != place})
    yield "merged.xlsx", with_sheet(b'ref="A5:B5"', b'ref="A1:XFD1048576"')
    yield "merged-nowhere.xlsx", with_sheet(b'ref="A5:B5"', b'ref="nowhere"')
    ranges = b"".join(b'<mergeCell ref="A1:XFD%d"/>' % n for n in range(1, 20_000))
    yield "merges.xlsx", with_sheet(b'<mergeCell ref="A5:B5"/>', ranges)
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    yield "far.xlsx", with_sheet(b"</sheetData>", far)
    wide = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (n, n) for n in range(10, 3000))
    yield "wide.xlsx", with_sheet(b"</sheetData>", wide + b"</sheetData>")
    names = [chr(65 + a) + chr(65 + b) for a in range(26) for b in range(26)]
    stairs = b"".join(
        b'<row r="%d"><c r="%s%d"><v>1</v></c></row>' % (n, name.encode(), n)
        for n, name in enumerate(names, 10)
    )
    yield "stairs.xlsx", with_sheet(b"</sheetData>", stairs + b"</sheetData>")
    rows = b"".join(b'<row r="%d" hidden="1"/>' % n for n in range(10, 60_000))
    yield "hidden.xlsx", with_sheet(b"</sheetData>", rows + b"</sheetData>")
    columns = b'<cols><col min="1" max="999999999" hidden="1"/></cols><sheetData>'
    yield "columns.xlsx", with_sheet(b"<sheetData>", columns)
    yield "digits.xlsx", with_sheet(b"<v>0.5</v>", b"<v>" + b"9" * 9000 + b"</v>")
    yield "date.xlsx", with_sheet(b"<v>0.5</v>", b"<v>1e308</v>")
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 9}">' for n in range(1, 12))
    declared = f'<!DOCTYPE d [<!ENTITY a0 "1">{laughs}]>'.encode()
    yield "laughs.xlsx", archive({**parts, place: declared + parts[place].replace(b"0.5", b"&a11;")})
    formats = parts["xl/styles.xml"].replace(b"<numFmts", b"<x").replace(b'numFmtId="0"', b'numFmtId="165"')
    form = (
        b'<numFmts count="1"><numFmt numFmtId="165" formatCode="' + b"0,." * 50_000 + b'"/></numFmts><fonts'
    )
    yield "format.xlsx", archive({**parts, "xl/styles.xml": formats.replace(b"<fonts", form, 1)})


def pdf(*objects: bytes) -> bytes:
    """Return a PDF of `objects`, numbered from 1; the first is the catalogue."""
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, part) for number, part in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Size 99>>\nstartxref\n0\n%%EOF"


def _stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), extra, data)


def _page_of(content: bytes, resources: bytes = b"", *more: bytes) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<<%s>>>>" % resources
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, content, *more)


def _pdfs(rng: random.Random) -> Named:
    locked = FPDF()
    locked.set_encryption(owner_password="a", user_password="b")
    locked.add_page()
    yield "locked.pdf", bytes(locked.output())
    catalog = b"<</Type/Catalog/Pages 2 0 R>>"
    yield "loop.pdf", pdf(catalog, b"<</Type/Pages/Kids[2 0 R]/Count 1>>")
    yield "parents.pdf", pdf(catalog, b"<</Type/Pages/Kids[3 0 R]>>", b"<</Type/Pages/Kids[2 0 R]>>")
    yield "self.pdf", pdf(b"1 0 R")
    yield "count.pdf", pdf(catalog, b"<</Type/Pages/Kids[]/Count 999999999999>>")
    fan = [b"<</Type/Pages/Kids[%s]/Count 9>>" % (b"%d 0 R " % (n + 1) * 9) for n in range(2, 13)]
    yield "fan.pdf", pdf(catalog, *fan, b"<</Type/Page/MediaBox[0 0 9 9]>>")
    bomb = zlib.compress(bytes(100 << 20))
    yield "bomb.pdf", _page_of(_stream(bomb, b"/Filter/FlateDecode"))
    yield "twice.pdf", _page_of(_stream(zlib.compress(bomb), b"/Filter[/FlateDecode/FlateDecode]"))
    yield "filters.pdf", _page_of(_stream(b"x", b"/Filter[" + b"/ASCIIHexDecode" * 20_000 + b"]"))
    yield "runs.pdf", _page_of(_stream(b"\x81x" * 2_000_000 + b"\x80", b"/Filter/RunLengthDecode"))
    words = b"BT /F1 9 Tf " + b"(free) Tj T* " * 50_000 + b"ET"
    font = b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
    yield "words.pdf", _page_of(_stream(zlib.compress(words), b"/Filter/FlateDecode"), font)
    yield from _layouts(font)
    yield "states.pdf", _page_of(_stream(b"q " * 50_000), font)
    yield "strings.pdf", _page_of(_stream(b"(" * 100_000), font)
    yield "arrays.pdf", _page_of(b"[" * 200_000)
    yield "dictionaries.pdf", _page_of(b"<</A" * 100_000)
    yield "names.pdf", _page_of(_stream(b"BT /" + b"#41" * 100_000 + b" 9 Tf ET"), font)
    form = _stream(b"/X Do /X Do", b"/Type/XObject/Subtype/Form/Resources<</XObject<</X 5 0 R>>>>")
    yield "forms.pdf", _page_of(_stream(b"/X Do"), b"/XObject<</X 5 0 R>>", form)
    cmap = _stream(b"1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange")
    mapped = b"/Font<</F1<</Type/Font/Subtype/Type0/BaseFont/A/ToUnicode 5 0 R/Encoding/Identity-H>>>>"
    yield "cmap.pdf", _page_of(_stream(b"BT /F1 9 Tf <0001> Tj ET"), mapped, cmap)
    yield "length.pdf", _page_of(b"<</Length 99999999999>>stream\nx\nendstream")
    yield (
        "previous.pdf",
        b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer<</Prev 9/Size 1>>\nstartxref\n9\n%%EOF",
    )
    yield "xref.pdf", b"%PDF-1.4\nxref\n0 99999999\n" + b"0000000000 65535 f \n" * 999
    yield "starts.pdf", b"%PDF-1.4\n" + b"startxref\n" * 100_000
    yield "objects.pdf", b"%PDF-1.4\n" + b"1 0 obj\n" * 100_000


def _layouts(font: bytes) -> Named:
    """Pages on which lines, columns and tables are found slowly or not at all."""
    apart = (
        b"BT /F1 4 Tf 1 0 0 1 %d %d Tm (a) Tj ET " % (20 + n % 110 * 5, n // 110 * 5) for n in range(20_000)
    )
    beside = (b"BT /F1 1 Tf 1 0 0 1 %d %d Tm (a) Tj ET " % (n % 2 * 300, n * 5 // 2) for n in range(5000))
    crossing = (b"%d 0 m %d 700 l S 0 %d m 600 %d l S " % (n, n, n, n) for n in range(0, 500, 2))
    turned = (
        b"BT /F1 9 Tf %f %f %f 1 9 9 Tm (turned) Tj ET " % (n / 99, n / 99, -n / 99) for n in range(2000)
    )
    contents = {
        "apart": b"".join(apart),
        "beside": b"".join(beside),
        "grid": b"".join(crossing) + b"BT /F1 2 Tf 9 9 Td (free) Tj ET",
        "turned": b"".join(turned),
        "hyphens": b"BT /F1 1 Tf 1 TL 9 9000 Td " + b"(free- www.a/ 1.) Tj T* " * 9000 + b"ET",
        "leaders": b"BT /F1 1 Tf 9 9 Td (" + b". " * 15_000 + b") Tj ET",
        "nowhere": b"BT /F1 9 Tf 1e30 1e30 Td (free) Tj 0 0 0 0 0 0 Tm (free) Tj ET",
    }
    for name, content in contents.items():
        yield f"layout-{name}.pdf", _page_of(_stream(content), font)


def _write_long_lines(folder: Path) -> None:
    """One line of 50 MB in each format that is read by lines, and a file over the size limit, sparse."""
    line = b"The gate opens at nine, they say, " * 1_500_000
    (folder / "line.txt").write_bytes(line)
    (folder / "line.jsonl").write_bytes(b'{"text": "' + line + b'"}\n{"text": "Free."}\n')
    (folder / "line.csv").write_bytes(b"a,b\n1," + line)
    with (folder / "sparse.txt").open("wb") as file:
        file.truncate(4 << 30)


def _write_paths(folder: Path) -> None:
    """Names and kinds of paths that few programs expect; the file system refuses some of them."""
    names = [
        "line\nbreak.md", "carriage\rreturn.md", "tab\tstop.md", "escape\x1b[31mred.md", "bidi\u202egpj.md",
        "zero\u200bwidth.md", "-rf.md", "{format} %s $(id) `id`.md", "quote'\".md", "back\\slash.md",
        " .md", "..md", "a" * 252 + ".md", "a.md\n", "UPPER.MD", "none", "trailing.", "nothing.xyz",
    ]  # fmt: skip
    for name in [*map(os.fsencode, names), b"latin-\xe9.md", b"broken-\xff\xfe.md"]:
        with contextlib.suppress(OSError):
            Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(GOOD_LINE.encode())
    for name in ("line\nbreak.pdf", "line\nbreak.json", "escape\x1b[31m.html", b"broken-\xff.docx"):
        with contextlib.suppress(OSError):
            Path(os.fsdecode(os.fsencode(folder) + b"/" + os.fsencode(name))).write_bytes(b"[")
    links = {
        "self.md": "self.md",
        "ping.md": "pong.md",
        "pong.md": "ping.md",
        "up": "..",
        "gone.md": "none.md",
        "out.md": "/etc/passwd",
        "root": "/",
        "..hidden": "..",
        "through.md": "..hidden/through.md",
    }
    for name, target in {**links, "zero.txt": "/dev/zero", "null.md": "/dev/null"}.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe.md")
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as server:  # the path may be too long
        server.bind(str(folder / "socket.md"))
    (folder / "locked.md").write_text(GOOD_LINE)
    (folder / "locked.md").chmod(0)
    (folder / "folder.md").mkdir()
    _nest(folder, 1100)


def _nest(folder: Path, levels: int) -> None:
    """Make folders nest deeper than Python calls, one name at a time: the whole path would be too long."""
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    try:
        for _ in range(levels):
            os.mkdir("d")
            os.chdir("d")
        Path("deep.md").write_text(GOOD_LINE)
    finally:
        os.chdir(here)
        os.close(here)
