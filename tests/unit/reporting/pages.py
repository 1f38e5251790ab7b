"""A small report for tests of its forms."""

from datetime import UTC, datetime

from allward.reporting.content import (
    AdviceFacts,
    FindingFacts,
    HospitalFacts,
    Layout,
    PatientFacts,
    PluginFacts,
    Said,
    Section,
    SignedBy,
    StudyFacts,
    Words,
    Written,
    digest_of,
)
from allward.reporting.queries import Released
from allward.reporting.states import ReportState
from allward_sdk.parts import Code, Localised
from allward_sdk.results import Finding, MeasuredValue

MM = Code(scheme="UCUM", value="mm", meaning="millimetre")


def measured(value: float | None, bound: str = "exact") -> MeasuredValue:
    return MeasuredValue(
        name="long_axis_mm", title=Localised(en="Long axis", zh="长径"),
        concept=Code(scheme="SCT", value="103339001", meaning="Long axis"), unit=MM, value=value,
        method="m", bound=bound,
    )  # fmt: skip


def finding(number: int, *values: MeasuredValue) -> FindingFacts:
    return FindingFacts(
        finding_id=f"0193a2b0-6a10-7000-8000-00000000000{number}",
        finding=Finding(
            id=f"n{number}", kind="lesion", title=Localised(en="Lung nodule", zh="肺结节"),
            label=Code(scheme="SCT", value="427359005", meaning="Solitary nodule of lung"),
            tracking_uid=f"2.25.{number}", measurements=values,
        ),
    )  # fmt: skip


def written(**other: object) -> Written:
    facts: dict[str, object] = {
        "report_id": "0193a2b0-6a10-7000-8000-000000007001",
        "version": 1,
        "app": "lung_nodule",
        "hospital": HospitalFacts(code="h", name=Words(en="City Hospital", zh="市医院")),
        "patient": PatientFacts(
            patient_id="P-1", issuer="HIS", name_alphabetic="Zhang^San^^Dr", name_ideographic="张^三",
            sex="F", birth_date="1960-02-03",
        ),
        "study": StudyFacts(
            study_instance_uid="1.2.840.1", accession_number="A1", issuer_of_accession_number="RIS-A",
            placer_order_number="PL1", filler_order_number="FI1", study_date="2026-11-22",
            study_time="081500.000", description="Chest", modalities=("CT",),
        ),
        "layout": Layout(
            header=Words(en="City Hospital", zh="市医院"), department=Words(en="Radiology", zh="放射科"),
            footer=Words(en="For clinicians.", zh="仅供临床参考。"),
        ),
        "sections": (
            Section(
                name="technique", title=Words(en="Technique", zh="检查技术"),
                sentences=(Said(id="s1", text=Words(en="Chest CT.", zh="胸部CT。")),),
            ),
            Section(
                name="findings", title=Words(en="Findings", zh="影像所见"),
                sentences=(
                    Said(
                        id="s2", text=Words(en="Nodule of 8.4 mm & more | ^ ~ \\", zh="结节8.4 mm。"),
                        finding_id="0193a2b0-6a10-7000-8000-000000000001",
                    ),
                ),
            ),
            Section(
                name="impression", title=Words(en="Impression", zh="诊断意见"),
                sentences=(Said(id="s3", text=Words(zh="右肺上叶实性结节。")),),
            ),
        ),
        "findings": (finding(1, measured(8.4), measured(None), measured(30.0, "at_least")),),
        "advice": (
            AdviceFacts(
                source=Words(en="Lung-RADS v2022", zh="Lung-RADS v2022"),
                said=Words(en="CT in 6 months.", zh="6个月后复查CT。"), rule_id="r1", category="3",
                finding_id="0193a2b0-6a10-7000-8000-000000000001",
            ),
        ),
        "plugins": (
            PluginFacts(id="org.x.det", version="1.0.0", title=Words(en="Det", zh="检出"), status="research"),
        ),
        "research_only": True,
        "evaluable": True,
    }  # fmt: skip
    return Written.model_validate(facts | other)


def signed(kind: str, name: str, minute: int) -> SignedBy:
    return SignedBy(
        id=f"0193a2b0-6a10-7000-8000-0000000000a{minute}", kind=kind, name=name,
        at=datetime(2026, 11, 22, 9, minute, tzinfo=UTC), algorithm="ed25519", key_id="5f" * 32,
    )  # fmt: skip


def report(state: ReportState = ReportState.FINAL, **other: object) -> Released:
    said = written(**other)
    names = [("reporting", "王医师")]
    if state is not ReportState.PRELIMINARY:
        names.append(("verifying", "Dr Zhao"))
    return Released(
        written=said, state=state, digest=digest_of(said),
        signatures=tuple(signed(kind, name, minute) for minute, (kind, name) in enumerate(names)),
        withdrawn_because="Other patient." if state is ReportState.ENTERED_IN_ERROR else "",
    )  # fmt: skip
