"""Tables of runs, jobs, attempts and claims, and the trace of why a run did or did not come to be."""

from django.db import models

from allward.kernel.clock import now
from allward.registry.models import PluginVersion
from allward.runs.states import JobState, Priority, RunState
from allward.studies.models import Series, Study
from allward.tenancy.models import TenantRecord

CURRENT, PRIOR = "current", "prior"
"""Names of inputs."""


class AppRun(TenantRecord):
    """One app version on named inputs: what a worklist and a radiologist see."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_constraint=False)
    """The input named `current`."""
    department_id = models.UUIDField(null=True)
    app = models.TextField()
    app_version = models.TextField()
    plugin_digests = models.JSONField(default=dict)
    """slot -> digest of the package that fills it."""
    parameters = models.JSONField(default=dict)
    input_digest = models.CharField(max_length=64)
    """Hash over the digests of the input's instances: late images make another run."""
    key = models.CharField(max_length=64)
    """Hash over app, version, plug-ins, parameters and the digests of all inputs."""
    prior_series = models.ForeignKey(
        Series, on_delete=models.CASCADE, related_name="+", null=True, db_constraint=False
    )
    """The input named `prior`, an earlier examination of the same patient; None: none is compared with."""
    prior_digest = models.CharField(max_length=64, default="")
    """Hash over the digests of the prior's instances; empty without one."""
    revision = models.IntegerField(default=1)
    """Counts the runs of this app on this series, from 1."""
    state = models.TextField(default=RunState.SCHEDULED)
    priority = models.IntegerField(default=Priority.MEDIUM)
    fault = models.TextField(default="")
    reasons = models.JSONField(default=list)
    research_only = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """The same work is asked for once."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "series", "key"], name="run_once"),)
        indexes = (models.Index(fields=["tenant_id", "study"], name="run_of_study"),)


class Job(TenantRecord):
    """One plug-in version on one input; shared by every run that needs it."""

    tries_from = models.IntegerField(default=1)
    """Token from which on attempts count; a person who asks for the job again starts the count anew."""
    key = models.CharField(max_length=64)
    """Hash over the digest of the input instances, the plug-in's digest and the parameters."""
    plugin_version = models.ForeignKey(PluginVersion, on_delete=models.PROTECT)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_constraint=False)
    input_digest = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict)
    state = models.TextField(default=JobState.SCHEDULED)
    priority = models.IntegerField(default=Priority.MEDIUM)
    due_at = models.DateTimeField(null=True)
    """When it should be done: of all runs that wait for it, the earliest; None: no time was named."""
    progress = models.FloatField(default=0.0)
    stage = models.TextField(default="")
    fault = models.TextField(default="")
    reasons = models.JSONField(default=list)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True)
    first_unit_at = models.DateTimeField(null=True)
    """When the engine took the job up in the attempt that completed it."""
    ended_at = models.DateTimeField(null=True)
    labelmap_key = models.TextField(default="")
    """Storage key of the gzip label map (uint8, k j i); empty until completed, and without outlines."""
    labelmap_sha256 = models.CharField(max_length=64, default="")
    found = models.JSONField(default=list)
    """What stages found beside outlines: records of `allward_sdk.found.Found`."""
    arrays_key = models.TextField(default="")
    """Storage key of the arrays that the records name (.npz); empty if they name none."""
    arrays_sha256 = models.CharField(max_length=64, default="")
    geometry = models.JSONField(null=True)
    stages_run = models.JSONField(default=list)
    """Stages of the plug-in that really ran; one that looks inside an empty mask does not."""
    device = models.TextField(default="")
    model_digests = models.JSONField(default=dict)
    timings_s = models.JSONField(default=dict)

    class Meta:
        """The same computation is done once."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "key"], name="job_once"),)


class RunJob(TenantRecord):
    """A run's need of a job, by slot and by the input that it reads."""

    run = models.ForeignKey(AppRun, on_delete=models.CASCADE, db_constraint=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, db_constraint=False)
    slot = models.TextField()
    input = models.TextField(default=CURRENT)
    """Name of the input."""

    class Meta:
        """A slot is filled once for each input."""

        constraints = (
            models.UniqueConstraint(fields=["tenant_id", "run", "slot", "input"], name="run_slot_input_once"),
        )


class Attempt(TenantRecord):
    """One try at a job by one worker; its number is the fencing token."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, db_constraint=False)
    number = models.IntegerField()
    worker = models.TextField()
    started_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    outcome = models.TextField(default="")
    """completed, failed, canceled, lost (the worker died), died (the engine did), temporary."""
    message = models.TextField(default="")

    class Meta:
        """Tokens of a job are never reused."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "job", "number"], name="attempt_token"),)


class Claim(models.Model):
    """Control table: which jobs wait, and which worker holds which, until when, with which token."""

    job_id = models.UUIDField(primary_key=True)
    tenant_id = models.UUIDField()
    plugin_version_id = models.UUIDField(null=True)
    """What it will load; None for a job from before this was kept."""
    priority = models.IntegerField()
    due_at = models.DateTimeField(null=True)
    available_at = models.DateTimeField(default=now)
    token = models.IntegerField(default=0)
    worker = models.TextField(default="")
    lease_until = models.DateTimeField(null=True)
    cancel_requested = models.BooleanField(default=False)

    class Meta:
        """Waiting rows are taken in order of priority and time."""

        indexes = (models.Index(fields=["priority", "available_at"], name="claim_waiting"),)


class DecisionTrace(TenantRecord):
    """Why a rule did or did not start an app on a series."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    series_id = models.UUIDField(null=True)
    """None: the decision is about the study as a whole."""
    study_revision = models.IntegerField()
    rule_name = models.TextField()
    app = models.TextField()
    ran = models.BooleanField()
    clause = models.TextField()
    """The clause that decided: `matched`, or the first that failed."""
    not_evaluable = models.BooleanField(default=False)
    """The series is of the right kind, but its images cannot be evaluated."""
    detail = models.JSONField()
    """{en, zh}."""
    at = models.DateTimeField(default=now)

    class Meta:
        """Read by study."""

        indexes = (models.Index(fields=["tenant_id", "study"], name="trace_of_study"),)
