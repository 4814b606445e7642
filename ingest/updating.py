"""A domain's own files into its knowledge base, as they are now. Knows nothing of formats or indexes."""

from collections.abc import Iterable
from typing import Literal

from core.domain import Domain
from core.errors import DocumentError
from ingest.files.elsewhere import Added
from ingest.files.reading import OpenSandbox, read_documents
from ingest.files.walking import Within
from ingest.knowledge_base import KnowledgeBase, silent, stays
from ingest.store.intake import IngestReport, Progress
from ingest.types import OWN, Document
from ingest.workers.pool import Pool
from settings import Settings

Prune = Literal["nothing", "gone", "all"]


def bring_up_to_date(
    knowledge: KnowledgeBase,
    domain: Domain,
    settings: Settings,
    progress: Progress = silent,
    prune: Prune = "gone",
    sandbox: OpenSandbox = Pool,
) -> IngestReport:
    """Take in the domain's own documents as they are now, beside what was added from elsewhere.

    Those that are gone from the domain's folder are removed, but `all` of them only where `prune` says
    that the folder is meant to be empty; `sandbox` parses the files.

    Raises:
        DocumentError: the domain has no documents.
    """
    own = domain.documents
    names = Within(own if own.is_dir() else own.parent, OWN)
    items: Iterable[Document | DocumentError] = ()
    try:
        items = read_documents(
            own, settings.max_file_mb, settings.parsing, sandbox, knowledge.read_from, names, domain.own_files
        )
    except DocumentError as error:
        held = knowledge.origins.documents(OWN)
        if held and prune != "all":
            raise DocumentError(f"{error}; {stays(len(held), knowledge.name)}") from error
        if not held:
            raise
    items = Added(own, knowledge.origins).making_room(items)
    return knowledge.sync(items, progress, [] if prune == "nothing" else [OWN], prune == "all")
