"""Who sends for which hospital, and what could not be told apart."""

from django.db import models

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.tenancy.models import TenantRecord


class SenderRule(TenantRecord):
    """Images that match every stated field belong to this tenant; the rule with most fields wins.

    The dispatcher role reads these rows across tenants: whose an image is, is what is looked for.
    """

    called_ae_title = models.TextField(default="")
    calling_ae_title = models.TextField(default="")
    certificate_sha256 = models.TextField(default="")
    institution_name = models.TextField(default="")
    department_id = models.UUIDField(null=True)
    fallback_charset = models.TextField(default="GB18030")
    """Specific Character Set assumed where (0008,0005) is missing."""
    enabled = models.BooleanField(default=True)


class QuarantinedInstance(models.Model):
    """An object whose hospital or patient could not be told; until assigned the dispatcher alone sees it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    received_at = models.DateTimeField(default=now)
    called_ae_title = models.TextField(default="")
    calling_ae_title = models.TextField(default="")
    peer = models.TextField(default="")
    institution_name = models.TextField(default="")
    sop_instance_uid = models.CharField(max_length=64, default="")
    reason = models.TextField()
    storage_key = models.TextField()
    sha256 = models.CharField(max_length=64, unique=True)
    size_bytes = models.BigIntegerField()
    assigned_tenant_id = models.UUIDField(null=True)
