"""The wire form of reports, versions, notices, messages, connections and templates."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from allward.identity.permissions import REPORT, VERIFY
from allward.identity.sign_in import Caller, may_report_for, may_verify_for
from allward.kernel.texts import Text
from allward.reporting.actions.signing import SAME_PERSON, may_verify
from allward.reporting.content import Layout, Words, Written
from allward.reporting.drafting import advice_now
from allward.reporting.facts import advice_of, ground_of, layout_for
from allward.reporting.models import (
    CriticalNotice,
    MessageOut,
    Report,
    ReportVersion,
    ReportWord,
    RisConnection,
)
from allward.reporting.queries import (
    latest_version,
    messages_of,
    version_in_force,
    versions_of,
    words_on,
)
from allward.reporting.states import (
    SIGNATURES,
    VERIFIED,
    AmendmentState,
    ReportState,
    WordKind,
)
from allward.reporting.working import Ground, Line, read_working, unmentioned
from allward.studies.models import Patient, Study

Json = dict[str, Any]


def report_json(report: Report, caller: Caller) -> Json:
    """Return a report as the caller may see and change it."""
    ground = ground_of(report.result, advice_now(report.result))
    working = read_working(report.working)
    layout = layout_for(report.tenant_id, report.app)
    shown = version_in_force(report) if report.amendment == AmendmentState.NONE else None
    if shown is not None and report.state in VERIFIED:
        titles = Written.model_validate(shown.content).layout
        layout = titles
    versions = versions_of(report)
    return {
        "report_id": str(report.pk),
        "study_id": str(report.study_id),
        "result_id": str(report.result_id),
        "app": report.app,
        "state": report.state,
        "amendment": None if report.amendment == AmendmentState.NONE else report.amendment,
        "revision": report.revision,
        "research_only": report.result.research_only,
        "evaluable": report.result.evaluable,
        "sections": [
            {
                "name": section.name,
                "title": section.title.model_dump(),
                "sentences": [_line_json(line, ground) for line in working[section.name]],
            }
            for section in layout.sections
        ],
        "advice": [
            {
                "source": each.source.model_dump(),
                "category": each.category,
                "rule_id": each.rule_id,
                "said": each.said.model_dump(),
                "finding_id": each.finding_id,
            }
            for each in advice_of(report)
        ],
        "unreviewed": ground.unreviewed,
        "unmentioned": unmentioned(working, ground),
        "result_replaced": ground.replaced,
        **_allowed(report, caller),
        "versions": _versions_json(versions),
        "notices": notices_json(CriticalNotice.objects.filter(report=report).order_by("raised_at")),
        "messages": [message_json(each) for each in _messages(report, caller)],
    }


def _messages(report: Report, caller: Caller) -> list[MessageOut]:
    """Return what was sent of a report; another hospital learns nothing of this one's systems."""
    return messages_of(report) if caller.scope.home == report.tenant_id else []


def _line_json(line: Line, ground: Ground) -> Json:
    return {
        "sentence_id": line.id,
        "text": line.text.model_dump(),
        "finding_id": line.finding_id,
        "origin": line.origin,
        "edited": line.edited,
        "outdated": ground.outdates(line),
    }


def _allowed(report: Report, caller: Caller) -> Json:
    """Say what the caller may do with a report as it is now, and why not verify it."""
    writes, verifies = _may_write(report, caller), _may_verify(report, caller)
    is_open = report.state == ReportState.DRAFT or report.amendment == AmendmentState.OPEN
    waits = report.state == ReportState.PRELIMINARY or report.amendment == AmendmentState.SIGNED
    version = latest_version(report) if waits else None
    own = version is not None and verifies and not may_verify(report, version, caller.user_id)
    is_over = report.state == ReportState.ENTERED_IN_ERROR
    may = {
        "edit": writes and is_open,
        "sign": writes and is_open,
        "verify": verifies and waits and not own,
        "send_back": verifies and waits,
        "amend": writes and report.state in VERIFIED and report.amendment == AmendmentState.NONE,
        "give_up_amendment": writes and report.amendment != AmendmentState.NONE,
        "withdraw": may_withdraw(report, caller) and not is_over,
    }
    return {"may": may, "why_not_verify": SAME_PERSON.to_json() if own else None}


def may_withdraw(report: Report, caller: Caller) -> bool:
    """Tell whether the caller may withdraw a report: what was verified takes who may verify."""
    return (_may_verify if report.state in VERIFIED else _may_write)(report, caller)


def _may_write(report: Report, caller: Caller) -> bool:
    return REPORT in caller.scope.permissions and may_report_for(caller.scope, report.tenant_id)


