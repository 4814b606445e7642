"""What `make torture` does at length, in small: every goal keeps holding."""

from pathlib import Path

import pytest

from ingest.embedding import LocalEmbedder
from ingest.store import crash_points
from settings import Embedder
from tests.durability.corpus import document, open_base
from tests.durability.damage import HARMS, damaged_indexes, repeated_ingests
from tests.durability.disk import failing_disks, full_disks, no_small_disk
from tests.durability.files import changing_files
from tests.durability.isolation import foreign_hits
from tests.durability.kills import kill_ingests
from tests.durability.soak import soak


def test_what_is_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    outcome = kill_ingests(15, tmp_path)
    assert outcome.faults == ()


def test_a_disk_that_fails_anywhere_is_a_clear_error(tmp_path: Path) -> None:
    outcome = failing_disks(tmp_path, every=3)
    assert outcome.faults == ()
    assert outcome.cases > 30


def test_files_that_fail_never_keep_those_that_are_gone(tmp_path: Path) -> None:
    outcome = changing_files(18, tmp_path)
    assert outcome.faults == ()


@pytest.mark.skipif(bool(no_small_disk()), reason=no_small_disk())
def test_a_disk_that_is_really_full_is_a_clear_error() -> None:
    assert full_disks().faults == ()


def test_damage_is_noticed_and_mended(tmp_path: Path) -> None:
    assert damaged_indexes(2 * len(HARMS), tmp_path).faults == ()


def test_the_same_ingest_again_changes_nothing(tmp_path: Path) -> None:
    assert repeated_ingests(tmp_path).faults == ()


def test_two_domains_never_meet(tmp_path: Path, tiny_embedder: Path) -> None:
    embedder = LocalEmbedder(Embedder(model=str(tiny_embedder)), tmp_path, threads=1)
    assert foreign_hits(2000, tmp_path, embedder).faults == ()


def test_readers_never_see_a_torn_index(tmp_path: Path) -> None:
    outcome = soak(4, 200, tmp_path)
    assert outcome.faults == ()
    assert outcome.cases > 0


def test_an_ingest_comes_to_every_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a kill at each is a kill somewhere."""
    monkeypatch.setattr("ingest.index.snapshots._AT_ONCE", 0)
    seen: list[str] = []
    crash_points.listeners.append(seen.append)
    try:
        base = open_base(tmp_path)
        for number in range(3):
            base.sync([document(number)])
        base.close()
    finally:
        crash_points.listeners.remove(seen.append)
    assert set(seen) == set(crash_points.STEPS)
    assert list(dict.fromkeys(seen)) == list(crash_points.STEPS)
