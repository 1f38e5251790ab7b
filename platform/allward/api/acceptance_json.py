"""What the wire says of sets of past cases; their forms stand in `acceptance_forms.py`."""

import base64
import json
from typing import Any

from allward.acceptance.models import AcceptanceCase, AcceptanceReport, AcceptanceSet
from allward.acceptance.queries import (
    MOST_CHOICES,
    Requirement,
    accepted_on,
    cases_of,
    installations_of,
    may_be_accepted,
    report_of,
    segmentations_beside,
)
from allward.acceptance.report import figures_told, pseudonym_of
from allward.acceptance.states import CaseState, SetState
from allward.api.plugin_json import department_json
from allward.storage.place import storage
from allward.studies.models import Series

Json = dict[str, Any]

_MAY: dict[str, tuple[str, ...]] = {
    SetState.DRAFT: ("add", "start", "delete"),
    SetState.RUNNING: ("cancel",),
    SetState.REPORTING: ("cancel",),
    SetState.FINISHED: ("accept",),
    SetState.CANCELED: ("start", "delete"),
}


def set_json(one: AcceptanceSet, counted: dict[str, int]) -> Json:
    """Return a set's wire form; `counted`: how many of its cases are in which state."""
    manifest = one.plugin_version.manifest
    counts = {state.value: counted.get(state.value, 0) for state in CaseState}
    cases = sum(counts.values())
    over = counts[CaseState.DONE] + counts[CaseState.FAILED]
    return {
        "id": str(one.pk),
        "name": one.name,
        "state": one.state,
        "version": {
            "id": str(one.plugin_version_id),
            "plugin_id": one.plugin_version.plugin_id,
            "version": one.plugin_version.version,
            "digest": one.plugin_version.digest,
            "title": manifest["plugin"]["title"],
            "vendor": manifest["plugin"]["vendor"],
            "status": manifest["intended_use"]["status"],
        },
        "slot": one.slot,
        "label": next((label for label in _labels(one) if label["name"] == one.label), None),
        "least_score": one.least_score,
        "created_at": one.created_at,
        "created_by": one.created_by,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "reason": one.reason,
        "counts": {"cases": cases, **counts},
        "progress": over / cases if cases else 0.0,
        "may": list(_MAY[one.state]),
        "report": _report_json(report_of(one)),
        "accepted": [
            {
                "installation_id": str(row.installation_id),
                "department": _department(row.installation.department),
                "at": row.accepted_at,
                "by": row.accepted_by,
                "remark": row.remark,
                "report_digest": row.report.digest,
            }
            for row in accepted_on(one)
        ],
    }


def _labels(one: AcceptanceSet) -> list[Json]:
    labels = one.plugin_version.manifest["labels"]
    return [
        {"name": each["name"], "title": each["title"], "kind": each.get("kind", "organ")} for each in labels
    ]


def _department(row: Any) -> Json | None:
    return None if row is None else department_json(row)


def _report_json(report: AcceptanceReport | None) -> Json | None:
    if report is None:
        return None
    return {
        "digest": report.digest,
        "keyid": report.keyid,
        "pdf_keyid": report.pdf_keyid or None,
        "made_at": report.made_at,
    }


def detail_json(one: AcceptanceSet) -> Json:
    """Return a set's wire form with its cases and the figures of its report."""
    cases = list(cases_of(one))
    counted: dict[str, int] = {}
    for case in cases:
        counted[case.state] = counted.get(case.state, 0) + 1
    finished = one.state == SetState.FINISHED
    return {
        **set_json(one, counted),
        "labels": _labels(one),
        "installations": [
            {
                "id": str(row.pk),
                "state": row.state,
                "department": _department(row.department),
                "may_accept": finished and may_be_accepted(row, one),
            }
            for row in installations_of(one)
        ],
        "cases": [_case_json(one, case) for case in cases],
        "figures": _figures(report_of(one)),
    }


def _case_json(one: AcceptanceSet, case: AcceptanceCase) -> Json:
    return {
        "id": str(case.pk),
        "number": case.number,
        "pseudonym": pseudonym_of(one.secret, case.series.series_instance_uid),
        "series": series_json(case.series),
        "reference": {"segmentation": case.segmentation, "marks": case.marks, "present": case.present},
        "state": case.state,
        "reason": case.reason,
        "groups": case.groups,
        "outcome": case.outcome,
    }


def series_json(series: Series) -> Json:
    """Return a series as an administrator sees it: nothing of its patient."""
    study = series.study
    return {
        "id": str(series.pk),
        "series_instance_uid": series.series_instance_uid,
        "study_id": str(study.pk),
        "study_instance_uid": study.study_instance_uid,
        "study_date": study.study_date,
        "modality": series.modality,
        "description": series.description,
        "study_description": study.description,
        "instances": series.instance_count,
    }


def _figures(report: AcceptanceReport | None) -> Json | None:
    if report is None:
        return None
    envelope = json.loads(storage().read(report.json_key))
    return figures_told(json.loads(base64.b64decode(envelope["payload"])))


def choices_json(one: AcceptanceSet, found: list[Series]) -> Json:
    """Return series that may become cases, and whether there are more."""
    shown = found[:MOST_CHOICES]
    inside = set(cases_of(one).values_list("series_id", flat=True))
    beside = segmentations_beside(one.tenant_id, shown)
    return {
        "series": [
            {
                "series": series_json(each),
                "in_set": each.pk in inside,
                "segmentations": [
                    {"series_instance_uid": row.series_instance_uid, "description": row.description}
                    for row in beside.get(each.study_id, ())
                ],
            }
            for each in shown
        ],
        "more": len(found) > MOST_CHOICES,
    }


def settings_json(said: Requirement) -> Json:
    """Return where acceptance is asked for."""
    return {
        "hospital": said.of_hospital,
        "departments": [
            {
                "department": department_json(row),
                "required": place.word,
                "applies": said.applies(place),
            }
            for row, place in said.places
        ],
    }
