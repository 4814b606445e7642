"""A domain: a folder with `domain.toml`, documents and questions. Knows nothing of what is in them."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import DomainError
from core.questions import QuestionRecord, read_questions
from core.terms import Terms, read_terms
from settings import PROJECT, Settings, load_settings

DATA = PROJECT / "data"
_OWN_KEYS = {"name", "title", "languages", "description"}
_TERMS = "terms.csv"
_OWN_FILES = ("domain.toml", "questions.jsonl", "router.json", _TERMS)


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
        """The documents: `documents.jsonl`, the folder `documents`, or where there is neither, the folder."""
        places = self.folder / "documents.jsonl", self.folder / "documents"
        return next(filter(Path.exists, places), self.folder)

    @property
    def own_files(self) -> frozenset[Path]:
        """What lies in the folder and is no document."""
        return frozenset(self.folder / name for name in _OWN_FILES)

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

    def terms(self) -> Terms:
        """Return the domain's dictionary, see `core.terms`; an empty one where it comes without.

        Raises:
            DomainError: a broken line, by number.
        """
        return read_terms(self.folder / _TERMS)

    def set(self, section: str, key: str, value: float, why: str) -> None:
        """Write a number to this domain's `domain.toml`, with a comment; every other line stays as it is.

        Raises:
            DomainError: the file says it in a way that one line cannot change, or cannot be written.
        """
        path = self.folder / "domain.toml"
        said = _read_toml(path)
        text = path.read_bytes().decode() if path.is_file() else ""
        line = f"{key} = {value:g}  # {why}"
        fresh = _with_line(text, section, key, line)
        try:
            if tomllib.loads(fresh) != {**said, section: {**said.get(section, {}), key: value}}:
                raise ValueError("it would change other values")
            path.write_bytes(fresh.encode())
        except (ValueError, TypeError, OSError) as error:
            raise DomainError(f"{path}: {error}; write under [{section}]: {line}") from error

    def questions(
        self, split: str = "", lang: str = "", path: Path | None = None, follow_ups: bool | None = False
    ) -> list[QuestionRecord]:
        """Return the questions of `split` and `lang` (empty: all), in file order; from `path` if given.

        Only those that stand alone, or with `follow_ups` only those with turns before them; None: both.

        Raises:
            DomainError: no questions.jsonl, or a broken line, by number.
        """
        path = path or self.folder / "questions.jsonl"
        wanted = [
            record
            for record in read_questions(path)
            if (not split or record.split == split)
            and (not lang or record.lang == lang)
            and follow_ups in (None, bool(record.turns))
        ]
        if not wanted:
            kind = "question with turns" if follow_ups else "question"
            raise DomainError(f"{path} holds no {kind} with split={split or 'any'} lang={lang or 'any'}")
        return wanted


def domain_names() -> list[str]:
    """Return the names of the domains under `data/`; a folder that only holds other domains is none."""
    return sorted(path.name for path in DATA.iterdir() if path.is_dir() and not _shelved(path))


def find_domain(name: str) -> Domain:
    """Return the domain called `name` under `data/`, or the one in the folder `name`.

    Raises:
        DomainError: there is none, or only domains within; the message lists the known.
    """
    folder = DATA / name if (DATA / name).is_dir() and "/" not in name else Path(name)
    if not folder.is_dir() or not name.strip():
        known = ", ".join(domain_names())
        raise DomainError(f"no domain {name!r}: known are {known}; or give the path of a domain folder")
    if shelved := _shelved(folder):
        raise DomainError(f"{folder} holds domains and is none: give one of {', '.join(map(str, shelved))}")
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


def _shelved(folder: Path) -> list[Path]:
    """Return the domains in a folder that holds nothing else; none where it is a domain itself."""
    inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
    if any(not path.is_dir() or path.name == "documents" for path in inside):
        return []
    return sorted(path for path in inside if (path / "domain.toml").is_file())


def _read_toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DomainError(f"{path}: {error}") from error


def _with_line(text: str, section: str, key: str, line: str) -> str:
    """Return TOML with `line` in place of what `section` says of `key`, or else as its first line."""
    end = "\r\n" if "\r\n" in text else "\n"
    header = re.search(rf"^[ \t]*\[[ \t]*{section}[ \t]*\][^\n]*\n?", text, re.MULTILINE)
    if not header:
        before = text if not text or text.endswith("\n") else text + end
        return f"{before}{end if before else ''}[{section}]{end}{line}{end}"
    start = header.end()
    following = re.compile(r"^[ \t]*\[", re.MULTILINE).search(text, start)
    stop = following.start() if following else len(text)
    said = re.compile(rf"^[ \t]*{key}[ \t]*=[^\r\n]*", re.MULTILINE).search(text, start, stop)
    if said:
        return text[: said.start()] + line + text[said.end() :]
    gap = "" if text[:start].endswith("\n") else end
    return f"{text[:start]}{gap}{line}{end}{text[start:]}"
