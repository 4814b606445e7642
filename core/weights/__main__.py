"""Command line of the weights: `python -m core.weights [NAME ...]` fetches them. Only parses and prints."""

import sys
from collections.abc import Sequence

from core.errors import WeightsError
from core.weights.catalogue import CATALOGUE, model_folder
from settings import load_settings


def main(names: Sequence[str]) -> int:
    """Fetch the models called `names` (none: all of the catalogue's); return the exit code."""
    try:
        for name in names or CATALOGUE:
            print(f"{name}: {model_folder(name, load_settings().home)}")
    except WeightsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
