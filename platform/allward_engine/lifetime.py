"""The engine lives no longer than the process that started it, and no longer than a model that hangs."""

import ctypes
import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from allward_engine.lane import Lane

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
"""Source: prctl(2)."""

_PARENT_DIED = signal.SIGUSR1
"""What the kernel sends when the parent dies."""

_EVERY_S = 1.0


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


def watch(parent_pid: int, lane: Lane, end: Callable[[int], None]) -> None:
    """End the process if its parent is gone or a unit hangs; the body of a thread.

    A model run cannot be interrupted from within the process. A job whose single unit outlasts the
    job's whole time limit is told that its plug-in is at fault, and the process ends; whoever
    supervises it starts a new one.
    """
    while True:
        time.sleep(_EVERY_S)
        if os.getppid() != parent_pid:
            log.warning("the parent process is gone; ending")
            end(0)
        stuck = lane.stuck_job()
        if stuck is not None:
            request = stuck.execution.request
            limit_s = request.manifest.resources.timeout_s
            log.error("job %s: a unit hangs for more than %d s; ending", request.job_id, limit_s)
            stuck.listener.failed(
                "PluginFaultError", f"The plug-in took longer than the {limit_s} s that it declares."
            )
            time.sleep(_EVERY_S)
            end(75)


def start_watching(parent_pid: int, lane: Lane, end: Callable[[int], None]) -> None:
    """Run `watch` on a thread of its own."""
    threading.Thread(target=watch, args=(parent_pid, lane, end), name="engine-watch", daemon=True).start()
