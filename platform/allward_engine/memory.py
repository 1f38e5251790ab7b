"""What memory this process holds, and giving back what it freed. Linux; elsewhere the answers are None."""

import ctypes
from pathlib import Path

_STATUS = Path("/proc/self/status")


def resident_mib() -> float | None:
    """Return the resident memory of this process, in MiB."""
    return _status_mib("VmRSS")


def peak_resident_mib() -> float | None:
    """Return the largest resident memory of this process so far, in MiB."""
    return _status_mib("VmHWM")


def give_back_freed_memory() -> None:
    """Return freed heap pages to the system; glibc keeps them otherwise."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _status_mib(field: str) -> float | None:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) / 1024.0
    return None
