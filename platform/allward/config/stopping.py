"""How a process hears that it should end (an event, set by a thread that waits for the signals), and ends."""

import logging
import os
import signal
import sys
import threading
from typing import NoReturn

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_event() -> threading.Event:
    """Return an event that SIGTERM or SIGINT sets from now on; call it before other threads start.

    A handler would run in the main thread, perhaps within its own wait for the event, whose lock the handler
    then asks for: that process would never end. Threads that start later inherit the blocked signals.
    """
    stopping = threading.Event()
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)

    def wait() -> None:
        signal.sigwait(_SIGNALS)
        stopping.set()

    threading.Thread(target=wait, name="signals", daemon=True).start()
    return stopping


def end(exit_code: int) -> NoReturn:
    """End this process at once.

    To take the interpreter apart costs up to a second of computing in each process, when all of them end
    together; nothing that is left then could be lost.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)
