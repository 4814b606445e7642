"""A file that stayed as it was is not parsed again; one that did not, is."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.domain import Domain
from core.errors import DocumentError
from ingest.files.child import Sandbox
from ingest.files.loaders import RawDocument
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.store.intake import IngestReport
from ingest.updating import bring_up_to_date
from settings import Settings, load_settings
from tests.fakes import FakeEmbedder

FILES = {
    "en/fees.md": "---\ntitle: Fees\n---\nA bag costs 30 euros.",
    "zh/fees.html": "<h1>收费</h1><p>行李托运费30元。</p>",
    "en/rows.csv": "bag,fee\nhold,30",
}


class CountingSandbox(Sandbox):
    """A sandbox that notes what it is asked to parse."""

    parsed: list[str] = []  # noqa: RUF012 - of the last reading

    def documents(self, path: Path, name: str) -> Iterator[RawDocument | DocumentError]:
        self.parsed.append(path.name)
        return super().documents(path, name)


class Shop:
    """A domain in a folder of its own, and its knowledge base."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "shop" / "documents"
        self._domain = Domain("shop", root / "shop")
        self._settings = load_settings({"home": root / "home", "threads": 1})
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def open(self, settings: Settings | None = None) -> KnowledgeBase:
        return open_knowledge_base(self._domain, settings or self._settings, FakeEmbedder())

    def ingest(self, **parsing: int) -> tuple[IngestReport, list[str]]:
        """Bring the knowledge base up to date; return the report and the names of the files parsed."""
        limits = self._settings.parsing.model_copy(update=parsing)
        settings = self._settings.model_copy(update={"parsing": limits})
        CountingSandbox.parsed = []
        knowledge = self.open()
        report = bring_up_to_date(knowledge, self._domain, settings, sandbox=CountingSandbox)
        knowledge.close()
        return report, CountingSandbox.parsed


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    report, parsed = shop.ingest()
    assert (report.added, len(parsed)) == (3, 3)
    return shop


def test_an_unchanged_file_is_not_parsed_again(shop: Shop) -> None:
    report, parsed = shop.ingest()
    assert parsed == []
    assert (report.unchanged, report.embedded, report.failures) == (3, 0, ())


def _same_size_and_date(shop: Shop) -> None:
    path = shop.folder / "en" / "fees.md"
    before = path.stat()
    path.write_text(FILES["en/fees.md"].replace("30", "40"), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "parsed", "changed"),
    [
        pytest.param(_same_size_and_date, ["fees.md"], 1, id="other bytes, same size and date"),
        pytest.param(
            lambda shop: shop.write("en/rows.csv.yaml", "title: Rows"),
            ["rows.csv"],
            1,
            id="a description beside it",
        ),
        pytest.param(
            lambda shop: (shop.folder / "en/rows.csv").rename(shop.folder / "en/table.csv"),
            ["table.csv"],
            0,
            id="another name",
        ),
        pytest.param(
            lambda shop: shop.write("zh/fees.html", FILES["zh/fees.html"] + "\n"),
            ["fees.html"],
            0,
            id="other bytes, same text",
        ),
    ],
)
def test_a_changed_file_is_parsed(
    shop: Shop, change: Callable[[Shop], object], parsed: list[str], changed: int
) -> None:
    change(shop)
    report, names = shop.ingest()
    assert (names, report.changed) == (parsed, changed)
    assert shop.ingest()[1] == []


def test_other_limits_parse_again(shop: Shop) -> None:
    assert len(shop.ingest(max_chars=100_000)[1]) == 3


def test_a_document_that_was_deleted_is_read_again_once_it_is_let_in(shop: Shop) -> None:
    knowledge = shop.open()
    assert knowledge.delete(["en/fees.md"]) == 1
    assert shop.ingest()[0].withdrawn == 1
    assert knowledge.restore(["en/fees.md"]) == 1
    knowledge.close()
    report, parsed = shop.ingest()
    assert (parsed, report.added, report.unchanged) == (["fees.md"], 1, 2)


def test_a_document_that_another_file_replaced_is_read_again(shop: Shop) -> None:
    """Of two files that claim one id the first wins; what the other gave before is no longer its."""
    shop.write("en/a.md", "---\nid: en/fees.md\n---\nA bag is free.")
    report, parsed = shop.ingest()
    assert parsed == ["a.md"]
    assert (report.changed, len(report.failures)) == (1, 1)
    assert shop.ingest()[1] == ["fees.md"]


def test_a_file_of_several_documents_is_parsed_every_time(shop: Shop) -> None:
    records = [{"id": name, "text": f"The {name} is open."} for name in ("pool", "bar")]
    shop.write("en/places.json", json.dumps(records))
    shop.write("en/broken.jsonl", '{"id": "gym", "text": "The gym is open."}\n{broken\n')
    for report, parsed in (shop.ingest(), shop.ingest()):
        assert parsed == ["broken.jsonl", "places.json"]
        assert len(report.failures) == 1
