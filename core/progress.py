"""Bars that show on a terminal how far a long job is. Knows nothing of the jobs.

A log gets none, neither ours nor those of libraries (weights that load, files that download). Libraries
read their switches when they are imported, so the package `core` turns them before anything else is.
"""

import os
import sys
from collections.abc import Iterable
from typing import Any

SWITCHES = ("TQDM_DISABLE", "HF_HUB_DISABLE_PROGRESS_BARS")


def keep_bars_out_of_logs() -> None:
    """Switch off the bars of libraries, in this process and its children, unless stderr is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        for switch in SWITCHES:
            os.environ.setdefault(switch, "1")


def progress_bar(items: Iterable[Any] | None = None, *, stays: bool = False, **options: Any) -> Any:
    """Return a tqdm bar over `items`, with tqdm's `options`.

    It shows itself after three seconds and leaves no trace; one that `stays` does so at once, for good.
    """
    from tqdm import tqdm

    disable = bool(os.environ.get("TQDM_DISABLE")) or None  # None: where stderr is no terminal
    return tqdm(items, delay=0 if stays else 3, leave=stays, disable=disable, **options)
