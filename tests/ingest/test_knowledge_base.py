"""The knowledge base from the outside: what is acknowledged is kept and found."""

import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from core.domain import Domain
from core.errors import DocumentError, EmbedderMismatch, KnowledgeBaseError
from core.language import Lang
from ingest.index.hnsw import HnswBackend, HnswIndex
from ingest.index.snapshots import Snapshots
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.types import Document, Filter
from ingest.updating import bring_up_to_date
from settings import Settings, load_settings
from tests.fakes import FakeEmbedder

TOPICS: dict[Lang, list[str]] = {
    "en": ["baggage", "visa", "refund", "museum", "tram", "passport", "breakfast", "insurance"],
    "zh": ["行李", "签证", "退款", "博物馆", "电车", "护照", "早餐", "保险"],
}


def document(topic: str, lang: Lang, text: str = "") -> Document:
    body = f"The {topic} desk opens at nine." if lang == "en" else f"{topic}窗口九点开门。"
    return Document(f"{lang}/{topic}", topic, text or body, lang, "guide", "2026")


CORPUS = [document(topic, lang) for lang, topics in TOPICS.items() for topic in topics]

Open = Callable[..., KnowledgeBase]


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    return Domain("guide", tmp_path / "guide")


@pytest.fixture
def open_base(tmp_path: Path, domain: Domain) -> Iterator[Open]:
    """Opens the same knowledge base anew, as another process would."""
    opened = []

    def open_(embedder: FakeEmbedder | None = None, **retrieval: object) -> KnowledgeBase:
        settings = load_settings({"home": tmp_path / "home", "retrieval": retrieval, "threads": 1})
        opened.append(open_knowledge_base(domain, settings, embedder or FakeEmbedder()))
        return opened[-1]

    yield open_
    for base in opened:
        base.close()


def found(base: KnowledgeBase, query: str, **options: object) -> list[str]:
    return [hit.chunk.document_id for hit in base.search(query, **options)]  # type: ignore[arg-type]


def home(tmp_path: Path) -> Path:
    (folder,) = (tmp_path / "home" / "domains").iterdir()
    return folder


@pytest.mark.parametrize("mode", ["hybrid", "dense", "bm25", "exact"])
@pytest.mark.parametrize("backend", ["hnsw", "chroma"])
def test_every_document_is_found(open_base: Open, mode: str, backend: str) -> None:
    base = open_base(backend=backend)
    base.sync(CORPUS)
    for each in CORPUS:
        hit = base.search(each.title, lang=each.lang, mode=mode, top_k=3)[0]
        assert hit.chunk.document_id == each.id
        assert set(hit.legs) == ({"dense", "bm25"} if mode == "hybrid" else {mode})


class TestLanguages:
    def test_a_language_is_searched_alone(self, open_base: Open) -> None:
        base = open_base()
        base.sync(CORPUS)
        assert all(
            id_.startswith("zh/") for id_ in found(base, "visa 签证", only=Filter(lang="zh"), top_k=20)
        )

    @pytest.mark.parametrize("lang", ["", "en"])
    def test_without_documents_in_it_all_are_searched(self, open_base: Open, lang: str) -> None:
        base = open_base()
        base.sync([each for each in CORPUS if each.lang == "zh" or lang == ""])
        assert found(base, "博物馆", lang=lang)[0] == "zh/博物馆"

    def test_many_queries_answer_as_one_by_one(self, open_base: Open) -> None:
        base = open_base()
        base.sync(CORPUS)
        queries = ["visa desk", "护照窗口", "tram", "没有这个词 xyzzy"]
        assert base.search_many(queries) == [base.search(query) for query in queries]
        assert base.search_many([]) == []


