"""A process that reads what a stranger sent gives up the network, other programs, and most files.

Called before the first byte is read, while the process has one thread. Standard library alone. What the
kernel cannot do is left out, and what was done is returned, so that nobody has to guess.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

NAMESPACE, SECCOMP, LANDLOCK, LIMITS = "network namespace", "seccomp", "landlock", "limits"
"""By what a process can be confined."""

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 1, 38, 22, 2
"""Source: linux/prctl.h, linux/seccomp.h."""
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_THREAD = 0x10000000, 0x40000000, 0x00010000
"""Source: linux/sched.h."""
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_RIGHTS_OF_ABI = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
"""Landlock ABI -> every right over files that it knows. Source: linux/landlock.h."""
_READ, _OF_A_FILE = 0b1101, 0xC007
"""Rights: to read, list and map; and those that a file can have, others being of folders."""

ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050001
"""Answers of a filter: allow, kill the process, or fail with EPERM. Source: linux/seccomp.h."""
_UNKNOWN_CALL = 0x00050026
"""Fail with ENOSYS: the C library then starts threads by the older call, whose flags a filter can see."""
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, JUMP_IF_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions of a filter: load a word, jump if equal, not less, or a bit set, return.

Source: linux/bpf_common.h.
"""
_FIRST_OF_X32 = 0x40000000
"""Calls of the x32 ABI pass under the same architecture. Source: asm/unistd.h."""
_CLONE3 = 435

_EVERYWHERE = (424, 425, 426, 427, 434, 438)
"""Calls that have one number on every machine: signals and files by pidfd, io_uring."""
_FORBIDDEN: dict[str, tuple[int, int, tuple[int, ...]]] = {
    "x86_64": (
        0xC000003E,
        56,
        (41, 42, 43, 44, 46, 49, 50, 53, 288, 307)
        + (57, 58, 59, 322, 62, 200, 101, 310, 311)
        + (165, 272, 308, 321, 248, 249, 250, 298, 323),
    ),
    "aarch64": (
        0xC00000B7,
        220,
        (198, 199, 200, 201, 202, 203, 206, 211, 242, 269)
        + (221, 281, 129, 130, 117, 270, 271)
        + (40, 97, 268, 280, 217, 218, 219, 241, 282),
    ),
}
"""Machine -> its AUDIT_ARCH, the number of clone, and calls that no reader of a file needs: sockets;
programs, signals to and memory of other processes; mounts, namespaces, bpf, keys, perf, userfaultfd.

Source: linux/audit.h and the tables of system calls of both machines.
"""

_OF_ITSELF: dict[str, tuple[int, ...]] = {"x86_64": (234, 129, 297, 302), "aarch64": (131, 138, 240, 261)}
"""Machine -> tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo and prlimit64, whose first argument is a process:
they may name the caller's own (or 0) alone. The C library ends a process by the first of them.
"""

