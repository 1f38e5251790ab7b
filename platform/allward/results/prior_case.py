"""The prior of a run, as its app is given it: images, what the plug-ins found there, and what people said.

A prior that cannot be had any more holds up nothing: the app speaks of the present images alone, and the
result says that, and why, it was not compared.
"""

from collections.abc import Callable, Mapping

from allward.kernel.texts import Text
from allward.results.models import FindingRecord, Result
from allward.results.states import IN_FORCE, ReviewState
from allward.runs.models import PRIOR, AppRun, Job
from allward.runs.queries import jobs_of_run
from allward.runs.states import JobState
from allward.storage.place import storage
from allward.studies.models import Patient
from allward.studies.queries import decided_patients, input_digest, instances_in_order
from allward_dicom.volume import read_volume
from allward_runner.case import Prior, SlotOutput
from allward_runner.run import case_of
from allward_sdk.errors import BadInputError
from allward_sdk.results import CaseResult, Finding

_NOT_SAME_PATIENT = Text(
    "Not compared with the prior examination: nobody confirms any more that it is the same patient's.",
    "未与既往检查比较：已不再确认其为同一患者的检查。",
)
_OTHER_IMAGES = Text(
    "Not compared with the prior examination: its images changed after this run had begun.",
    "未与既往检查比较：本次运行开始后其图像发生变化。",
)
_FAILED = Text(
    "Not compared with the prior examination: it could not be analysed.",
    "未与既往检查比较：既往检查未能完成分析。",
)

_OVER = (JobState.COMPLETED, JobState.FAILED, JobState.CANCELED)


def prior_is_over(run: AppRun) -> bool:
    """Tell whether nothing more is to come of a run's prior."""
    return all(job.state in _OVER for job in jobs_of_run(run.pk, of_input=PRIOR).values())


def prior_of_run(run: AppRun, output_of: Callable[[Job], SlotOutput]) -> tuple[Prior | None, Text | None]:
    """Return the prior that a run compares with, and why there is none although one was meant.

    Parameters
    ----------
    output_of
        Reads what a job found.
    """
    series = run.prior_series
    if series is None:
        return None, None
    if not _is_same_patient(run.study.patient, series.study.patient):
        return None, _NOT_SAME_PATIENT
    instances = instances_in_order(series.pk)
    if input_digest([instance.sha256 for instance in instances]) != run.prior_digest:
        return None, _OTHER_IMAGES
    jobs = jobs_of_run(run.pk, of_input=PRIOR)
    if any(job.state != JobState.COMPLETED for job in jobs.values()):
        return None, _FAILED
    try:
        volume = read_volume([storage().path(instance.storage_key) for instance in instances])
    except BadInputError as error:
        return None, _FAILED.followed_by(Text(str(error), str(error)))
    outputs: Mapping[str, SlotOutput] = {slot: output_of(job) for slot, job in jobs.items()}
    return Prior(case_of(volume), outputs, _said_of(run)), None


def with_remark(case_result: CaseResult, remark: Text | None) -> CaseResult:
    """Return a result whose reasons end with one more."""
    if remark is None:
        return case_result
    chinese = case_result.reasons_zh or case_result.reasons
    return case_result.model_copy(
        update={"reasons": (*case_result.reasons, remark.en), "reasons_zh": (*chinese, remark.zh)}
    )


def _is_same_patient(one: Patient, other: Patient) -> bool:
    confirmed = {patient.pk for patient, link in decided_patients(one) if link.same}
    return one.pk == other.pk or other.pk in confirmed


def _said_of(run: AppRun) -> tuple[Finding, ...] | None:
    """Return what the latest result of the app in force says of the prior, without what people rejected."""
    results = Result.objects.filter(
        series=run.prior_series, run__app=run.app, status__in=IN_FORCE, evaluable=True
    )
    latest = results.order_by("run__revision").last()
    if latest is None:
        return None
    records = FindingRecord.objects.filter(result=latest).exclude(review_state=ReviewState.REJECTED)
    return tuple(Finding.model_validate(record.finding) for record in records.order_by("ordinal"))
