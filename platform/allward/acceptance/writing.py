"""The report of a set as files: the signed JSON, and the same in two languages as PDF.

Everything follows from rows that no longer change, and Ed25519 signs deterministically: a step that runs
twice writes the same bytes again.
"""

import re
from hashlib import sha256

from allward.acceptance.actions.running import Report
from allward.acceptance.models import AcceptanceCase, AcceptanceSet
from allward.acceptance.pdf import LANGUAGES, Stamp, pdf_of
from allward.acceptance.queries import cases_of
from allward.acceptance.report import (
    PAYLOAD_TYPE,
    ReportedCase,
    Subject,
    make_report,
    pseudonym_of,
    pseudonym_of_patient,
)
from allward.acceptance.states import CaseState
from allward.kernel.texts import Text
from allward.registry.own_keys import hospital_signer
from allward.registry.parameters import parameters_json
from allward.storage.place import storage
from allward.tenancy.models import Tenant
from allward_sdk.trust.dsse import canonical, sign_bytes

_UID = re.compile(r"\b\d+(?:\.\d+){4,}\b")
"""What looks like a DICOM UID."""


def write_report(one: AcceptanceSet) -> Report:
    """Write the files of a set's report.

    Raises
    ------
    StorageFullError
        If they cannot be written.
    """
    tenant = Tenant.objects.get(pk=one.tenant_id)
    payload = make_report(_subject(one, tenant), [_reported(one, case) for case in cases_of(one)])
    signer = hospital_signer(tenant.code)
    envelope = sign_bytes(canonical(payload), PAYLOAD_TYPE, signer)
    digest, keyid = sha256(envelope).hexdigest(), signer.public_key.keyid
    folder = f"{one.tenant_id}/acceptance/{one.pk}"
    storage().write(f"{folder}/report.json", envelope)
    for language in LANGUAGES:
        storage().write(f"{folder}/report.{language}.pdf", pdf_of(payload, Stamp(digest, keyid), language))
    pdf_keys = {language: f"{folder}/report.{language}.pdf" for language in LANGUAGES}
    return Report(digest, keyid, f"{folder}/report.json", pdf_keys)


def _subject(one: AcceptanceSet, tenant: Tenant) -> Subject:
    version = one.plugin_version
    manifest = version.manifest
    assert one.ended_at is not None
    return Subject(
        hospital={"code": tenant.code, "name_en": tenant.name_en, "name_zh": tenant.name_zh},
        plugin={
            "id": version.plugin_id,
            "version": version.version,
            "digest": version.digest,
            "title": manifest["plugin"]["title"],
            "vendor": manifest["plugin"]["vendor"],
            "status": manifest["intended_use"]["status"],
            "models": {name: model["sha256"] for name, model in sorted(manifest["models"].items())},
            "parameters": parameters_json(manifest, one.parameters),
        },
        slot=one.slot,
        label=one.label,
        least_score=one.least_score,
        name=one.name,
        created_by=one.created_by,
        ended_at=one.ended_at,
        seed=one.seed,
    )


def _reported(one: AcceptanceSet, case: AcceptanceCase) -> ReportedCase:
    kinds = ("segmentation", "marks", "present")
    return ReportedCase(
        pseudonym=pseudonym_of(one.secret, case.series.series_instance_uid),
        groups=case.groups,
        reference=[kind for kind in kinds if getattr(case, kind) is not None],
        outcome=case.outcome,
        fault=_fault(case),
        patient=pseudonym_of_patient(one.secret, case.study.patient_id),
    )


def _fault(case: AcceptanceCase) -> Text | None:
    if case.state != CaseState.FAILED or case.reason is None:
        return None
    return Text(without_uids(case.reason["en"]), without_uids(case.reason["zh"]))


def without_uids(text: str) -> str:
    """Return a sentence without the UIDs of images that it names."""
    return _UID.sub("[UID]", text)
