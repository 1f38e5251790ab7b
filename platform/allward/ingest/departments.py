"""The department of what comes in without a sender: by STOW-RS or import."""

from uuid import UUID

from django.conf import settings

from allward.ingest.models import SenderRule
from allward.tenancy.models import Department
from allward.tenancy.scope import Scope, within


def usual_department(tenant_id: UUID) -> UUID | None:
    """Return where a hospital's images belong if nobody says otherwise.

    Its only department; else the one that its rule for our own AE title names; else none.
    """
    with within(Scope.of_tenant(tenant_id)):
        departments = list(Department.objects.values_list("id", flat=True)[:2])
        if len(departments) == 1:
            return departments[0]
        named = SenderRule.objects.filter(enabled=True, called_ae_title=settings.ALLWARD.ae_title)
        return named.exclude(department_id=None).values_list("department_id", flat=True).first()
