"""An assistant that says what its script says, for the page and the queue behind it."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from assistant.citations import cite
from assistant.refusals import is_refusal
from assistant.types import Answer, Question, Timing, Usage
from core.errors import DocumentError
from ingest.store.intake import IngestReport
from ingest.store.types import DocumentRecord
from ingest.types import Chunk, Document, Hit

RIGHTS = Document(
    "eu261", "Passenger rights", "Compensation is 250 euros.", "en", "Regulation 261/2004", "2025"
)


class ListedKnowledge:
    """A knowledge base that is a list of documents."""

    def __init__(self) -> None:
        self.documents = [RIGHTS]

    def sync(self, items: Iterable[Document | DocumentError], *, within: Collection[str]) -> IngestReport:
        failures: list[DocumentError] = []
        for item in items:
            if isinstance(item, Document):
                self.documents.append(item)
            else:
                failures.append(item)
        return IngestReport(failures=tuple(failures))

    def records(self) -> list[DocumentRecord]:
        return [DocumentRecord(d.id, d.title, d.lang, d.source, d.as_of, 1) for d in self.documents]


class ScriptedAssistant:
    """Says `says[strategy]`, letter by letter, or raises it; rag and long_context read all documents."""

    def __init__(self, says: Mapping[str, str | Exception]) -> None:
        self.knowledge = ListedKnowledge()
        self.asked: list[Question] = []
        self.says = says

    def strategy(self, name: str) -> "ScriptedStrategy":
        return ScriptedStrategy(name, self)


class ScriptedStrategy:
    """One strategy of a ScriptedAssistant."""

    def __init__(self, name: str, assistant: ScriptedAssistant) -> None:
        self.name = name
        self._assistant = assistant

    def stream(self, question: Question) -> Iterator[Answer]:
        self._assistant.asked.append(question)
        text = self._assistant.says[self.name]
        if isinstance(text, Exception):
            raise text
        contexts = self._contexts()
        usage, timing = Usage(412, 0, len(text.split())), Timing(0.1, 0.25, 1.5)
        for end in range(1, len(text) + 1):
            yield Answer(question, text[:end], self.name, contexts, usage=usage, timing=timing)
        citations = cite(question.text, text, contexts)
        yield Answer(question, text, self.name, contexts, citations, is_refusal(text), usage, timing)

    def _contexts(self) -> tuple[Hit, ...]:
        documents = self._assistant.knowledge.documents if self.name in ("rag", "long_context") else []
        chunks = [Chunk(f"{d.id}#0", d.id, d.text, 0, len(d.text), d.title) for d in documents]
        return tuple(Hit(chunk, 1.0) for chunk in chunks)
