import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import DocumentError
from ingest.files.reading import read_documents
from ingest.files.walking import Within
from ingest.types import Document
from settings import Parsing

_FORMATS = ".md, .markdown, .txt, .html, .htm, .pdf, .docx, .xlsx, .csv, .tsv, .json, .jsonl, .xml"


def _write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def _read(source: Path, max_file_mb: int = 64) -> tuple[list[Document], list[str]]:
    items = list(read_documents(source, max_file_mb))
    documents = [item for item in items if isinstance(item, Document)]
    return documents, [str(item) for item in items if isinstance(item, DocumentError)]


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder that everybody may enter, and no root rights while it is used."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        is_root = os.geteuid() == 0
        _write(folder, {"locked.md": "Free.", "inner/a.md": "Free.", "open.md": "Free."})
        (folder / "locked.md").chmod(0)
        (folder / "inner").chmod(0)
        if is_root:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            (folder / "inner").chmod(0o755)


def test_files_are_read_in_order_of_their_paths(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {"zh/b.md": "免费。", "en/c.txt": "Free.", "en/a.csv": "Fee,for\n5,bags", "a.html": "<p>Free."},
    )
    documents, errors = _read(tmp_path)
    assert [document.id for document in documents] == ["a.html", "en/a.csv", "en/c.txt", "zh/b.md"]
    assert [document.lang for document in documents] == ["en", "en", "en", "zh"]
    assert errors == []


def test_a_single_file_is_called_by_its_name(tmp_path: Path) -> None:
    _write(tmp_path, {"en/fees.md": "Free."})
    documents, _ = _read(tmp_path / "en/fees.md")
    assert documents == [Document(id="fees.md", title="fees", text="Free.", lang="en", source="fees.md")]


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        pytest.param("a.md", "---\ntitle: Stated\n---\n# Heading\nFree.", "Stated", id="the front matter's"),
        pytest.param("a.md", "Free.\n\n## Heading ##\nFree.", "Heading", id="else the first heading"),
        pytest.param("a.html", "<title>Page\n title</title><h1>Heading</h1>", "Page title", id="the page's"),
        pytest.param("fees.txt", "Free.", "fees", id="else the file's name"),
        pytest.param("a.json", '{"text": "Free.", "id": "d7"}', "d7", id="or the record's id"),
        pytest.param(
            "a.md", "```sh\n# stop\n```\n# Machine", "Machine", id="a comment in code is no heading"
        ),
        pytest.param("machine.txt", "~~~\n# stop\nstop", "machine", id="nor where the code never ends"),
        pytest.param("a.md", "手册\n====\n\n# 退款", "手册", id="an underlined title is one"),
    ],
)
def test_title(tmp_path: Path, name: str, content: str, title: str) -> None:
    (document,), _ = _read(_write(tmp_path, {name: content}))
    assert document.title == title


@pytest.mark.parametrize(
    ("stated", "text", "lang"),
    [
        pytest.param("zh-CN", "Free.", "zh", id="zh-CN is Chinese"),
        pytest.param("en_US", "免费。", "en", id="en_US is English"),
        pytest.param("fr", "免费。", "zh", id="another is detected"),
        pytest.param("", "Free.", "en", id="none is detected"),
    ],
)
def test_language(tmp_path: Path, stated: str, text: str, lang: str) -> None:
    (document,), _ = _read(_write(tmp_path, {"a.json": json.dumps({"text": text, "lang": stated})}))
    assert document.lang == lang


def test_text_is_cleaned(tmp_path: Path) -> None:
    (document,), _ = _read(_write(tmp_path, {"a.txt": "Lug\u00adgage\r\n\r\n\r\nis\u200b free.\r\n"}))
    assert document.text == "Luggage\n\nis free."


def test_text_in_gb18030_is_read(tmp_path: Path) -> None:
    (document,), _ = _read(_write(tmp_path, {"法规.txt": "第一条 旅客可以退票。".encode("gb18030")}))
    assert (document.id, document.text, document.lang) == ("法规.txt", "第一条 旅客可以退票。", "zh")


def test_records_without_an_id_are_numbered(tmp_path: Path) -> None:
    documents, _ = _read(_write(tmp_path, {"a.jsonl": '{"text": "One."}\n{"text": "Two."}\n'}))
    assert [document.id for document in documents] == ["a.jsonl", "a.jsonl:2"]


def test_jsonl_is_read_a_line_at_a_time(tmp_path: Path) -> None:
    _write(tmp_path, {"documents.jsonl": '{"id": "a", "text": "One."}\nbroken\n'})
    items = read_documents(tmp_path / "documents.jsonl")
    first = next(items)
    assert isinstance(first, Document)
    assert first.text == "One."


