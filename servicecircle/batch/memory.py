"""What a process may use, has used, and what the machine has left."""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["available_mb", "cap_memory", "peak_mb", "restart_peak"]

_MB = 1 << 20
_KB_A_MB = 1024
_PROC = Path("/proc/self")
_CGROUP = Path("/sys/fs/cgroup")


def restart_peak() -> None:
    """Begin to measure the peak anew, where the system can (Linux): a worker computes one district after another."""
    with suppress(OSError):
        (_PROC / "clear_refs").write_text("5", "ascii")


def peak_mb() -> float:
    """Return the most memory this process has held since ``restart_peak``; elsewhere than on Linux, since it began."""
    told = _lines(_PROC / "status").get("VmHWM")
    if told is not None:
        return told / _KB_A_MB
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / _MB if sys.platform == "darwin" else most / _KB_A_MB


def available_mb() -> float | None:
    """Return what new processes can use before the machine, or this container, is short; None where nobody says."""
    told = _lines(Path("/proc/meminfo")).get("MemAvailable")
    free = [] if told is None else [told / _KB_A_MB]
    with suppress(OSError, ValueError):  # a container without a limit says "max"
        limit = int((_CGROUP / "memory.max").read_text("ascii"))
        used = int((_CGROUP / "memory.current").read_text("ascii"))
        free.append((limit - used) / _MB)
    return min(free, default=None)


def cap_memory(megabytes: float) -> None:
    """Let every allocation beyond so much private memory fail: one district too large must not take the machine."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(megabytes * _MB)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def _lines(path: Path) -> dict[str, int]:
    """Return the numbers of a file of the kernel's, by name."""
    try:
        text = path.read_text("ascii", errors="replace")
    except OSError:
        return {}
    parts = (line.split() for line in text.splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in parts if len(words) > 1 and words[1].isdecimal()}
