"""How every command line ends: one line on stderr and an exit code. Knows none of the commands."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer

from core.errors import AssistantError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what a user can put right into one line and exit code 1, Ctrl-C into 130; decorates commands."""
    try:
        yield
    except AssistantError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        raise typer.Exit(1) from None
    except OSError as error:  # a full disk, a folder that cannot be written
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        print("interrupted: what is done is kept, the same command goes on from there", file=sys.stderr)
        raise typer.Exit(130) from None


def run(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run one command (default: the process's arguments) and return its exit code."""
    try:
        app(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0
