"""The audit: recall of real graphs, and that a poor one shows."""

import numpy as np
import pytest

from ingest.search.audit import EFS, MS, _states, audit


def vectors(count: int, dim: int) -> np.ndarray:
    random = np.random.default_rng(5).standard_normal((count, dim)).astype(np.float32)
    return random / np.linalg.norm(random, axis=1, keepdims=True)


def test_more_links_and_a_wider_search_miss_less() -> None:
    everything = vectors(2050, 32)
    findings = {(one.m, one.ef): one for one in audit(everything[:2000], everything[2000:], 100, 1)}
    assert findings.keys() == {(m, ef) for m in MS for ef in EFS}
    worst, best = findings[8, 10], findings[32, 200]
    assert worst.built < 0.9
    assert min(best.built, best.changed) > 0.99


@pytest.mark.parametrize("count", [1, 7, 1000])
def test_changes_give_the_same_vectors_other_labels(count: int) -> None:
    first, *_, last = _states(count)
    assert len(last) == len(set(last)) == count
    assert sorted(last % count) == list(first)
    assert np.sum(last >= count) >= int(0.25 * count)
