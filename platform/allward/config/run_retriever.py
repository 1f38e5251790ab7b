"""The process that fetches old studies from archives: ``python -m allward.config.run_retriever``."""

import logging
import os
import socket

import django

django.setup()

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from allward.config.listening import notifications
from allward.config.receiving import SpoolReception
from allward.config.stopping import end, stop_event
from allward.outbox.publish import CHANNEL
from allward.retrieval.worker import Retriever

log = logging.getLogger("allward.retriever")

TICK_S = 1.0

GIVE_BACK_S = 2.5
"""For studies in hand: their associations are hung up, and they wait for the next process; what takes longer
is given back by its lease."""


def main() -> int:
    """Run until SIGTERM."""
    stopping = stop_event()
    name = f"{socket.gethostname()}-{os.getpid()}"
    retriever = Retriever(name, SpoolReception, stopping)
    log.info("retriever %s is ready", name)
    while not stopping.is_set():
        try:
            for _ in notifications(settings.ALLWARD.dispatcher_database_url, CHANNEL, TICK_S, stopping):
                retriever.look()
        except (DatabaseError, psycopg.Error) as error:
            log.warning("the database is away: %s", error)
            connections.close_all()
            stopping.wait(TICK_S)
    retriever.join(within_s=GIVE_BACK_S)
    return 0


if __name__ == "__main__":
    end(main())