Step = tuple[int, int, int, int]
"""An instruction of a filter: code, jump if true, jump if false, value."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def confine(
    *, limits: Mapping[int, int], readable: Iterable[Path], writable: Iterable[Path]
) -> tuple[str, ...]:
    """Give up the network, other programs, and all files but those named; end with the parent.

    Parameters
    ----------
    limits
        `resource.RLIMIT_…` -> the most that may be used.
    readable, writable
        Files and folders with all that is below them; one that does not exist is left out.

    Returns
    -------
    those of `NAMESPACE`, `LIMITS`, `LANDLOCK` and `SECCOMP` that this kernel has
    """
    if sys.platform != "linux":
        lower_limits(limits)
        return (LIMITS,)
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    done = [NAMESPACE] if leave_network(kernel) else []
    kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a new user namespace would have unset it
    lower_limits(limits)
    done.append(LIMITS)
    if leave_files(kernel, readable, writable):
        done.append(LANDLOCK)
    if _forbid_calls(kernel):
        done.append(SECCOMP)
    return tuple(done)


def keeps_from_network(means: Sequence[str]) -> bool:
    """Tell whether a process that was confined so can send nothing to another machine."""
    return NAMESPACE in means or SECCOMP in means


def libraries() -> tuple[Path, ...]:
    """Return where Python and its packages lie, and what they load."""
    ours = {sys.prefix, sys.base_prefix, *filter(None, sys.path)}
    return tuple(map(Path, (*sorted(ours), "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/urandom")))


def lower_limits(limits: Mapping[int, int]) -> None:
    """Hold this process to limits, or to lower ones that it has already."""
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def leave_network(kernel: ctypes.CDLL) -> bool:
    """Move into a network that has no way out; False where the kernel does not let us."""
    return int(kernel.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)) == 0


def leave_files(kernel: ctypes.CDLL, readable: Iterable[Path] = (), writable: Iterable[Path] = ()) -> bool:
    """Open no other files any more, bind and connect no TCP socket; what is open stays open."""
    version = int(kernel.syscall(_CREATE_RULESET, None, 0, _VERSION))
    if version < 1:
        return False
    every = _RIGHTS_OF_ABI[min(version, 5)]
    size = 8 if version < 4 else 16 if version < 6 else 24
    rules = int(kernel.syscall(_CREATE_RULESET, struct.pack("=QQQ", every, 3, 3), ctypes.c_size_t(size), 0))
    if rules < 0:
        return False
    try:
        for paths, rights in ((readable, _READ), (writable, every)):
            if not all(_may(kernel, rules, path, rights & every) for path in paths):
                return False
        return int(kernel.syscall(_RESTRICT_SELF, rules, 0)) == 0
    finally:
        os.close(rules)


def _may(kernel: ctypes.CDLL, rules: int, path: Path, rights: int) -> bool:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True  # what is not there is not read
    try:
        rule = struct.pack("=Qi", rights if path.is_dir() else rights & _OF_A_FILE, place)
        return int(kernel.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, 0)) == 0
    finally:
        os.close(place)


def _forbid_calls(kernel: ctypes.CDLL) -> bool:
    """Let the kernel refuse sockets, other programs and processes; threads of our own may begin.

    The process is known to the filter by its id: it is asked for after the last fork.
    """
    if platform.machine() not in _FORBIDDEN:
        return False
    architecture, clone, calls = _FORBIDDEN[platform.machine()]
    refused, of_itself = (*calls, *_EVERYWHERE), _OF_ITSELF[platform.machine()]
    allow = 5 + len(refused) + len(of_itself)  # the place of each end, counted behind the beginning
    refuse, unknown, look = allow + 1, allow + 2, allow + 3
    steps: list[Step] = [
        (JUMP_IF_AT_LEAST, refuse - 1, 0, _FIRST_OF_X32),
        (JUMP_IF_EQUAL, unknown - 2, 0, _CLONE3),
        (JUMP_IF_EQUAL, 0, 2, clone),
        (LOAD, 0, 0, 16),  # the lower word of its flags, the first argument
        (JUMP_IF_SET, allow - 5, refuse - 5, _CLONE_THREAD),
    ]
    for calls_of, end in ((of_itself, look), (refused, refuse)):
        steps += [
            (JUMP_IF_EQUAL, end - place - 1, 0, call) for place, call in enumerate(calls_of, start=len(steps))
        ]
    steps += [
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, _UNKNOWN_CALL),
        (LOAD, 0, 0, 16),  # the process that is named; an id has no upper word
        (JUMP_IF_EQUAL, 2, 0, os.getpid()),
        (JUMP_IF_EQUAL, 1, 0, 0),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
    return install(kernel, [*of_this_machine(architecture), *steps])


def of_this_machine(architecture: int) -> list[Step]:
    """Begin a filter: kill what calls by the numbers of another machine, and load the number of the call."""
    return [(LOAD, 0, 0, 4), (JUMP_IF_EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]


def install(kernel: ctypes.CDLL, steps: Sequence[Step]) -> bool:
    """Let the kernel ask a filter at each call from now on; False where it has no filters."""
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    return int(kernel.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)) == 0
