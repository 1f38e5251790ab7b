"""Every question that other rooms ask the study index. All of them answer within the scope in force."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db.models import F, Q, QuerySet

from allward.studies.models import Instance, Patient, PatientLink, PatientNameKey, Study
from allward_dicom.header import Header, header_from_index
from allward_dicom.identity import query_keys

LAST_CHARACTER = "\U0010ffff"
"""Greater than every character: the open end of a range that stands for a prefix."""


def prefix(field: str, start: str) -> Q:
    """Return the condition that `field` begins with `start`, as a range.

    LIKE is not leakproof, so under row-level security it would lose the index.
    """
    return Q(**{f"{field}__gte": start, f"{field}__lt": start + LAST_CHARACTER})


def instances_in_order(series_id: UUID) -> list[Instance]:
    """Return the instances of a series by instance number, those without one last; with storage keys."""
    rows = Instance.objects.filter(series_id=series_id)
    return sorted(rows, key=lambda row: (row.number is None, row.number or 0, row.sop_instance_uid))


def series_input_digest(series_id: UUID) -> str:
    """Return the sha256 over the sorted digests of a series' instances: what a job's input is known by."""
    digests = Instance.objects.filter(series_id=series_id).values_list("sha256", flat=True)
    return input_digest(list(digests))


def input_digest(instance_digests: Sequence[str]) -> str:
    """Return the sha256 over these instance digests, whatever their order."""
    return hashlib.sha256("\n".join(sorted(instance_digests)).encode()).hexdigest()


def find_patients(text: str) -> QuerySet[Patient]:
    """Return the patients whom a person may mean by `text`.

    Characters, pinyin, initials, DICOM form of a name, a patient number or an accession number: each matches
    from its beginning.
    """
    found = text.strip()
    if not found:
        return Patient.objects.none()
    named = Q()
    for key in query_keys(found):
        named |= prefix("key", key)
    by_name = PatientNameKey.objects.filter(named).values("patient_id") if named else ()
    by_accession = Study.objects.filter(prefix("accession_number", found)).values("patient_id")
    return Patient.objects.filter(
        Q(pk__in=by_name) | Q(pk__in=by_accession) | prefix("patient_id", found)
    ).order_by("name_ideographic", "name_alphabetic", "patient_id")


def same_person_candidates(patient: Patient) -> list[Patient]:
    """Return patients under other numbers who may be the same person: same name, sex and birth date.

    Hospitals number out-patients, in-patients and check-ups apart. Nothing is offered where one of the three
    is not known, nor where a person has already said yes or no.
    """
    if not patient.sex or patient.birth_date is None:
        return []
    same_name = Q()
    for field in ("name_ideographic", "name_alphabetic"):
        if name := getattr(patient, field):
            same_name |= Q(**{field: name})
    if not same_name:
        return []
    known = {other.pk for other, _ in decided_patients(patient)}
    rows = Patient.objects.filter(
        same_name, tenant_id=patient.tenant_id, sex=patient.sex, birth_date=patient.birth_date
    )
    return list(rows.exclude(pk__in={patient.pk, *known}).order_by("issuer", "patient_id"))


def decided_patients(patient: Patient) -> list[tuple[Patient, PatientLink]]:
    """Return the other numbers on which a person has given a word, each with that word."""
    links = PatientLink.objects.filter(Q(one=patient) | Q(other=patient), tenant_id=patient.tenant_id)
    decided = [
        (link.other if link.one_id == patient.pk else link.one, link)
        for link in links.select_related("one", "other")
    ]
    return sorted(decided, key=lambda pair: (pair[0].issuer, pair[0].patient_id))


def headers_of_series(series_id: UUID) -> list[Header]:
    """Return the headers of a series' instances as the index kept them, without reading any bytes again."""
    return [_header(row) for row in instances_in_order(series_id)]


def first_header_of_series(series_id: UUID) -> Header | None:
    """Return the first of `headers_of_series`, without the others; None of a series without instances."""
    rows = Instance.objects.filter(series_id=series_id)
    first = rows.order_by(F("number").asc(nulls_last=True), "sop_instance_uid").first()
    return None if first is None else _header(first)


def _header(row: Instance) -> Header:
    return header_from_index(
        {
            "json": json.loads(row.dicom_json),
            "transfer_syntax_uid": row.transfer_syntax_uid,
            "pixel_place": row.pixel_place,
        }
    )


def studies_of_order(
    tenant_ids: Iterable[UUID], accession_number: str, *, issuer: str | None, most: int = 20
) -> list[Study]:
    """Return the studies of an accession number, newest first.

    Parameters
    ----------
    issuer
        Who gave the number: a study that states another issuer, or none, is not meant. None: nobody said, so
        all are, and who asks must not choose among several.
    """
    rows = Study.objects.filter(tenant_id__in=list(tenant_ids), accession_number=accession_number)
    if issuer is not None:
        rows = rows.filter(issuer_of_accession_number=issuer)
    return list(rows.order_by("-received_at")[:most])
