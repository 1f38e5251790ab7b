"""How a process hears that it should end: an event, set by a thread that waits for the signals."""

import signal
import threading

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