class TestSync:
    def test_unchanged_documents_embed_nothing(self, open_base: Open) -> None:
        first = open_base().sync(CORPUS)
        embedder = FakeEmbedder()
        again = open_base(embedder).sync(CORPUS)
        assert (first.added, first.embedded) == (16, 16)
        assert (again.added, again.changed, again.unchanged, embedder.embedded) == (0, 0, 16, 0)

    def test_a_changed_document_keeps_its_place_and_is_found_anew(self, open_base: Open) -> None:
        base = open_base()
        base.sync(CORPUS)
        changed = document("visa", "en", "Visa forms are blue.")
        report = base.sync([changed])
        assert (report.added, report.changed, report.embedded) == (0, 1, 1)
        assert [each.id for each in base.documents()] == [each.id for each in CORPUS]
        assert base.search("visa forms blue")[0].chunk.text == "Visa forms are blue."
        assert base.verify() == []

    def test_a_new_title_alone_is_a_change(self, open_base: Open) -> None:
        base = open_base()
        base.sync(CORPUS[:2])
        assert base.sync([replace(CORPUS[0], title="Luggage")]).changed == 1

    def test_the_same_text_twice_is_embedded_once(self, open_base: Open) -> None:
        twin = replace(CORPUS[0], id="twin")
        base = open_base()
        assert base.sync([CORPUS[0], twin]).embedded == 1
        assert base.search("baggage", mode="bm25")[0].documents == (CORPUS[0].id, "twin")

    def test_errors_are_reported_and_the_rest_goes_in(self, open_base: Open) -> None:
        torn = replace(CORPUS[1], text="half \ud800")
        report = open_base().sync([DocumentError("bad.pdf is damaged"), CORPUS[0], CORPUS[0], torn])
        assert report.added == 1
        assert [str(failure).split(";")[0] for failure in report.failures] == [
            "bad.pdf is damaged",
            "guide: document id 'en/baggage' is there twice",
            "'en/visa' is not valid Unicode (surrogates not allowed)",
        ]

    def test_progress_adds_up_to_the_documents(self, open_base: Open) -> None:
        moved: list[float] = []
        open_base().sync([*CORPUS, DocumentError("bad")], moved.append)
        assert sum(moved) == pytest.approx(17)

    def test_the_digest_is_of_contents_whatever_their_order(self, open_base: Open, tmp_path: Path) -> None:
        base = open_base()
        base.sync(CORPUS)
        digest = base.corpus_sha256()
        base.delete([CORPUS[0].id])
        assert base.corpus_sha256() != digest
        base.sync(CORPUS)
        assert base.corpus_sha256() == digest

    def test_another_chunk_size_cuts_anew(self, open_base: Open, domain: Domain, tmp_path: Path) -> None:
        text = " ".join(f"Sentence number {n} says something." for n in range(40))
        open_base().sync([document("long", "en", text)])
        small = load_settings({"home": tmp_path / "home", "chunking": {"size": 20, "overlap": 0}})
        base = open_knowledge_base(domain, small, FakeEmbedder())
        assert base.sync([document("long", "en", text)]).changed == 1
        assert base.records()[0].chunks > 3
        base.close()


class TestDeletion:
    def test_a_deleted_document_leaves_nothing(self, open_base: Open, tmp_path: Path) -> None:
        base = open_base()
        base.sync(CORPUS)
        assert base.delete(["en/visa", "no such"]) == 1
        assert "en/visa" not in found(base, "visa", top_k=20)
        assert len(base.records()) == 15
        assert base.verify() == []
        with sqlite3.connect(home(tmp_path) / "ledger.sqlite") as db:
            assert db.execute("SELECT count(*) FROM vectors").fetchone() == (15,)

    def test_deleting_all_leaves_an_empty_base(self, open_base: Open) -> None:
        base = open_base()
        base.sync(CORPUS)
        assert base.delete([each.id for each in CORPUS]) == 16
        with pytest.raises(KnowledgeBaseError, match=r"python -m ingest add --domain .*guide"):
            base.search("visa")
        assert base.sync(CORPUS).added == 16
        assert found(base, "visa")[0] == "en/visa"


