"""The report of a set as files: the signed JSON, and the same in two languages as PDF.

Everything follows from rows that no longer change, and Ed25519 signs deterministically: a step that runs
twice writes the same `report.json` again. The PDFs show the same, and name the moment of their signature.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from allward.acceptance.actions.running import Report
from allward.acceptance.models import AcceptanceCase, AcceptanceSet
from allward.acceptance.pdf import LANGUAGES, Stamp, pdf_of
from allward.acceptance.pdf_signing import sign_pdf
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


@dataclass(frozen=True, slots=True)
class ToldSet:
    """What the report of a set is made of, read in one transaction."""

    set_id: UUID
    tenant_id: UUID
    subject: Subject
    cases: tuple[ReportedCase, ...]


def read_set(one: AcceptanceSet) -> ToldSet:
    """Read what the report of a set that is over is made of."""
    tenant = Tenant.objects.get(pk=one.tenant_id)
    cases = tuple(_reported(one, case) for case in cases_of(one))
    return ToldSet(one.pk, one.tenant_id, _subject(one, tenant), cases)


def write_report(told: ToldSet) -> Report:
    """Compute, sign and write the files of a set's report; no transaction need be open.

    Raises
    ------
    UsageError
        If the hospital's key cannot be read.
    UnprintableError
        If something in it fits on no page.
    StorageFullError
        If they cannot be written.
    """
    payload = make_report(told.subject, told.cases)
    hospital = told.subject.hospital
    signer = hospital_signer(hospital["code"])
    envelope = sign_bytes(canonical(payload), PAYLOAD_TYPE, signer)
    digest, keyid = sha256(envelope).hexdigest(), signer.public_key.keyid
    folder = f"{told.tenant_id}/acceptance/{told.set_id}"
    pdf_keys = {language: f"{folder}/report.{language}.pdf" for language in LANGUAGES}
    for language, key in pdf_keys.items():
        pages = pdf_of(payload, Stamp(digest, keyid), language)
        names = {"hospital": hospital["code"], "name": hospital["name_en"]}
        storage().write(key, sign_pdf(pages, signer, **names, digest=digest))
    storage().write(f"{folder}/report.json", envelope)
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
