"""Which earlier examination of a patient a run compares with: decided here, and by confirmed numbers alone.

The patient is who has the same Patient ID from the same issuer, or a number that a person confirmed to be
the same patient's. A name, a sex and a birth date that agree are offered to people and used for nothing here.
"""

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import QuerySet

from allward.routing.facts import SeriesFacts
from allward.routing.match import decide
from allward.routing.stored import facts_of_study
from allward.runs.actions import RunInput
from allward.studies.models import Instance, Patient, Series, Study
from allward.studies.queries import decided_patients, series_input_digest
from allward.studies.states import StudyState
from allward_sdk.manifest import Wants

_SAME_MM = 0.05
"""Slices whose thickness differs by no more are of one thickness."""


def numbers_of(patient: Patient) -> list[UUID]:
    """Return the patient and every number that a person confirmed to be the same patient's."""
    return [patient.pk, *(other.pk for other, link in decided_patients(patient) if link.same)]


def studies_of_person(patient: Patient) -> QuerySet[Study]:
    """Return the complete studies of a patient under all confirmed numbers."""
    return Study.objects.filter(
        tenant_id=patient.tenant_id, patient_id__in=numbers_of(patient), state=StudyState.COMPLETE
    )


def prior_of(series: Series, facts: SeriesFacts, wants: Wants) -> RunInput | None:
    """Return the series to compare with: the best one of the latest earlier study that has one, or None.

    A study without a date has no prior and is none; one of the same day is no earlier one.

    Parameters
    ----------
    facts
        Of `series`.
    wants
        Of the plug-in, which reads the prior too.
    """
    study = Study.objects.select_related("patient").get(pk=series.study_id)
    if study.study_date is None:
        return None
    earlier = studies_of_person(study.patient).filter(study_date__lt=study.study_date)
    for before in earlier.order_by("-study_date", "-study_time", "-pk"):
        found = facts_of_study(before.tenant_id, before.pk)
        usable = {key: told for key, told in found.items() if _is_usable(told, facts, wants)}
        if usable:
            best = _best(usable, facts, _kernel(series.pk))
            return RunInput(Series.objects.get(pk=best), series_input_digest(best))
    return None


def _is_usable(told: SeriesFacts, facts: SeriesFacts, wants: Wants) -> bool:
    parts = {each.body_part_examined.upper() for each in (told, facts) if each.body_part_examined}
    return told.modality == facts.modality and len(parts) < 2 and decide(wants, told).runs


def _best(usable: Mapping[UUID, SeriesFacts], facts: SeriesFacts, kernel: str | None) -> UUID:
    """Return the series that was made most like the present one; of equals the one with most slices."""

    def unlike(series_id: UUID) -> tuple[int, bool, float, int, UUID]:
        told = usable[series_id]
        made_otherwise = (not _is_same(told.slice_thickness_mm, facts.slice_thickness_mm)) + (
            kernel is None or _kernel(series_id) != kernel
        )
        apart = _apart(told.slice_spacing_mm, facts.slice_spacing_mm)
        return made_otherwise, apart is None, apart or 0.0, -told.slice_count, series_id

    return min(usable, key=unlike)


def _is_same(one: float | None, other: float | None) -> bool:
    apart = _apart(one, other)
    return apart is not None and apart <= _SAME_MM


def _apart(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else abs(one - other)


def _kernel(series_id: UUID) -> str | None:
    """Return the reconstruction kernel (0018,1210) of a series as one of its images states it."""
    said = Instance.objects.filter(series_id=series_id, rows__isnull=False).order_by("pk")
    for dicom_json in said.values_list("dicom_json", flat=True)[:1]:
        values: Iterable[object] = json.loads(dicom_json).get("00181210", {}).get("Value", ())
        return next((str(value).strip().casefold() for value in values if value), None)
    return None
