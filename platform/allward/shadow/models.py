"""Tables of shadows and of the studies that they were given; numbers alone, no image and no outline."""

from django.db import models

from allward.kernel.clock import now
from allward.registry.models import Installation
from allward.runs.models import AppRun, Job
from allward.shadow.states import PairState
from allward.studies.models import Series, Study
from allward.tenancy.models import TenantRecord


class Shadow(TenantRecord):
    """An installed version that runs where its installation is, beside the enabled one, shown to nobody."""

    installation = models.ForeignKey(Installation, on_delete=models.PROTECT, db_constraint=False)
    share_percent = models.FloatField()
    """How many of the studies, 0 to 100; which ones, `draw.py` says."""
    guard = models.JSONField()
    """From when on, and by what, it counts as worse: `guard.Guard`."""
    begun_at = models.DateTimeField(default=now)
    begun_by = models.TextField(default="")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(default="")
    kept_back = models.JSONField(null=True)
    """{en, zh}: why the latest study of its share was not given to it; None: it was."""
    worse_at = models.DateTimeField(null=True)
    """Since when the guard counts it as worse; what was said then stays said."""
    worse_reasons = models.JSONField(default=list)
    """[{code, en, zh}]: by what."""

    class Meta:
        """A version is in shadow once in a place."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "installation"],
                condition=models.Q(ended_at=None),
                name="shadow_once",
            ),
        )


class ShadowPair(TenantRecord):
    """One series that a shadow was given, and how both versions read it."""

    shadow = models.ForeignKey(Shadow, on_delete=models.CASCADE, db_constraint=False)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, db_constraint=False)
    series = models.ForeignKey(Series, on_delete=models.CASCADE, db_constraint=False)
    input_digest = models.CharField(max_length=64)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, db_constraint=False, related_name="shadow_pairs")
    enabled_job = models.ForeignKey(
        Job, on_delete=models.CASCADE, db_constraint=False, null=True, related_name="pairs_beside"
    )
    """Of the enabled version on the same images; None: nothing was enabled."""
    enabled_run = models.ForeignKey(AppRun, on_delete=models.CASCADE, db_constraint=False, null=True)
    """What reviewers were shown, and judged."""
    state = models.TextField(default=PairState.WAITING)
    failed = models.JSONField(default=list)
    """Of `shadow` and `enabled`, those that ended without output."""
    labels = models.JSONField(default=dict)
    """name -> {dice, volume_ml, enabled_volume_ml}: see `comparing.LabelPair`."""
    findings = models.IntegerField(null=True)
    enabled_findings = models.IntegerField(null=True)
    something = models.BooleanField(null=True)
    """Whether it found something; None: it is not compared."""
    enabled_something = models.BooleanField(null=True)
    device_s = models.FloatField(null=True)
    enabled_device_s = models.FloatField(null=True)
    scheduled_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """The same images are given to a shadow once."""

        constraints = (
            models.UniqueConstraint(
                fields=["tenant_id", "shadow", "series", "input_digest"], name="shadow_pair_once"
            ),
        )
        indexes = (
            models.Index(fields=["tenant_id", "job"], name="shadow_pair_of_job"),
            models.Index(fields=["tenant_id", "enabled_job"], name="shadow_pair_beside_job"),
        )
