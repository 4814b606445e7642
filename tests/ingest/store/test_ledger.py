"""The ledger: what is committed is kept, whole, and numbered once."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import KnowledgeBaseError
from ingest.store.ledger import Ledger
from ingest.store.types import Entry
from ingest.types import Chunk, Document


def entry(id_: str, text: str = "one two") -> Entry:
    chunk = Chunk(f"{id_}#0", id_, text, 0, len(text), "title")
    document = Document(id_, "title", text, "en")
    return Entry(document, [chunk], [text.encode()], text, "recipe")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def fill(ledger: Ledger, *entries: Entry) -> None:
    for each in entries:
        ledger.put_vectors(each.keys, np.ones((1, 3), np.float32))
    ledger.put(entries)


def test_a_label_is_never_given_twice(ledger: Ledger) -> None:
    fill(ledger, entry("a"), entry("b"))
    ledger.delete(["b"])
    fill(ledger, entry("c"))
    fill(ledger, entry("a", "changed"))
    assert ledger.labels("en").tolist() == [3, 4]


@pytest.mark.parametrize(
    ("change", "renews"),
    [
        pytest.param(lambda ledger: fill(ledger, entry("b")), True, id="adding"),
        pytest.param(lambda ledger: fill(ledger, entry("a", "other")), True, id="changing"),
        pytest.param(lambda ledger: ledger.delete(["a"]), True, id="deleting"),
        pytest.param(lambda ledger: ledger.delete(["b"]), False, id="deleting what is not there"),
        pytest.param(lambda ledger: ledger.put_vectors([b"k"], np.ones((1, 3))), False, id="a bare vector"),
    ],
)
def test_the_revision_is_new_after_every_change(ledger: Ledger, change: object, renews: bool) -> None:
    fill(ledger, entry("a"))
    before = ledger.revision
    change(ledger)  # type: ignore[operator]
    assert (ledger.revision != before) == renews


def test_a_commit_is_all_or_nothing(ledger: Ledger) -> None:
    twice = Chunk("a#0", "b", "x", 0, 1)
    with pytest.raises(KnowledgeBaseError):
        ledger.put([entry("a"), Entry(Document("b", "", "x", "en"), [twice], [b"x"], "", "")])
    assert ledger.records() == []


def test_a_vector_goes_with_its_last_chunk(ledger: Ledger) -> None:
    fill(ledger, entry("a"), entry("b"))
    ledger.delete(["a"])
    assert ledger.missing([b"one two"]) == []
    ledger.delete(["b"])
    assert ledger.missing([b"one two"]) == [b"one two"]


def test_a_vector_of_a_replaced_text_goes_with_it(ledger: Ledger) -> None:
    fill(ledger, entry("a"))
    removal = ledger.removal
    fill(ledger, entry("b", "other"))
    assert ledger.removal == removal, "nothing was removed"
    fill(ledger, entry("a", "changed"))
    assert ledger.missing([b"one two", b"other"]) == [b"one two"]
    assert ledger.removal != removal


def test_problems_are_named(ledger: Ledger) -> None:
    fill(ledger, entry("a"))
    wrong = Chunk("b#0", "b", "not it", 0, 6)
    ledger.put([Entry(Document("b", "", "the text", "en"), [wrong], [b"none"], "", "")])
    assert ledger.problems() == [
        "passage 'b#0' is not the text of its document",
        "passage 'b#0' has no vector",
    ]


def test_a_ledger_of_a_later_version_is_refused(tmp_path: Path, ledger: Ledger) -> None:
    with ledger.transaction() as db:
        db.execute("PRAGMA user_version = 9")
    with pytest.raises(KnowledgeBaseError, match="version 9, not 4; move it away"):
        Ledger(tmp_path / "ledger.sqlite")


def test_a_ledger_of_an_earlier_version_is_upgraded(tmp_path: Path, ledger: Ledger) -> None:
    fill(ledger, entry("a"))
    with ledger.transaction() as db:
        db.execute("DROP INDEX documents_of_file")
        db.execute("DROP INDEX documents_of_origin")
        db.execute("DROP TABLE withdrawn")
        db.execute("ALTER TABLE documents DROP COLUMN file")
        db.execute("PRAGMA user_version = 1")
    ledger.close()
    upgraded = Ledger(tmp_path / "ledger.sqlite")
    assert [document.id for document in upgraded.documents()] == ["a"]
    upgraded.note_files({"a": ("digest", "domain/a.md")})
    found = upgraded.read_from("digest")
    assert found is not None
    assert (found.id, found.file, found.origin) == ("a", "digest", "domain/a.md")
    assert upgraded.read_from("another") is None


def test_where_nothing_can_be_written_the_remedy_is_another_folder(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(KnowledgeBaseError, match=r"unable to open.*set ASSISTANT_HOME"):
        Ledger(tmp_path / "ledger.sqlite")
