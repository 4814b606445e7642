"""Files are written whole or not at all."""

from pathlib import Path

import pytest

from core.files import write_whole


def test_what_was_there_is_replaced_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "名.json"
    path.write_text("old")
    write_whole(path, "new，\n")
    assert path.read_bytes() == "new，\n".encode()
    assert [one.name for one in tmp_path.iterdir()] == ["名.json"]


def test_bytes_stay_as_they_are(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"\xff\x00")
    assert (tmp_path / "a").read_bytes() == b"\xff\x00"


def test_half_a_character_does_not_lose_the_rest(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", "x\ud83dy")
    assert (tmp_path / "a").read_text() == "x?y"


def test_where_writing_fails_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    (tmp_path / ".a.partial").mkdir()
    with pytest.raises(OSError, match=r"\.a\.partial"):
        write_whole(path, "new")
    assert path.read_text() == "old"
