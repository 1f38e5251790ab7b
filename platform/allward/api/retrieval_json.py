"""The wire forms of archives, of what they hold, and of what is fetched from them."""

from datetime import date
from typing import Any

from allward.retrieval.models import Retrieval, SourceArchive
from allward.retrieval.rows import StudyRow


def archive_json(row: SourceArchive) -> dict[str, Any]:
    """Return an archive's wire form."""
    return {
        "id": str(row.pk),
        "name": row.name,
        "method": row.method,
        "host": row.host,
        "port": row.port,
        "called_ae_title": row.called_ae_title,
        "calling_ae_title": row.calling_ae_title,
        "move_destination": row.move_destination,
        "base_url": row.base_url,
        "username": row.username,
        "has_secret": bool(row.sealed_secret),
        "fallback_charset": row.fallback_charset,
        "issuer_of_patient_id": row.issuer_of_patient_id,
        "window": row.window,
        "bits_per_s": row.bits_per_s,
        "max_associations": row.max_associations,
        "enabled": row.enabled,
        "last_test": None
        if row.last_tested_at is None
        else {
            "at": row.last_tested_at,
            "answers": not row.last_test_error,
            "error": row.last_test_error or None,
        },
    }


def study_json(row: StudyRow, *, instances_here: int) -> dict[str, Any]:
    """Return the wire form of a study that an archive holds; the patient's name stays here."""
    return {
        "study_instance_uid": row.study_instance_uid,
        "patient_id": row.patient_id or None,
        "issuer_of_patient_id": row.issuer_of_patient_id or None,
        "accession_number": row.accession_number or None,
        "study_date": _iso(row.study_date),
        "description": row.description or None,
        "modalities": list(row.modalities),
        "series_count": row.series_count,
        "instance_count": row.instance_count,
        "instances_here": instances_here,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def retrieval_json(row: Retrieval, *, archive: str) -> dict[str, Any]:
    """Return a retrieval's wire form."""
    return {
        "id": str(row.pk),
        "archive": archive,
        "study_instance_uid": row.study_instance_uid or None,
        "accession_number": row.accession_number or None,
        "series_instance_uids": row.series_instance_uids,
        "purpose": row.purpose,
        "outside_window": row.outside_window,
        "state": row.state,
        "attempts": row.attempts,
        "not_before": row.not_before,
        "instances_expected": row.instances_expected,
        "instances_here": row.instances_here,
        "suboperations_failed": row.suboperations_failed,
        "last_error": row.last_error or None,
        "asked_by": row.asked_by,
        "created_at": row.created_at,
        "ended_at": row.ended_at,
    }
