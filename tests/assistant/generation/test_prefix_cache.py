"""The store of prefixes: what it keeps, drops and mistrusts."""

import os
from pathlib import Path

import pytest
import torch

from assistant.generation.prefix_cache import PrefixStore, prefix_key
from assistant.generation.shared_prefix import Layers

KB = 1 << 10


def layers(seed: int, kilobytes: int = 512) -> Layers:
    """Two layers in bf16, `kilobytes` in all."""
    torch.manual_seed(seed)
    size = (1, 2, kilobytes * KB // (2 * 2 * 2 * 2 * 16), 16)
    return [(torch.randn(size).bfloat16(), torch.randn(size).bfloat16()) for _ in range(2)]


def store_in(folder: Path, limit_mb: int) -> PrefixStore:
    return PrefixStore(lambda: folder, limit_mb)


def same(one: Layers | None, other: Layers) -> bool:
    return one is not None and all(
        torch.equal(a, b) for x, y in zip(one, other, strict=True) for a, b in zip(x, y, strict=True)
    )


def test_a_stored_prefix_comes_back_bit_by_bit(tmp_path: Path) -> None:
    store_in(tmp_path, 8).put("a", layers(1))
    assert same(store_in(tmp_path, 8).get("a"), layers(1))
    assert store_in(tmp_path, 8).get("b") is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("other", "", "bfloat16", [1, 2]), id="of another model"),
        pytest.param(("model", "tuned", "bfloat16", [1, 2]), id="with an adapter"),
        pytest.param(("model", "", "float32", [1, 2]), id="in another dtype"),
        pytest.param(("model", "", "bfloat16", [12]), id="of other tokens"),
    ],
)
def test_a_key_tells_prefixes_apart(other: tuple[str, str, str, list[int]]) -> None:
    assert prefix_key(*other) != prefix_key("model", "", "bfloat16", [1, 2])


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    store = store_in(tmp_path, 1)
    for age, key in ((300, "old"), (200, "older use")):
        store.put(key, layers(1, 400))
        os.utime(tmp_path / f"{key}.safetensors", (1e9 - age, 1e9 - age))
    assert store_in(tmp_path, 1).get("old") is not None, "and is now the last used"
    store.put("new", layers(1, 400))
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["new", "old"]


@pytest.mark.parametrize("limit", [pytest.param(0, id="off"), pytest.param(1, id="larger than the limit")])
def test_what_does_not_fit_is_kept_in_memory_only(tmp_path: Path, limit: int) -> None:
    store = store_in(tmp_path, limit)
    store.put("a", layers(1, 2048))
    assert store.get("a") is not None
    assert list(tmp_path.iterdir()) == []


def test_memory_holds_the_last_four(tmp_path: Path) -> None:
    store = store_in(tmp_path, 0)
    for key in "abcde":
        store.put(key, layers(1))
    assert [store.get(key) is not None for key in "abcde"] == [False, True, True, True, True]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: data[: len(data) // 2], id="cut off"),
        pytest.param(lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], id="one bit flipped"),
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"\xff" * 64, id="not safetensors"),
    ],
)
def test_a_damaged_file_is_recomputed(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    store_in(tmp_path, 8).put("a", layers(1))
    path = tmp_path / "a.safetensors"
    path.write_bytes(damage(path.read_bytes()))
    store = store_in(tmp_path, 8)
    assert store.get("a") is None
    store.put("a", layers(1))
    assert same(store_in(tmp_path, 8).get("a"), layers(1))


def test_a_disk_that_takes_nothing_does_not_stop_the_answer(tmp_path: Path) -> None:
    (tmp_path / "prefixes").write_text("a file where the folder should be")
    store = store_in(tmp_path / "prefixes", 8)
    store.put("a", layers(1))
    assert same(store.get("a"), layers(1))


def test_a_full_disk_leaves_no_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import safetensors.torch

    def fails(*args: object, **kwargs: object) -> None:
        Path(str(args[1])).write_bytes(b"half")
        raise safetensors.SafetensorError("No space left on device (os error 28)")

    monkeypatch.setattr(safetensors.torch, "save_file", fails)
    store = store_in(tmp_path, 8)
    store.put("a", layers(1))
    assert list(tmp_path.iterdir()) == []
    assert store.get("a") is not None
