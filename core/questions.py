"""`questions.jsonl`: questions with their references, as records. Knows nothing of domains or models."""

import fcntl
import json
import os
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import DomainError
from core.files import write_whole
from core.language import Lang, detect_question

ROLES = ("user", "assistant")
DRAFTED = "drafted"
_ALWAYS = {
    *("id", "question", "answers", "evidence_doc_ids", "evidence_text"),
    *("answer_type", "split", "fact_id", "lang"),
}


class Turn(NamedTuple):
    """What was said before a question: `role` is one of `ROLES`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """One line of `questions.jsonl`: the question and its references, still without types of answering.

    `trap` says what a careless reader would fall for: an expired rule, another jurisdiction, a false premise.
    A follow-up comes with the `turns` before it; `standalone` says it in words that need none of them.
    Of a question that a `model` wrote the `origin` is `DRAFTED`; `reviewed`: a person has accepted it.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    evidence_doc_ids: tuple[str, ...]
    evidence_text: tuple[str, ...]
    answer_type: str
    split: str
    fact_id: str
    lang: str
    trap: str = ""
    line: int = 0
    turns: tuple[Turn, ...] = ()
    standalone: str = ""
    origin: str = ""
    model: str = ""
    reviewed: bool = False

    @property
    def language(self) -> Lang:
        """The language it is answered in."""
        return "zh" if self.lang == "zh" else "en"

    @property
    def is_drafted(self) -> bool:
        """Whether a model wrote it."""
        return self.origin == DRAFTED

    @property
    def in_full(self) -> str:
        """The question as it would be asked without any turns before it, as far as the file says so."""
        return self.standalone or self.question

    def taught(self, facts: Container[str]) -> bool | None:
        """Say whether its fact is among those of train questions; None: it has none, or no answer."""
        return self.fact_id in facts if self.fact_id and self.answers else None


def read_questions(path: Path) -> Iterator[QuestionRecord]:
    """Yield the questions of a file in its order.

    Raises:
        DomainError: no such file, or a broken line, by number.
    """
    return (record for record, _ in read_rows(path))


def read_rows(path: Path) -> Iterator[tuple[QuestionRecord, dict[str, Any]]]:
    """Yield the questions of a file, each with all that its line says, keys that nobody here knows as well.

    Raises:
        DomainError: as `read_questions`.
    """
    return _rows(path, _lines(path))


def _rows(path: Path, lines: Iterable[str]) -> Iterator[tuple[QuestionRecord, dict[str, Any]]]:
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            record = from_row(row, number)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            reason = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
            raise DomainError(f"{path}, line {number}: {reason}; mend or remove this line") from error
        if record.id in seen:
            raise DomainError(f"{path}, line {number}: id {record.id!r} is there twice; rename one")
        seen.add(record.id)
        yield record, row


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise DomainError(
            f"{path} is missing; have questions drafted (python -m evaluation.draft), or write one a line, "
            "see docs/bring-your-own.md"
        )
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise DomainError(f"{path} is not UTF-8: {error}; save it as UTF-8") from error


def from_row(row: Any, line: int = 0) -> QuestionRecord:
    """Return the question that an object says, which stands in this line of a file.

    Raises:
        KeyError: it lacks its id or its question.
        TypeError: it is no object, or holds something other than a list where one should be.
        ValueError: something is empty, or a turn is none.
    """
    if not isinstance(row, dict):
        raise TypeError("not a JSON object")
    question = str(row["question"]).strip()
    if not question:
        raise ValueError("the question is empty")
    lists = {key: row.get(key) or [] for key in ("answers", "evidence_doc_ids", "evidence_text")}
    for key, value in lists.items():
        if not isinstance(value, list):
            raise TypeError(f"{key} must be a list")
        if not all(str(one).strip() for one in value):
            raise ValueError(f"{key} has an empty entry")
    turns = tuple(map(_turn, row.get("turns") or ()))
    alone = row.get("standalone")  # elsewhere a key of this name may say whether a question has no turns
    return QuestionRecord(
        id=str(row["id"]),
        question=question,
        answers=tuple(map(_answer, lists["answers"])),
        evidence_doc_ids=tuple(map(str, lists["evidence_doc_ids"])),
        evidence_text=tuple(map(str, lists["evidence_text"])),
        answer_type=str(row.get("answer_type") or "short"),
        split=str(row.get("split") or "test"),
        fact_id=str(row.get("fact_id") or ""),
        lang=str(row.get("lang") or detect_question(question)),
        trap=str(row.get("trap") or ""),
        line=line,
        turns=turns,
        standalone=alone.strip() if turns and isinstance(alone, str) else "",
        origin=str(row.get("origin") or ""),
        model=str(row.get("model") or ""),
        reviewed=row.get("reviewed") is True,
    )


def as_row(record: QuestionRecord) -> dict[str, Any]:
    """Return a question as the JSON object that `read_questions` reads; what is empty is left out."""
    row = asdict(record)
    del row["line"]
    row["turns"] = [turn._asdict() for turn in record.turns]
    kept = {key: value for key, value in row.items() if value or key in _ALWAYS}
    return kept | ({"reviewed": record.reviewed} if record.origin else {})


def amend_questions(
    path: Path,
    changes: Mapping[str, Mapping[str, Any] | None],
    added: Iterable[QuestionRecord | Mapping[str, Any]] = (),
) -> None:
    """Change keys of the questions with these ids, take out those whose change is None, and add others.

    What is not named stays as it is written, keys that nobody here knows as well. Of several threads or
    processes that amend one file each sees what the one before has written.

    Raises:
        DomainError: no such file and something to change, a broken line, by number, or an id added twice.
    """
    with _alone(path.parent):
        lines = _lines(path) if changes or path.exists() else []
        for record, known in list(_rows(path, lines)):
            change = changes.get(record.id, {})
            row = None if change is None else {**known, **change}
            if change != {}:
                lines[record.line - 1] = "" if row is None else _line(row)
        new = [_line(as_row(one) if isinstance(one, QuestionRecord) else one) for one in added]
        whole = list(filter(str.strip, chain(lines, new)))
        list(_rows(path, whole))  # better refused here than at the next reading
        write_whole(path, "".join(f"{line}\n" for line in whole))


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until nobody else amends a file here; the folder itself is the lock: none is left lying in it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _answer(said: Any) -> str:
    """Return an answer as text: one that is an object, as entities are, as JSON."""
    return json.dumps(said, ensure_ascii=False) if isinstance(said, dict) else str(said)


def _turn(said: Any) -> Turn:
    if not isinstance(said, dict) or said.get("role") not in ROLES or not str(said["content"]).strip():
        raise ValueError(f"a turn is an object with a role ({' or '.join(ROLES)}) and its content")
    return Turn(said["role"], str(said["content"]).strip())
