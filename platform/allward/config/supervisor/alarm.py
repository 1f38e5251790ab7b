"""Wakes the supervisor's loop when a signal comes: a child's end, or the wish to stop."""

import selectors
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType

ONE_REQUEST_S = 0.5
"""Signals this close together are one request: `timeout` and `make` pass on what a terminal sent too."""

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Alarm:
    """Counts the requests to stop, and ends a wait when a signal comes."""

    def __init__(self) -> None:
        """Prepare; no signal is caught yet."""
        self.requests = 0
        """How often somebody asked to stop."""
        self._requested_s = float("-inf")
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._former: dict[signal.Signals, signal.Handlers | int | Callable[..., object] | None] = {}

    def set(self) -> None:
        """Catch the signals from now on; one that is ignored on purpose (`nohup`) stays so."""
        signal.set_wakeup_fd(self._rope.fileno(), warn_on_full_buffer=False)
        for number in _STOPPING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._former[number] = signal.signal(number, self._count)
        self._former[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, _only_wake)

    def unset(self) -> None:
        """Leave the signals as they were."""
        signal.set_wakeup_fd(-1)
        for number, former in self._former.items():
            signal.signal(number, former)
        self._selector.close()
        self._bell.close()
        self._rope.close()

    def wait(self, for_s: float) -> None:
        """Return when a signal comes, at the latest after a while."""
        if self._selector.select(for_s):
            self._bell.recv(4096)

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        if time.monotonic() - self._requested_s > ONE_REQUEST_S:
            self.requests += 1
            self._requested_s = time.monotonic()


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: that there is a handler makes Python write to the wake-up socket."""
