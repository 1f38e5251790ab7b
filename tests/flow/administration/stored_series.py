"""Ten thousand series in a hospital's index, written by a few statements: rows as the indexer leaves them."""

import json

from django.db import connection
from tests.platform_database import Hospital, inside

PER_STUDY = 4
IMAGES = 8

_PATIENT = """
INSERT INTO studies_patient
    (id, tenant_id, issuer, patient_id, name_alphabetic, name_ideographic, name_phonetic, sex, birth_date)
SELECT gen_random_uuid(), %(tenant)s, '', 'P' || n, 'Test^' || n, '', '', 'O',
    date '1940-01-01' + (n * 9 || ' days')::interval
FROM generate_series(1, %(studies)s) n
"""
_STUDY = """
INSERT INTO studies_study
    (id, tenant_id, patient_id, department_id, study_instance_uid, accession_number, study_date, study_time,
     description, body_part_examined, institution_name, modalities, state, revision, completed_digest,
     received_at, last_received_at, series_count, instance_count, synthetic, dicom_json,
     issuer_of_accession_number, placer_order_number, filler_order_number)
SELECT gen_random_uuid(), p.tenant_id, p.id, %(department)s, '2.25.1' || substr(p.patient_id, 2), '',
    date '2026-01-01', lpad((substr(p.patient_id, 2)::int %% 24)::text, 2, '0') || '3000',
    CASE WHEN substr(p.patient_id, 2)::int %% 3 = 0 THEN 'Thorax nativ' ELSE 'Abdomen KM' END,
    '', '', ARRAY['CT'], 'complete', 1, '', now(), now(), %(per_study)s,
    %(per_study)s * %(images)s, false, '{}', '', '', ''
FROM studies_patient p
"""
_SERIES = """
INSERT INTO studies_series
    (id, tenant_id, study_id, series_instance_uid, modality, number, description, body_part_examined,
     instance_count, is_result, evaluable, reasons, slice_spacing_mm, geometry, dicom_json)
SELECT gen_random_uuid(), s.tenant_id, s.id, s.study_instance_uid || '.' || n,
    (ARRAY['CT', 'CT', 'CT', 'MR'])[n], n, 'series ' || n,
    (ARRAY['ABDOMEN', 'CHEST', 'ABDOMEN', 'ABDOMEN'])[n], CASE WHEN n = 2 THEN 3 ELSE %(images)s END, false,
    n <> 3, CASE WHEN n = 3 THEN '[{"code": "gap", "en": "A gap.", "zh": "有间隙。"}]'::jsonb ELSE '[]' END,
    5.0, NULL, %(series_json)s
FROM studies_study s, generate_series(1, %(per_study)s) n
"""
_INSTANCES = """
INSERT INTO studies_instance
    (id, tenant_id, study_id, series_id, sop_instance_uid, sop_class_uid, transfer_syntax_uid, number, sha256,
     storage_key, size_bytes, rows, columns, number_of_frames, received_at, source, has_sidecar, dicom_json)
SELECT gen_random_uuid(), s.tenant_id, s.study_id, s.id, s.series_instance_uid || '.' || n, '1.2', '1.2.840',
    n, repeat('0', 64), 'k', 1, 512, 512, 1, now(),
    CASE WHEN s.number = 1 THEN 'CT1' ELSE 'CT2' END, false, %(image_json)s
FROM studies_series s, generate_series(1, %(images)s) n
"""


def store_series(hospital: Hospital, count: int) -> None:
    """Write `count` series (a multiple of four): CT and MR, with a gap, too short, of day and night."""
    values = {
        "tenant": hospital.tenant_id,
        "department": hospital.department_id,
        "studies": count // PER_STUDY,
        "per_study": PER_STUDY,
        "images": IMAGES,
        "series_json": json.dumps({"00180050": {"vr": "DS", "Value": [5.0]}}),
        "image_json": json.dumps({"00080008": {"vr": "CS", "Value": ["ORIGINAL", "PRIMARY", "AXIAL"]}}),
    }
    with inside(hospital), connection.cursor() as cursor:
        for statement in (_PATIENT, _STUDY, _SERIES, _INSTANCES):
            cursor.execute(statement, values)
