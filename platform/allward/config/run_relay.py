"""The relay process: from committed events to steps on their way, woken by PostgreSQL and once a second."""

import logging

import django

django.setup()

import psycopg
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections
from kombu.exceptions import OperationalError as BrokerError

from allward.config.celery import QUEUE, SLOW_QUEUE, app
from allward.config.listening import notifications
from allward.config.stopping import end, stop_event
from allward.ingest.completeness import complete_due_studies
from allward.outbox.publish import CHANNEL
from allward.outbox.relay import expand, put_back, take_due
from allward.pipeline import PIPELINE

log = logging.getLogger("allward.relay")

TICK_S = 1.0

SLOW = frozenset(step.name for step in PIPELINE if step.slow)


def queue_of(step: str) -> str:
    """Return which worker runs a step."""
    return SLOW_QUEUE if step in SLOW else QUEUE


def relay_once() -> None:
    """Complete quiet studies, expand new events, and send every step that is due."""
    complete_due_studies()
    while expand(PIPELINE):
        pass
    while due := take_due():
        for position, one in enumerate(due):
            try:
                app.send_task(
                    "allward.step",
                    args=(str(one.delivery_id), str(one.tenant_id)),
                    queue=queue_of(one.step),
                    retry=False,
                )
            except (BrokerError, OSError) as error:
                log.warning("the broker is away; steps wait: %s", error)
                put_back(waiting.delivery_id for waiting in due[position:])
                return


def main() -> int:
    """Run until SIGTERM."""
    stopping = stop_event()
    log.info("relay is ready")
    while not stopping.is_set():
        try:
            for _ in notifications(settings.ALLWARD.dispatcher_database_url, CHANNEL, TICK_S, stopping):
                relay_once()
        except (DatabaseError, psycopg.Error) as error:
            log.warning("the database is away: %s", error)
            connections.close_all()
            stopping.wait(TICK_S)
    return 0


if __name__ == "__main__":
    end(main())
