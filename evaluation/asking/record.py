"""What a run left behind, so that it can be scored again without a model. Knows nothing of metrics.

`samples.jsonl` has a line for each answer, with its passages by their places in the documents; `run.json`
says what answered. What follows from a text (was it refused? what does it cite?) is computed anew.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from assistant.generation.journaled import JsonLines
from assistant.structured import declines, supported
from assistant.types import Answer, Coverage, Timing, Usage
from core.errors import AssistantError
from evaluation.types import ModelCard, Reference, Run, Sample
from ingest.types import Chunk, Document, Hit

_RUN, _SAMPLES = "run.json", "samples.jsonl"


@dataclass(frozen=True, slots=True)
class Record:
    """The answers of a run, and what gave them."""

    model: ModelCard
    corpus: Mapping[str, Any]
    references: Sequence[Reference]
    runs: Sequence[Run]
    skipped: Mapping[str, str]
    coverage: Mapping[str, Coverage]
    documents: Sequence[str] = ()
    taught: Mapping[str, Sequence[str] | None] = field(default_factory=dict)


def save_record(folder: Path, record: Record) -> None:
    """Write the record into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "model": asdict(record.model),
        "corpus": dict(record.corpus),
        "questions": [reference.id for reference in record.references],
        "strategies": [run.strategy for run in record.runs],
        "skipped": dict(record.skipped),
        "coverage": {lang: asdict(one) for lang, one in record.coverage.items()},
        "documents": list(record.documents),
        "taught": dict(record.taught),
    }
    (folder / _SAMPLES).unlink(missing_ok=True)
    lines = JsonLines(folder / _SAMPLES)
    for run in record.runs:
        for sample in run.samples:
            lines.append(_row(run.strategy, sample.answer))
    (folder / _RUN).write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load_record(folder: Path, references: Sequence[Reference], documents: Iterable[Document]) -> Record:
    """Read the record in `folder`; its questions are among `references`, its passages in `documents`.

    Raises:
        AssistantError: no run was finished there, or a question or a document of it is gone.
    """
    try:
        about = json.loads((folder / _RUN).read_text(encoding="utf-8"))
        rows = {(row["strategy"], row["id"]): row for row in JsonLines(folder / _SAMPLES)}
        known = {reference.id: reference for reference in references}
        asked = [known[id] for id in about["questions"]]
        texts = {document.id: document for document in documents}
        runs = [
            Run(name, tuple(Sample(one, _answer(rows[name, one.id], one, texts)) for one in asked))
            for name in about["strategies"]
        ]
        coverage = {
            lang: Coverage(**{**one, "left_out": tuple(one["left_out"])})
            for lang, one in about["coverage"].items()
        }
        return Record(
            model=ModelCard(**about["model"]),
            corpus=about["corpus"],
            references=asked,
            runs=runs,
            skipped=about["skipped"],
            coverage=coverage,
            documents=about.get("documents", ()),
            taught=about.get("taught", {}),
        )
    except OSError as error:
        raise AssistantError(f"{folder} holds no finished run; run it without --replay") from error
    except (ValueError, KeyError, TypeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise AssistantError(
            f"the run in {folder} does not fit the domain any more ({reason}); run it without --replay"
        ) from error


def _row(strategy: str, answer: Answer) -> dict[str, Any]:
    return {
        "strategy": strategy,
        "id": answer.question.id,
        "text": answer.text,
        "standalone": answer.standalone,
        "ending": answer.ending,
        "contexts": [_place(hit) for hit in answer.contexts],
        "ranked": answer.ranked,
        "found": [_place(hit) for hit in answer.found],
        "usage": asdict(answer.usage),
        "timing": asdict(answer.timing),
        "model": answer.model,
        "adapter": answer.adapter,
        "route": answer.route,
    }


def _place(hit: Hit) -> dict[str, Any]:
    """Return where a passage stands in its document, and a digest of its text."""
    chunk = hit.chunk
    return {
        **{"id": chunk.id, "document": chunk.document_id, "start": chunk.start, "end": chunk.end},
        **{"title": chunk.title, "text": _digest(chunk.text), "score": hit.score, "legs": dict(hit.legs)},
    }


def _answer(row: Mapping[str, Any], reference: Reference, documents: Mapping[str, Document]) -> Answer:
    contexts = tuple(_hits(row["contexts"], documents))
    question = reference.ask()
    answer = Answer(
        question=question,
        text=row["text"],
        strategy=row["strategy"],
        contexts=contexts,
        usage=Usage(**row["usage"]),
        timing=Timing(**row["timing"]),
        model=row["model"],
        adapter=row["adapter"],
        ranked=None if row["ranked"] is None else tuple(row["ranked"]),
        found=tuple(_hits(row.get("found", ()), documents)),  # runs of before have none
        ending=row["ending"],
        standalone=row.get("standalone", ""),  # a run of before has none
        route=tuple(row.get("route", ())),
    )
    citations = supported(answer.standalone or question.text, answer.text, contexts)
    return replace(answer, citations=citations, abstained=declines(answer.text))


def _hits(places: Sequence[Mapping[str, Any]], documents: Mapping[str, Document]) -> Iterator[Hit]:
    for one in places:
        text = documents[one["document"]].text[one["start"] : one["end"]]
        if _digest(text) != one["text"]:
            raise ValueError(f"{one['document']} has changed")
        chunk = Chunk(one["id"], one["document"], text, one["start"], one["end"], one["title"])
        yield Hit(chunk, one["score"], one["legs"])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
