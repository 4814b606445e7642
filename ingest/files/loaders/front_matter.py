"""What a file says about itself: id, title, lang, source, as_of. Knows nothing of formats.

A head is YAML between lines of `---`, TOML between lines of `+++`, or a JSON object. Values are taken as they
are written: `12:30` is no number of minutes, `No` is a name and `007` keeps its zeros.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from typing import Any

import yaml

from core.errors import DocumentError, DocumentWarning

FIELDS = ("id", "title", "lang", "source", "as_of")
_YAML = re.compile(r"\s*?---[ \t]*\r?\n(.*?\r?\n)?(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_TOML = re.compile(r"\+\+\+[ \t]*\r?\n(.*?\r?\n)?\+\+\+[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_PAIR = re.compile(r"(\w[\w .-]{0,40}?)[ \t]*[:：=][ \t]*(.*)")
_KEY = re.compile(r"[a-z][\w-]*")  # of a head that states nothing known; `Note: ...` is a line of text
_QUOTED = re.compile(r"""(["'])(.*)\1""")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a text states, the text below it, and what of the head was not understood."""

    stated: dict[str, str]
    body: str
    warnings: tuple[DocumentWarning, ...] = ()


def split_head(text: str, name: str) -> Head:
    """Part the head from the text; what no parser reads is read as `key: value` lines, with a warning.

    Words between two rules are no head: then all of `text` is the body.
    """
    if text.startswith("{"):
        return _json_head(text)
    is_toml = text.startswith("+++")
    found = (_TOML if is_toml else _YAML).match(text)
    if not found:
        return Head({}, text)
    block = found.group(1) or ""
    try:
        line = text.count("\n", 0, found.start(1)) + 1
        values = tomllib.loads(block) if is_toml else _yaml(block, name, line)
        stated, warnings = _plain_fields(values, name) if isinstance(values, dict) else ({}, ())
        is_head = isinstance(values, dict) and (bool(stated) or all(map(_KEY.fullmatch, map(str, values))))
    except (DocumentError, tomllib.TOMLDecodeError, RecursionError) as error:
        where = str(error).split(": front matter")[0] if isinstance(error, DocumentError) else name
        stated, is_head = {}, False
        warnings = (DocumentWarning(f"{where}: the front matter was read line by line; quote its values"),)
    stated = stated if is_head else _pairs(block)
    if not is_head and not stated:
        return Head({}, text)
    return Head(stated, text[found.end() :], warnings)


def parse(block: str, name: str, first_line: int = 1) -> dict[str, str] | None:
    """Return the known fields that are stated, or None where `block` is no mapping.

    Raises:
        DocumentError: not YAML, by line counted from `first_line`, or a field that is not plain text.
    """
    values = _yaml(block, name, first_line)
    if not isinstance(values, dict):
        return None
    stated, warnings = _plain_fields(values, name)
    for warning in warnings:
        raise DocumentError(str(warning))
    return stated


def _yaml(block: str, name: str, first_line: int) -> Any:
    try:
        return (
            yaml.load(block, yaml.BaseLoader) or {}
        )  # all scalars as they are written, no tags, no merge keys
    except MemoryError:
        raise
    except Exception as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + first_line}" if mark else ""
        raise DocumentError(
            f"{name}{line}: front matter is not YAML; quote values that hold a colon"
        ) from error


def _plain_fields(values: dict[Any, Any], name: str) -> tuple[dict[str, str], tuple[DocumentWarning, ...]]:
    """Return the known fields, and a warning for each that is neither text nor a list of texts."""
    known = {str(key).lower(): value for key, value in values.items()}
    stated, warnings = {}, []
    for field in FIELDS:
        value = known.get(field)
        parts = value if isinstance(value, list) else [value]
        if any(isinstance(part, list | dict) for part in parts):
            kind = type(value).__name__
            warnings.append(
                DocumentWarning(f"{name}: front matter {field!r} must be plain text, not a {kind}")
            )
        elif said := ", ".join(str(part) for part in parts if part is not None):
            stated[field] = said
    return stated, tuple(warnings)


def _pairs(block: str) -> dict[str, str]:
    """Return the known fields of `key: value` lines, where most lines are such; else nothing."""
    lines = [line for line in block.splitlines() if line.strip()]
    pairs = [pair.groups() for line in lines if (pair := _PAIR.fullmatch(line))]
    if 2 * len(pairs) < len(lines):
        return {}
    known = {key.lower(): _QUOTED.sub(r"\2", value.strip()) for key, value in pairs}
    return {field: known[field] for field in FIELDS if known.get(field)}


def _json_head(text: str) -> Head:
    try:
        values, end = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode(text)
    except (ValueError, RecursionError):
        return Head({}, text)
    stated, _ = _plain_fields(values, "")
    return Head(stated, text[end:]) if stated else Head({}, text)
