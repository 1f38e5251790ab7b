"""Patients as the headers of received objects tell of them."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import connection

from allward.kernel.ids import new_id
from allward.studies.models import PatientNameKey
from allward.studies.received import PatientNumber, ReceivedInstance, date_of, patient_number
from allward.tenancy.scope import acting_tenant_id
from allward_dicom.attributes import PersonName
from allward_dicom.identity import name_keys

_UPSERT = """
INSERT INTO studies_patient AS p (id, tenant_id, issuer, patient_id,
    name_alphabetic, name_ideographic, name_phonetic, sex, birth_date)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::date[])
ON CONFLICT (tenant_id, issuer, patient_id) DO UPDATE SET
    name_alphabetic = CASE WHEN named THEN excluded.name_alphabetic ELSE p.name_alphabetic END,
    name_ideographic = CASE WHEN named THEN excluded.name_ideographic ELSE p.name_ideographic END,
    name_phonetic = CASE WHEN named THEN excluded.name_phonetic ELSE p.name_phonetic END,
    sex = coalesce(nullif(excluded.sex, ''), p.sex),
    birth_date = coalesce(excluded.birth_date, p.birth_date)
RETURNING issuer, patient_id, id
""".replace("named", "excluded.name_alphabetic || excluded.name_ideographic || excluded.name_phonetic <> ''")
"""The newest demographics win, but what is not stated deletes nothing."""


def upsert_patients(items: Sequence[ReceivedInstance]) -> dict[PatientNumber, UUID]:
    """Create or bring up to date the patients of these objects, and return their ids.

    The keys of every spelling that was ever received are kept, so that a patient is found under each of them.
    """
    newest = {patient_number(item.header): item.header for item in items}
    numbers = sorted(newest)
    headers = [newest[number] for number in numbers]
    names = [header.patient_name for header in headers]
    columns: list[list[UUID] | list[str] | list[date | None]] = [
        [new_id() for _ in numbers],
        [acting_tenant_id()] * len(numbers),
        [number.issuer for number in numbers],
        [number.patient_id for number in numbers],
        [name.alphabetic or "" for name in names],
        [name.ideographic or "" for name in names],
        [name.phonetic or "" for name in names],
        [header.patient_sex or "" for header in headers],
        [date_of(header.patient_birth_date) for header in headers],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, columns)
        ids = {PatientNumber(row[0], row[1]): row[2] for row in cursor.fetchall()}
    spellings = {(ids[patient_number(item.header)], item.header.patient_name) for item in items}
    _keep_keys(spellings)
    return ids


def _keep_keys(spellings: set[tuple[UUID, PersonName]]) -> None:
    keys = {(patient_id, key) for patient_id, name in spellings for key in name_keys(name).search_terms}
    PatientNameKey.objects.bulk_create(
        [PatientNameKey(patient_id=patient_id, key=key) for patient_id, key in sorted(keys)],
        ignore_conflicts=True,
    )
