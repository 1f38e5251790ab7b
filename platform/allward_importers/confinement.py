"""A process that gives up all it does not need: files, sockets, other programs, and most of the kernel.

Called by the process that reads a checkpoint, after its last import and with its files open. Standard library
alone. What the kernel cannot do is left out, and what was done is returned, so that nobody has to guess.
"""

import ctypes
import os
import platform
import resource
import struct
import sys

MOST_MEMORY_BYTES = 2 << 30
"""Address space of the process; it holds the pickle and one piece of a tensor at a time."""
MOST_SECONDS = 300
"""Processor time."""
MOST_OUTPUT_BYTES = 32 << 30
"""What may be written into one file, the tensors in memory included."""

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446
_LANDLOCK_VERSION = 1
_FS_RIGHTS_OF_ABI = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
"""Landlock ABI -> every right over files that it knows. Source: linux/landlock.h."""

_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050001
"""Answers of a filter: allow, kill the process, or fail with EPERM. Source: linux/seccomp.h."""
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
"""Instructions of a filter: load a word, jump if equal, return. Source: linux/bpf_common.h."""

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


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def confine() -> tuple[str, ...]:
    """Give up everything that reading data needs not; return by which means.

    Returns
    -------
    of "network namespace", "limits", "landlock" and "seccomp" those that this kernel has
    """
    done: list[str] = []
    if sys.platform != "linux":
        _limit()
        return ("limits",)
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if _leave_network(kernel):
        done.append("network namespace")
    _limit()
    done.append("limits")
    means = {"landlock": _leave_files, "seccomp": _leave_kernel}
    return (*done, *(name for name, leave in means.items() if leave(kernel)))


def _limit() -> None:
    limits = {
        resource.RLIMIT_AS: MOST_MEMORY_BYTES,
        resource.RLIMIT_CPU: MOST_SECONDS,
        resource.RLIMIT_FSIZE: MOST_OUTPUT_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: 0,
    }
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def _leave_network(kernel: ctypes.CDLL) -> bool:
    """Move into a network that has no way out."""
    new_user, new_network = 0x10000000, 0x40000000
    return int(kernel.unshare(new_user | new_network)) == 0


def _leave_files(kernel: ctypes.CDLL) -> bool:
    """Open no file, bind and connect no socket any more; what is open stays open."""
    version = int(kernel.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION))
    if version < 1:
        return False
    rights = struct.pack("=QQQ", _FS_RIGHTS_OF_ABI[min(version, 5)], 3, 3)
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = int(kernel.syscall(_LANDLOCK_CREATE_RULESET, rights, ctypes.c_size_t(size), 0))
    if rules < 0:
        return False
    done = int(kernel.syscall(_LANDLOCK_RESTRICT_SELF, rules, 0)) == 0
    os.close(rules)
    return done


def _leave_kernel(kernel: ctypes.CDLL) -> bool:
    """Ask the kernel for nothing but reading, writing, memory and an end."""
    if platform.machine() not in _MACHINES:
        return False
    architecture, calls = _MACHINES[platform.machine()]
    steps = [(_LOAD, 0, 0, 4), (_JUMP_IF_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    for number, call in enumerate(calls):
        steps.append((_JUMP_IF_EQUAL, len(calls) - number, 0, call))
    steps += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    return int(kernel.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)) == 0