class TestOwnDocuments:
    @pytest.fixture
    def files(self, domain: Domain) -> Path:
        domain.documents.mkdir(parents=True)
        for topic in ("visa", "tram"):
            (domain.documents / f"{topic}.md").write_text(f"# {topic}\n\nAll about the {topic} here.\n")
        return domain.documents

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return load_settings({"home": tmp_path / "home", "threads": 1})

    def test_what_vanished_goes_and_what_was_added_stays(
        self, open_base: Open, domain: Domain, files: Path, settings: Settings
    ) -> None:
        base = open_base()
        bring_up_to_date(base, domain, settings)
        base.sync([document("upload", "en")])
        (files / "tram.md").unlink()
        assert bring_up_to_date(base, domain, settings).removed == 1
        assert [record.id for record in base.records()] == ["visa.md", "en/upload"]

    def test_where_a_file_fails_its_document_stays(
        self, open_base: Open, domain: Domain, files: Path, settings: Settings
    ) -> None:
        base = open_base()
        bring_up_to_date(base, domain, settings)
        (files / "tram.md").write_bytes(b"")
        report = bring_up_to_date(base, domain, settings)
        assert (report.removed, report.kept, len(report.failures)) == (0, 1, 1)
        assert len(base.records()) == 2


class TestInterruption:
    def test_a_stopped_ingest_goes_on_where_it_was(
        self, open_base: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingest.store.intake._WINDOW", 4)
        monkeypatch.setattr("ingest.store.intake._PIECE", 3)
        with pytest.raises(KeyboardInterrupt):
            open_base(FakeEmbedder(stop_after=8)).sync(CORPUS)  # 2 windows of 4 in pieces of 3 and 1
        acknowledged = [record.id for record in open_base().records()]
        assert acknowledged == [each.id for each in CORPUS[:8]]
        assert found(open_base(), "refund")[0] == "en/refund"
        embedder = FakeEmbedder()
        report = open_base(embedder).sync(CORPUS)
        assert (report.unchanged, report.added, embedder.embedded) == (8, 8, 8)
        assert open_base().verify() == []

    def test_vectors_of_an_unfinished_window_are_kept(
        self, open_base: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingest.store.intake._PIECE", 3)
        with pytest.raises(KeyboardInterrupt):
            open_base(FakeEmbedder(stop_after=6)).sync(CORPUS)
        assert open_base().records() == []
        embedder = FakeEmbedder()
        open_base(embedder).sync(CORPUS)
        assert embedder.embedded == 10

    def test_a_rebuild_for_another_embedder_goes_on_too(
        self, open_base: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ingest.store.intake._WINDOW", 4)
        open_base().sync(CORPUS)
        with pytest.raises(KeyboardInterrupt):
            open_base(FakeEmbedder("fake-2", stop_after=8)).rebuild()
        with pytest.raises(EmbedderMismatch, match=r"python -m ingest rebuild --domain .*guide"):
            open_base(FakeEmbedder("fake-2")).search("visa")
        embedder = FakeEmbedder("fake-2")
        base = open_base(embedder)
        base.rebuild()
        assert embedder.embedded == 8
        assert found(base, "visa", mode="dense")[0] == "en/visa"
        assert base.verify() == []


class TestEmbedders:
    def test_another_embedder_is_refused_with_the_remedy(self, open_base: Open) -> None:
        open_base().sync(CORPUS)
        other = open_base(FakeEmbedder("fake-2"))
        with pytest.raises(EmbedderMismatch, match=r"python -m ingest rebuild --domain .*guide"):
            other.sync(CORPUS)
        with pytest.raises(EmbedderMismatch):
            other.search("visa")
        assert found(other, "visa", mode="bm25")[0] == "en/visa"

    def test_rebuild_takes_the_other_embedder(self, open_base: Open) -> None:
        open_base().sync(CORPUS)
        embedder = FakeEmbedder("fake-2")
        base = open_base(embedder)
        base.rebuild()
        assert embedder.embedded == 16
        assert found(base, "签证", lang="zh", mode="dense")[0] == "zh/签证"

    def test_rebuild_with_the_same_embeds_nothing(self, open_base: Open) -> None:
        open_base().sync(CORPUS)
        embedder = FakeEmbedder()
        assert open_base(embedder).rebuild().unchanged == 16
        assert embedder.embedded == 0


class TestDamage:
    """An index that is missing, damaged or out of date is built from the ledger, without embedding."""

    @pytest.mark.parametrize(
        "harm",
        [
            pytest.param(lambda folder: shutil.rmtree(folder / "generations"), id="no snapshots"),
            pytest.param(
                lambda folder: (folder / "CURRENT").write_text("../../etc"), id="pointer is nonsense"
            ),
            pytest.param(lambda folder: (folder / "CURRENT").unlink(), id="pointer is gone"),
            pytest.param(lambda folder: _truncate(folder, "graph.hnsw"), id="graph is truncated"),
            pytest.param(lambda folder: _truncate(folder, "vectors.npy"), id="matrix is truncated"),
            pytest.param(lambda folder: _truncate(folder, "counts.npy"), id="bm25 is truncated"),
            pytest.param(lambda folder: _truncate(folder, "seal.json"), id="seals are truncated"),
        ],
    )
    def test_is_mended(self, open_base: Open, tmp_path: Path, harm: Callable[[Path], None]) -> None:
        open_base().sync(CORPUS)
        before = found(open_base(), "refund desk", mode="dense", top_k=1)
        harm(home(tmp_path))
        embedder = FakeEmbedder()
        base = open_base(embedder)
        assert base.verify() != []
        assert found(base, "refund desk", mode="dense", top_k=1) == before
        assert base.verify() == []
        assert embedder.embedded == 0

    @pytest.mark.parametrize("mode", ["bm25", "dense", "exact"])
    def test_a_ledger_from_a_backup_gives_labels_again(
        self, open_base: Open, tmp_path: Path, mode: str
    ) -> None:
        base = open_base()
        base.sync(CORPUS)
        base.close()
        backup = (home(tmp_path) / "ledger.sqlite").read_bytes()
        base = open_base()
        base.sync([document("harbour", "en")])
        base.close()
        (home(tmp_path) / "ledger.sqlite").write_bytes(backup)
        base = open_base()
        base.sync([document("castle", "en")])
        assert found(base, "castle", mode=mode)[0] == "en/castle"
        assert "en/harbour" not in found(base, "harbour", mode=mode, top_k=30)
        assert base.verify() == []

    def test_other_graph_parameters_build_anew(self, open_base: Open, tmp_path: Path) -> None:
        open_base().sync(CORPUS)
        pointer = home(tmp_path) / "CURRENT"
        first = pointer.read_text()
        assert found(open_base(m=8), "visa")[0] == "en/visa"
        assert pointer.read_text() != first

    @pytest.mark.parametrize(("before", "after"), [("hnsw", "chroma"), ("chroma", "hnsw")])
    def test_another_backend_builds_anew(self, open_base: Open, before: str, after: str) -> None:
        open_base(backend=before).sync(CORPUS)
        base = open_base(backend=after)
        assert (found(base, "visa")[0], found(base, "签证", mode="dense")[0]) == ("en/visa", "zh/签证")
        base.sync([document("castle", "en")])
        assert base.verify() == []

    def test_a_damaged_ledger_is_one_clear_line(self, open_base: Open, tmp_path: Path) -> None:
        base = open_base()
        base.sync(CORPUS)
        base.close()
        (home(tmp_path) / "ledger.sqlite").write_bytes(b"not a database" * 1000)
        with pytest.raises(KnowledgeBaseError, match="move it away and add the documents again"):
            open_base()


def _truncate(folder: Path, name: str) -> None:
    victims = list(folder.rglob(name))
    assert victims
    for victim in victims:
        victim.write_bytes(victim.read_bytes()[:-3])


@contextmanager
def _files_of_at_most(size: int) -> Iterator[None]:
    """Every write beyond `size` bytes fails, in native code too: as near to a full disk as a test may go."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


MORE = [document(f"topic{n}", "en") for n in range(200)]


class TestFullDisk:
    @pytest.mark.parametrize("limit", [0, 500, 2_000, 40_000, 50_000, 60_000, 150_000])
    def test_is_a_clear_error_and_the_old_index_answers(self, open_base: Open, limit: int) -> None:
        base = open_base()
        base.sync(CORPUS)
        with _files_of_at_most(limit):
            with pytest.raises(KnowledgeBaseError, match=r"free space|mend the disk"):
                base.sync(MORE)
            assert found(base, "refund")[0] == "en/refund"
            assert found(base, "退款", lang="zh")[0] == "zh/退款"
        assert base.sync([*CORPUS, *MORE]).failures == ()
        assert found(base, "topic77")[0] == "en/topic77"
        assert base.verify() == []


class TestWriters:
    def test_a_second_writer_is_told_to_wait(self, open_base: Open, tmp_path: Path) -> None:
        base = open_base()
        base.sync(CORPUS)
        with (
            FileLock(home(tmp_path) / "writer.lock"),
            pytest.raises(KnowledgeBaseError, match=r"another process is writing to .*guide"),
        ):
            base.sync([document("new", "en")])

    def test_a_reader_sees_what_another_process_commits(self, open_base: Open) -> None:
        reader, writer = open_base(), open_base()
        writer.sync(CORPUS[:8])
        assert found(reader, "visa")[0] == "en/visa"
        writer.sync([document("harbour", "en")])
        assert found(reader, "harbour")[0] == "en/harbour"

    def test_while_another_writes_the_old_index_answers(self, open_base: Open, tmp_path: Path) -> None:
        reader, writer = open_base(), open_base()
        writer.sync(CORPUS)
        assert found(reader, "visa")[0] == "en/visa"
        with FileLock(home(tmp_path) / "writer.lock"):
            with sqlite3.connect(home(tmp_path) / "ledger.sqlite") as db:
                db.execute("UPDATE facts SET value = 'other' WHERE name = 'revision'")
            db.close()
            assert found(reader, "visa")[0] == "en/visa"

    def test_only_the_last_two_snapshots_are_kept(self, open_base: Open, tmp_path: Path) -> None:
        base = open_base()
        for end in (4, 8, 12, 16):
            base.sync(CORPUS[:end])
        assert len(list((home(tmp_path) / "generations").iterdir())) == 2


def test_brute_force_answers_where_a_graph_falls_apart(open_base: Open) -> None:
    """All of MORE are equally near to each other: HNSW prunes the links that would reach them."""
    base = open_base()
    base.sync(MORE)
    titles = [each.title for each in MORE]
    dense, exact = (base.search_many(titles, mode=mode, top_k=1) for mode in ("dense", "exact"))
    assert [hits[0].chunk for hits in dense] == [hits[0].chunk for hits in exact]


def test_a_graph_answers_for_few_passages_too(open_base: Open, tmp_path: Path) -> None:
    base = open_base()
    base.sync(CORPUS)
    assert found(base, "visa", mode="dense")[0] == "en/visa"
    snapshots = Snapshots(home(tmp_path), HnswBackend())
    segments = snapshots.open(snapshots.current()).segments.values()
    assert {type(segment.dense) for segment in segments} == {HnswIndex}


def test_an_empty_base_says_how_to_fill_it(open_base: Open) -> None:
    base = open_base()
    assert base.records() == []
    with pytest.raises(KnowledgeBaseError, match=r"python -m ingest add --domain .*guide"):
        base.search("visa")


def test_unknown_modes_and_chunks_are_clear_lines(open_base: Open) -> None:
    base = open_base()
    base.sync(CORPUS[:1])
    with pytest.raises(KnowledgeBaseError, match="known are bm25, dense, hybrid, exact, reranked"):
        base.search("visa", mode="sparse")
    with pytest.raises(KnowledgeBaseError, match="no passage 'x#0'"):
        base.chunk("x#0")
    assert base.chunk("en/baggage#0").text == CORPUS[0].text


@pytest.mark.parametrize("lang", ["", "en", "zh"])
@pytest.mark.parametrize("mode", ["hybrid", "dense", "bm25", "exact"])
def test_queries_are_searched_in_the_words_of_the_dictionary(
    open_base: Open, domain: Domain, mode: str, lang: str
) -> None:
    """Nothing that a query says stands in a document, only its term does; without a dictionary it is lost."""
    queries = {"en": ("Kitbag?", "en/baggage"), "zh": ("旅行包裹？", "zh/行李")}
    asked = [queries[lang]] if lang else list(queries.values())
    base = open_base()
    base.sync(CORPUS)
    assert not any(found(base, query, lang=lang, mode="bm25") for query, _ in asked)
    domain.folder.mkdir(exist_ok=True)
    dictionary = "term,variants,language\nbaggage,kitbag,en\n行李,旅行包裹|包裹,zh\n"
    (domain.folder / "terms.csv").write_text(dictionary, encoding="utf-8")
    known = open_base()
    for query, document_id in asked:
        assert found(known, query, lang=lang, mode=mode, top_k=3)[0] == document_id
