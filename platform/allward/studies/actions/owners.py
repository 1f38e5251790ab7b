"""Whose a study is: an object that states another patient never joins it unseen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from allward.studies.models import Study
from allward.studies.received import PatientNumber, ReceivedInstance, patient_number
from allward.tenancy.scope import acting_tenant_id


@dataclass(frozen=True, slots=True)
class Owner:
    """The patient of a study: the number, and the row's id, None if the study is yet to be made."""

    number: PatientNumber
    patient_id: UUID | None = None

    def is_stated_by(self, item: ReceivedInstance) -> bool:
        """Tell whether an object states exactly this number."""
        return patient_number(item.header) == self.number

    def may_own(self, item: ReceivedInstance) -> bool:
        """Tell whether an object may join the study: the number is the same, or a person said so.

        One that leaves out the issuer of its number contradicts nothing; one that states another issuer, or
        no number at all, does.
        """
        number = patient_number(item.header)
        same_id = number.patient_id != "" and number.patient_id == self.number.patient_id
        return (
            item.same_patient
            or number == self.number
            or (same_id and "" in (number.issuer, self.number.issuer))
        )


def owners_of(items: Sequence[ReceivedInstance]) -> dict[str, Owner]:
    """Return the owner of each study that the objects name: as it is known, else as its first object says."""
    owners = _known({item.header.study_instance_uid for item in items})
    for item in items:
        owners.setdefault(item.header.study_instance_uid, Owner(patient_number(item.header)))
    return owners


def _known(study_instance_uids: Iterable[str]) -> dict[str, Owner]:
    rows = Study.objects.filter(
        tenant_id=acting_tenant_id(), study_instance_uid__in=study_instance_uids
    ).values_list("study_instance_uid", "patient__issuer", "patient__patient_id", "patient_id")
    return {row[0]: Owner(PatientNumber(row[1], row[2]), row[3]) for row in rows}
