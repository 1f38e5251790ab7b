"""What Prometheus is told of the work on its way, counted one hospital at a time within its own scope."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.query import QuerySet

from allward.kernel.clock import now
from allward.kernel.ids import first_id_at
from allward.monitoring.engine_facts import RECENT, waiting_and_taken
from allward.monitoring.exposition import Family
from allward.outbox.models import OutboxDelivery, OutboxEvent
from allward.runs.models import AppRun, Job
from allward.runs.states import JobState, RunState
from allward.studies.models import Study
from allward.tenancy.models import Tenant
from allward.tenancy.scope import Scope, within


def outbox_families(*, using: str = "dispatcher") -> Iterator[Family]:
    """Yield how much the outbox still has to tell."""
    with transaction.atomic(using=using):
        events = OutboxEvent.objects.using(using).filter(expanded=False).count()
        deliveries = OutboxDelivery.objects.using(using)
        pending = deliveries.filter(state="pending").count()
        failed = deliveries.filter(state="failed").count()
    yield Family("allward_outbox_events", "gauge", "Events whose steps are not planned yet.").add(events)
    steps = Family("allward_outbox_steps", "gauge", "Steps of the pipeline that wait, or failed for good.")
    yield steps.add(pending, state="pending").add(failed, state="failed")


def queue_families(tenants: Iterable[Tenant], *, using: str = "dispatcher") -> Iterator[Family]:
    """Yield the queue of jobs by hospital and class."""
    codes = {tenant.pk: tenant.code for tenant in tenants}
    queue = Family("allward_queue_jobs", "gauge", "Jobs that wait for a worker, or are in a worker's hands.")
    longest = Family("allward_queue_longest_wait_seconds", "gauge", "The longest wait in the queue.")
    waiting, taken = waiting_and_taken(using=using)
    for group in waiting:
        labels = {"tenant": codes.get(group.tenant_id), "priority": group.priority}
        queue.add(group.count - group.postponed, **labels, state="waiting")
        queue.add(group.postponed, **labels, state="postponed")
        longest.add(group.longest_wait_s, **labels)
    for one in taken:
        queue.add(1, tenant=codes.get(one.tenant_id), priority=one.priority, state="taken")
    yield from (queue, longest)


class HospitalFamilies:
    """Counts that are made for each hospital in turn, in a scope of its own, so that none sees another's."""

    def __init__(self) -> None:
        self._jobs = Family("allward_jobs", "gauge", "Jobs scheduled within the last 24 hours, by state.")
        self._runs = Family("allward_runs", "gauge", "App runs asked for within the last 24 hours, by state.")
        self._instances = Family(
            "allward_instances_indexed_total", "counter", "Instances in the index, received and made."
        )
        self._studies = Family("allward_studies_indexed_total", "counter", "Studies in the index.")

    def count(self, tenant: Tenant) -> None:
        """Count one hospital's rows; asked within its scope."""
        code, since = tenant.code, first_id_at(now() - RECENT)
        recent = {"tenant_id": tenant.pk, "pk__gte": since}
        _by_state(self._jobs, code, JobState, Job.objects.filter(**recent))
        _by_state(self._runs, code, RunState, AppRun.objects.filter(**recent))
        held = Study.objects.filter(tenant_id=tenant.pk).aggregate(
            n=Count("pk"), images=Sum("instance_count")
        )
        self._studies.add(held["n"], tenant=code)
        self._instances.add(held["images"] or 0, tenant=code)

    def __iter__(self) -> Iterator[Family]:
        return iter((self._jobs, self._runs, self._instances, self._studies))


def scope_of(tenant: Tenant) -> Any:
    """Return the transaction in which one hospital is counted."""
    return within(Scope.of_tenant(tenant.pk, actor="metrics"))


def _by_state(family: Family, code: str, states: Iterable[str], rows: QuerySet[Any]) -> None:
    count = dict(rows.values_list("state").annotate(n=Count("pk")))
    for state in states:
        family.add(count.get(state, 0), tenant=code, state=state.lower().replace(" ", "_"))
