"""A domain: a folder with `domain.toml`, documents and questions. Knows nothing of how files are parsed."""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.errors import DomainError
from ingest.language import detect
from settings import PROJECT, Settings, load_settings

DATA = PROJECT / "data"
_OWN_KEYS = {"name", "title", "languages", "description"}


@dataclass(frozen=True, slots=True)
class QuestionRecord:
    """One line of `questions.jsonl`: the question and its references, still without types of answering.

    `trap` says what a careless reader would fall for: an expired rule, another jurisdiction, a false premise.
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


@dataclass(frozen=True, slots=True)
class Domain:
    """A folder of documents and questions about one field."""

    name: str
    folder: Path
    title: str = ""
    languages: tuple[str, ...] = ()
    description: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)

    @property
    def documents(self) -> Path:
        """The documents: a folder, or one `documents.jsonl`."""
        single = self.folder / "documents.jsonl"
        return single if single.is_file() else self.folder / "documents"

    @property
    def key(self) -> str:
        """Name of this domain's state under `settings.home`; unlike `name`, no two folders share it."""
        if self.folder.parent == DATA:
            return self.name
        return f"{self.name}-{hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]}"

    def settings(self) -> Settings:
        """Return the settings with this domain's overrides.

        Raises:
            DomainError: domain.toml holds an unknown key or a wrong value.
        """
        try:
            return load_settings(self.overrides)
        except ValueError as error:
            raise DomainError(f"{self.folder / 'domain.toml'}: {error}") from error

    def questions(self, split: str = "", lang: str = "", path: Path | None = None) -> list[QuestionRecord]:
        """Return the questions of `split` and `lang` (empty: all), in file order; from `path` if given.

        Raises:
            DomainError: no questions.jsonl, or a broken line, by number.
        """
        path = path or self.folder / "questions.jsonl"
        if not path.is_file():
            raise DomainError(
                f"{path} is missing; write one question a line, see README, 'Your own questions'"
            )
        wanted = [
            record
            for record in _read_questions(path)
            if (not split or record.split == split) and (not lang or record.lang == lang)
        ]
        if not wanted:
            raise DomainError(f"{path} holds no question with split={split or 'any'} lang={lang or 'any'}")
        return wanted


def find_domain(name: str) -> Domain:
    """Return the domain called `name` under `data/`, or the one in the folder `name`.

    Raises:
        DomainError: there is none; the message lists the known.
    """
    folder = DATA / name if (DATA / name).is_dir() and "/" not in name else Path(name)
    if not folder.is_dir() or not name.strip():
        known = ", ".join(sorted(path.name for path in DATA.iterdir() if path.is_dir()))
        raise DomainError(f"no domain {name!r}: known are {known}; or give the path of a domain folder")
    folder = folder.resolve()
    config = _read_toml(folder / "domain.toml")
    return Domain(
        name=str(config.get("name", folder.name)),
        folder=folder,
        title=str(config.get("title", folder.name)),
        languages=tuple(config.get("languages", ())),
        description=str(config.get("description", "")),
        overrides={key: value for key, value in config.items() if key not in _OWN_KEYS},
    )


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DomainError(f"{path}: {error}") from error


def _read_questions(path: Path) -> Iterator[QuestionRecord]:
    seen: set[str] = set()
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise DomainError(f"{path} is not UTF-8: {error}; save it as UTF-8") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _question(json.loads(line), number)
        except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            reason = f"key {error} is missing" if isinstance(error, KeyError) else str(error)
            raise DomainError(f"{path}, line {number}: {reason}; mend or remove this line") from error
        if record.id in seen:
            raise DomainError(f"{path}, line {number}: id {record.id!r} is there twice; rename one")
        seen.add(record.id)
        yield record


def _question(row: Any, number: int) -> QuestionRecord:
    if not isinstance(row, dict):
        raise TypeError("not a JSON object")
    question = str(row["question"]).strip()
    if not question:
        raise ValueError("the question is empty")
    lists = {key: row.get(key) or [] for key in ("answers", "evidence_doc_ids", "evidence_text")}
    for key, value in lists.items():
        if not isinstance(value, list):
            raise TypeError(f"{key} must be a list")
    return QuestionRecord(
        id=str(row["id"]),
        question=question,
        answers=tuple(map(str, lists["answers"])),
        evidence_doc_ids=tuple(map(str, lists["evidence_doc_ids"])),
        evidence_text=tuple(map(str, lists["evidence_text"])),
        answer_type=str(row.get("answer_type") or "short"),
        split=str(row.get("split") or "test"),
        fact_id=str(row.get("fact_id") or ""),
        lang=str(row.get("lang") or detect(question)),
        trap=str(row.get("trap") or ""),
        line=number,
    )
