"""The former place of `python -m core.weights`, for scripts that still call it by this name."""

import sys

from core.weights.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
