"""The Celery tasks. There is one that matters: hand one event to one step of the pipeline."""

from datetime import timedelta
from uuid import UUID

from allward.config.celery import app
from allward.outbox.deliver import deliver
from allward.outbox.relay import forget_done
from allward.pipeline import PIPELINE
from allward.tenancy.scope import Scope, carrying

STEPS = {step.name: step for step in PIPELINE}


@app.task(name="allward.step")
def run_step(delivery_id: str, tenant_id: str) -> None:
    """Run the step of one delivery in its tenant's scope."""
    with carrying(Scope.of_tenant(UUID(tenant_id), actor="pipeline")):
        deliver(UUID(delivery_id), STEPS)


@app.task(name="allward.sweep")
def sweep() -> None:
    """Forget events whose every step was done a week ago."""
    forget_done(older_than=timedelta(days=7))
