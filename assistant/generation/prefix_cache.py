"""Keys and values of shared prefixes, in memory and on disk. Knows nothing of models or prompts.

A prefix is one safetensors file named by the sha256 of what it depends on, so a changed model, adapter
or text never meets a stale one. A file that is damaged is recomputed, a full disk only means that
nothing is stored. Who gives the folder gives another one when a text was deleted: then what memory
holds of it is forgotten too.
"""

import hashlib
import json
import logging
import os
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.generation.shared_prefix import Layers

if TYPE_CHECKING:
    from torch import Tensor

_IN_MEMORY = 4
"""Prefixes kept in memory: per language the examples, and the corpus where it is shared."""
_NOWHERE = Path(os.devnull, "prefixes")
"""A folder that is never there."""
_log = logging.getLogger(__name__)


def prefix_key(model: str, adapter: str, dtype: str, ids: Sequence[int]) -> str:
    """Return the name (sha256) of a prefix: `model` and `adapter` are fingerprints."""
    return hashlib.sha256(json.dumps([model, adapter, dtype, list(ids)]).encode()).hexdigest()


class PrefixStore:
    """The last prefixes in memory, the last `limit_mb` megabytes of them in the folder of the moment."""

    def __init__(self, folder: Callable[[], Path] | None, limit_mb: int) -> None:
        """Ask `folder` at each look-up where prefixes are (its parent must be there); None: in memory."""
        self._where = folder
        self._folder = _NOWHERE
        self._limit = limit_mb << 20
        self._recent: OrderedDict[str, Layers] = OrderedDict()

    def get(self, key: str, device: str = "cpu") -> Layers | None:
        """Return the prefix called `key`, or None if it must be computed.

        One that is read from disk goes to `device`, once, and stays there.
        """
        self._look()
        layers = self._recent.get(key) or self._read(key, device)
        if layers is not None:
            self._remember(key, layers)
        return layers

    def put(self, key: str, layers: Layers) -> None:
        """Keep a prefix, and drop from disk the least recently used that no longer fit.

        It goes where `get` did not find it: if that folder is gone, so is a text, and nothing is stored.
        """
        if self._folder == _NOWHERE:
            self._look()
        self._remember(key, layers)
        size = sum(tensor.nbytes for pair in layers for tensor in pair)
        if size > self._limit or self._folder == _NOWHERE:
            return
        try:
            self._write(key, layers)
            self._prune()
        except OSError as error:
            _log.warning("the prefix is not stored (%s); answering goes on without", error)

    def _look(self) -> None:
        """Turn to the folder of the moment; if it is another, forget what came from the texts before."""
        try:
            folder = self._where() if self._where else _NOWHERE
        except OSError as error:
            _log.warning("prefixes are not stored (%s); answering goes on without", error)
            folder = _NOWHERE
        if folder != self._folder:
            self._recent.clear()
            self._folder = folder

    def _remember(self, key: str, layers: Layers) -> None:
        self._recent[key] = layers
        self._recent.move_to_end(key)
        while len(self._recent) > _IN_MEMORY:
            self._recent.popitem(last=False)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.safetensors"

    def _read(self, key: str, device: str) -> Layers | None:
        from safetensors import SafetensorError, safe_open

        path = self._path(key)
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                count = len(file.keys()) // 2
                layers = [(file.get_tensor(f"{n}.key"), file.get_tensor(f"{n}.value")) for n in range(count)]
                intact = file.metadata() == {"crc32": _checksum(layers)}
        except (OSError, SafetensorError):
            intact = False
        if not intact:
            _log.warning("%s is damaged and is computed again", path)
            return None
        with suppress(OSError):  # the date of the last use; a read-only disk keeps the old one
            os.utime(path)
        return [(key.to(device), value.to(device)) for key, value in layers]

    def _write(self, key: str, layers: Layers) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import save_file

        tensors = {}
        for number, (keys, values) in enumerate(layers):
            tensors[f"{number}.key"] = keys.contiguous()
            tensors[f"{number}.value"] = values.contiguous()
        self._folder.mkdir(exist_ok=True)
        partial = self._folder / f"{key}.{os.getpid()}.partial"
        try:
            save_file(tensors, partial, metadata={"crc32": _checksum(layers)})
            os.replace(partial, self._path(key))
        except SafetensorError as error:  # its way to report a full disk
            raise OSError(str(error)) from error
        finally:
            partial.unlink(missing_ok=True)

    def _prune(self) -> None:
        """Remove the files used longest ago, what a killed process left among them."""
        files = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > self._limit:
                path.unlink(missing_ok=True)


def _checksum(layers: Layers) -> str:
    """Return a checksum of all bytes: safetensors checks lengths, not contents."""
    crc = 0
    for pair in layers:
        for tensor in pair:
            crc = zlib.crc32(_bytes(tensor), crc)
    return f"{crc:08x}"


def _bytes(tensor: "Tensor") -> memoryview:
    import torch

    return tensor.contiguous().cpu().view(torch.uint8).numpy().data
