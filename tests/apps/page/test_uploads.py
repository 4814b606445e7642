"""Rules of uploads: called by a hash on the disk, by their name in the base; bad ones are one line."""

import sqlite3
from pathlib import Path

import pytest

from apps.page.uploads import Upload, UploadStore
from core.domain import Domain
from core.errors import DocumentError
from ingest.files.cleaning import clean_line
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.store.intake import IngestReport
from ingest.types import Document
from settings import Parsing, Settings
from tests.fakes import FakeEmbedder

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
    assert document.id == "uploads/..-..-<img src=x onerror=alert(1)>.md"
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


def taken(knowledge: KnowledgeBase, folder: Path, name: str, data: bytes) -> IngestReport:
    items = read(folder, name, data)
    return knowledge.sync(items, within={item.origin for item in items})


def test_a_corrected_file_takes_the_place_of_the_former_one(tmp_path: Path) -> None:
    domain = Domain(name="inn", folder=tmp_path)
    knowledge = open_knowledge_base(domain, Settings(home=tmp_path / "var"), FakeEmbedder())
    taken(knowledge, tmp_path, "fares.jsonl", b'{"text": "Adults 10 euros"}\n{"text": "Dogs 5 euros"}')
    taken(knowledge, tmp_path, "hours.md", b"Opens at nine.")
    report = taken(knowledge, tmp_path, "fares.jsonl", b'{"text": "Adults 12 euros"}')
    assert (report.added, report.changed, report.removed) == (0, 1, 1)
    assert {one.text for one in knowledge.documents()} == {"Adults 12 euros", "Opens at nine."}
    assert "10 euros" not in str(knowledge.search("fare of adults", "en", 5))


def test_uploads_of_an_earlier_home_give_way_too(tmp_path: Path) -> None:
    """They were named by their contents: 32 hexadecimal digits."""
    domain = Domain(name="inn", folder=tmp_path)
    settings = Settings(home=tmp_path / "var")
    knowledge = open_knowledge_base(domain, settings, FakeEmbedder())
    old = Document(f"uploads/{'0' * 32}", "fares", "Adults 10 euros", "en", "fares.md")
    knowledge.sync([old])
    with sqlite3.connect(tmp_path / "var" / "domains" / domain.key / "ledger.sqlite") as ledger:
        ledger.execute("PRAGMA user_version = 2")
    knowledge.close()
    knowledge = open_knowledge_base(domain, settings, FakeEmbedder())
    taken(knowledge, tmp_path, "fares.md", b"Adults 12 euros")
    assert [one.text for one in knowledge.documents()] == ["Adults 12 euros"]


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
