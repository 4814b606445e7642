"""Ingest against peers: embedding, from documents to a searchable base, and again."""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from statistics import median

import docx
from fpdf import FPDF

from core.domain import Domain, find_domain
from core.weights.catalogue import model_folder
from ingest.chunking import split
from ingest.embedding import Embedder, LocalEmbedder, open_embedder
from ingest.files.reading import read_documents
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.types import Chunk, Document
from ingest.updating import bring_up_to_date
from ingest.workers.pool import Pool
from settings import Settings
from tests.bench import peers
from tests.bench.measuring import Result, in_turn, nearest, overlap, timed

SHIPPED = ("travel", "legal")
SMALL = {"size": 40, "overlap": 0}
"""Chunks so small that the shipped documents make about 2,000."""


def embedding(settings: Settings) -> list[Result]:
    """Embed the passages of all shipped documents: our batches against `encode`."""
    from sentence_transformers import SentenceTransformer

    files = [passages([document], settings) for document in shipped()]
    texts = [passage for file in files for passage in file]
    ours = LocalEmbedder(settings.embedder, settings.home, settings.threads)
    plain = SentenceTransformer(str(model_folder(settings.embedder.model, settings.home)), device="cpu")
    ours.embed_passages(texts[:8]), plain.encode_document(texts[:8])
    seconds = in_turn(
        {
            "ours": lambda: ours.embed_passages(texts),
            "at once": lambda: plain.encode_document(texts),
            "by file": lambda: [plain.encode_document(file) for file in files],
        }
    )
    questions = [one.question for name in SHIPPED for one in find_domain(name).questions("test")]
    exact = plain.encode_document(texts, normalize_embeddings=True)
    right = nearest(plain.encode_query(questions, normalize_embeddings=True), exact)
    mine = ours.embed_passages(texts)
    recall = overlap(nearest(ours.embed_queries(questions), mine), right)
    cosine = float((mine * exact).sum(axis=1).mean())
    also = f"{len(texts)} passages, recall@10 against exact fp32 {recall:.4f} ({len(questions)} questions)"
    return [
        Result("embedding", "one encode() of all, fp32", seconds["at once"] / seconds["ours"], 2, also),
        Result(
            "embedding",
            "one encode() per file, fp32",
            seconds["by file"] / seconds["ours"],
            2,
            f"mean cosine {cosine:.4f}",
        ),
    ]


def ingest(settings: Settings) -> list[Result]:
    """Fill an empty base on disk with small chunks of the shipped documents; peers get the same texts."""
    settings = small(settings)
    documents = shipped()
    texts = passages(documents, settings)
    embedder = open_embedder(settings)
    stock, llama = peers.langchain_embeddings(settings), peers.llama_embeddings(settings)
    for warm in (embedder.embed_passages, stock.embed_documents, llama.get_text_embedding_batch):
        warm(texts[:8])
    with tempfile.TemporaryDirectory() as root:
        folders = (Path(root) / str(number) for number in count())
        arms = {
            "ours": lambda: fill(settings, next(folders), embedder, documents).close(),
            "langchain": lambda: peers.langchain_chroma(texts, stock, next(folders)),
            "llama": lambda: peers.llama_index(texts, llama, next(folders)),
            "langchain, ours": lambda: peers.langchain_chroma(
                texts, peers.OursBehindLangChain(embedder), next(folders)
            ),
        }
        seconds = in_turn(arms, rounds=3)  # a round takes minutes
        with closing(fill(settings, next(folders), embedder, documents)) as knowledge:
            same = _same_texts(knowledge, chunks(documents, settings))
    also = f"{len(texts)} chunks, {same}"
    against = {
        "langchain": ("LangChain + Chroma, fp32", 2.0, also),
        "llama": ("LlamaIndex pipeline, fp32", 2.0, also),
        "langchain, ours": ("LangChain + Chroma, our embedder", None, "what the rest costs"),
    }
    return [
        Result("ingest", name, seconds[arm] / seconds["ours"], goal, note)
        for arm, (name, goal, note) in against.items()
    ]


