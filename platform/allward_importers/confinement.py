"""A process that gives up all it does not need: files, sockets, other programs, and most of the kernel.

Called by the process that reads a checkpoint, after its last import and with its files open. Standard library
and the means of the SDK alone. What the kernel cannot do is left out, and what was done is returned, so that
nobody has to guess.
"""

import ctypes
import platform
import resource
import sys

from allward_sdk.confinement import (
    ALLOW,
    JUMP_IF_EQUAL,
    LANDLOCK,
    LIMITS,
    NAMESPACE,
    REFUSE,
    RETURN,
    SECCOMP,
    install,
    leave_files,
    leave_network,
    lower_limits,
    of_this_machine,
)

MOST_MEMORY_BYTES = 2 << 30
"""Address space of the process; it holds the pickle and one piece of a tensor at a time."""
MOST_SECONDS = 300
"""Processor time."""
MOST_OUTPUT_BYTES = 32 << 30
"""What may be written into one file, the tensors in memory included."""

_PR_SET_NO_NEW_PRIVS = 38
"""Source: linux/prctl.h."""

_MACHINES = {
    "x86_64": (
        0xC000003E,
        (
            0,
            1,
            3,
            5,
            8,
            9,
            10,
            11,
            12,
            13,
            14,
            15,
            17,
            18,
            24,
            25,
            28,
            39,
            60,
            96,
            131,
            186,
            202,
            219,
            228,
            231,
            318,
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (57, 62, 63, 64, 67, 68, 80, 93, 94, 98, 113, 124, 128, 132, 134, 135, 139, 169, 172, 178)
        + (214, 215, 216, 222, 226, 233, 278),
    ),
}
"""Machine -> its AUDIT_ARCH, and the calls that a program needs to read, compute, write and end:
read, write, lseek, pread64, pwrite64, close, fstat, memory, signals, futex, clocks, getrandom, exit.
Source: linux/audit.h and the tables of system calls of both machines."""


def confine() -> tuple[str, ...]:
    """Give up everything that reading data needs not; return by which means.

    Returns
    -------
    of "network namespace", "limits", "landlock" and "seccomp" those that this kernel has
    """
    done: list[str] = []
    if sys.platform != "linux":
        _limit()
        return (LIMITS,)
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if leave_network(kernel):
        done.append(NAMESPACE)
    _limit()
    done.append(LIMITS)
    means = {LANDLOCK: leave_files, SECCOMP: _leave_kernel}
    return (*done, *(name for name, leave in means.items() if leave(kernel)))


def _limit() -> None:
    lower_limits(
        {
            resource.RLIMIT_AS: MOST_MEMORY_BYTES,
            resource.RLIMIT_CPU: MOST_SECONDS,
            resource.RLIMIT_FSIZE: MOST_OUTPUT_BYTES,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_NPROC: 0,
        }
    )


def _leave_kernel(kernel: ctypes.CDLL) -> bool:
    """Ask the kernel for nothing but reading, writing, memory and an end."""
    if platform.machine() not in _MACHINES:
        return False
    architecture, calls = _MACHINES[platform.machine()]
    steps = [
        *of_this_machine(architecture),
        *((JUMP_IF_EQUAL, len(calls) - number, 0, call) for number, call in enumerate(calls)),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
    return install(kernel, steps)
