#!/bin/sh
# Makes the virtual environment from the lock: by uv where it is there, else by pip, with the same result.
# CPU torch where there is no NVIDIA GPU.
set -eu
TORCH=2.13.0
CPU_INDEX=https://download.pytorch.org/whl/cpu

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; }
for candidate in "$PYTHON" python3 python3.14 python3.13 python3.12 python3.11; do
    if fits "$candidate"; then break; fi
done
fits "$candidate" || {
    echo "error: Python 3.11, 3.12, 3.13 or 3.14 is needed; run: make PYTHON=/path/to/python3.13" >&2
    exit 1
}
python() { "$VENV/bin/python" "$@"; }
pip() { python -m pip --disable-pip-version-check "$@"; }

# hnswlib comes as C++ source.
header=$("$candidate" -c 'import sysconfig; print(sysconfig.get_path("include") + "/Python.h")')
python -c 'import hnswlib' 2>/dev/null || { command -v c++ >/dev/null && [ -f "$header" ]; } || {
    echo "error: a C++ compiler and $header are needed; on Debian and Ubuntu:" >&2
    echo "       apt install g++ python3-dev, on Fedora: dnf install gcc-c++ python3-devel" >&2
    exit 1
}
pip --version >/dev/null 2>&1 || "$candidate" -m venv "$VENV"

# What uv cannot do, pip tries: it knows other settings, certificates and folders of wheels.
install() {
    if command -v uv >/dev/null; then
        uv pip install -q --python "$VENV/bin/python" --compile-bytecode "$@" && return
        echo "uv could not install $what; trying pip"
    fi
    pip install -q "$@"
}

by=$(command -v uv >/dev/null && echo uv || echo pip)
size="0.6 GB to download, 3 GB on disk"
if command -v nvidia-smi >/dev/null; then size="3 GB to download, 7 GB on disk"; fi
echo "installing packages into $VENV with $by and $(python --version): $size, one to five minutes the first time"
if [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then
    # --no-deps: what torch needs is in the lock, and the CPU index holds torch alone.
    what="the CPU build of torch"
    export PIP_RETRIES=0 UV_HTTP_RETRIES=0
    install --no-deps "torch==$TORCH+cpu" --extra-index-url "$CPU_INDEX" 2>/dev/null || {
        echo "error: no CPU build of torch $TORCH at $CPU_INDEX; check the connection, or put its wheel into" >&2
        echo "       a folder and run: PIP_FIND_LINKS=/that/folder make setup" >&2
        exit 1
    }
    unset PIP_RETRIES UV_HTTP_RETRIES
else
    what=torch
    install "torch==$TORCH"
fi
what="the packages of requirements/lock.txt"
install --no-deps -r requirements/lock.txt
what="the project itself"
install --no-deps -e .

if ! command -v nvidia-smi >/dev/null && pip freeze 2>/dev/null | grep -iE '^(nvidia-|triton)'; then
    echo "error: CUDA packages slipped into a CPU install (above); remove them from requirements/lock.txt" >&2
    exit 1
fi
