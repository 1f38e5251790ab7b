"""A report as HL7 v2.5.1 ORU^R01, in UTF-8. Pure; sending it is `mllp.py`.

Numbers of the order stand where HL7 and IHE have places for them and are empty where the images bear none:
placer and filler order number in ORC-2/3 and OBR-2/3, the accession number in OBR-18.

Source
------
HL7 v2.5.1 chapters 2 and 7; table 0396, in which SCT, DCM, UCUM and LN are named as in DICOM; IHE RAD TF-2
4.4 (OBR-18 carries the accession number).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from allward.reporting.content import FindingFacts, Language, PatientFacts, SectionName, SignedBy
from allward.reporting.queries import Released
from allward.reporting.report_words import word
from allward.reporting.states import HL7_STATUS, ReportState
from allward_sdk.parts import Code
from allward_sdk.results import MeasuredValue

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
"""Source: HL7 v2.5.1 2.7.1."""
_LINE_BREAK = "\\.br\\"
"""Of formatted text. Source: HL7 v2.5.1 2.7.6."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")

_SECTION_CODES: dict[SectionName, str] = {
    "technique": "55111-9^Current imaging procedure descriptions^LN",
    "findings": "18782-3^Radiology Study observation (narrative)^LN",
    "impression": "19005-8^Radiology Imaging study [Impression] (narrative)^LN",
}
"""LOINC codes of the narrative sections."""
_STUDY_REPORT = "18748-4^Diagnostic imaging study^LN"
_OBX_STATUS = {
    ReportState.PRELIMINARY: "P",
    ReportState.FINAL: "F",
    ReportState.AMENDED: "C",
    ReportState.ENTERED_IN_ERROR: "W",
}
"""OBX-11. Source: HL7 v2.5.1 table 0085; W: posted as wrong."""


@dataclass(frozen=True, slots=True)
class Route:
    """From where to where a message goes: MSH-3 to MSH-6."""

    sending_application: str
    sending_facility: str
    receiving_application: str
    receiving_facility: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """By what a message is known, and when it was made."""

    route: Route
    control_id: str
    made_at: datetime
    language: Language


def escaped(text: str) -> str:
    """Return a text as it may stand in a field; line breaks become those of formatted text."""
    plain = _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    made = "".join(_ESCAPES.get(letter, letter) for letter in plain)
    return made.replace("\n", _LINE_BREAK)


def oru_of(report: Released, envelope: Envelope) -> str:
    """Return the message; segments end with a carriage return."""
    segments = [_msh(envelope), _pid(report.written.patient), _orc(report), _obr(report)]
    segments += _notes(report, envelope.language)
    segments += [
        f"OBX|{number}|{rest}" for number, rest in enumerate(_observations(report, envelope), start=1)
    ]
    return "".join(f"{segment}\r" for segment in segments)


def _msh(envelope: Envelope) -> str:
    route = envelope.route
    names = (
        route.sending_application,
        route.sending_facility,
        route.receiving_application,
        route.receiving_facility,
    )
    made = _moment(envelope.made_at)
    sent = "|".join(escaped(name) for name in names)
    return f"MSH|^~\\&|{sent}|{made}||ORU^R01^ORU_R01|{envelope.control_id}|P|2.5.1|||AL|NE||UNICODE UTF-8"


def _pid(patient: PatientFacts) -> str:
    number = f"{escaped(patient.patient_id)}^^^{_authority(patient.issuer)}"
    names = [_name(patient.name_alphabetic, "A"), _name(patient.name_ideographic, "I")]
    birth = (patient.birth_date or "").replace("-", "")
    sex = patient.sex if patient.sex in ("M", "F", "O") else "U"
    return f"PID|1||{number}||{'~'.join(each for each in names if each)}||{birth}|{sex}"


def _authority(issuer: str) -> str:
    """Return an HD: an OID as a universal id, any other name as a namespace."""
    return f"&{issuer}&ISO" if re.fullmatch(r"[0-2](\.\d+)+", issuer) else escaped(issuer)


def _name(dicom: str, representation: str) -> str:
    """Return an XPN of a DICOM name: family, given, middle; prefix and suffix change places.

    Source
    ------
    PS3.5 6.2 (PN: family^given^middle^prefix^suffix); HL7 v2.5.1 2.A.88 (XPN), table 0465 for XPN.8.
    """
    if not dicom:
        return ""
    family, given, middle, prefix, suffix = (
        escaped(part) for part in [*dicom.split("^"), "", "", "", ""][:5]
    )
    return f"{family}^{given}^{middle}^{suffix}^{prefix}^^L^{representation}"


