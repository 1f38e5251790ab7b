"""How long a thread computes before another gets the processor: short turns for urgent work, long for bulk.

Being nice decides how much of a processor somebody gets, not how soon: a thread that wakes may wait for the
end of another's turn each time, and an urgent request wakes a dozen times. Linux (EEVDF) lets a thread that
asks for shorter turns go first when it wakes, and gives it no more time for that. Elsewhere nothing happens.
"""

import ctypes
import os
import platform
import struct
from pathlib import Path

SHORT_S, LONG_S = 0.0001, 0.02
"""The shortest turn that Linux grants, and a long one. Source: sched_setattr(2), ADR-0013."""

_SYSTEM_CALL = {"x86_64": 314, "aarch64": 274}
"""Number of sched_setattr. Source: arch/*/entry/syscalls of Linux."""

_ATTRIBUTES = struct.Struct("=IIQiIQQQ")
"""struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period."""


def take_turns(turn_s: float) -> bool:
    """Ask for turns of this length, for all threads of this process and those that they start.

    Returns
    -------
    whether the system knows such a wish; an older Linux takes it and does nothing
    """
    number = _SYSTEM_CALL.get(platform.machine())
    call = getattr(ctypes.CDLL(None), "syscall", None)
    if number is None or call is None:
        return False
    wish = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, os.nice(0), 0, int(turn_s * 1e9), 0, 0)
    threads = [int(path.name) for path in Path("/proc/self/task").iterdir()]
    return all(call(number, thread, wish, 0) == 0 for thread in threads)
