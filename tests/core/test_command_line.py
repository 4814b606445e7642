"""How the command lines fail."""

import errno

import pytest
import typer

from core.command_line import plain_errors
from core.errors import AdapterError


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        pytest.param(AdapterError("no adapter;\n run: x"), 1, "error: no adapter; run: x", id="one line"),
        pytest.param(OSError(errno.ENOSPC, "No space left on device"), 1, "No space left", id="a full disk"),
        pytest.param(KeyboardInterrupt(), 130, "interrupted: what is done is kept", id="Ctrl-C"),
    ],
)
def test_what_a_user_can_put_right_is_one_line(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as raised, plain_errors():
        raise error
    assert raised.value.exit_code == code
    shown = capsys.readouterr().err
    assert line in shown
    assert shown.count("\n") == 1


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), plain_errors():
        1 / 0  # noqa: B018