def _order(report: Released) -> tuple[str, str]:
    study = report.written.study
    return escaped(study.placer_order_number), escaped(study.filler_order_number)


def _orc(report: Released) -> str:
    placer, filler = _order(report)
    return f"ORC|RE|{placer}|{filler}"


def _obr(report: Released) -> str:
    study = report.written.study
    placer, filler = _order(report)
    fields = {
        1: "1",
        2: placer,
        3: filler,
        4: _STUDY_REPORT,
        7: escaped((study.study_date or "").replace("-", "") + study.study_time.partition(".")[0]),
        13: escaped(study.description),
        18: escaped(study.accession_number),
        19: escaped(study.issuer_of_accession_number),
        20: study.study_instance_uid,
        22: _moment(report.signatures[-1].at) if report.signatures else "",
        24: "RAD",
        25: HL7_STATUS[report.state],
        32: _interpreter(report, "verifying") or _interpreter(report, "reporting"),
        33: _interpreter(report, "reporting"),
    }
    return "OBR|" + "|".join(fields.get(number, "") for number in range(1, 34))


def _interpreter(report: Released, kind: str) -> str:
    """Return an NDL: the person's name as CNN, and when they signed."""
    signed: SignedBy | None = next((each for each in report.signatures if each.kind == kind), None)
    return "" if signed is None else f"&{escaped(signed.name)}^{_moment(signed.at)}"


def _notes(report: Released, language: Language) -> list[str]:
    said = [word("ai_assisted", language)]
    if report.written.research_only:
        said.append(word("research", language))
    if report.written.reason:
        said.append(word("amended_because", language).format(report.written.reason))
    if report.withdrawn_because:
        said.append(word("withdrawn_because", language).format(report.withdrawn_because))
    return [f"NTE|{number}|L|{escaped(text)}" for number, text in enumerate(said, start=1)]


def _observations(report: Released, envelope: Envelope) -> Iterator[str]:
    """Yield what follows the number of each OBX."""
    status = _OBX_STATUS[report.state]
    for one in _values(report, envelope.language):
        yield f"{one.kind}|{one.code}|{one.sub}|{one.value}|{one.units}|||||{status}"


class _Obx(NamedTuple):
    """OBX-2 to OBX-6."""

    kind: str
    code: str
    sub: str
    value: str
    units: str = ""


def _values(report: Released, language: Language) -> Iterator[_Obx]:
    for section in report.written.sections:
        lines = report.written.text_of(section.name, language)
        if lines:
            text = _LINE_BREAK.join(escaped(line) for line in lines)
            yield _Obx("FT", _SECTION_CODES[section.name], "", text)
    for number, found in enumerate(report.written.findings, start=1):
        yield from _of_finding(found, str(number))
    yield from _categories(report, language)


def _of_finding(found: FindingFacts, sub: str) -> Iterator[_Obx]:
    finding = found.finding
    yield _Obx("CWE", "121071^Finding^DCM", sub, _coded(finding.label))
    yield _Obx("ST", "112040^Tracking Unique Identifier^DCM", sub, escaped(finding.tracking_uid))
    for measurement in finding.measurements:
        if measurement.value is not None:
            yield _measured(measurement, measurement.value, sub)
    for each in finding.properties:
        if each.value is not None:
            yield _Obx("CWE", _coded(each.concept), sub, _coded(each.value))


def _measured(measurement: MeasuredValue, value: float, sub: str) -> _Obx:
    code, units = _coded(measurement.concept), _coded(measurement.unit)
    if measurement.bound == "at_least":
        return _Obx("SN", code, sub, f">=^{value:.10g}", units)
    return _Obx("NM", code, sub, f"{value:.10g}", units)


def _categories(report: Released, language: Language) -> Iterator[_Obx]:
    """Yield what guidelines decided, coded in our own scheme: HL7 has none for them."""
    numbers = {each.finding_id: str(number) for number, each in enumerate(report.written.findings, start=1)}
    for advice in report.written.advice:
        if advice.category is None:
            continue
        source = advice.source.of("en")
        key = re.sub(r"[^A-Za-z0-9.]+", "-", source).strip("-")
        asked = f"{key}^{escaped(source)}^99ALLWARD"
        said = f"{escaped(advice.category)}^{escaped(advice.said.of(language))}^99ALLWARD"
        yield _Obx("CWE", asked, numbers.get(advice.finding_id or "", ""), said)


def _coded(code: Code) -> str:
    return f"{escaped(code.value)}^{escaped(code.meaning)}^{code.scheme}"


def _moment(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S%z")
