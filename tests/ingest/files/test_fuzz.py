"""A bounded share of `tests.ingest.files.fuzz`; that goes on for as long as it is told to."""

from pathlib import Path

import pytest

from tests.ingest.files.fuzz import fuzz
from tests.ingest.files.hostile import good

_CASES = 150


@pytest.mark.parametrize("suffix", good())
def test_no_mutation_breaks_a_loader(tmp_path: Path, suffix: str) -> None:
    outcomes, failures = fuzz(suffix, iter(range(_CASES)), tmp_path)
    assert failures == []
    assert outcomes.total() == _CASES
