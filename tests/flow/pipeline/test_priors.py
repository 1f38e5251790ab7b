"""Which earlier examination an app is given: by confirmed numbers alone, anew when another counts."""

from pathlib import Path

import pydicom
import pytest
from pydicom.uid import generate_uid
from tests import following
from tests.executing import here
from tests.flow.pipeline.working import MODELS, SPEC, review_all, settle, work_off
from tests.platform_database import Hospital, inside, make_hospital, run_pipeline
from tests.small_package import SmallPlugin
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, study_of, write_small_study

from allward.execution.run_job import run_job
from allward.results.models import Result
from allward.results.prior_case import prior_of_run
from allward.runs.actions import fail_job, start_attempt
from allward.runs.claims import claim_next
from allward.runs.models import AppRun, Job
from allward.runs.states import Fault
from allward.studies.actions import link_patients

FOLLOWING = SmallPlugin(plugin_id="org.test.following", fills=following.SLOT)


@pytest.fixture
def hospital(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hospital:
    monkeypatch.syspath_prepend(str(following.make_known(tmp_path / "site")))
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS, FOLLOWING)
    return hospital


def write(folder: Path, day: str, *, patient: str = "P1", issuer: str = "HIS") -> list[Path]:
    """Write a study of a patient on a day; images and UIDs are its own."""
    paths = write_small_study(folder / f"{day}-{patient}-{issuer}", seed=int(day), spec=SPEC)
    study, series = generate_uid(), generate_uid()
    for path in paths:
        image = pydicom.dcmread(path)
        image.PatientID, image.IssuerOfPatientID, image.StudyDate = patient, issuer, day
        image.PatientName, image.PatientSex, image.PatientBirthDate = "Li^Na", "F", "19600101"
        image.StudyInstanceUID, image.SeriesInstanceUID = study, series
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        image.save_as(path)
    return paths


def arrive(hospital: Hospital, paths: list[Path]):
    study_id = receive(hospital, paths)
    settle()
    work_off(hospital)
    return study_id


def runs(hospital: Hospital, study_id) -> list[AppRun]:
    with inside(hospital):
        return list(
            AppRun.objects.filter(study_id=study_id).select_related("prior_series").order_by("revision")
        )


def priors(hospital: Hospital, study_id) -> list:
    """Return the study that each run of a study compared with, in order."""
    return [run.prior_series and run.prior_series.study_id for run in runs(hospital, study_id)]


def sights(hospital: Hospital, study_id) -> list[str | None]:
    """Return the date of the prior in each result of a study, in order."""
    with inside(hospital):
        results = Result.objects.filter(study_id=study_id).order_by("run__revision")
        found = [result.case_result["findings"][0]["prior"] for result in results]
    return [None if sight is None else sight["study_date"] for sight in found]


def link(hospital: Hospital, one, other, *, same: bool) -> None:
    patients = [study_of(hospital, study_id).patient_id for study_id in (one, other)]
    with inside(hospital):
        link_patients(*patients, same=same)
    settle()
    work_off(hospital)


def test_the_latest_earlier_study_of_the_patient_is_compared_with_and_computed_once(
    hospital, tmp_path, engine
):
    oldest = arrive(hospital, write(tmp_path, "20240101"))
    earlier = arrive(hospital, write(tmp_path, "20250101"))
    today = arrive(hospital, write(tmp_path, "20250701"))
    assert (priors(hospital, oldest), priors(hospital, earlier)) == ([None], [oldest])
    assert priors(hospital, today) == [earlier]
    assert sights(hospital, today) == ["20250101"]
    with inside(hospital):
        assert Job.objects.count() == 3


def test_a_prior_that_arrives_late_leads_to_a_new_run_and_the_first_result_gives_way(
    hospital, tmp_path, engine
):
    today = arrive(hospital, write(tmp_path, "20250701"))
    assert priors(hospital, today) == [None]
    earlier = arrive(hospital, write(tmp_path, "20250101"))
    assert priors(hospital, today) == [None, earlier]
    assert sights(hospital, today) == [None, "20250101"]
    with inside(hospital):
        assert list(
            Result.objects.filter(study_id=today).order_by("run__revision").values_list("status", flat=True)
        ) == ["superseded", "preliminary"]


def test_another_number_is_used_once_a_person_said_so_and_no_longer_when_the_word_is_taken_back(
    hospital, tmp_path, engine
):
    earlier = arrive(hospital, write(tmp_path, "20250101", patient="P2"))
    today = arrive(hospital, write(tmp_path, "20250701"))
    assert priors(hospital, today) == [None]
    link(hospital, earlier, today, same=True)
    assert priors(hospital, today) == [None, earlier]
    link(hospital, earlier, today, same=False)
    assert priors(hospital, today) == [None, earlier, None]
    assert sights(hospital, today) == [None, "20250101", None]
    link(hospital, earlier, today, same=False)
    assert len(runs(hospital, today)) == 3
    link(hospital, earlier, today, same=True)
    assert sights(hospital, today)[3:] == ["20250101"]
    assert priors(hospital, earlier) == [None]


