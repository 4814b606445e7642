"""Where in a domain's documents the evidence of a question stands. Knows nothing of formats or indexes.

Others give passages without documents, or documents by titles and file names. A passage is looked for in all
documents, blanks ignored, and becomes the text as it stands there. One that stands nowhere is left out:
evidence that the corpus lacks would count against every search for it. A quote that comes with its document
stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from core.domain import Domain
from core.errors import DocumentError
from core.questions import QuestionRecord
from core.quotes import spot, squeezed
from ingest.files.cleaning import clean
from ingest.files.reading import read_documents
from ingest.files.walking import Within
from ingest.knowledge_base import open_knowledge_base
from ingest.types import OWN, Document
from ingest.workers.pool import Pool


@dataclass(frozen=True, slots=True)
class Placed:
    """Questions with their evidence in its places, and how much of it has none.

    `quotes` were found and `lost` left out; `unknown` are names that no document has, kept as they are.
    """

    records: Sequence[QuestionRecord]
    quotes: int = 0
    lost: int = 0
    unknown: Sequence[str] = ()


class Library:
    """The documents that evidence is looked for in."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = {one.id: one for one in documents}
        self._squeezed = {id: squeezed(one.text) for id, one in self._documents.items()}
        self._names: dict[str, set[str]] = defaultdict(set)
        for one in self._documents.values():
            file = PurePosixPath(one.id)
            for name in (one.title, one.source, file.name, file.stem, PurePosixPath(one.source).name):
                self._names[_plain(name)].add(one.id)

    def place(self, records: Iterable[QuestionRecord]) -> Placed:
        """Return the questions with their evidence where it stands."""
        placed, quotes, lost, unknown = [], 0, 0, dict[str, None]()
        for record in records:
            one = self._place(record)
            placed.append(one)
            quotes += sum(name in self._documents for name, _ in _pairs(one))
            lost += len(record.evidence_text) - len(one.evidence_text)
            unknown |= dict.fromkeys(name for name in one.evidence_doc_ids if name not in self._documents)
        return Placed(placed, quotes, lost, tuple(unknown))

    def _place(self, record: QuestionRecord) -> QuestionRecord:
        named = [self._called(name) for name in record.evidence_doc_ids]
        if len(named) == len(record.evidence_text):
            stated = zip(named, record.evidence_text, strict=True)
            found = [self._spot(quote, [name]) or (name, quote) for name, quote in stated]
        else:
            found = [spot for quote in record.evidence_text if (spot := self._spot(quote, named))]
        ids = [id for id, _ in found]
        ids += [id for id in dict.fromkeys(named) if id not in ids and (id in self._documents or not found)]
        return replace(record, evidence_doc_ids=tuple(ids), evidence_text=tuple(text for _, text in found))

    def _called(self, name: str) -> str:
        """Return the id of the document of this name, or the name where there is none, or several."""
        if name in self._documents:
            return name
        called = self._names.get(_plain(name), set())
        return next(iter(called)) if len(called) == 1 else name

    def _spot(self, quote: str, named: Sequence[str]) -> tuple[str, str] | None:
        """Return the document that says it and its words; None: none does.

        Those that were named come first, and one that is there and was named for this quote alone.
        """
        sought = squeezed(clean(quote))
        is_known = len(named) == 1 and named[0] in self._documents
        for id in named if is_known else (*named, *self._documents):
            if sought and sought in self._squeezed.get(id, ""):
                text = self._documents[id].text
                place = spot(sought, text)
                return id, quote if quote in text or not place else text[slice(*place)]
        return None


def needs_placing(record: QuestionRecord) -> bool:
    """Say whether a question comes with evidence."""
    return bool(record.evidence_text or record.evidence_doc_ids)


def documents_of(domain: Domain) -> Iterator[Document]:
    """Yield a domain's documents: its files as they are now, then what was added from elsewhere.

    Raises:
        KnowledgeBaseError: the disk fails, or the ledger is damaged.
    """
    settings, own = domain.settings(), domain.documents
    knowledge = open_knowledge_base(domain, settings)
    names = Within(own if own.is_dir() else own.parent, OWN)
    seen = set()
    try:
        for item in read_documents(
            own, settings.max_file_mb, settings.parsing, Pool, knowledge.read_from, names, domain.own_files
        ):
            if isinstance(item, Document):
                seen.add(item.id)
                yield item
    except DocumentError:
        pass  # no documents yet: then no evidence can be found, and that is told
    for document in knowledge.documents():
        if document.id not in seen and not document.origin.startswith(f"{OWN}/"):
            yield document


def _pairs(record: QuestionRecord) -> Iterable[tuple[str, str]]:
    return zip(record.evidence_doc_ids, record.evidence_text, strict=False)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
