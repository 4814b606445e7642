"""The most memory that this process has had. Knows nothing of what it was for."""

import resource
import sys
from pathlib import Path


def peak_memory(device: str) -> int:
    """Return the most memory in bytes that this process has had so far: torch's on a GPU, else resident.

    Not `ru_maxrss` where there is better: on Linux a process begins with that of the one that started it.
    """
    if device.startswith("cuda"):
        import torch

        return torch.cuda.max_memory_allocated(device)
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10
