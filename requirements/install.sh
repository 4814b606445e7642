#!/bin/sh
# Makes the virtual environment from the lock: CPU torch where there is no NVIDIA GPU.
set -eu
TORCH=2.13.0
CPU_INDEX=https://download.pytorch.org/whl/cpu

command -v "$PYTHON" >/dev/null || PYTHON=python3
"$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' || {
    echo "error: Python 3.11 or 3.12 is needed; run: make PYTHON=/path/to/python3.11" >&2
    exit 1
}
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
pip() { "$VENV/bin/python" -m pip --disable-pip-version-check "$@"; }

echo "installing packages into $VENV (three to five minutes the first time)"
if [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then
    # --no-deps: what torch needs is in the lock, and the CPU index holds torch alone.
    pip install -q --no-deps --retries 0 "torch==$TORCH+cpu" --extra-index-url "$CPU_INDEX" 2>/dev/null || {
        echo "error: no CPU build of torch $TORCH at $CPU_INDEX; check the connection, or put its wheel into" >&2
        echo "       a folder and run: PIP_FIND_LINKS=/that/folder make setup" >&2
        exit 1
    }
else
    pip install -q "torch==$TORCH"
fi
pip install -q --no-deps --progress-bar on -r requirements/lock.txt
pip install -q --no-deps -e .

if ! command -v nvidia-smi >/dev/null && pip freeze 2>/dev/null | grep -iE '^(nvidia-|triton)'; then
    echo "error: CUDA packages slipped into a CPU install (above); remove them from requirements/lock.txt" >&2
    exit 1
fi
