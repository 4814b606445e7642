"""Answers in JSON by a schema of the user's: what is asked for, and what an answer says. Knows no model.

`null` in place of the whole answer declines, whatever the schema; so does one in which nothing has a value.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assistant.citations import cite
from assistant.refusals import is_refusal
from assistant.types import Citation
from core.errors import DomainError
from ingest.types import Hit


def read_schema(path: Path) -> str:
    """Return the JSON schema in a file, on one line.

    Raises:
        DomainError: there is none, or it refers to what is not in it.
    """
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    try:
        schema = json.loads(path.read_text(encoding="utf-8-sig"))
        validator_for(schema).check_schema(schema)
        _within_or_null(schema)
    except OSError as error:
        raise DomainError(
            f"{path} cannot be read: {error.strerror}; name a file with a JSON schema"
        ) from error
    except SchemaError as error:
        raise DomainError(f"{path}: not a JSON schema: {error.message}") from error
    except (ValueError, RecursionError) as error:
        raise DomainError(f"{path}: not a JSON schema: {error}") from error
    return json.dumps(schema, ensure_ascii=False)


def or_null(schema: str) -> str:
    """Return the schema of what follows `schema`, or is null."""
    kept = json.loads(schema)
    return json.dumps({"anyOf": [{"type": "null"}, _within_or_null(kept)]}, ensure_ascii=False)


def follows(text: str, schema: str) -> bool:
    """Say whether `text` is whole JSON that follows `schema`, or null."""
    from jsonschema.validators import validator_for

    try:
        said, wanted = json.loads(text), json.loads(or_null(schema))
    except (ValueError, RecursionError):
        return False
    return bool(validator_for(json.loads(schema))(wanted).is_valid(said))


def declines(text: str) -> bool:
    """Say whether an answer declines to answer: in words, or in JSON as null or without any value."""
    values = _values(text)
    return is_refusal(text) if values is None else not values


def supported(question: str, text: str, contexts: Sequence[Hit]) -> tuple[Citation, ...]:
    """Return the sentences of `contexts` that support an answer, of one in JSON those of each value."""
    values = _values(text)
    claims = [text] if values is None else [one for one in values if not isinstance(one, bool)]
    return tuple(dict.fromkeys(one for claim in claims for one in cite(question, str(claim), contexts)))


def _values(text: str) -> list[Any] | None:
    """Return the values in an answer that is a JSON object, list or null; None where it is none of these."""
    if text != "null" and not text.startswith(("{", "[")):
        return None
    try:
        return list(_leaves(json.loads(text)))
    except (ValueError, RecursionError):
        return None


def _leaves(said: Any) -> Iterator[Any]:
    if isinstance(said, dict | list):
        for one in said.values() if isinstance(said, dict) else said:
            yield from _leaves(one)
    elif said is not None and said != "" and not (isinstance(said, str) and is_refusal(said)):
        yield said


def _within_or_null(schema: Any) -> Any:
    """Return the schema as it stands within that of `or_null`: its references point there.

    Raises:
        ValueError: one points out of the schema; nothing is fetched.
    """
    if isinstance(schema, list):
        return [_within_or_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _within_or_null(one) for key, one in schema.items() if key not in ("$schema", "$id")}
    if isinstance(reference := kept.get("$ref"), str):
        if not reference.startswith("#"):
            raise ValueError(f"$ref {reference!r} points out of it; put what it names under $defs")
        kept["$ref"] = f"#/anyOf/1{reference[1:]}"
    return kept
