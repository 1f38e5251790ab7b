"""A report as FHIR R4: a DiagnosticReport with contained Observations, and its signatures' Provenance. Pure.

Every resource has an id of ours, and a server is asked to PUT it: what is sent twice is there once.

Source
------
FHIR R4 (4.0.1): DiagnosticReport, Observation, Provenance, Bundle; the codes are LOINC, SNOMED CT and UCUM.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from allward.reporting.content import FindingFacts, Language, PatientFacts, StudyFacts
from allward.reporting.queries import Released
from allward.reporting.report_words import word
from allward.reporting.states import FHIR_STATUS, ReportState
from allward_sdk.parts import Code
from allward_sdk.results import MeasuredValue

Json = dict[str, Any]

_SYSTEMS = {
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "UCUM": "http://unitsofmeasure.org",
    "LN": "http://loinc.org",
    "99ALLWARD": "urn:allward:codes",
}
_OWN = "urn:allward"
_OBSERVATION_STATUS = {
    ReportState.PRELIMINARY: "preliminary",
    ReportState.FINAL: "final",
    ReportState.AMENDED: "amended",
    ReportState.ENTERED_IN_ERROR: "entered-in-error",
}
_ROLES = {"reporting": "author", "verifying": "verifier"}
"""Codes of provenance-participant-type."""
_SIGNED_AS = {
    "reporting": ("1.2.840.10065.1.12.1.1", "Author's Signature"),
    "verifying": ("1.2.840.10065.1.12.1.5", "Verification Signature"),
}
"""Signature.type. Source: ASTM E1762-95, urn:iso-astm:E1762-95:2013."""


def bundle_of(report: Released, *, pdfs: Mapping[Language, bytes], kind: str = "collection") -> Json:
    """Return the report with its provenance.

    Parameters
    ----------
    kind
        `collection` to be read, `transaction` to be sent: each entry then names its request.
    """
    resources = [_diagnostic_report(report, pdfs), *_provenances(report)]
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [_entry(resource, asked=kind == "transaction") for resource in resources],
    }


def _entry(resource: Json, *, asked: bool) -> Json:
    place = f"{resource['resourceType']}/{resource['id']}"
    entry: Json = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}
    if asked:
        entry["request"] = {"method": "PUT", "url": place}
    return entry


def _diagnostic_report(report: Released, pdfs: Mapping[Language, bytes]) -> Json:
    written = report.written
    observations = list(_observations(report))
    signed = {each.kind: each for each in report.signatures}
    made: Json = {
        "resourceType": "DiagnosticReport",
        "id": written.report_id,
        "language": "zh-CN",
        "text": _narrative(report),
        "contained": [each for _, each in observations],
        "identifier": [
            {"system": f"{_OWN}:report", "value": written.report_id},
            *_order_identifiers(written.study),
        ],
        "status": FHIR_STATUS[report.state],
        "category": [_concept("http://terminology.hl7.org/CodeSystem/v2-0074", "RAD", "Radiology")],
        "code": _concept("http://loinc.org", "18748-4", "Diagnostic imaging study"),
        "subject": _subject(written.patient),
        "imagingStudy": [_imaging_study(written.study)],
        "result": [{"reference": f"#{key}"} for key, _ in observations],
        "performer": [{"display": written.hospital.name.zh or written.hospital.name.en}],
        "conclusion": "\n".join(written.text_of("impression", "zh")),
        "presentedForm": [_attachment(language, pdf) for language, pdf in sorted(pdfs.items())],
        "extension": [{"url": f"{_OWN}:digest", "valueString": report.digest}],
    }
    if written.study.study_date:
        made["effectiveDateTime"] = written.study.study_date
    if report.signatures:
        made["issued"] = report.signatures[-1].at.isoformat(timespec="milliseconds")
        made["resultsInterpreter"] = [{"display": each.name} for each in signed.values()]
    if codes := [code for advice in written.advice if (code := _category(advice.source.en, advice.category))]:
        made["conclusionCode"] = codes
    return {key: value for key, value in made.items() if value not in ([], "", None)}


def _narrative(report: Released) -> Json:
    lines = [word("ai_assisted", "zh"), word("ai_assisted", "en")]
    if report.written.research_only:
        lines += [word("research", "zh"), word("research", "en")]
    if report.withdrawn_because:
        lines.append(word("withdrawn_because", "zh").format(report.withdrawn_because))
    for section in report.written.sections:
        for language in ("zh", "en"):
            title = section.title.of(language)
            lines.append(f"{title}: " + " ".join(report.written.text_of(section.name, language)))
    said = "".join(f"<p>{_escaped(line)}</p>" for line in lines)
    return {"status": "additional", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{said}</div>'}


def _escaped(text: str) -> str:
    plain = "".join(letter if letter >= " " else " " for letter in text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _order_identifiers(study: StudyFacts) -> Iterator[Json]:
    numbers = (
        ("ACSN", study.accession_number, study.issuer_of_accession_number),
        ("PLAC", study.placer_order_number, ""),
        ("FILL", study.filler_order_number, ""),
    )
    for code, number, issuer in numbers:
        if number:
            made: Json = {
                "type": _concept("http://terminology.hl7.org/CodeSystem/v2-0203", code, code),
                "value": number,
            }
            if issuer:
                made["assigner"] = {"display": issuer}
            yield made


def _subject(patient: PatientFacts) -> Json:
    number: Json = {"value": patient.patient_id}
    if patient.issuer:
        number["assigner"] = {"display": patient.issuer}
    named = patient.name_ideographic or patient.name_alphabetic.replace("^", " ").strip()
    subject: Json = {"type": "Patient", "identifier": number}
    return {**subject, "display": named} if named else subject


def _imaging_study(study: StudyFacts) -> Json:
    return {
        "type": "ImagingStudy",
        "identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{study.study_instance_uid}"},
    }


def _observations(report: Released) -> Iterator[tuple[str, Json]]:
    for number, found in enumerate(report.written.findings, start=1):
        key = f"finding-{number}"
        yield key, _observation(key, found, report)


def _observation(key: str, found: FindingFacts, report: Released) -> Json:
    finding = found.finding
    made: Json = {
        "resourceType": "Observation",
        "id": key,
        "identifier": [
            {"system": f"{_OWN}:finding", "value": found.finding_id},
            {"system": "urn:dicom:uid", "value": f"urn:oid:{finding.tracking_uid}"},
        ],
        "status": _OBSERVATION_STATUS[report.state],
        "category": [
            _concept("http://terminology.hl7.org/CodeSystem/observation-category", "imaging", "Imaging")
        ],
        "code": {**_coded(finding.label), "text": finding.title.zh},
        "subject": _subject(report.written.patient),
        "component": [*_components(finding.measurements), *_qualities(found)],
    }
    codes = [
        code
        for advice in report.written.advice
        if advice.finding_id == found.finding_id and (code := _category(advice.source.en, advice.category))
    ]
    if codes:
        made["interpretation"] = codes
    return {name: value for name, value in made.items() if value != []}


def _components(measurements: Sequence[MeasuredValue]) -> Iterator[Json]:
    for each in measurements:
        if each.value is None:
            absent = _concept(
                "http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-performed", "Not Performed"
            )
            yield {"code": _coded(each.concept), "dataAbsentReason": absent}
            continue
        quantity: Json = {
            "value": each.value, "unit": each.unit.meaning,
            "system": _SYSTEMS[each.unit.scheme], "code": each.unit.value,
        }  # fmt: skip
        if each.bound == "at_least":
            quantity["comparator"] = ">="
        yield {"code": _coded(each.concept), "valueQuantity": quantity}


def _qualities(found: FindingFacts) -> Iterator[Json]:
    for each in found.finding.properties:
        if each.value is not None:
            yield {"code": _coded(each.concept), "valueCodeableConcept": _coded(each.value)}


def _category(source: str, category: str | None) -> Json | None:
    if category is None:
        return None
    return {
        "coding": [{"system": f"{_OWN}:guideline", "code": f"{source}|{category}", "display": category}],
        "text": f"{source}: {category}",
    }


def _attachment(language: Language, pdf: bytes) -> Json:
    return {
        "contentType": "application/pdf",
        "language": "zh-CN" if language == "zh" else "en",
        "data": base64.b64encode(pdf).decode("ascii"),
    }


def _provenances(report: Released) -> Iterator[Json]:
    """Yield what each signature says of itself; the envelope with the signature bytes stays with us."""
    for signed in report.signatures:
        at = signed.at.isoformat(timespec="milliseconds")
        oid, title = _SIGNED_AS[signed.kind]
        person = {"display": signed.name}
        role = _concept(
            "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
            _ROLES[signed.kind],
            _ROLES[signed.kind].capitalize(),
        )
        yield {
            "resourceType": "Provenance",
            "id": signed.id,
            "target": [{"reference": f"DiagnosticReport/{report.written.report_id}"}],
            "recorded": at,
            "agent": [{"type": role, "who": person}],
            "signature": [
                {
                    "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": oid, "display": title}],
                    "when": at,
                    "who": {**person, "identifier": {"system": f"{_OWN}:key", "value": signed.key_id}},
                    "sigFormat": "application/vnd.dsse+json",
                }
            ],
        }


def _concept(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}]}


def _coded(code: Code) -> Json:
    return _concept(_SYSTEMS[code.scheme], code.value, code.meaning)
