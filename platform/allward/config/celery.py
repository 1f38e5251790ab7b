"""The Celery app: it carries the steps' wake-ups; the truth stays in PostgreSQL."""

import django
from celery import Celery
from django.conf import settings

django.setup()

QUEUE = "allward.steps"
SLOW_QUEUE = "allward.slow"
"""For what may take minutes and no image waits for, and for what is told to a RIS; a worker of its own
empties it."""

app = Celery("allward", broker=settings.ALLWARD.broker_url)
app.conf.update(
    task_default_queue=QUEUE,
    task_routes={"allward.sync_catalogue_of": {"queue": SLOW_QUEUE}},
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_soft_shutdown_timeout=1.0,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"visibility_timeout": 600},
    task_always_eager=False,
    timezone="UTC",
    beat_schedule={
        "sweep": {"task": "allward.sweep", "schedule": 60.0},
        "catalogues": {"task": "allward.sync_catalogues", "schedule": 3600.0},
    },
    imports=("allward.config.tasks",),
)
