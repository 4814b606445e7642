"""Append-only JSON lines that survive a kill: answers and verdicts. Knows nothing of models or metrics."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.types import Answer, Citation, Prompt, Question, Timing, Usage


def digest(*parts: Any) -> str:
    """Return the sha256 of `parts` as JSON."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


class JsonLines:
    """A file of JSON objects, one a line, that remembers what was appended."""

    def __init__(self, path: Path) -> None:
        """Open `path`; a last line that a kill cut short is cut off, so that the next one starts clean."""
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            whole = path.read_bytes().rpartition(b"\n")[0]
            os.truncate(path, len(whole) + 1 if whole else 0)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the objects in order; a line that is no object is passed over."""
        if not self._path.exists():
            return
        for line in self._path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(row, dict):
                yield row

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one object and flush it."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


@dataclass(frozen=True, slots=True)
class Request:
    """A question as a model meets it; two requests with one `key` have the same answer."""

    strategy: str
    question: Question
    prompt: Prompt
    model: str
    adapter: str
    max_new_tokens: int

    @property
    def key(self) -> str:
        """Digest of all that an answer depends on; `model` and `adapter` are fingerprints."""
        messages = [[message.role, message.content] for message in self.prompt.messages]
        question = [self.question.id, self.question.text]
        return digest(self.strategy, question, messages, self.model, self.adapter, self.max_new_tokens)


class Journal:
    """The answers of a run, by the key of their request; a later line wins."""

    def __init__(self, path: Path) -> None:
        self._lines = JsonLines(path)
        self._rows = {str(row["key"]): row for row in self._lines if {"key", "text", "timed"} <= row.keys()}

    def get(self, request: Request) -> Answer | None:
        """Return the answer to `request` if it is known, with the contexts of its prompt."""
        row = self._rows.get(request.key)
        return None if row is None else _answer(row, request)

    def is_timed(self, request: Request) -> bool:
        """Whether the known answer was given alone, so that its timing is a latency."""
        row = self._rows.get(request.key)
        return row is not None and bool(row["timed"])

    def add(self, request: Request, answer: Answer, timed: bool) -> None:
        """Keep an answer."""
        row = {
            "key": request.key,
            "id": answer.question.id,
            "strategy": request.strategy,
            "timed": timed,
            "text": answer.text,
            "abstained": answer.abstained,
            "contexts": [hit.chunk.id for hit in answer.contexts],
            "citations": [asdict(citation) for citation in answer.citations],
            "usage": asdict(answer.usage),
            "timing": asdict(answer.timing),
            "model": answer.model,
            "adapter": answer.adapter,
        }
        self._lines.append(row)
        self._rows[request.key] = row


def _answer(row: Mapping[str, Any], request: Request) -> Answer:
    hits = {hit.chunk.id: hit for hit in request.prompt.contexts}
    citations: Sequence[Mapping[str, str]] = row["citations"]
    return Answer(
        question=request.question,
        text=row["text"],
        strategy=request.strategy,
        contexts=tuple(hits[chunk_id] for chunk_id in row["contexts"] if chunk_id in hits),
        citations=tuple(Citation(**citation) for citation in citations),
        abstained=row["abstained"],
        usage=Usage(**row["usage"]),
        timing=Timing(**row["timing"]),
        model=row["model"],
        adapter=row["adapter"],
    )
