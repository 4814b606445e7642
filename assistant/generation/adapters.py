"""Where a domain's adapter is, and whether it fits the base model. Knows nothing of training or models.

An adapter is a folder: `adapter_config.json`, `adapter_model.safetensors` and `manifest.json`, which
names the base it was trained on: `{"base": {"name": ..., "sha256": ...}, ...}`.
"""

import hashlib
import json
from pathlib import Path

from core.domain import Domain
from core.errors import AdapterError
from settings import Settings

_WEIGHTS = "adapter_model.safetensors"
_CONFIG = "adapter_config.json"
_MANIFEST = "manifest.json"


def find_adapter(domain: Domain, settings: Settings, base_fingerprint: str) -> Path:
    """Return the folder of the domain's adapter: the one trained here, else the one it came with.

    Raises:
        AdapterError: there is none for the base model `base_fingerprint`.
    """
    train = f"python -m finetune train --domain {domain.name}"
    folders = [settings.home / "adapters" / domain.key, domain.folder / "adapter"]
    bases = {folder: _base(folder, train) for folder in folders if (folder / _WEIGHTS).is_file()}
    for folder, (_, sha256) in bases.items():
        if sha256 == base_fingerprint:
            return folder
    if not bases:
        raise AdapterError(f"domain {domain.name} has no adapter; run: {train}")
    found = "; ".join(f"{folder} is for {name}" for folder, (name, _) in bases.items())
    raise AdapterError(f"no adapter for {settings.generator.model} ({found}); run: {train}")


def adapter_fingerprint(folder: Path) -> str:
    """Return the sha256 (hex) of an adapter's weights and configuration.

    Raises:
        AdapterError: a file is missing.
    """
    digest = hashlib.sha256()
    try:
        for name in (_CONFIG, _WEIGHTS):
            digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    except OSError as error:
        raise AdapterError(f"{folder} holds no adapter ({error}); run: python -m finetune train") from error
    return digest.hexdigest()


def _base(folder: Path, train: str) -> tuple[str, str]:
    """Return name and sha256 of the base model that the adapter in `folder` was trained on."""
    try:
        base = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))["base"]
        return str(base["name"]), str(base["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AdapterError(
            f"{folder / _MANIFEST} does not say which base model the adapter is for; run: {train}"
        ) from error
