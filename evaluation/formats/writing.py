"""Questions to a file in another format. Knows nothing of domains."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import AssistantError
from core.files import write_whole
from core.questions import QuestionRecord
from evaluation.formats import FORMATS
from evaluation.formats.cells import write_cells

ASPECTS: dict[str, tuple[str, Callable[[QuestionRecord], bool]]] = {
    "answers": ("further right answers", lambda one: len(one.answers) > 1),
    "evidence": ("quoted evidence", lambda one: bool(one.evidence_text)),
    "documents": ("documents of the evidence", lambda one: bool(one.evidence_doc_ids)),
    "turns": ("turns before the question", lambda one: bool(one.turns)),
    "facts": ("facts that questions share", lambda one: bool(one.fact_id)),
    "drafting": ("who drafted and reviewed it", lambda one: bool(one.origin)),
}
"""What not every format has a place for, in words, and whether a question has it."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many questions a file holds, how many have an aspect that it lacks, and what was passed over."""

    count: int
    lacking: Counter[str]
    passed: Sequence[tuple[str, str]]


def write_file(path: Path, name: str, records: Iterable[QuestionRecord]) -> Written:
    """Write questions into a new file in the format called `name`.

    Raises:
        AssistantError: the file is there already, its suffix is not the format's, or no question fits it.
    """
    style = FORMATS[name]
    suffix = path.suffix.lower()
    if suffix not in style.suffixes:
        raise AssistantError(f"{path}: {name} is written to {' or '.join(style.suffixes)}; call the file so")
    if path.exists():
        raise AssistantError(f"{path} is there already; choose another name, or remove it")
    rows, passed, lacking = [], [], Counter[str]()
    for record in records:
        try:
            rows.append(style.write(record))
        except ValueError as error:
            passed.append((record.id, str(error)))
            continue
        lacking.update(
            label for key, (label, has) in ASPECTS.items() if key not in style.keeps and has(record)
        )
    if not rows:
        raise AssistantError(f"no question fits {name}: {passed[0][1] if passed else 'there is none'}")
    write_whole(path, _text(rows, suffix))
    return Written(len(rows), lacking, passed)


def _text(rows: Sequence[dict[str, Any]], suffix: str) -> str:
    """Return rows as a file; a spreadsheet knows UTF-8 by its mark."""
    if suffix in (".csv", ".tsv"):
        cells = [
            {key: _listed(value) if isinstance(value, list) else value for key, value in row.items()}
            for row in rows
        ]
        return "\ufeff" + write_cells(cells, "\t" if suffix == ".tsv" else ",")
    if suffix == ".json":
        return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def _listed(values: Sequence[str]) -> str:
    return json.dumps(values, ensure_ascii=False)
