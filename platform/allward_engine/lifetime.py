"""The engine lives no longer than the process that started it, and its workers no longer than the engine."""

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""

_PARENT_DIED = signal.SIGUSR1
"""What the kernel sends when the parent dies."""


class Ended(SystemExit):
    """SIGTERM or SIGINT came."""


def end_on_signals(parent_pid: int) -> None:
    """Let SIGTERM, SIGINT and the death of the parent raise `Ended` on the main thread."""

    def end(number: int, frame: object) -> None:
        raise Ended(0)

    def end_if_orphaned(number: int, frame: object) -> None:
        # The kernel tells the death of the thread that started us, too; the process may live on.
        if os.getppid() != parent_pid:
            raise Ended(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(_PARENT_DIED, end_if_orphaned)


def die_with(parent_pid: int) -> bool:
    """Ask the kernel to tell when the parent dies; False if it is dead already."""
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, _PARENT_DIED, 0, 0, 0)
    return os.getppid() == parent_pid


def die_at_once_with(parent_pid: int) -> bool:
    """Ask the kernel to kill this process when its parent dies; False if it is dead already.

    For a worker: it may be deep in native code, where no handler of ours would run.
    """
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return os.getppid() == parent_pid
