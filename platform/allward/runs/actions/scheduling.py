"""Asking for runs: the same work is asked for once, and jobs are shared."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.outbox.publish import publish
from allward.registry.models import PluginVersion
from allward.runs.events import JobCompleted, JobFailed, JobScheduled, RunChanged
from allward.runs.keys import digest_of, job_key, run_key
from allward.runs.models import PRIOR, AppRun, Claim, Job, RunJob
from allward.runs.states import JobState
from allward.studies.models import Series
from allward.tenancy.scope import required_scope
from allward_sdk.settings import Value

_DEFAULTS: Mapping[str, Value] = MappingProxyType({})
"""No value was chosen: every parameter is as the vendor tested it."""


@dataclass(frozen=True, slots=True)
class RunInput:
    """A series that is read, and the digest of the images that it had when that was decided."""

    series: Series
    input_digest: str


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What is to be run: one app version on one series, each slot filled by one plug-in version."""

    app: str
    app_version: str
    series: Series
    input_digest: str
    plugins: dict[str, PluginVersion]
    """slot -> version."""
    priority: int
    research_only: bool
    department_id: UUID | None = None
    due_at: datetime | None = None
    """When the result should be there; None: no time was named."""
    parameters: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """slot -> values that differ from the plug-in's defaults (`allward.registry.parameters`)."""
    prior: RunInput | None = None
    """An earlier examination of the same patient to compare with."""

    def values_of(self, slot: str) -> dict[str, Value]:
        """Return the values that were chosen for the plug-in in a slot."""
        return dict(self.parameters.get(slot, {}))


@transaction.atomic
def schedule_run(order: RunOrder) -> tuple[AppRun, bool]:
    """Create a run with its jobs, once however often it is called; return it and whether it is new."""
    scope = required_scope()
    digests = {slot: plugin.digest for slot, plugin in sorted(order.plugins.items())}
    parameters = {slot: values for slot in sorted(order.plugins) if (values := order.values_of(slot))}
    key = _key_of(order, digests, parameters)
    earlier = AppRun.objects.filter(series=order.series, app=order.app).count()
    run, created = AppRun.objects.get_or_create(
        tenant_id=scope.acting,
        series=order.series,
        key=key,
        defaults={
            "study_id": order.series.study_id,
            "department_id": order.department_id,
            "app": order.app,
            "app_version": order.app_version,
            "plugin_digests": digests,
            "parameters": parameters,
            "input_digest": order.input_digest,
            "prior_series": order.prior.series if order.prior else None,
            "prior_digest": order.prior.input_digest if order.prior else "",
            "revision": earlier + 1,
            "priority": order.priority,
            "research_only": order.research_only,
        },
    )
    if created:
        for slot, plugin in order.plugins.items():
            job = schedule_job(order, plugin, parameters=order.values_of(slot))
            RunJob.objects.create(run=run, job=job, slot=slot)
            if order.prior is not None:
                before = replace(
                    order, series=order.prior.series, input_digest=order.prior.input_digest, prior=None
                )
                job = schedule_job(before, plugin, parameters=order.values_of(slot))
                RunJob.objects.create(run=run, job=job, slot=slot, input=PRIOR)
        record(
            tenant_id=scope.acting, actor=scope.actor, action="run", what="run", what_id=str(run.pk),
            app=order.app, version=order.app_version, plugins=digests, parameters=parameters,
            user_id=scope.user_id, user_tenant_id=scope.home,
        )  # fmt: skip
        publish(RunChanged(run_id=run.pk), tenant_id=scope.acting)
    return run, created


def _key_of(
    order: RunOrder, digests: Mapping[str, str], parameters: Mapping[str, Mapping[str, Value]]
) -> str:
    """Name the run that an order asks for.

    One that goes back to an earlier prior, or to none, is another run than the one of before: what stood in
    between is to be replaced by it.
    """
    prior_digest = order.prior.input_digest if order.prior else ""
    key = run_key(
        app=order.app, app_version=order.app_version, plugin_digests=digests, parameters=parameters,
        input_digests=[digest for digest in (order.input_digest, prior_digest) if digest],
    )  # fmt: skip
    alike = AppRun.objects.filter(
        series=order.series, app=order.app, app_version=order.app_version, plugin_digests=digests,
        parameters=parameters, input_digest=order.input_digest,
    )  # fmt: skip
    latest = alike.order_by("revision").last()
    if latest is None:
        return key
    if latest.prior_digest == prior_digest:
        return latest.key
    return digest_of(key, latest.revision) if alike.filter(key=key).exists() else key


@transaction.atomic
def schedule_job(
    order: RunOrder, plugin: PluginVersion, *, parameters: Mapping[str, Value] = _DEFAULTS
) -> Job:
    """Ask for a computation, once however often it is called; no run has to wait for it.

    One that has ended already is told again, so that whoever asked for it now hears of it too.

    Parameters
    ----------
    parameters
        Values that differ from the plug-in's defaults: equal work has one key, and is one job.
    """
    tenant_id = required_scope().acting
    values = dict(parameters)
    key = job_key(input_digest=order.input_digest, plugin_digest=plugin.digest, parameters=values)
    job, created = Job.objects.get_or_create(
        tenant_id=tenant_id,
        key=key,
        defaults={
            "plugin_version": plugin,
            "study_id": order.series.study_id,
            "series": order.series,
            "input_digest": order.input_digest,
            "parameters": values,
            "priority": order.priority,
            "due_at": order.due_at,
        },
    )
    if created:
        Claim.objects.create(
            job_id=job.pk,
            tenant_id=tenant_id,
            plugin_version_id=plugin.pk,
            priority=order.priority,
            due_at=order.due_at,
        )
        publish(JobScheduled(job_id=job.pk), tenant_id=tenant_id)
        return job
    # locked, so that whoever ends it just now sees what waits for it, or is seen here
    job = Job.objects.select_for_update().get(pk=job.pk)
    if job.state == JobState.COMPLETED:
        publish(JobCompleted(job_id=job.pk), tenant_id=tenant_id)
    elif job.state in (JobState.FAILED, JobState.CANCELED):
        publish(JobFailed(job_id=job.pk), tenant_id=tenant_id)
    else:
        _hasten(job, order)
    return job


def _hasten(job: Job, order: RunOrder) -> None:
    """Let a job that has not ended be as urgent as the most urgent that waits for it, and due as early."""
    due = [moment for moment in (job.due_at, order.due_at) if moment is not None]
    job.priority, job.due_at = min(job.priority, order.priority), min(due, default=None)
    job.save(update_fields=["priority", "due_at"])
    Claim.objects.filter(job_id=job.pk).update(priority=job.priority, due_at=job.due_at)
