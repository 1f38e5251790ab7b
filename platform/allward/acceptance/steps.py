"""What the events of sets and jobs start here.

Every step may run twice, even at the same time: what ends a case or a set looks at its state under a lock.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from allward.acceptance.actions import (
    end_case,
    fail_case,
    give_report_up,
    keep_report,
    repeat_case,
    schedule_case,
)
from allward.acceptance.events import AcceptanceCompared, AcceptanceStarted
from allward.acceptance.models import AcceptanceCase, AcceptanceSet
from allward.acceptance.reading import ended_of, groups_of_case
from allward.acceptance.states import CaseState, SetState
from allward.acceptance.writing import read_set, write_report
from allward.kernel.texts import Text
from allward.runs.events import JobCompleted, JobFailed
from allward.runs.models import Job
from allward.runs.states import JobState
from allward.tenancy.scope import required_scope
from allward_sdk.errors import AllwardError, BadInputError, TemporaryError

_FAILED = Text("The job failed.", "作业失败。")


def schedule_cases(event: AcceptanceStarted) -> None:
    """Ask for the job of every case that waits; a step that runs `alone`, with one transaction for each case.

    A long set holds no lock for long, and one that is canceled meanwhile asks for no more.
    """
    with transaction.atomic():
        rows = AcceptanceCase.objects.filter(
            tenant_id=required_scope().acting, acceptance_set_id=event.set_id, state=CaseState.WAITING
        )
        waiting = list(rows.order_by("number").values_list("pk", flat=True))
    for case_id in waiting:
        schedule_case(case_id)


def compare_cases_of_job(event: JobCompleted) -> None:
    """Judge the cases that waited for a job."""
    job = Job.objects.select_related("plugin_version").get(pk=event.job_id)
    for case in _cases_of(job.pk) if job.state == JobState.COMPLETED else ():
        try:
            ended = ended_of(case, job)
        except BadInputError as error:
            text = Text(f"The reference cannot be used: {error}", f"参考无法使用：{error}")
            fail_case(case.pk, text, groups=groups_of_case(case))
        else:
            end_case(case.pk, ended)


def fail_cases_of_job(event: JobFailed) -> None:
    """Count the cases of a job that failed as failed; ask again for one that somebody else canceled."""
    job = Job.objects.get(pk=event.job_id)
    if job.state not in (JobState.FAILED, JobState.CANCELED):
        return
    for case in _cases_of(job.pk):
        if job.state == JobState.CANCELED:
            repeat_case(case.pk)
        else:
            reason = Text(job.reasons[0]["en"], job.reasons[0]["zh"]) if job.reasons else _FAILED
            fail_case(case.pk, reason, groups=groups_of_case(case))


def report_set(event: AcceptanceCompared) -> None:
    """Make, sign and keep the report of a set that is over; if it cannot be made, the set says why.

    A step that runs `alone`: a thousand cases of a hundred labels take a minute, in which no transaction is
    open. Meanwhile the set is `reporting`; who runs second writes the same bytes, and keeps nothing.
    """
    with transaction.atomic():
        one = AcceptanceSet.objects.select_related("plugin_version").get(
            pk=event.set_id, tenant_id=required_scope().acting
        )
        if one.state != SetState.REPORTING:
            return
        told = read_set(one)
    try:
        report = write_report(told)
    except TemporaryError:
        raise
    except AllwardError as error:
        give_report_up(one.pk, Text(f"The report cannot be made: {error}", f"无法生成报告：{error}"))
    else:
        keep_report(one.pk, report)


def _cases_of(job_id: UUID) -> "QuerySet[AcceptanceCase]":
    """Return the cases that wait for a job, those of one set together: sets are locked in one order."""
    rows = AcceptanceCase.objects.filter(
        tenant_id=required_scope().acting, job_id=job_id, state=CaseState.RUNNING
    )
    return rows.select_related("acceptance_set", "study__patient").order_by("acceptance_set_id", "pk")
