"""What memory processes hold and may use, and giving back what was freed; how many processors there are."""

import ctypes
import os
from pathlib import Path

_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)

_RESET_PEAK = "5"
"""Sets the peak of a process back to what it holds now. Source: proc(5), clear_refs."""


def resident_mib(process_id: int | None = None) -> float | None:
    """Return the resident memory of a process, of this one by default, in MiB."""
    return _status_mib("VmRSS", process_id)


def peak_resident_mib(process_id: int | None = None) -> float | None:
    """Return the largest resident memory of a process so far, in MiB."""
    return _status_mib("VmHWM", process_id)


def reset_peak() -> bool:
    """Let this process' peak start from what it holds now; False where the system does not allow it."""
    try:
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def give_back_freed_memory() -> None:
    """Return freed heap pages to the system; glibc keeps them otherwise."""
    if _TRIM is not None:
        _TRIM(0)


def usable_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def host_memory_bytes() -> int:
    """Return what this machine, or the container that this process is in, may use."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = (
        _limit(Path("/sys/fs/cgroup") / name) for name in ("memory.max", "memory/memory.limit_in_bytes")
    )
    return min([installed, *(limit for limit in limits if limit is not None)])


def _limit(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _status_mib(field: str, process_id: int | None) -> float | None:
    try:
        lines = Path(f"/proc/{process_id or 'self'}/status").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) / 1024.0
    return None
