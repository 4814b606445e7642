"""The documents that drafts quote, by their ids. Knows nothing of drafts or models."""

import hashlib
from collections.abc import Collection
from pathlib import Path

from core.domain import Domain
from core.errors import DocumentError, KnowledgeBaseError
from ingest.files.reading import read_documents
from ingest.files.walking import walk
from ingest.store.ledger import Ledger
from ingest.types import Document


def read_evidence(domain: Domain, ids: Collection[str]) -> dict[str, Document]:
    """Return the documents with these ids, as far as they are there.

    They are read from the domain's folder; what is not found there, such as an upload or a page of a crawl,
    from its knowledge base, if it has one. No model is needed for either.
    """
    found = _in_folder(domain, set(ids))
    return found | _in_ledger(domain, set(ids) - set(found))


def evidence_stamp(domain: Domain) -> str:
    """Return a digest of which files there are, how long and how old: where it is the same, so are they."""
    folder = domain.documents
    files = sorted(path for path in walk(folder, domain.own_files) if isinstance(path, Path))
    found = ((path, path.stat()) for path in files)
    told = "\n".join(f"{path} {stat.st_size} {stat.st_mtime_ns}" for path, stat in found)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()


def _in_folder(domain: Domain, ids: Collection[str]) -> dict[str, Document]:
    settings = domain.settings()
    found: dict[str, Document] = {}
    try:
        items = read_documents(domain.documents, settings.max_file_mb, settings.parsing, but=domain.own_files)
    except DocumentError:  # a folder without documents is filled by uploads
        return found
    while len(found) < len(ids) and (item := next(items, None)):
        if isinstance(item, Document) and item.id in ids:
            found[item.id] = item
    return found


def _in_ledger(domain: Domain, ids: Collection[str]) -> dict[str, Document]:
    path = domain.settings().home / "domains" / domain.key / "ledger.sqlite"
    found: dict[str, Document] = {}
    if not ids or not path.exists():
        return found
    ledger = Ledger(path)
    for id in ids:
        try:
            found[id] = ledger.document(id)
        except KnowledgeBaseError:  # not there either: a caller says what that means
            continue
    ledger.close()
    return found
