"""Seals a folder of files that will never change again. Knows nothing of what is in them.

A seal is written last: a folder without one was never finished. A native library may crash the
process on a damaged file, so files are checked against their seal before anything opens them.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.index import Damaged

SEAL = "seal.json"
"""Where a seal lies in its folder."""


def seal(folder: Path, facts: Mapping[str, Any], files: tuple[str, ...] = ()) -> str:
    """Flush `files` of `folder` to the disk, then write their sha256 and `facts` beside them.

    Returns the seal's own digest, by which another seal can cover this one.
    """
    for name in files:
        flush(folder / name)
    body = {"facts": dict(facts), "files": {name: _sha256(folder / name) for name in files}}
    digest = _digest(body)
    text = json.dumps({**body, "sha256": digest}, ensure_ascii=False, indent=1)
    (folder / SEAL).write_text(text + "\n", encoding="utf-8")
    flush(folder / SEAL)
    flush(folder)
    return digest


def unseal(folder: Path, digest: str = "") -> dict[str, Any]:
    """Return the facts of a sealed folder after checking every sealed file, and its seal's `digest`.

    Raises:
        Damaged: the seal or a file is missing or has changed, or it is not the seal that was asked for.
    """
    body = _read(folder, digest)
    try:
        for name, expected in body["files"].items():
            if _sha256(folder / name) != expected:
                raise Damaged(f"{folder / name} has changed")
        return dict(body["facts"])
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise Damaged(f"{folder}: {error}") from error


def check_seal(folder: Path, digest: str) -> None:
    """Check that the seal of `folder` has this digest; its files are not looked at.

    Raises:
        Damaged: it is missing, or another.
    """
    _read(folder, digest)


def flush(path: Path) -> None:
    """Force a file or the entries of a folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(folder: Path, digest: str) -> dict[str, Any]:
    """Return what a seal says."""
    try:
        body: dict[str, Any] = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        said = body.pop("sha256")
        if said != _digest(body) or said != (digest or said):
            raise Damaged(f"{folder / SEAL} has changed")
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise Damaged(f"{folder}: {error}") from error
    return body


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
