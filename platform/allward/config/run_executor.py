"""The executor process: claims jobs and has the engine carry them out."""

import logging
import os
import socket
import threading
import time

import django

django.setup()

import psycopg
from django.conf import settings

from allward.config.listening import notifications
from allward.config.stopping import end, stop_event
from allward.execution.worker import Device, Signals, Worker
from allward.outbox.publish import CHANNEL
from allward.runs.states import Priority

log = logging.getLogger("allward.executor")

LANES = {"0": Priority.LOW, "1": Priority.LOW, "urgent": Priority.HIGH}
"""Jobs in hand at once for each device, with the least urgent priority that each takes. One is read and
prepared while the engine runs the other's patches; a third is kept free for an emergency."""

TICK_S = 1.0

GIVE_BACK_S = 1.5
"""For all lanes together, to give their jobs back; what takes longer is given back by its lease."""


def main() -> int:
    """Run until SIGTERM; jobs in hand are given back."""
    stopping, wake = stop_event(), threading.Event()
    broken: list[str] = []

    def on_thread_bug(arguments: threading.ExceptHookArgs) -> None:
        threading.__excepthook__(arguments)
        broken.append(str(arguments.exc_value))
        stopping.set()

    threading.excepthook = on_thread_bug
    name = f"{socket.gethostname()}-{os.getpid()}"
    signals = Signals(wake=wake, stopping=stopping)
    workers = [
        Worker(name=f"{name}-{number}-{lane}", device=device, signals=signals, least=least)
        for number, device in enumerate(map(Device, settings.ALLWARD.engine_sockets))
        for lane, least in LANES.items()
    ]
    for worker in workers:
        worker.start()
    log.info("executor %s is ready", name)
    while not stopping.is_set():
        try:
            for _ in notifications(settings.ALLWARD.dispatcher_database_url, CHANNEL, TICK_S, stopping):
                wake.set()
        except psycopg.Error as error:
            log.warning("the database is away: %s", error)
            stopping.wait(TICK_S)
    wake.set()
    end_s = time.monotonic() + GIVE_BACK_S
    for worker in workers:
        worker.join(timeout=max(0.0, end_s - time.monotonic()))
    return 1 if broken else 0


if __name__ == "__main__":
    end(main())
