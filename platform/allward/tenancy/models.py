"""Tenants, their departments, and what they let each other read."""

from django.db import models

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.tenancy.scope import acting_tenant_id


class Tenant(models.Model):
    """One hospital, the controller of its data. A global table: names are no patient data."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(unique=True)
    name_en = models.TextField()
    name_zh = models.TextField()
    created_at = models.DateTimeField(default=now)


class TenantRecord(models.Model):
    """What every table of a tenant has; row-level security is forced on all of them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(default=acting_tenant_id, editable=False)

    class Meta:
        """Not a table of its own."""

        abstract = True


class DepartmentUse(models.TextChoices):
    """Whether what plug-ins say may reach patient care."""

    CLINICAL = "clinical"
    RESEARCH = "research"


class Department(TenantRecord):
    """A department of a hospital; versions marked research run only where `use` is research."""

    code = models.SlugField()
    name_en = models.TextField()
    name_zh = models.TextField()
    use = models.TextField(choices=DepartmentUse.choices, default=DepartmentUse.CLINICAL)

    class Meta:
        """Codes are unique within a hospital."""

        constraints = (models.UniqueConstraint(fields=["tenant_id", "code"], name="department_code"),)


class SharingGrant(TenantRecord):
    """`tenant_id` lets `reader_tenant_id` read its studies, and review, report or verify if it says so.

    Explicit, dated, revocable. The owner writes it; both sides see it.
    """

    reader_tenant_id = models.UUIDField()
    may_review = models.BooleanField(default=False)
    may_report = models.BooleanField(default=False)
    """Write reports and sign them as 报告医师."""
    may_verify = models.BooleanField(default=False)
    """Verify reports, give them back, and withdraw what was verified (审核医师)."""
    valid_from = models.DateTimeField(default=now)
    valid_until = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    granted_by = models.TextField()
