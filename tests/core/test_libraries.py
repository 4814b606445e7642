"""What libraries say to each other is left out; everything else is shown."""

import subprocess
import sys

SPEAK = """
import core
import warnings
warnings.warn("`is_gradient_checkpointing` is deprecated and will be removed", FutureWarning)
warnings.warn("`is_gradient_checkpointing` is no number", RuntimeWarning)
"""


def test_only_chatter_is_left_out() -> None:
    done = subprocess.run([sys.executable, "-c", SPEAK], capture_output=True, text=True, check=True)
    assert "is deprecated" not in done.stderr
    assert "is no number" in done.stderr
