"""How a process hears that it should end (an event, set by a thread that waits for the signals), and ends."""

import logging
import os
import signal
import sys
import threading
from typing import NoReturn

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def stop_event() -> threading.Event:
    """Return an event that SIGTERM or SIGINT sets from now on; call it in the main thread.

    Whichever thread a signal falls on (libraries start their own before this is called), Python writes its
    number into a pipe at once, and a thread of ours waits there. The handlers do nothing: one that set the
    event itself would run in the main thread, perhaps within its own wait for the event, whose lock it then
    asks for, and that process would never end.
    """
    stopping = threading.Event()
    numbers, told = os.pipe()
    os.set_blocking(told, False)
    for number in _SIGNALS:
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)

    def wait() -> None:
        while not set(os.read(numbers, 64)) & set(_SIGNALS):
            continue
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
