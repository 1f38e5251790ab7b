"""From images in to results out, on one page.

Each line is one arrow: when the event on the left has been committed, the step on the right runs, at
least once. Nothing else in the platform reacts to events; there are no Django signals.

    images ─ingest─► StudyCompleted ─routing─► JobScheduled ─execution─► JobCompleted ─the app─► ResultReady
                                                                                              ─a person─►
    PACS ◄─delivery─ ResultObjectsWritten ◄─SEG, SR─ ResultAccepted | ResultRejected ◄────────────┘

    vendor ──► PackageSubmitted ─check─► an operator ──► SubmissionAccepted ─publishing─► catalogue

Jobs are claimed by the executor process itself (`execution/worker.py`), which `JobScheduled` only wakes.
"""

from typing import Any

from allward.acceptance.events import AcceptanceCompared, AcceptanceStarted
from allward.acceptance.steps import (
    compare_cases_of_job,
    fail_cases_of_job,
    report_set,
    schedule_cases,
)
from allward.delivery.events import DeliveryScheduled
from allward.delivery.steps import schedule_deliveries, send_delivery, withdraw_superseded
from allward.kernel.events import Step
from allward.publishing.events import (
    PackageSubmitted,
    SubmissionAccepted,
    SubmissionTurnedDown,
    SubmissionYanked,
    VendorKeyChanged,
)
from allward.publishing.steps import (
    check_submission,
    discard_package,
    publish_submission,
    tell_catalogue_of_key,
    withdraw_submission,
)
from allward.reporting.documents import write_report_document
from allward.reporting.events import MessageScheduled, ReportReleased
from allward.reporting.steps import release_report, send_report_message
from allward.results.assess import assess_job, fail_runs_of_job
from allward.results.events import (
    ResultAccepted,
    ResultObjectsWritten,
    ResultReady,
    ResultRejected,
    ResultReviewed,
    ResultSuperseded,
)
from allward.results.objects import write_result_objects
from allward.routing.comparing_again import compare_later_studies, compare_linked_studies
from allward.routing.events import StudyRouted
from allward.routing.route import route_study
from allward.runs.events import JobCompleted, JobFailed, RunChanged
from allward.shadow.steps import compare_pairs, end_pairs_of_job, shadow_study
from allward.studies.events import PatientsLinked, StudyChanged, StudyCompleted
from allward.worklist.announce import announce_result, announce_run, announce_study

PIPELINE: tuple[Step[Any], ...] = (
    Step(on=StudyChanged, do=announce_study),
    Step(on=StudyCompleted, do=announce_study),
    Step(on=StudyCompleted, do=route_study),
    Step(on=StudyRouted, do=shadow_study),
    Step(on=StudyRouted, do=compare_later_studies),
    Step(on=PatientsLinked, do=compare_linked_studies),
    Step(on=RunChanged, do=announce_run),
    Step(on=JobCompleted, do=assess_job),
    Step(on=JobCompleted, do=compare_pairs),
    Step(on=JobFailed, do=fail_runs_of_job),
    Step(on=JobFailed, do=end_pairs_of_job),
    Step(on=ResultReady, do=announce_result),
    Step(on=ResultReady, do=write_result_objects),
    Step(on=ResultReviewed, do=announce_result),
    Step(on=ResultReviewed, do=write_result_objects),
    Step(on=ResultAccepted, do=announce_result),
    Step(on=ResultAccepted, do=write_result_objects),
    Step(on=ResultRejected, do=announce_result),
    Step(on=ResultRejected, do=write_result_objects),
    Step(on=ResultSuperseded, do=announce_result),
    Step(on=ResultSuperseded, do=withdraw_superseded),
    Step(on=ResultObjectsWritten, do=schedule_deliveries),
    Step(on=DeliveryScheduled, do=send_delivery, alone=True),
    Step(on=ReportReleased, do=release_report),
    Step(on=ReportReleased, do=write_report_document),
    Step(on=MessageScheduled, do=send_report_message, alone=True, slow=True),
    Step(on=AcceptanceStarted, do=schedule_cases, alone=True),
    Step(on=JobCompleted, do=compare_cases_of_job),
    Step(on=JobFailed, do=fail_cases_of_job),
    Step(on=AcceptanceCompared, do=report_set, alone=True, slow=True),
    Step(on=PackageSubmitted, do=check_submission, alone=True, slow=True),
    Step(on=SubmissionTurnedDown, do=discard_package, alone=True),
    Step(on=SubmissionAccepted, do=publish_submission, alone=True, slow=True),
    Step(on=SubmissionYanked, do=withdraw_submission, alone=True),
    Step(on=VendorKeyChanged, do=tell_catalogue_of_key, alone=True),
)