def _may_verify(report: Report, caller: Caller) -> bool:
    return VERIFY in caller.scope.permissions and may_verify_for(caller.scope, report.tenant_id)


def _versions_json(versions: list[ReportVersion]) -> list[Json]:
    words = words_on(versions)
    return [_version_json(version, words[version.pk]) for version in versions]


def _version_json(version: ReportVersion, words: Iterable[ReportWord]) -> Json:
    listed = list(words)
    written = Written.model_validate(version.content)
    returned = [word.because for word in listed if word.kind == WordKind.RETURNED]
    return {
        "version": version.number,
        "made_at": version.made_at.isoformat(),
        "made_by": version.made_by,
        "digest": version.digest,
        "reason": version.reason or None,
        "returned": returned[-1] if returned else None,
        "sections": [
            {
                "name": section.name,
                "title": section.title.model_dump(),
                "sentences": [
                    {
                        "sentence_id": each.id,
                        "text": each.text.model_dump(),
                        "finding_id": each.finding_id,
                        "origin": "reader",
                        "edited": False,
                        "outdated": False,
                    }
                    for each in section.sentences
                ],
            }
            for section in written.sections
        ],
        "signatures": [
            {
                "role": word.kind,
                "by": word.author_name,
                "at": word.at.isoformat(),
                "algorithm": word.algorithm,
                "key_id": word.key_id,
            }
            for word in listed
            if word.kind in SIGNATURES
        ],
    }


def notices_json(notices: Iterable[CriticalNotice]) -> list[Json]:
    """Return notices, each with whose it is."""
    listed = list(notices)
    reports = dict(
        Report.objects.filter(pk__in={each.report_id for each in listed}).values_list("pk", "study_id")
    )
    studies = {
        study.pk: study
        for study in Study.objects.filter(pk__in=set(reports.values())).select_related("patient")
    }
    return [_notice_json(each, studies[reports[each.report_id]]) for each in listed]


def _notice_json(notice: CriticalNotice, study: Study) -> Json:
    was_told = notice.told_at is not None
    return {
        "notice_id": str(notice.pk),
        "study_id": str(study.pk),
        "report_id": str(notice.report_id),
        "patient": {
            "name": _name(study.patient),
            "patient_id": study.patient.patient_id,
            "accession_number": study.accession_number or None,
        },
        "finding_id": None if notice.finding_id is None else str(notice.finding_id),
        "reason": notice.reason,
        "state": notice.state,
        "raised_at": notice.raised_at.isoformat(),
        "raised_by": notice.raised_by,
        "recipient": notice.recipient or None,
        "way": notice.way or None,
        "read_back": notice.read_back if was_told else None,
        "told_at": notice.told_at.isoformat() if notice.told_at else None,
        "told_by": notice.told_by or None,
        "acknowledged_at": notice.acknowledged_at.isoformat() if notice.acknowledged_at else None,
        "acknowledged_by": notice.acknowledged_by or None,
        "withdrawn_because": notice.withdrawn_because or None,
    }


def _name(patient: Patient) -> Json:
    latin = patient.name_alphabetic.replace("^", " ").strip()
    return Text(latin or patient.name_ideographic, patient.name_ideographic or latin).to_json()


def message_json(message: MessageOut) -> Json:
    """Return how far a message got."""
    return {
        "message_id": str(message.pk),
        "connection": message.connection.name,
        "version": message.version.number,
        "status": message.status,
        "state": message.state,
        "attempts": message.attempts,
        "last_error": message.last_error or None,
        "created_at": message.created_at.isoformat(),
        "ended_at": message.ended_at.isoformat() if message.ended_at else None,
    }


def connection_json(row: RisConnection) -> Json:
    """Return a connection; its token is never told."""
    told = (
        "name", "kind", "host", "port", "base_url", "sending_application", "sending_facility",
        "receiving_application", "receiving_facility", "language", "sends_preliminary", "for_research",
        "enabled",
    )  # fmt: skip
    named: Mapping[str, Any] = {name: getattr(row, name) for name in told}
    return {"connection_id": str(row.pk), **named, "has_token": bool(row.sealed_token)}


def template_json(layout: Layout, *, app: str, template_id: UUID | None, hospital: Words) -> Json:
    """Return how reports of an app look; a header that nobody wrote is the hospital's name."""
    return {
        "template_id": None if template_id is None else str(template_id),
        "app": app,
        "header": (hospital if layout.header.is_empty else layout.header).model_dump(),
        "department": layout.department.model_dump(),
        "title": layout.title.model_dump(),
        "footer": layout.footer.model_dump(),
        "sections": [{"name": each.name, "title": each.title.model_dump()} for each in layout.sections],
    }
