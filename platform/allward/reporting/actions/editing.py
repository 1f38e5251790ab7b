"""A report is drafted, its sentences are changed, and it is drafted anew."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction

from allward.kernel.texts import Text
from allward.reporting.actions.refusals import (
    NOT_NOW,
    ReportRefusedError,
    author_now,
    locked_report,
    note,
    save,
)
from allward.reporting.content import AdviceFacts
from allward.reporting.facts import advice_facts, ground_of, records_of
from allward.reporting.models import CriticalNotice, Report
from allward.reporting.queries import verified_version
from allward.reporting.states import WAITING, AmendmentState, ReportState
from allward.reporting.working import Changes, changed, drafted, drafted_anew, read_working, to_json
from allward.results.models import Result
from allward.results.states import IN_FORCE
from allward.studies.models import Study
from allward.tenancy.scope import required_scope
from allward_runner.abilities import Counsel, Draft
from allward_sdk.errors import BadInputError
from allward_sdk.parts import Localised

_REPLACED = Text(
    "A newer result has taken the place of this one; report that.", "已有更新的结果，请基于新结果书写报告。"
)


_RESEARCH = Text(
    "The verified report rests on a result for care, this one is for research: withdraw the report instead.",
    "已审核报告基于临床结果，而该结果仅供科研；请撤回报告。",
)


def draft_report(result_id: UUID, draft: Draft, counsel: Counsel, *, author_name: str) -> Report:
    """Begin the report of a result's study and app with a draft; the one that there is already is returned.

    Raises
    ------
    ReportRefusedError
        If the result is not in force, or no person asks.
    Result.DoesNotExist
        If there is no such result.
    """
    author_now(author_name)
    with transaction.atomic():
        result = _result(result_id)
        Study.objects.select_for_update().get(pk=result.study_id)  # two who begin at once see one another
        known = Report.objects.filter(study_id=result.study_id, app=result.run.app)
        if (open_one := known.exclude(state=ReportState.ENTERED_IN_ERROR).first()) is not None:
            return open_one
        records = records_of(result)
        advice = advice_facts(counsel, records)
        ground = ground_of(result, advice)
        report = Report.objects.create(
            study_id=result.study_id,
            result=result,
            app=result.run.app,
            working=to_json(drafted(draft, ground, records)),
            advice=[each.model_dump(mode="json") for each in advice],
        )
        note(report, drafted_from=str(result.pk))
        _raise_notices(report, draft.critical, records)
    return report


def draft_anew(report_id: UUID, draft: Draft, counsel: Counsel, *, result_id: UUID, revision: int) -> Report:
    """Put a new draft, perhaps of a newer result, in the place of what the app wrote; readers' words stay.

    Raises
    ------
    ReportConflictError
        If somebody else has changed the report.
    ReportRefusedError
        If it is signed, the result is not in force or not one of its study and app, or it is for research
        and what was verified is not: whoever has the report might not take the amendment.
    """
    with transaction.atomic():
        report = locked_report(report_id, revision=revision)
        refuse_unless_open(report)
        result = _result(result_id)
        if (result.study_id, result.run.app) != (report.study_id, report.app):
            raise ReportRefusedError("result", NOT_NOW)
        verified = verified_version(report)
        if verified is not None and result.research_only and not verified.content["research_only"]:
            raise ReportRefusedError("research_only", _RESEARCH)
        records = records_of(result)
        advice = advice_facts(counsel, records)
        ground = ground_of(result, advice)
        report.result = result
        report.advice = [each.model_dump(mode="json") for each in advice]
        new = drafted(draft, ground, records)
        report.working = to_json(drafted_anew(read_working(report.working), new))
        save(report, drafted_from=str(result.pk))
        _raise_notices(report, draft.critical, records)
    return report


def change_report(
    report_id: UUID, changes: Changes, *, revision: int, advice: tuple[AdviceFacts, ...]
) -> Report:
    """Keep a reader's sentences; those that are not sent are gone from what is worked on.

    Raises
    ------
    BadInputError
        If a sentence is not of this report, or speaks of a finding that is not of its result.
    ReportConflictError
        If somebody else has changed the report.
    ReportRefusedError
        If it is signed.
    """
    with transaction.atomic():
        report = locked_report(report_id, revision=revision)
        refuse_unless_open(report)
        own = set(records_of(report.result).values())
        before = read_working(report.working)
        own |= {line.finding_id for lines in before.values() for line in lines if line.finding_id}
        named = {each.finding_id for lines in changes.values() for each in lines if each.finding_id}
        if named - own:
            raise BadInputError("a sentence speaks of a finding that is not of this result")
        after = changed(before, changes, ground_of(report.result, advice))
        report.working = to_json(after)
        save(report, changed="sentences")
    return report


def refuse_unless_open(report: Report) -> None:
    """Let nobody change what was signed."""
    if report.state != ReportState.DRAFT and report.amendment != AmendmentState.OPEN:
        raise ReportRefusedError("state", NOT_NOW)


def _result(result_id: UUID) -> Result:
    rows = Result.objects.select_related("run").filter(tenant_id=required_scope().acting)
    result = rows.get(pk=result_id)
    if result.status not in IN_FORCE:
        raise ReportRefusedError("result_replaced", _REPLACED)
    return result


def _raise_notices(report: Report, critical: Mapping[str, Localised], records: Mapping[str, str]) -> None:
    """Keep what the app calls critical; what waits, and what people have heard already, is not said again."""
    for finding, reason in critical.items():
        finding_id, said = records.get(finding), reason.model_dump()
        known = CriticalNotice.objects.filter(report=report, finding_id=finding_id)
        if any(each.state in WAITING or each.reason == said for each in known):
            continue
        CriticalNotice.objects.create(report=report, finding_id=finding_id, reason=said, raised_by=report.app)
        note(report, critical=reason.en)
