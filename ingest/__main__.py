"""Command line of the knowledge base. Only parses and prints.

python -m ingest add --domain travel              the domain's own documents
python -m ingest add notes.pdf pages/ --domain travel
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import typer

from core.command_line import plain_errors, run
from core.dates import FORMS
from core.domain import Domain, find_domain
from core.errors import DocumentError, DomainError, QuestionError
from core.language import detect_question
from ingest.console import documents_bar, guessed, tell
from ingest.crawl.crawl import Plan
from ingest.crawl.filling import open_crawl, take_in
from ingest.embedding import open_embedder
from ingest.files.elsewhere import Added
from ingest.files.reading import OpenSandbox, read_documents
from ingest.files.walking import decoded
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.search.audit import DEPTH
from ingest.search.audit import audit as run_audit
from ingest.types import Document, Filter, Vectors
from ingest.updating import Prune, bring_up_to_date
from ingest.workers.pool import Pool
from ingest.workers.ray import Engine, connect
from settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Fill and tend a knowledge base.")
_SHOWN = 160  # characters of a passage
DomainName = Annotated[str, typer.Option("--domain", help="A name under data/, or a domain folder.")]
EngineName = Annotated[
    Literal["local", "ray"], typer.Option("--engine", help="Where files are parsed and passages embedded.")
]
RayAddress = Annotated[str, typer.Option(help="host:port of the cluster; none: the one here, or a new one.")]


def _as_stored(names: list[str]) -> list[str]:
    """Return names as documents have them, whatever form of its accents a name has where it was typed."""
    return [decoded(name) for name in names]


Paths = Annotated[list[Path] | None, typer.Argument(help="Files or folders; none: the domain's own.")]
Ids = Annotated[list[str], typer.Argument(help="Ids, as `list` shows them.", callback=_as_stored)]


@app.command()
@plain_errors()
def add(
    domain: DomainName,
    paths: Paths = None,
    engine: EngineName = "local",
    ray_address: RayAddress = "",
) -> None:
    """Add documents that are new and take in those that changed; what is unchanged costs nothing.

    A file that is named lets in again what was withdrawn of it.
    """
    found = find_domain(domain)
    settings = found.settings()
    with (
        _engine(engine, ray_address, settings) as workers,
        documents_bar(guessed(paths or [found.documents])) as moved,
    ):
        knowledge = open_knowledge_base(found, settings, workers.embedder)
        if paths:
            names = Added(found.documents, knowledge.origins)
            knowledge.restore(names.origin(path) for path in paths if path.is_file())
            read = _reader(found, knowledge, settings, workers.sandbox)
            report = knowledge.sync(names.documents(paths, read, keeps=True), moved)
        else:
            report = bring_up_to_date(knowledge, found, settings, moved, "nothing", workers.sandbox)
    tell(found, report)


@app.command()
@plain_errors()
def crawl(
    url: Annotated[str, typer.Argument(help="The page to start from; its host alone is visited.")],
    domain: DomainName,
    depth: Annotated[int, typer.Option(min=0, help="Links followed in a row.")] = 2,
    limit: Annotated[int, typer.Option(min=1, help="Pages visited.")] = 200,
    allow_private: Annotated[bool, typer.Option(help="Also a host inside this network.")] = False,
) -> None:
    """Add the pages of a web site; again later: those that changed, without those that are gone."""
    found = find_domain(domain)
    settings = found.settings()
    knowledge = open_knowledge_base(found, settings)
    with open_crawl(Plan(url, depth, limit), knowledge, settings, allow_private) as pages:
        report = take_in(knowledge, pages)
    print(*pages.notes(), sep="\n", end="\n" if pages.notes() else "")
    if pages.is_interrupted:
        raise KeyboardInterrupt
    tell(found, report)


@app.command()
@plain_errors()
def update(
    domain: DomainName,
    paths: Paths = None,
    engine: EngineName = "local",
    ray_address: RayAddress = "",
    emptied: Annotated[bool, typer.Option("--emptied", help="Even where no document is left there.")] = False,
) -> None:
    """Add documents as `add` does, and remove those from there whose file is gone."""
    found = find_domain(domain)
    settings = found.settings()
    with (
        _engine(engine, ray_address, settings) as workers,
        documents_bar(guessed(paths or [found.documents])) as moved,
    ):
        knowledge = open_knowledge_base(found, settings, workers.embedder)
        if paths:
            names = Added(found.documents, knowledge.origins)
            read = _reader(found, knowledge, settings, workers.sandbox)
            items = names.documents(paths, read, keeps=not emptied)
            report = knowledge.sync(items, moved, [names.origin(path) for path in paths], emptied)
        else:
            prune: Prune = "all" if emptied else "gone"
            report = bring_up_to_date(knowledge, found, settings, moved, prune, workers.sandbox)
    tell(found, report)


@app.command()
@plain_errors()
def delete(ids: Ids, domain: DomainName) -> None:
    """Delete documents and everything that was derived from them.

    One whose file lies in the domain's own folder, or that a crawl brought, is withdrawn: `restore` lets it
    in again.
    """
    _, _, knowledge = _open(domain)
    unknown = set(ids) - {record.id for record in knowledge.records()}
    print(f"{knowledge.delete(ids)} deleted")
    for id_ in sorted(unknown):
        print(f"error: no document {id_!r}; `list` shows the ids", file=sys.stderr)
    raise typer.Exit(1 if unknown else 0)


@app.command()
@plain_errors()
def restore(ids: Ids, domain: DomainName) -> None:
    """Let documents in again that were withdrawn; the next `update` or `crawl` reads them."""
    _, _, knowledge = _open(domain)
    unknown = set(ids) - set(knowledge.origins.withdrawn())
    print(f"{knowledge.restore(ids)} restored; the next `update` or `crawl` reads them")
    for id_ in sorted(unknown):
        print(f"error: {id_!r} is not withdrawn; `list` shows what is", file=sys.stderr)
    raise typer.Exit(1 if unknown else 0)


@app.command(name="list")
@plain_errors()
def list_(
    domain: DomainName,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON array.")] = False,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="In the array as well, with a key of that name.")
    ] = False,
) -> None:
    """List the documents, then the ids of those that were withdrawn."""
    _, _, knowledge = _open(domain)
    records = knowledge.records()
    left_out = list(knowledge.origins.withdrawn())
    if as_json:
        rows = [asdict(record) for record in records]
        rows += [{"id": id_, "withdrawn": True} for id_ in left_out if withdrawn]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for record in records:
        print(f"{record.id}\t{record.lang}\t{record.chunks}\t{record.title}")
    for id_ in left_out:
        print(f"{id_}\t-\t0\t(withdrawn)")


@app.command()
@plain_errors()
def verify(domain: DomainName) -> None:
    """Check the ledger, and that a search finds every passage; print the digest of all ids and contents."""
    found, _, knowledge = _open(domain)
    problems = knowledge.verify()
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if not problems:
        count, digest = knowledge.count(), knowledge.corpus_sha256()
        print(f"{found.name}: {count} documents, no problems, sha256 {digest}")
    raise typer.Exit(1 if problems else 0)


@app.command()
@plain_errors()
def rebuild(domain: DomainName) -> None:
    """Build the index anew; cut and embed again what another embedder or chunk size asks for."""
    found, _, knowledge = _open(domain)
    with documents_bar(knowledge.count()) as moved:
        report = knowledge.rebuild(moved)
    tell(found, report)


@app.command()
@plain_errors()
def search(
    query: Annotated[str, typer.Argument(help="A question or words, in Chinese or English.")],
    domain: DomainName,
    lang: Annotated[str, typer.Option(help="zh or en: only documents in it; default: all.")] = "",
    top_k: Annotated[int | None, typer.Option(min=1, help="Passages; default: the settings'.")] = None,
    mode: Annotated[
        str | None, typer.Option(help="hybrid, reranked, dense, bm25 or exact; default: the settings'.")
    ] = None,
    source: Annotated[str, typer.Option(help="Only documents whose source contains this.")] = "",
    since: Annotated[str, typer.Option(help=f"Only documents as of this date or later: {FORMS}.")] = "",
    until: Annotated[str, typer.Option(help="Only documents as of this date or earlier.")] = "",
) -> None:
    """Show the passages that are found, as the settings of the domain say."""
    if not query.strip():
        raise QuestionError("the query is blank; write a question or words")
    _, _, knowledge = _open(domain)
    only = Filter(decoded(source), since, until, lang)
    hits = knowledge.search(query, detect_question(query), top_k, mode, only)
    for hit in hits:
        legs = ", ".join(f"{leg} {rank}" for leg, rank in hit.legs.items())
        print(
            f"{hit.score:.3f}  {hit.chunk.id}  ({legs})\n       {' '.join(hit.chunk.text.split())[:_SHOWN]}"
        )
    if not hits:
        print("nothing is found", file=sys.stderr)


@app.command()
@plain_errors()
def audit(
    domain: DomainName,
    sample: Annotated[int, typer.Option(min=1, help="Questions, or passages where there are none.")] = 500,
) -> None:
    """Measure what the approximate index misses, over its parameters and after changes."""
    found, settings, knowledge = _open(domain)
    retrieval = settings.retrieval
    print(f"recall@{DEPTH} against brute force; ef_construction {retrieval.ef_construction}")
    print(f"{'lang':5}{'vectors':>9}{'queries':>9}{'M':>5}{'ef':>5}{'built':>9}{'changed':>9}")
    for lang, vectors in knowledge.vectors().items():
        queries = _queries(found, knowledge, lang, sample)
        for one in run_audit(vectors, queries, retrieval.ef_construction, settings.threads):
            mark = "  <- settings" if (one.m, one.ef) == (retrieval.m, retrieval.ef) else ""
            counts = f"{lang:5}{len(vectors):9}{len(queries):9}{one.m:5}{one.ef:5}"
            print(f"{counts}{one.built:9.4f}{one.changed:9.4f}{mark}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    return run(app, arguments)


def _open(name: str) -> tuple[Domain, Settings, KnowledgeBase]:
    domain = find_domain(name)
    settings = domain.settings()
    return domain, settings, open_knowledge_base(domain, settings)


def _queries(domain: Domain, knowledge: KnowledgeBase, lang: str, count: int) -> Vectors:
    """Return the vectors of the domain's questions in a language, or of passages where it has none."""
    try:
        texts = [record.question for record in domain.questions(lang=lang)][:count]
    except DomainError:
        texts = [document.text[:_SHOWN] for document in islice(knowledge.documents(lang), count)]
    return knowledge.embedder.embed_queries(texts)


def _engine(name: str, address: str, settings: Settings) -> AbstractContextManager[Engine]:
    if name == "ray":
        return connect(settings, address)
    return nullcontext(Engine(open_embedder(settings), Pool))


def _reader(
    domain: Domain, knowledge: KnowledgeBase, settings: Settings, sandbox: OpenSandbox
) -> Callable[..., Iterator[Document | DocumentError]]:
    return partial(
        read_documents,
        max_file_mb=settings.max_file_mb,
        limits=settings.parsing,
        sandbox=sandbox,
        known=knowledge.read_from,
        but=domain.own_files,
    )


if __name__ == "__main__":
    raise SystemExit(main())
