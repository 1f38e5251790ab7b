"""The Celery tasks. There is one that matters: hand one event to one step of the pipeline."""

import logging
import time
from datetime import timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError

from allward.config.celery import app
from allward.outbox.deliver import deliver
from allward.outbox.relay import forget_done
from allward.pipeline import PIPELINE
from allward.registry.actions import NoCatalogueError, sync_catalogue
from allward.tenancy.models import Tenant
from allward.tenancy.scope import Scope, carrying
from allward_sdk.errors import BusyError

log = logging.getLogger(__name__)

STEPS = {step.name: step for step in PIPELINE}

WAITS_S = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Between tries of one step while the database is away: together less than `RESEND_AFTER` of the relay."""

MOST_SECONDS = 300
"""A reading of a catalogue that takes longer is ended with its process."""
FORGOTTEN_AFTER_S = 3000
"""A reading that waited this long is left out: the next one is asked for within the hour."""


@app.task(name="allward.step")
def run_step(delivery_id: str, tenant_id: str) -> None:
    """Run the step of one delivery in its tenant's scope; wait for a database that is away for a moment."""
    for wait_s in WAITS_S:
        try:
            _deliver(delivery_id, tenant_id)
        except (OperationalError, InterfaceError) as error:
            log.warning("a step waits for the database: %s", error)
            time.sleep(wait_s)
        else:
            return
    _deliver(delivery_id, tenant_id)


def _deliver(delivery_id: str, tenant_id: str) -> None:
    with carrying(Scope.of_tenant(UUID(tenant_id), actor="pipeline")):
        deliver(UUID(delivery_id), STEPS)


@app.task(name="allward.sweep")
def sweep() -> None:
    """Forget events whose every step was done a week ago."""
    forget_done(older_than=timedelta(days=7))


@app.task(name="allward.sync_catalogues")
def sync_catalogues() -> None:
    """Let every hospital's catalogue be read, each by a task of its own: one that hangs keeps no other."""
    for tenant_id in Tenant.objects.values_list("pk", flat=True):
        sync_catalogue_of.delay(str(tenant_id))


@app.task(name="allward.sync_catalogue_of", time_limit=MOST_SECONDS, expires=FORGOTTEN_AFTER_S)
def sync_catalogue_of(tenant_id: str) -> None:
    """Read the catalogue that a hospital follows, if it follows one."""
    with carrying(Scope.of_tenant(UUID(tenant_id), actor="catalogue")):
        try:
            sync_catalogue()
        except (NoCatalogueError, BusyError):  # who reads it now reads the same
            return
