"""Two workers of a Ray cluster fill the knowledge base that one process alone would fill."""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.__main__ import main
from ingest.embedding import open_embedder
from ingest.workers.ray import connect
from settings import load_settings

Run = Callable[..., tuple[int, str, list[str]]]
NO_RAY = "Ray is not installed; pip install -r requirements/ray.txt"


@pytest.fixture(scope="module")
def address(tiny_embedder: Path) -> Iterator[str]:
    """A cluster of two hosts, as far as Ray can tell, with a CPU each."""
    cluster_utils = pytest.importorskip("ray.cluster_utils", reason=NO_RAY)
    cluster = cluster_utils.Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    cluster.add_node(num_cpus=1)
    yield cluster.address
    cluster.shutdown()


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    """Files that are parsed here, files that are parsed in a child, and some that are refused."""
    folder = tmp_path / "guide" / "documents"
    folder.mkdir(parents=True)
    for number in range(20):
        (folder / f"{number:02}.md").write_text(f"# Desk {number}\n\n" + f"Desk {number} is open. " * number)
        (folder / f"{number:02}.html").write_text(
            f"<title>窗口{number}</title><p>{f'第{number}号窗口办理退款。' * (number + 2)}</p>"
        )
    (folder / "05.csv").write_text("from,to,euros\nairport,harbour,2\n")
    (folder / "05.csv.yaml").write_text("id: 00.md\n")
    (folder / "torn.pdf").write_bytes(b"%PDF-1.7\nnothing follows")
    (folder / "odd.xyz").write_text("In no known format.")
    return folder.parent


@pytest.fixture
def run(
    domain: Path,
    tmp_path: Path,
    tiny_embedder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    monkeypatch.setenv("ASSISTANT_EMBEDDER__MODEL", str(tiny_embedder))
    monkeypatch.setattr("ingest.store.intake._WINDOW", 16)
    monkeypatch.setattr("ingest.store.intake._PIECE", 6)

    def run_(home: str, command: str, *arguments: str) -> tuple[int, str, list[str]]:
        monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / home))
        code = main([command, *arguments, "--domain", str(domain)])
        printed = capsys.readouterr()
        errors = [line for line in printed.err.splitlines() if line.startswith("error")]
        return code, printed.out, errors

    return run_


def ledger(home: Path) -> list[tuple[object, ...]]:
    """Return all that was committed, in its order."""
    (path,) = home.glob("domains/*/ledger.sqlite")
    db = sqlite3.connect(path)
    documents = db.execute("SELECT ordinal, id, title, text, lang, source, sha256 FROM documents").fetchall()
    chunks = "SELECT label, id, text, key, vector FROM chunks JOIN vectors USING (key) ORDER BY label"
    rows = [*documents, *db.execute(chunks)]
    db.close()
    return rows


def test_two_workers_fill_the_same_knowledge_base(
    run: Run, address: str, domain: Path, tmp_path: Path
) -> None:
    ray = ("--engine", "ray", "--ray-address", address)
    alone, together = run("alone", "add"), run("together", "add", *ray)
    assert together == alone
    assert len(alone[2]) == 3, alone[2]
    assert ledger(tmp_path / "together") == ledger(tmp_path / "alone")
    query = ("search", "Which desk pays a refund?", "--mode", "dense")
    assert run("together", *query) == run("alone", *query)
    assert "0 added, 0 changed" in run("together", "add", *ray)[1]
    (domain / "documents" / "03.html").unlink()
    assert run("together", "update", *ray) == run("alone", "update")


def test_what_a_killed_worker_did_is_done_again(address: str, tiny_embedder: Path, tmp_path: Path) -> None:
    import ray

    settings = load_settings({"home": tmp_path, "embedder": {"model": str(tiny_embedder)}})
    pieces = [[f"desk {number} {place}" for place in range(6)] for number in range(12)]
    expected = [open_embedder(settings).embed_passages(piece) for piece in pieces]

    with connect(settings, address) as engine:
        victim, *_ = engine.embedder._workers  # type: ignore[attr-defined]

        def handed() -> Iterator[list[str]]:
            for number, piece in enumerate(pieces):
                if number == 5:
                    os.kill(ray.get(victim.__ray_call__.remote(lambda _: os.getpid())), signal.SIGKILL)
                yield piece

        found = list(engine.embedder.embed_pieces(handed()))
    assert all(map(np.array_equal, found, expected))
    assert len(found) == len(expected)


def test_an_address_without_a_cluster_is_one_line(run: Run) -> None:
    pytest.importorskip("ray", reason=NO_RAY)
    code, _, errors = run("none", "add", "--engine", "ray", "--ray-address", "127.0.0.1:1")
    assert code == 1
    assert errors[0].startswith("error: no Ray cluster at 127.0.0.1:1: ")


def test_without_ray_the_remedy_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, errors = run("none", "add", "--engine", "ray")
    assert code == 1
    assert errors == ["error: Ray is not installed; run: pip install -r requirements/ray.txt"]
