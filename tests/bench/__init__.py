"""What `make bench` measures."""

import resource
from pathlib import Path


def peak_gb() -> float:
    """The most memory that this process has held since its program began.

    Linux lets `ru_maxrss` begin with what the process held that started it: of a measure in a process of its
    own, that is the world's maker.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (kilobytes,) = [
            line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")
        ]
        return int(kilobytes) / (1 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 30)  # macOS counts bytes
