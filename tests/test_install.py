"""What `make setup` does where something is missing: install.sh among stand-ins for the tools it calls."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "requirements/install.sh"
PYTHON = """
case "$*" in
    *sysconfig*) echo {header} ;;
    *hnswlib*) exit {without_hnswlib} ;;
    --version) echo Python 3.13.0 ;;
    *"pip --disable-pip-version-check freeze"*) echo {frozen} ;;
    *"pip --disable-pip-version-check install"*) echo "pip $*" >> {log}; exit {pip_fails} ;;
esac
"""


class Machine:
    """A folder of tools that write down how they were called, and nothing else on the path."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.venv, self.log = folder / "bin", folder / "venv", folder / "log"
        self.header = folder / "Python.h"
        self.header.touch()
        self.log.touch()
        for tool in ("uname", "grep"):
            self.bin.mkdir(exist_ok=True)
            (self.bin / tool).symlink_to(shutil.which(tool) or "")
        self.have("c++", "")
        self.python()

    def have(self, name: str, script: str) -> None:
        path = self.bin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def python(self, **how: object) -> None:
        """Have a `python3` and, in the environment, a `python` that behave in this way."""
        known = {"header": self.header, "log": self.log, "without_hnswlib": 1, "frozen": "", "pip_fails": 0}
        for path in ("python3", "../venv/bin/python"):
            self.have(path, PYTHON.format(**(known | how)))

    def install(self) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.bin), "PYTHON": "python3.11", "VENV": str(self.venv)}
        return subprocess.run(
            ["/bin/sh", str(SCRIPT)], env=environment, capture_output=True, text=True, check=False
        )

    @property
    def calls(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_uv_pip_installs_the_cpu_build_and_then_the_lock(machine: Machine) -> None:
    done = machine.install()
    assert (done.returncode, done.stderr) == (0, "")
    torch, lock, project = machine.calls
    assert ("+cpu" in torch) == (os.uname().sysname == "Linux")
    assert lock.endswith("--no-deps -r requirements/lock.txt")
    assert project.endswith("--no-deps -e .")


def test_uv_is_taken_where_it_is_there(machine: Machine) -> None:
    machine.have("uv", f'echo "uv $*" >> {machine.log}')
    done = machine.install()
    assert (done.returncode, done.stderr) == (0, "")
    assert [call.split()[0] for call in machine.calls] == ["uv", "uv", "uv"]


def test_what_uv_cannot_do_pip_does_after_one_line(machine: Machine) -> None:
    machine.have("uv", f'echo "uv $*" >> {machine.log}; case "$*" in *lock*) exit 1; esac')
    done = machine.install()
    assert (done.returncode, done.stderr) == (0, "")
    assert [call.split()[0] for call in machine.calls] == ["uv", "uv", "pip", "uv"]
    assert done.stdout.splitlines()[1:] == [
        "uv could not install the packages of requirements/lock.txt; trying pip"
    ]


def test_where_neither_gets_torch_the_remedy_is_told(machine: Machine) -> None:
    machine.python(pip_fails=1)
    machine.have("uv", "exit 1")
    done = machine.install()
    assert done.returncode == 1
    if os.uname().sysname == "Linux":
        assert "put its wheel into" in done.stderr


def test_cuda_packages_are_refused_without_a_gpu(machine: Machine) -> None:
    machine.python(frozen="nvidia-cublas==13.1")
    done = machine.install()
    assert done.returncode == 1
    assert "CUDA packages slipped into a CPU install" in done.stderr


@pytest.mark.parametrize("missing", ["c++", "../Python.h"])
def test_a_missing_compiler_or_header_is_told_before_anything_is_installed(
    machine: Machine, missing: str
) -> None:
    (machine.bin / missing).unlink()
    done = machine.install()
    assert done.returncode == 1
    assert f"a C++ compiler and {machine.header} are needed" in done.stderr
    assert machine.calls == []


def test_a_machine_without_a_fitting_python_is_told_which_fit(machine: Machine) -> None:
    machine.have("python3", "exit 1")
    done = machine.install()
    assert done.returncode == 1
    assert done.stderr.startswith("error: Python 3.11, 3.12, 3.13 or 3.14 is needed")
