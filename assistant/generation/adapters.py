"""Which adapters a domain has, and whether they fit the base model. Knows nothing of training or models.

An adapter is a folder: `adapter_config.json`, `adapter_model.safetensors` and `manifest.json`, which
names the base it was trained on: `{"base": {"name": ..., "sha256": ...}, ...}`. Those trained here lie in
`adapters/<domain>/<name>/` of the home; one of the same name for another base in `<name>-<8 digits of it>`.
A domain may come with one in its folder `adapter/`, and with others in `adapters/<name>/`.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assistant.generation.artefact import CONFIG, WEIGHTS, refuse_pickles
from core.domain import Domain
from core.errors import AdapterError
from settings import Settings

RAFT = "raft"
"""What the adapter that reads passages is called, and the objective that trains it."""
REPLACED = ".replaced"
"""Ending of the hidden folder of an adapter that serves until the new one is in its place."""
_MANIFEST = "manifest.json"
_FIRST = "lora"  # what an adapter is called whose folder does not say: there was no other method
_NAME = re.compile(r"[\w][\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter on the disk, and the base model that it was trained on."""

    name: str
    folder: Path
    base_name: str
    base_sha256: str


def find_adapter(domain: Domain, settings: Settings, base_fingerprint: str, name: str = "") -> Adapter:
    """Return the domain's adapter called `name` for a base model.

    Without a name it is the one that training with these settings makes, unless that reads passages.

    Raises:
        AdapterError: there is none for this base; the message says which there are.
    """
    option = "objective" if name == RAFT else "name"
    train = f"python -m finetune train --domain {domain.name}" + (f" --{option} {name}" if name else "")
    made = settings.finetune.adapter
    wanted = name or (settings.finetune.method if made == RAFT else made)
    found = list(_adapters(domain, settings))
    named = [adapter for adapter in found if adapter.name == wanted]
    for adapter in named:
        if adapter.base_sha256 == base_fingerprint:
            return adapter
    if named:
        others = "; ".join(f"{one.folder} is for {one.base_name}" for one in named)
        raise AdapterError(f"no adapter for {settings.generator.model} ({others}); run: {train}")
    for folder in (_home(domain, settings) / wanted, domain.folder / "adapters" / wanted):
        refuse_pickles(folder)
    known = f" {wanted!r}, only {', '.join(sorted({one.name for one in found}))}" if found else ""
    raise AdapterError(f"domain {domain.name} has no adapter{known}; run: {train}")


def adapter_folder(domain: Domain, settings: Settings, base_fingerprint: str, name: str) -> Path:
    """Return where an adapter of this name belongs; one for another base model keeps its place.

    Raises:
        AdapterError: the name is none for a folder.
    """
    if not _NAME.fullmatch(name):
        raise AdapterError(f"{name!r} cannot name an adapter; use letters, digits, dots, - and _")
    folder = _home(domain, settings) / name
    if _holds_adapter(folder) and _read(folder, name).base_sha256 != base_fingerprint:
        return folder.with_name(f"{name}-{base_fingerprint[:8]}")
    return folder


def adapter_fingerprint(folder: Path) -> str:
    """Return the sha256 (hex) of an adapter's weights and configuration.

    Raises:
        AdapterError: a file is missing, or is a pickle.
    """
    refuse_pickles(folder)
    files = folder / CONFIG, folder / WEIGHTS
    try:
        return _digest(files, tuple((one.st_mtime_ns, one.st_size) for one in map(Path.stat, files)))
    except OSError as error:
        raise AdapterError(f"{folder} holds no adapter ({error}); run: python -m finetune train") from error


@lru_cache(maxsize=64)
def _digest(files: tuple[Path, ...], stamps: tuple[tuple[int, int], ...]) -> str:
    """Return the sha256 of files, read once for each of their `stamps`: a full artefact has gigabytes."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def taught_documents(folder: Path) -> tuple[str, ...] | None:
    """Return the ids of the documents that an adapter's training questions cite; None: it does not say."""
    try:
        found = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["documents"]
        return tuple(map(str, found))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _adapters(domain: Domain, settings: Settings) -> Iterator[Adapter]:
    """Yield the adapters trained here, then those that the domain came with."""
    home = _home(domain, settings)
    for folder in sorted(path for path in home.glob("*") if _holds_adapter(path)):
        adapter = _read(folder, _shown(folder))
        own = f"-{adapter.base_sha256[:8]}"
        yield Adapter(adapter.name.removesuffix(own), folder, adapter.base_name, adapter.base_sha256)
    for folder in (home, domain.folder / "adapter"):  # earlier versions kept one adapter, in `home` itself
        if _holds_adapter(folder):
            yield _read(folder, _FIRST)
    for folder in sorted((domain.folder / "adapters").glob("*")):
        if _holds_adapter(folder):
            yield _read(folder, folder.name)


def _home(domain: Domain, settings: Settings) -> Path:
    return settings.home / "adapters" / domain.key


def _holds_adapter(folder: Path) -> bool:
    """Tell a folder with an adapter; a hidden one is half written, or set aside while another replaces it."""
    serves = not folder.name.startswith(".") or (
        folder.name.endswith(REPLACED) and not folder.with_name(_shown(folder)).is_dir()
    )
    return serves and (folder / WEIGHTS).is_file()


def _shown(folder: Path) -> str:
    """Return what an adapter's folder is called when nothing happens to it."""
    return folder.name.removeprefix(".").removesuffix(REPLACED)


def _read(folder: Path, name: str) -> Adapter:
    try:
        base = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["base"]
        return Adapter(name, folder, str(base["name"]), str(base["sha256"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Adapter(name, folder, f"a base that {_MANIFEST} does not tell", "")
