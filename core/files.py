"""Files that are written whole or not at all. Knows nothing of what is in them."""

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file in place of what was there, which stays where this fails or the power does.

    Half a character, which no encoding has, becomes a question mark.

    Raises:
        OSError: the disk is full, or the folder is not there or cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content.encode("utf-8", "replace") if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
