"""What a report rests on, read from the other rooms: findings with their reviews, the study, the hospital."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from allward.reporting.content import (
    AdviceFacts,
    FindingFacts,
    HospitalFacts,
    Layout,
    PatientFacts,
    PluginFacts,
    Section,
    StudyFacts,
    Words,
    Written,
)
from allward.reporting.content import Said as SaidSentence
from allward.reporting.models import Report, ReportingPolicy, ReportTemplate
from allward.reporting.working import Ground, Working
from allward.results.models import FindingRecord, Result
from allward.results.states import IN_FORCE, ReviewState
from allward.studies.models import Study
from allward.tenancy.models import Tenant
from allward_runner.abilities import Advice, Counsel
from allward_sdk.parts import Localised
from allward_sdk.results import Finding


def ground_of(result: Result, advice: Sequence[AdviceFacts]) -> Ground:
    """Return what a report on a result rests on now."""
    rows = list(FindingRecord.objects.filter(result=result).order_by("ordinal"))
    return Ground(
        accepted={str(row.pk): row.finding for row in rows if row.review_state == ReviewState.ACCEPTED},
        unreviewed=sum(row.review_state == ReviewState.UNREVIEWED for row in rows),
        advice=tuple(advice),
        evaluable=result.evaluable,
        replaced=result.status not in IN_FORCE,
    )


def held_result(result_id: UUID) -> Result:
    """Return a result as it is now; until this transaction ends nobody reviews, corrects or answers it.

    Whoever writes on a finding, an answer or a newer result locks the result first.
    """
    return Result.objects.select_for_update(of=("self",)).select_related("run").get(pk=result_id)


def accepted_findings(result: Result) -> dict[str, Finding]:
    """Return the findings that a person accepted, by the id of their record, in the app's order."""
    rows = FindingRecord.objects.filter(result=result, review_state=ReviewState.ACCEPTED)
    return {str(row.pk): Finding.model_validate(row.finding) for row in rows.order_by("ordinal")}


def records_of(result: Result) -> dict[str, str]:
    """Return the id of the record of each finding by the id that the app gave it."""
    rows = FindingRecord.objects.filter(result=result).order_by("ordinal")
    return {row.finding["id"]: str(row.pk) for row in rows}


def advice_facts(counsel: Counsel, records: Mapping[str, str]) -> tuple[AdviceFacts, ...]:
    """Return what is advised, with the ids of the findings' records."""
    return tuple(_advice(each, records) for each in counsel.advice)


def _advice(advice: Advice, records: Mapping[str, str]) -> AdviceFacts:
    return AdviceFacts(
        source=_words(advice.source),
        said=_words(advice.said),
        rule_id=advice.rule_id,
        category=advice.category,
        probability=advice.probability,
        finding_id=None if advice.finding_id is None else records.get(advice.finding_id),
    )


def _words(text: Localised) -> Words:
    return Words(en=text.en, zh=text.zh)


def advice_of(report: Report) -> tuple[AdviceFacts, ...]:
    """Return what was advised at the last draft."""
    return tuple(AdviceFacts.model_validate(each) for each in report.advice)


def layout_for(tenant_id: UUID, app: str) -> Layout:
    """Return how a hospital's reports of an app look: its own template, the general one, or the plain one."""
    rows = {row.app: row for row in ReportTemplate.objects.filter(tenant_id=tenant_id, app__in={"", app})}
    row = rows.get(app) or rows.get("")
    return Layout() if row is None else Layout.model_validate(row.layout)


def same_person_may_verify(tenant_id: UUID) -> bool:
    """Tell whether the hospital lets one person both report and verify."""
    row = ReportingPolicy.objects.filter(tenant_id=tenant_id).first()
    return row is not None and row.same_person_may_verify


def sections_of(layout: Layout, working: Working) -> tuple[Section, ...]:
    """Return what is worked on in the order and with the titles of a layout; empty sentences are left out."""
    return tuple(
        Section(
            name=section.name,
            title=section.title,
            sentences=tuple(
                SaidSentence(id=line.id, text=line.text, finding_id=line.finding_id)
                for line in working[section.name]
                if not line.text.is_empty
            ),
        )
        for section in layout.sections
    )


def written_now(report: Report, working: Working, *, version: int) -> Written:
    """Return all that a version says that is made of the sentences as they are now."""
    tenant = Tenant.objects.get(pk=report.tenant_id)
    layout = layout_for(report.tenant_id, report.app)
    result = report.result
    return Written(
        report_id=str(report.pk),
        version=version,
        app=report.app,
        hospital=HospitalFacts(code=tenant.code, name=Words(en=tenant.name_en, zh=tenant.name_zh)),
        patient=_patient_facts(report.study),
        study=_study_facts(report.study),
        layout=layout,
        sections=sections_of(layout, working),
        findings=tuple(
            FindingFacts(finding_id=key, finding=finding)
            for key, finding in accepted_findings(result).items()
        ),
        advice=advice_of(report),
        plugins=tuple(_plugin(each) for each in result.plugins),
        research_only=result.research_only,
        evaluable=result.evaluable,
        reason=report.amendment_reason,
    )


def _patient_facts(study: Study) -> PatientFacts:
    patient = study.patient
    return PatientFacts(
        patient_id=patient.patient_id,
        issuer=patient.issuer,
        name_alphabetic=patient.name_alphabetic,
        name_ideographic=patient.name_ideographic,
        sex=patient.sex,
        birth_date=patient.birth_date.isoformat() if patient.birth_date else None,
    )


def _study_facts(study: Study) -> StudyFacts:
    return StudyFacts(
        study_instance_uid=study.study_instance_uid,
        accession_number=study.accession_number,
        issuer_of_accession_number=study.issuer_of_accession_number,
        placer_order_number=study.placer_order_number,
        filler_order_number=study.filler_order_number,
        study_date=study.study_date.isoformat() if study.study_date else None,
        study_time=study.study_time,
        description=study.description,
        modalities=tuple(study.modalities),
    )


def _plugin(use: Mapping[str, object]) -> PluginFacts:
    title = use.get("title")
    named = title if isinstance(title, dict) else {}
    return PluginFacts(
        id=str(use["id"]),
        version=str(use["version"]),
        title=Words(en=named.get("en", ""), zh=named.get("zh", "")),
        status=str(use.get("status", "")),
    )
