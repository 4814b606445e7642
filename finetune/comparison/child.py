"""A run in a process of its own, so that its memory is its own. Knows nothing of what a run is made of."""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

from core.errors import AssistantError
from finetune.comparison.measuring import Request, measure

Launch = Callable[[Request], dict[str, Any]]
"""Makes a run, see `measuring.measure`; raises CannotRun where it did not come to an end."""


_SECONDS = 30
"""For a child that has answered to end by itself, and to give back what libraries hold."""


class CannotRun(AssistantError):
    """A method that cannot run here; the message is one line."""


def in_child(request: Request) -> dict[str, Any]:
    """Make a run in a child process, which ends with this one.

    Raises:
        CannotRun: the method is refused, fails, or what it takes ended the process.
    """
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_serve, args=(request, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        made, said = ours.recv()
        process.join(_SECONDS)
    except EOFError:
        process.join()
        raise CannotRun(_ended(process.exitcode or 0)) from None
    finally:
        process.kill()
        process.join()
    if not made:
        raise CannotRun(said)
    return dict(said)


def _ended(code: int) -> str:
    if code >= 0:
        return f"its process ended with exit code {code}"
    how = signal.Signals(-code).name
    return f"its process was ended by {how}" + ("; out of memory?" if how == "SIGKILL" else "")


def _serve(request: Request, answer: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends the child
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        answer.send((True, measure(request)))
    except AssistantError as error:
        answer.send((False, _line(error)))
    except Exception as error:  # reported as a row, the other methods go on
        traceback.print_exc()
        answer.send((False, f"{type(error).__name__}: {_line(error)}"))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
