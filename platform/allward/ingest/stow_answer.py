"""What a store request is answered: which objects are stored, which are not, and why.

Source
------
PS3.18 10.5.3 (status), I.2 (store instances response).
"""

from typing import Any

from allward.ingest.indexing import IndexReport, Verdict
from allward.ingest.stow_intake import Failure, FailureReason, Intake
from allward_dicom.header import Header


def answer_of(intake: Intake, report: IndexReport, base_url: str) -> tuple[int, dict[str, Any]]:
    """Return status and body of the answer."""
    stored = []
    failures = list(intake.failures)
    for entry in intake.entries:
        verdict, header = report.verdicts[entry.entry_id], entry.header
        uids = (header.sop_class_uid, header.sop_instance_uid) if header else ("", "")
        if verdict in (Verdict.NEW, Verdict.KNOWN) and header is not None:
            stored.append(_reference(header, base_url))
        elif verdict is Verdict.CONFLICT:
            failures.append(Failure(FailureReason.DUPLICATE_SOP_INSTANCE, *uids))
        else:
            failures.append(Failure(FailureReason.PROCESSING_FAILURE, *uids))
    body: dict[str, Any] = {}
    studies = {entry.header.study_instance_uid for entry in intake.entries if entry.header}
    if stored and len(studies) == 1:
        body["00081190"] = _element("UR", f"{base_url}/studies/{studies.pop()}")
    if failures:
        body["00081198"] = {"vr": "SQ", "Value": [_failed(failure) for failure in failures]}
    if stored:
        body["00081199"] = {"vr": "SQ", "Value": stored}
    return _status(bool(stored), failures), body


def _status(any_stored: bool, failures: list[Failure]) -> int:
    if not failures:
        return 200 if any_stored else 400
    if any_stored:
        return 202
    full = all(failure.reason is FailureReason.OUT_OF_RESOURCES for failure in failures)
    return 507 if full else 409


def _reference(header: Header, base_url: str) -> dict[str, Any]:
    url = (
        f"{base_url}/studies/{header.study_instance_uid}"
        f"/series/{header.series_instance_uid}/instances/{header.sop_instance_uid}"
    )
    return {
        "00081150": _element("UI", header.sop_class_uid),
        "00081155": _element("UI", header.sop_instance_uid),
        "00081190": _element("UR", url),
    }


def _failed(failure: Failure) -> dict[str, Any]:
    return {
        "00081150": _element("UI", failure.sop_class_uid),
        "00081155": _element("UI", failure.sop_instance_uid),
        "00081197": _element("US", int(failure.reason)),
    }


def _element(vr: str, value: object) -> dict[str, Any]:
    return {"vr": vr, "Value": [value]} if value != "" else {"vr": vr}
