"""How this package's command lines fail: one line on stderr and an exit code. Knows nothing of evaluation."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from ingest.errors import AssistantError


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what a user can put right into one line and exit code 1; Ctrl-C into 130."""
    try:
        yield
    except AssistantError as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        raise typer.Exit(1) from None
    except OSError as error:  # a full disk, a folder that cannot be written
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        print("stopped; what is done is kept", file=sys.stderr)
        raise typer.Exit(130) from None
