"""Rules of uploads: called by their hash, gone once read, titled by the visitor, bad ones in one line."""

from pathlib import Path

import pytest

from apps.page.uploads import Upload, UploadStore
from core.errors import DocumentError
from ingest.files.cleaning import clean_line
from ingest.types import Document
from settings import Parsing

EVIL = "../../<img src=x onerror=alert(1)>.md"


def read(folder: Path, name: str, data: bytes, max_file_mb: int = 1) -> list[Document | DocumentError]:
    return list(UploadStore(folder, max_file_mb, Parsing()).documents(Upload(name, data)))


def test_a_file_is_called_by_its_hash_and_gone_once_it_is_read(tmp_path: Path) -> None:
    store = UploadStore(tmp_path / "uploads", 1, Parsing())
    reading = store.documents(Upload(EVIL, b"The pool opens at 7."))
    document = next(reading)
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert file.parent.parent == tmp_path / "uploads"
    assert file.stem.isalnum()
    assert isinstance(document, Document)
    assert document.id == f"uploads/{file.stem}"
    assert list(reading) == []
    assert list(tmp_path.rglob("*")) == [tmp_path / "uploads"]


@pytest.mark.parametrize(
    ("name", "data", "title"),
    [
        pytest.param("pool.txt", b"The pool opens at 7.", "pool", id="the file's name where it has no title"),
        pytest.param("泳池.txt", "泳池七点开放。".encode("gb18030"), "泳池", id="Chinese, not in UTF-8"),
        pytest.param(
            "pool.md", b"# Pool rules\n\nOpens at 7.", "Pool rules", id="its own title where it has one"
        ),
        pytest.param(EVIL, b"Opens at 7.", "<img src=x onerror=alert(1)>", id="a name without its folders"),
    ],
)
def test_title(tmp_path: Path, name: str, data: bytes, title: str) -> None:
    (document,) = read(tmp_path, name, data)
    assert isinstance(document, Document)
    assert document.title == title


def test_an_upload_cannot_replace_another_document(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "evil.md", b"---\nid: travel-en-eu261\n---\nNo rights at all.")
    assert isinstance(document, Document)
    assert document.id.startswith("uploads/")
    assert document.id.endswith("/travel-en-eu261")


def test_each_record_has_its_own_id(tmp_path: Path) -> None:
    documents = read(tmp_path, "faq.jsonl", b'{"text": "Opens at 7."}\n{"text": "Closes at 9."}')
    assert len({item.id for item in documents if isinstance(item, Document)}) == 2


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        pytest.param("a.exe", b"MZ", "is in no known format", id="unknown format"),
        pytest.param("a.md", b"", "is empty", id="empty"),
        pytest.param("a\nb\u202e.md", b"", "is empty", id="a name of two lines"),
        pytest.param("a.pdf", b"%PDF-1.7 cut", "a.pdf", id="damaged"),
        pytest.param("a.txt", b"x" * (2 << 20), "over the limit of 1 MB", id="too large"),
    ],
)
def test_a_bad_file_is_one_line_that_calls_it_by_its_name(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (error,) = read(tmp_path, name, data)
    assert isinstance(error, DocumentError)
    assert reason in str(error)
    assert str(error).startswith(clean_line(name))
    assert "\n" not in str(error)
    assert str(tmp_path) not in str(error)


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file where the folder should be")
    (error,) = read(tmp_path / "uploads", "a.md", b"text")
    assert "a.md cannot be stored" in str(error)