def test_a_broken_line_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = ['{"id": "a", "text": "One."}', "", "{broken", '{"id": "b"}', '{"id": "c", "text": "\u200b"}']
    _write(tmp_path, {"d.jsonl": "\n".join([*lines, '{"id": "d", "text": "Two."}'])})
    documents, errors = _read(tmp_path / "d.jsonl")
    assert [document.id for document in documents] == ["a", "d"]
    assert len(errors) == 3
    assert f"{tmp_path}/d.jsonl, line 3 is not JSON" in errors[0]
    assert "line 4: 'text' is missing" in errors[1]
    assert "holds no text" in errors[2]


def test_an_id_is_given_once(tmp_path: Path) -> None:
    _write(tmp_path, {"a.md": "---\nid: x\n---\nOne.", "b.md": "---\nid: x\n---\nTwo."})
    documents, errors = _read(tmp_path)
    assert [document.text for document in documents] == ["One."]
    assert errors == [f"{tmp_path}/b.md: id 'x' is taken by {tmp_path}/a.md; rename one"]


def test_hidden_files_and_locks_are_passed_over(tmp_path: Path) -> None:
    _write(tmp_path, {".git/a.md": "x", ".a.md": "x", "~$a.docx": "x", "b.md": "Free."})
    documents, errors = _read(tmp_path)
    assert ([document.id for document in documents], errors) == (["b.md"], [])


def test_a_link_to_the_folder_above_does_not_loop(tmp_path: Path) -> None:
    _write(tmp_path, {"a/b.md": "Free."})
    (tmp_path / "a/up").symlink_to(tmp_path)
    documents, errors = _read(tmp_path)
    assert ([document.id for document in documents], errors) == (["a/b.md"], [])


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        pytest.param("old.DOC", "Free.", "is in no known format; save it as .docx", id="another program's"),
        pytest.param("slides.pptx", "Free.", "is in no known format; save it as .pdf", id="slides"),
        pytest.param("bad.xyz", "Free.", f"is in no known format; known are {_FORMATS}", id="unknown suffix"),
        pytest.param("bad.pdf", b"\x89PNG\r\n\x1a\n", "is a PNG image, not .pdf", id="an image named .pdf"),
        pytest.param("bad.txt", b"\x7fELF\x02\x01\0\0", "is a program, not .txt", id="a program named .txt"),
        pytest.param("bad.txt", b"ab\0\0", "holds binary data, not text", id="zero bytes in text"),
        pytest.param("bad.md", b"%PDF-1.7", "is a PDF, not .md", id="a PDF named .md"),
        pytest.param(
            "bad.docx", b"\xd0\xcf\x11\xe0", "is an Office file, encrypted or older", id="encrypted DOCX"
        ),
        pytest.param("bad.docx", b"PK\x03\x04", "is damaged or no DOCX", id="damaged DOCX"),
        pytest.param("bad.pdf", b"%PDF-1.7\n%%EOF", "is damaged or no PDF", id="damaged PDF"),
        pytest.param("bad.md", b"", "is empty; fill or remove it", id="no bytes"),
        pytest.param("bad.jsonl", b" \n\n", "holds no text; fill or remove it", id="blank lines of JSON"),
        pytest.param(
            "bad.md", "---\nid: a\n---\n \u200b\n", "holds no text; fill or remove it", id="no text"
        ),
    ],
)
def test_a_bad_file_is_one_line_and_the_rest_goes_on(
    tmp_path: Path, name: str, content: str | bytes, line: str
) -> None:
    documents, errors = _read(_write(tmp_path, {"a.md": "Free.", name: content, "c.md": "Free."}))
    assert [document.id for document in documents] == ["a.md", "c.md"]
    assert len(errors) == 1
    assert errors[0].startswith(f"{tmp_path}/{name} {line}")
    assert "\n" not in errors[0]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("line\nbreak.json", "line\\nbreak.json", id="a line break"),
        pytest.param("red\x1b[31m.json", "red\\x1b[31m.json", id="a terminal's escape"),
        pytest.param("a\u202enosj.json", "a\\u202enosj.json", id="text turned round"),
        pytest.param("运价.json", "运价.json", id="Chinese stays"),
    ],
)
def test_an_error_shows_any_name_on_one_line(tmp_path: Path, name: str, shown: str) -> None:
    _, errors = _read(_write(tmp_path, {name: "["}))
    assert len(errors) == 1
    assert errors[0].startswith(f"{tmp_path}/{shown} is not JSON")


