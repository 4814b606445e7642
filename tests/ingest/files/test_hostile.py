"""Files that are damaged or mean harm cost one line each, and nothing else."""

from pathlib import Path

import pytest

from tests.durability.hostile import hostile_files


@pytest.mark.timeout(1200)  # half a minute of CPU time, on a machine however busy
def test_every_hostile_file_gives_text_or_one_line(tmp_path: Path) -> None:
    outcome = hostile_files(tmp_path)
    assert outcome.faults == ()
    assert outcome.cases > 200