def test_a_word_taken_back_while_the_run_waits_ends_it(hospital, tmp_path, engine):
    earlier = arrive(hospital, write(tmp_path, "20250101", patient="P2"))
    today = receive(hospital, write(tmp_path, "20250701"))
    settle()
    patients = [study_of(hospital, study_id).patient_id for study_id in (earlier, today)]
    for same in (True, False):
        with inside(hospital):
            link_patients(*patients, same=same)
        settle()
    work_off(hospital)
    ended = runs(hospital, today)
    assert [run.state for run in ended if run.prior_series is not None] == ["CANCELED"]
    assert set(sights(hospital, today)) == {None}


@pytest.mark.parametrize(("patient", "issuer"), [("P1", "OTHER"), ("P1", ""), ("P2", "HIS")])
def test_a_study_under_another_number_or_issuer_is_never_a_prior_by_itself(
    hospital, tmp_path, engine, patient, issuer
):
    arrive(hospital, write(tmp_path, "20250101", patient=patient, issuer=issuer))
    today = arrive(hospital, write(tmp_path, "20250701"))
    assert priors(hospital, today) == [None]
    assert sights(hospital, today) == [None]


def test_the_same_patient_number_in_another_hospital_is_no_prior(hospital, tmp_path, engine):
    other = make_hospital()
    install_small_plugin(other, tmp_path / "other", MODELS, FOLLOWING)
    arrive(other, write(tmp_path / "other", "20250101"))
    today = arrive(hospital, write(tmp_path, "20250701"))
    assert priors(hospital, today) == [None]


def test_what_people_rejected_of_the_prior_is_not_told_to_the_app(hospital, tmp_path, engine):
    earlier = arrive(hospital, write(tmp_path, "20250101"))
    with inside(hospital):
        result = Result.objects.get(study_id=earlier)
    review_all(hospital, result, "reject")
    today = arrive(hospital, write(tmp_path, "20250701"))
    assert priors(hospital, today) == [earlier]
    assert sights(hospital, today) == [None]


def test_images_that_come_to_the_prior_later_are_compared_with_too(hospital, tmp_path, engine):
    paths = write(tmp_path, "20250101")
    arrive(hospital, paths[:-1])
    today = arrive(hospital, write(tmp_path, "20250701"))
    arrive(hospital, paths[-1:])
    found = runs(hospital, today)
    assert len({run.prior_digest for run in found}) == len(found) == 2


def test_a_prior_whose_number_is_no_longer_confirmed_is_not_handed_to_an_app(hospital, tmp_path, engine):
    earlier = arrive(hospital, write(tmp_path, "20250101", patient="P2"))
    today = arrive(hospital, write(tmp_path, "20250701"))
    link(hospital, earlier, today, same=True)
    patients = [study_of(hospital, study_id).patient_id for study_id in (earlier, today)]
    with inside(hospital):
        run = AppRun.objects.get(study_id=today, prior_series__study_id=earlier)
        assert prior_of_run(run, _no_output)[0] is not None
        link_patients(*patients, same=False)
        prior, remark = prior_of_run(run, _no_output)
    assert prior is None
    assert "nobody confirms any more" in remark.en


def test_a_prior_that_cannot_be_analysed_fails_nothing_but_is_told(hospital, tmp_path, engine):
    earlier = receive(hospital, write(tmp_path, "20250101"))
    today = receive(hospital, write(tmp_path, "20250701"))
    settle()
    while (claimed := claim_next(worker="test")) is not None:
        with inside(hospital):
            job = Job.objects.filter(pk=claimed.job_id).first()
            if job is not None and job.study_id == earlier:
                start_attempt(job_id=job.pk, token=claimed.token, worker="test")
                words = {"en": "broken", "zh": "损坏"}
                assert fail_job(job_id=job.pk, token=claimed.token, fault=Fault.INPUT, reason=words)
                continue
        run_job(claimed, here())
    run_pipeline()
    with inside(hospital):
        result = Result.objects.get(study_id=today)
    assert result.evaluable
    assert result.reasons[-1]["en"] == ("Not compared with the prior examination: it could not be analysed.")
    assert sights(hospital, today) == [None]
    assert runs(hospital, earlier)[0].state == "CANCELED"


def _no_output(job: Job) -> None:
    """What a job found does not count here."""
