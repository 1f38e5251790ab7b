"""A person's word on whether two numbers are the same patient."""

from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.outbox.publish import publish
from allward.studies.events import PatientsLinked
from allward.studies.models import Patient, PatientLink
from allward.tenancy.scope import acting_tenant_id, required_scope


class SamePatientError(ValueError):
    """A patient was to be linked with itself."""


def link_patients(one_id: UUID, other_id: UUID, *, same: bool) -> PatientLink:
    """Note that two patients of the acting tenant are the same person, or that they are not.

    The latest word on a pair stands; nothing is merged.

    Raises
    ------
    SamePatientError
        If both are the same row.
    Patient.DoesNotExist
        If either is not a patient of the acting tenant.
    """
    if one_id == other_id:
        raise SamePatientError("a patient cannot be linked with itself")
    scope = required_scope()
    first, second = sorted((one_id, other_id))
    with transaction.atomic():
        patients = Patient.objects.filter(tenant_id=acting_tenant_id())
        one, other = patients.get(pk=first), patients.get(pk=second)
        link, _ = PatientLink.objects.update_or_create(
            tenant_id=acting_tenant_id(),
            one=one,
            other=other,
            defaults={"same": same, "decided_by": scope.actor, "decided_at": now()},
        )
        record(
            tenant_id=acting_tenant_id(),
            actor=scope.actor,
            action="change",
            what="patient",
            what_id=str(first),
            user_id=scope.user_id,
            user_tenant_id=scope.home,
            other_patient=str(second),
            same=same,
        )
        publish(PatientsLinked(one_id=first, other_id=second), tenant_id=acting_tenant_id())
    return link
