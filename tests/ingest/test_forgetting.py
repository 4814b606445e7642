"""What is gone goes, what cannot be read stays, what was withdrawn stays away, no name is taken twice."""

import json
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from core.domain import Domain
from core.errors import DocumentError
from ingest.files.elsewhere import Added
from ingest.files.reading import read_documents
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.store.intake import IngestReport
from ingest.updating import Prune, bring_up_to_date
from settings import load_settings
from tests.fakes import FakeEmbedder


class Shop:
    """A domain whose files come and go."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.domain = Domain("shop", root / "shop")
        self.folder = self.domain.documents
        self.folder.mkdir(parents=True)
        self.settings = load_settings({"home": root / "home", "threads": 1})
        self.base = self.open()

    def open(self) -> KnowledgeBase:
        return open_knowledge_base(self.domain, self.settings, FakeEmbedder())

    def write(self, **texts: str | bytes) -> None:
        """Write files into the folder: `bags_md="..."` is `bags.md`."""
        for name, text in texts.items():
            path = self.folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def update(self, prune: Prune = "gone") -> IngestReport:
        return bring_up_to_date(self.base, self.domain, self.settings, prune=prune)

    def add(self, *paths: Path, within: bool = False, emptied: bool = False) -> IngestReport:
        names = Added(self.folder, self.base.origins)
        read = partial(read_documents, known=self.base.read_from)
        items = names.documents(paths, read, keeps=not emptied)
        return self.base.sync(items, within=map(names.origin, paths) if within else (), emptied=emptied)

    def elsewhere(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    @property
    def texts(self) -> dict[str, str]:
        return {document.id: document.text for document in self.base.documents()}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.write(bags_md="Bags cost 5 euros.", dogs_md="狗免费。")
    return shop


class TestGone:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            pytest.param("logo.png", b"\x89PNG\r\n\x1a\n", id="an image"),
            pytest.param("broken.pdf", b"%PDF-1.7 nonsense", id="a damaged PDF"),
            pytest.param("empty.txt", b"", id="an empty file"),
            pytest.param("坏.json", b"[", id="a broken record"),
        ],
    )
    def test_what_is_gone_goes_though_another_file_fails(self, shop: Shop, name: str, content: bytes) -> None:
        (shop.folder / name).write_bytes(content)
        shop.update()
        (shop.folder / "bags.md").unlink()
        report = shop.update()
        assert (report.removed, report.kept, len(report.failures)) == (1, 0, 1)
        assert list(shop.texts) == ["dogs.md"]

    def test_a_file_that_fails_now_keeps_what_it_gave_and_its_neighbours_go(self, shop: Shop) -> None:
        shop.write(fares_jsonl='{"id": "a", "text": "One."}\n{"id": "b", "text": "Two."}\n')
        shop.update()
        shop.write(fares_jsonl=b"\x00\x00")
        (shop.folder / "bags.md").unlink()
        report = shop.update()
        assert (report.removed, report.kept) == (1, 2)
        assert report.warnings == ("what could not be read stays as it was read before (2 documents)",)
        assert set(shop.texts) == {"dogs.md", "a", "b"}
        (shop.folder / "fares.jsonl").unlink()
        assert shop.update().removed == 2

    @pytest.mark.parametrize(
        ("lines", "kept"),
        [
            pytest.param(['{"id": "b", "text": "Tw'], {"b"}, id="its id can be read"),
            pytest.param(['"text": "Two.", "id": "\\u4e59"}'], {"乙"}, id="its id is written otherwise"),
            pytest.param(['{"id": "b", "te{"id": "c", "text": "Three."}'], {"b", "c"}, id="two in one"),
            pytest.param(['{"id": "b", "text": ""}'], {"b"}, id="its text is empty"),
            pytest.param(['{"id": "new", "text": "x'], set(), id="another than those that are gone"),
            pytest.param(["----"], {"b", "c", "乙"}, id="it may have been any"),
            pytest.param(['{"id": "b"' * 101], {"b", "c", "乙"}, id="ids without end"),
            pytest.param(['{"id": "a", "text": "Again."}'], set(), id="an id that is there twice"),
        ],
    )
    def test_a_broken_record_keeps_what_it_may_have_been(
        self, shop: Shop, lines: list[str], kept: set[str]
    ) -> None:
        first = '{"id": "a", "text": "One."}'
        shop.write(r_jsonl="\n".join([first, *(f'{{"id": "{id}", "text": "{id}."}}' for id in "bc乙")]))
        shop.update()
        shop.write(r_jsonl="\n".join([first, *lines]))
        report = shop.update()
        assert (report.removed, report.kept, len(report.failures)) == (3 - len(kept), len(kept), 1)
        assert set(shop.texts) == {"bags.md", "dogs.md", "a", *kept}
        assert shop.update().kept == len(kept), "as long as it is broken"

    @pytest.mark.parametrize(
        ("lines", "kept"),
        [
            pytest.param(['{"text": "Two'], {"r.jsonl:2"}, id="it has the place of the second"),
            pytest.param(["{", "{"], {"r.jsonl:2", "r.jsonl:3"}, id="each has its own"),
        ],
    )
    def test_records_without_ids_are_known_by_their_places(
        self, shop: Shop, lines: list[str], kept: set[str]
    ) -> None:
        texts = [f'{{"text": "{text}."}}' for text in ("One", "二", "Three", "四")]
        shop.write(r_jsonl="\n".join(texts))
        shop.update()
        shop.write(r_jsonl="\n".join([texts[0], *lines]))
        assert shop.update().removed == 3 - len(kept)
        assert set(shop.texts) == {"bags.md", "dogs.md", "r.jsonl", *kept}

    def test_so_it_is_where_a_child_reads_the_file(self, shop: Shop) -> None:
        long = " ".join(f"word{number}" for number in range(9000))  # more than is read without one
        record = '{{"id": "{}", "text": "{} {}"}}'
        shop.write(r_jsonl="\n".join(record.format(id, id, long) for id in "ab乙"))
        shop.update()
        shop.write(r_jsonl=record.format("a", "a", long) + '\n{"id": "乙", "te')
        assert (shop.update().removed, set(shop.texts)) == (1, {"bags.md", "dogs.md", "a", "乙"})

    def test_one_of_several_documents_of_a_file_goes(self, shop: Shop) -> None:
        shop.write(fares_jsonl='{"id": "a", "text": "One."}\n{"id": "b", "text": "Two."}\n')
        shop.update()
        shop.write(fares_jsonl='{"id": "b", "text": "Two."}\n', logo_png=b"\x89PNG\r\n\x1a\n")
        assert shop.update().removed == 1
        assert "a" not in shop.texts

    def test_a_file_that_gives_another_id_leaves_none_behind(self, shop: Shop) -> None:
        shop.update()
        shop.write(bags_md="---\nid: luggage\n---\nBags cost 6 euros.", logo_png=b"x")
        report = shop.update()
        assert (report.added, report.removed) == (1, 1)
        assert shop.texts["luggage"] == "Bags cost 6 euros."
        assert len(shop.texts) == 2

    @pytest.mark.parametrize("target", ["luggage.md", "en/bags.md", "行李.md"])
    def test_a_file_that_moves_is_there_once(self, shop: Shop, target: str) -> None:
        shop.write(logo_png=b"x")
        shop.update()
        (shop.folder / target).parent.mkdir(exist_ok=True)
        (shop.folder / "bags.md").rename(shop.folder / target)
        shop.update()
        assert set(shop.texts) == {target, "dogs.md"}
        assert shop.base.verify() == []

    def test_a_document_with_an_id_of_its_own_moves_with_its_file(self, shop: Shop) -> None:
        stated = "---\nid: bags\ntitle: Bags\nsource: Notice\n---\nBags cost 5 euros."
        shop.write(bags_md=stated)
        shop.update()
        (shop.folder / "bags.md").rename(shop.folder / "luggage.md")
        assert shop.update().unchanged == 2
        shop.write(luggage_md=b"")
        assert shop.update().kept == 1, "it is known where it lies now"

    def test_a_folder_that_could_not_be_read_is_told_from_its_neighbour(self, shop: Shop) -> None:
        kept, gone = ("domain/en/a.md", "domain/en/x/b.md"), ("domain/en.md", "domain/eng/a.md")
        shop.base.sync([])
        with sqlite3.connect(next(shop.root.rglob("ledger.sqlite"))) as db:
            for origin in (*kept, *gone):
                db.execute(
                    "INSERT INTO documents (id, title, text, lang, source, as_of, sha256, recipe, origin) "
                    "VALUES (?1, '', '', 'en', '', '', '', '', ?1)",
                    (origin,),
                )
        db.close()
        report = shop.base.sync(
            [DocumentError("en", "domain/en"), *read_documents(shop.folder)], within=["domain"]
        )
        assert (report.removed, report.kept) == (2, 2)
        assert {id for id in shop.texts if id.startswith("domain")} == set(kept)


class TestAllGone:
    def test_an_empty_folder_empties_nothing_unless_told(self, shop: Shop) -> None:
        shop.update()
        for path in shop.folder.iterdir():
            path.unlink()
        with pytest.raises(DocumentError, match=r"stays \(2 documents\).*update --emptied --domain .*shop"):
            shop.update()
        assert len(shop.texts) == 2
        assert shop.update("all").removed == 2
        assert shop.texts == {}

    def test_nor_does_a_folder_that_is_not_there(self, shop: Shop) -> None:
        shop.update()
        shop.folder.rename(shop.root / "unmounted")
        with pytest.raises(DocumentError, match="update --emptied"):
            shop.update()
        assert len(shop.texts) == 2

    def test_nor_one_in_which_nothing_can_be_read(self, shop: Shop) -> None:
        shop.update()
        for path in shop.folder.iterdir():
            path.unlink()
        shop.write(logo_png=b"\x89PNG\r\n\x1a\n")
        report = shop.update()
        assert (report.removed, report.kept) == (0, 2)
        assert "update --emptied" in report.warnings[0]
        assert shop.update("all").removed == 2

    def test_what_came_from_elsewhere_stays(self, shop: Shop) -> None:
        shop.update()
        shop.add(shop.elsewhere("x/report.md", "A report."))
        for path in shop.folder.iterdir():
            path.unlink()
        shop.update("all")
        assert set(shop.texts) == {"report.md"}


class TestWithdrawn:
    def test_a_deleted_document_of_the_folder_stays_away(self, shop: Shop) -> None:
        shop.update()
        assert shop.base.delete(["bags.md"]) == 1
        for _ in range(2):
            report = shop.update()
            assert (report.added, report.withdrawn) == (0, 1)
        shop.write(bags_md="Bags cost 6 euros.")
        assert shop.update().withdrawn == 1, "a change of the file is no word of whoever withdrew it"
        assert set(shop.texts) == {"dogs.md"}
        assert shop.base.verify() == []

    def test_it_comes_back_when_it_is_let_in(self, shop: Shop) -> None:
        shop.update()
        shop.base.delete(["bags.md"])
        assert shop.base.restore(["bags.md"]) == 1
        assert shop.update().added == 1

    def test_it_is_forgotten_with_its_file(self, shop: Shop) -> None:
        shop.update()
        shop.base.delete(["bags.md"])
        (shop.folder / "bags.md").unlink()
        shop.update()
        assert shop.base.origins.withdrawn("domain") == {}
        shop.write(bags_md="Bags are free.")
        assert shop.update().added == 1

    def test_one_record_of_a_file_is_withdrawn_alone(self, shop: Shop) -> None:
        shop.write(fares_jsonl='{"id": "a", "text": "One."}\n{"id": "b", "text": "Two."}\n')
        shop.update()
        shop.base.delete(["a"])
        shop.update()
        assert set(shop.texts) == {"bags.md", "dogs.md", "b"}

    def test_of_copies_the_other_is_found(self, shop: Shop) -> None:
        shop.write(copy_md="Bags cost 5 euros.")
        shop.update()
        (hit,) = shop.base.search("bags cost", mode="bm25")
        assert set(hit.documents) == {"bags.md", "copy.md"}
        shop.base.delete([hit.chunk.document_id])
        shop.update()
        (other,) = shop.base.search("bags cost", mode="bm25")
        assert {hit.chunk.document_id, other.chunk.document_id} == {"bags.md", "copy.md"}

    def test_what_came_from_elsewhere_is_only_deleted(self, shop: Shop) -> None:
        path = shop.elsewhere("x/report.md", "A report.")
        shop.add(path)
        shop.base.delete(["report.md"])
        assert shop.base.origins.withdrawn("domain") == {}
        assert shop.add(path).added == 1


class TestElsewhere:
    def test_files_of_one_name_are_two_documents(self, shop: Shop) -> None:
        one, two = shop.elsewhere("x/报告.md", "One."), shop.elsewhere("y/报告.md", "Two.")
        shop.add(one)
        shop.add(two)
        assert shop.texts == {"报告.md": "One.", "y/报告.md": "Two."}
        two.write_text("Three.")
        assert shop.add(two).changed == 1
        assert shop.add(one, two).unchanged == 2
        assert shop.texts == {"报告.md": "One.", "y/报告.md": "Three."}

    def test_also_where_they_are_alike_to_the_byte(self, shop: Shop) -> None:
        shop.add(shop.elsewhere("x/report.md", "One."))
        shop.add(shop.elsewhere("y/report.md", "One."))
        assert set(shop.texts) == {"report.md", "y/report.md"}

    def test_also_at_once_and_in_folders(self, shop: Shop) -> None:
        paths = [shop.elsewhere(f"{name}/deep/report.md", name).parent.parent for name in ("x", "y", "z")]
        shop.add(*paths)
        assert shop.texts == {"deep/report.md": "x", "y/deep/report.md": "y", "z/deep/report.md": "z"}
        assert shop.add(*reversed(paths)).unchanged == 3

    def test_also_where_one_gives_several(self, shop: Shop) -> None:
        for name in ("x", "y"):
            shop.add(shop.elsewhere(f"{name}/faq.jsonl", f'{{"text": "{name}1"}}\n{{"text": "{name}2"}}\n'))
        assert set(shop.texts) == {"faq.jsonl", "faq.jsonl:2", "y/faq.jsonl", "y/faq.jsonl:2"}

    def test_a_name_is_kept_when_the_other_is_deleted(self, shop: Shop) -> None:
        one, two = shop.elsewhere("x/report.md", "One."), shop.elsewhere("y/report.md", "Two.")
        shop.add(one, two)
        shop.base.delete(["report.md"])
        shop.add(two)
        assert shop.texts == {"y/report.md": "Two."}

    def test_the_folder_has_its_names_whoever_was_first(self, shop: Shop) -> None:
        path = shop.elsewhere("y/bags.md", "Bags of elsewhere.")
        shop.add(path)
        assert set(shop.texts) == {"bags.md"}
        shop.update()
        assert shop.texts["bags.md"] == "Bags cost 5 euros."
        assert shop.texts["y/bags.md"] == "Bags of elsewhere."
        assert (shop.update().unchanged, shop.add(path).unchanged) == (2, 1)
        assert len(shop.texts) == 3

    def test_a_file_that_is_put_into_the_folder_belongs_to_it(self, shop: Shop) -> None:
        path = shop.elsewhere("y/tram.md", "Trams run all night.")
        shop.add(path)
        path.rename(shop.folder / "tram.md")
        assert shop.update().unchanged == 1
        (shop.folder / "tram.md").unlink()
        assert shop.update().removed == 1

    def test_an_update_of_a_folder_elsewhere_removes_what_is_gone_there(self, shop: Shop) -> None:
        one, two = shop.elsewhere("x/en/report.md", "One."), shop.elsewhere("x/报告.md", "Two.")
        shop.add(one.parent.parent, shop.elsewhere("y/report.md", "Three."))
        two.unlink()
        assert shop.add(one.parent.parent).removed == 0
        assert shop.add(one.parent.parent, within=True).removed == 1
        assert set(shop.texts) == {"en/report.md", "report.md"}
        one.unlink()
        assert shop.add(one.parent.parent, shop.folder, within=True).removed == 0, "a disk that is not there?"
        shop.update()
        assert set(shop.texts) == {"bags.md", "dogs.md", "en/report.md", "report.md"}
        assert shop.add(one.parent.parent, within=True, emptied=True).removed == 1

    def test_also_of_the_domains_own_folder_or_a_part(self, shop: Shop) -> None:
        shop.write(en__fees_md="Fees.", en__hours_md="Hours.")
        shop.update()
        for name in ("bags.md", "en/fees.md"):
            (shop.folder / name).unlink()
        assert shop.add(shop.folder / "en", within=True).removed == 1
        assert set(shop.texts) == {"bags.md", "dogs.md", "en/hours.md"}
        assert shop.add(shop.folder, within=True).removed == 1

    def test_a_file_of_the_folder_is_called_as_there(self, shop: Shop) -> None:
        shop.write(en__fees_md="Fees.")
        shop.add(shop.folder / "en" / "fees.md", shop.folder / "en")
        assert set(shop.texts) == {"en/fees.md"}
        shop.update()
        assert set(shop.texts) == {"en/fees.md", "bags.md", "dogs.md"}

    def test_an_id_that_two_files_state_is_an_error_of_the_second(self, shop: Shop) -> None:
        shop.add(shop.elsewhere("x/faq.json", json.dumps([{"id": "1", "text": "One."}])))
        path = shop.elsewhere("y/faq.json", json.dumps([{"id": "1", "text": "Two."}]))
        (failure,) = shop.add(path).failures
        assert "x/faq.json" in str(failure)
        assert "y/faq.json" in str(failure)
        assert shop.texts == {"1": "One."}
        (shop.root / "x" / "faq.json").unlink()
        assert shop.add(path).changed == 1, "a file that has moved"

    def test_a_newer_text_of_a_stated_id_is_told(self, shop: Shop) -> None:
        shop.write(bags_md="---\nid: bags\n---\nBags cost 5 euros.")
        shop.update()
        report = shop.add(shop.elsewhere("x/new.md", "---\nid: bags\n---\nBags cost 6 euros."))
        assert report.changed == 1
        assert "domain/bags.md" in report.warnings[0]
        assert "x/new.md" in report.warnings[0]


def test_a_ledger_of_before_forgets_what_is_gone(shop: Shop) -> None:
    """It knew no files: the origin of all documents of the folder was `domain`."""
    shop.update()
    shop.base.close()
    with sqlite3.connect(next(shop.root.rglob("ledger.sqlite"))) as db:
        db.execute("UPDATE documents SET origin = 'domain'")
        db.execute("DROP TABLE withdrawn")
        db.execute("DROP INDEX documents_of_origin")
        db.execute("PRAGMA user_version = 3")
    db.close()
    (shop.folder / "bags.md").unlink()
    shop.write(logo_png=b"\x89PNG\r\n\x1a\n")
    shop.base = shop.open()
    assert shop.update().removed == 1
    assert set(shop.texts) == {"dogs.md"}


def test_a_date_that_nobody_can_read_is_told_once(shop: Shop) -> None:
    rows = [{"id": name, "text": f"Text {name}.", "as_of": "Ostern"} for name in "abc"]
    shop.write(rows_jsonl="\n".join(map(json.dumps, rows)))
    (warning,) = shop.update().warnings
    assert warning.startswith("a and 2 more: as_of 'Ostern' is no date that is known")