def test_a_file_whose_sidecar_would_have_too_long_a_name_is_read(tmp_path: Path) -> None:
    documents, errors = _read(_write(tmp_path, {"a" * 252 + ".md": "Free."}))
    assert (len(documents), errors) == (1, [])


def test_a_file_over_a_limit_is_one_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    _write(tmp_path, {"a.txt": "Free.", "b.txt": "x" * 2000, "c.txt": "Free."})
    items = list(read_documents(tmp_path, limits=Parsing(max_chars=1000)))
    limit = "holds a text of over 1,000 characters; split it or raise parsing.max_chars"
    assert [str(item) for item in items if isinstance(item, DocumentError)] == [f"{tmp_path}/b.txt {limit}"]
    assert len(items) == 3


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "big.txt").open("wb") as file:
        file.truncate(300 << 20)
    _, errors = _read(tmp_path)
    limit = "over the limit of 64 MB; split it or raise max_file_mb in domain.toml"
    assert errors == [f"{tmp_path}/big.txt has 300 MB, {limit}"]


def test_the_limit_is_the_callers(tmp_path: Path) -> None:
    _write(tmp_path, {"a.txt": "x" * (1 << 20), "b.txt": "x" * ((1 << 20) + 1)})
    documents, errors = _read(tmp_path, max_file_mb=1)
    assert ([document.id for document in documents], len(errors)) == (["a.txt"], 1)


def test_what_may_not_be_read_is_one_line(as_nobody: Path) -> None:
    documents, errors = _read(as_nobody)
    assert [document.id for document in documents] == ["open.md"]
    assert errors == [
        f"{as_nobody}/inner cannot be read: Permission denied; check its permissions",
        f"{as_nobody}/locked.md cannot be read: Permission denied; check its permissions",
    ]


def test_an_error_says_where_documents_may_have_come_from(as_nobody: Path) -> None:
    items = list(read_documents(as_nobody, names=Within(as_nobody, "domain")))
    assert [item.origin for item in items] == ["domain/inner", "domain/locked.md", "domain/open.md"]


def test_pipes_and_dead_links_do_not_stop_the_rest(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    (tmp_path / "b.md").symlink_to(tmp_path / "gone.md")
    _write(tmp_path, {"c.md": "Free."})
    documents, errors = _read(tmp_path)
    assert [document.id for document in documents] == ["c.md"]
    assert "is not a regular file" in errors[0]
    assert "a link that leads nowhere; remove it" in errors[1]


@pytest.mark.parametrize(
    ("make", "line"),
    [
        pytest.param([], "does not exist", id="missing"),
        pytest.param(["."], "holds no documents; put some there", id="empty"),
        pytest.param(
            ["inner", ".hidden"], "holds no documents; put some there", id="only folders and hidden ones"
        ),
    ],
)
def test_a_source_without_files_is_refused_at_the_door(tmp_path: Path, make: list[str], line: str) -> None:
    source = tmp_path / "documents"
    for name in make:
        (source / name).mkdir(parents=True)
    with pytest.raises(DocumentError, match=line):
        read_documents(source)


def test_a_sidecar_says_what_a_file_cannot(tmp_path: Path) -> None:
    stated = "id: fares\ntitle: 运价表\nlang: zh\nsource: Notice 7\nas_of: 2025-01-01\n"
    _write(tmp_path, {"a.csv": "Fee,for\n5,bags", "a.csv.yaml": stated, "b.csv": "Fee,for\n6,bags"})
    documents, errors = _read(tmp_path)
    (fares, other) = documents
    assert (fares.id, fares.title, fares.lang) == ("fares", "运价表", "zh")
    assert (fares.source, fares.as_of) == ("Notice 7", "2025-01-01")
    assert (other.id, errors) == ("b.csv", [])


@pytest.mark.parametrize("content", ["- a\n- b", "title: [", "title: {a: b}"])
def test_a_broken_sidecar_is_an_error_of_its_file(tmp_path: Path, content: str) -> None:
    _write(tmp_path, {"a.csv": "Fee,for\n5,bags", "a.csv.yaml": content, "b.txt": "Free."})
    documents, errors = _read(tmp_path)
    assert [document.id for document in documents] == ["b.txt"]
    assert [("a.csv.yaml" in error) for error in errors] == [True]


def test_a_sidecar_numbers_the_records_of_its_file(tmp_path: Path) -> None:
    records = '[{"id": "one", "text": "Free."}, {"text": "Not free."}]'
    _write(tmp_path, {"a.json": records, "a.json.yaml": "id: all\nsource: Notice 7\n"})
    documents, _ = _read(tmp_path)
    assert [(document.id, document.source) for document in documents] == [
        ("one", "Notice 7"),
        ("all:2", "Notice 7"),
    ]