def ingest_again(settings: Settings) -> list[Result]:
    """Ingest an unchanged corpus again, against its first ingest."""
    domain = find_domain("travel")
    embedder = open_embedder(settings)
    embedder.embed_passages(["warm"])
    with tempfile.TemporaryDirectory() as home:
        knowledge = open_knowledge_base(domain, settings.model_copy(update={"home": Path(home)}), embedder)
        first, report = timed(lambda: bring_up_to_date(knowledge, domain, settings))
        held = _held(knowledge)
        again = [timed(lambda: bring_up_to_date(knowledge, domain, settings)) for _ in range(5)]
        more = _held(knowledge) - held
        knowledge.close()
    embedded = sum(one.embedded for _, one in again)
    ratio = first / median(seconds for seconds, _ in again)
    also = f"{report.embedded} passages, then {embedded} and {more} duplicates"
    return [Result("ingest again", "the first ingest", ratio, 50, also)]


def parsing(settings: Settings) -> list[Result]:
    """Parse 200 files in five formats: in as many processes as there are cores, against one."""
    several, one = settings.parsing, settings.parsing.model_copy(update={"processes": 1})
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        mixed_files(folder, 200)
        arms = {
            "one": lambda: list(read_documents(folder, limits=one)),
            "several": lambda: list(read_documents(folder, limits=several, sandbox=Pool)),
        }
        seconds = in_turn(arms)
        same = "the same texts" if arms["one"]() == arms["several"]() else "OTHER TEXTS"
    ratio = seconds["one"] / seconds["several"]
    also = f"{same}, {several.processes} processes, {seconds['several'] * 5:.0f} ms a file"
    return [Result("parsing", "one process", ratio, 1.7, also)]


def mixed_files(folder: Path, count: int) -> None:
    """Write as many PDF, DOCX, HTML, CSV and long text files, in both languages, of some pages each."""
    english = "The north gate opens at nine and closes at five; on Sundays it stays closed all day. "
    chinese = "旅客可以在开车前退票，费用为票价的百分之五；开车后不能退票，只能改签一次。"
    for number in range(count // 5):
        lines = [f"{number}.{line} {english}{chinese}" for line in range(80)]
        pdf = FPDF()
        pdf.set_font("Helvetica", size=11)
        for _ in range(4):
            pdf.add_page()
            pdf.multi_cell(0, text=f"{english * 20}")
        pdf.output(str(folder / f"{number:03}.pdf"))
        word = docx.Document()
        for line in lines:
            word.add_paragraph(line)
        word.save(str(folder / f"{number:03}.docx"))
        (folder / f"{number:03}.html").write_text(
            "".join(f"<h2>{line[:9]}</h2><p>{line}</p>" for line in lines * 5)
        )
        rows = [f'{line},"{text}",{english}' for line, text in enumerate(lines * 3)]
        (folder / f"{number:03}.csv").write_text("\n".join(["number,rule,note", *rows]))
        (folder / f"{number:03}.md").write_text("\n\n".join(f"## {line[:9]}\n\n{line}" for line in lines * 4))


def shipped() -> list[Document]:
    """Return the documents of the shipped domains."""
    return [
        item
        for name in SHIPPED
        for item in read_documents(find_domain(name).documents)
        if isinstance(item, Document)
    ]


def small(settings: Settings) -> Settings:
    """Return the settings with small chunks."""
    return settings.model_copy(update={"chunking": settings.chunking.model_copy(update=SMALL)})


def chunks(documents: Sequence[Document], settings: Settings) -> list[Chunk]:
    """Return our chunks."""
    size, overlap = settings.chunking.size, settings.chunking.overlap
    return [chunk for document in documents for chunk in split(document, size, overlap)]


def passages(documents: Sequence[Document], settings: Settings) -> list[str]:
    """Return our chunks' texts, as they are embedded."""
    return [chunk.passage for chunk in chunks(documents, settings)]


def fill(settings: Settings, home: Path, embedder: Embedder, documents: Sequence[Document]) -> KnowledgeBase:
    """Return a new knowledge base in `home` that holds `documents`."""
    domain = Domain("shipped", home / "shipped")
    knowledge = open_knowledge_base(domain, settings.model_copy(update={"home": home}), embedder)
    knowledge.sync(documents)
    return knowledge


def _same_texts(knowledge: KnowledgeBase, given: Sequence[Chunk]) -> str:
    """Say whether the base holds the texts that the peers were given."""
    same = all(knowledge.chunk(chunk.id).passage == chunk.passage for chunk in given)
    return "the same texts" if same and _held(knowledge) == len(given) else "OTHER TEXTS"


def _held(knowledge: KnowledgeBase) -> int:
    return sum(record.chunks for record in knowledge.records())
