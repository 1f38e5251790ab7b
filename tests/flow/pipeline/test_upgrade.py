"""A new version while a hospital works: nothing is lost, nothing is mixed, and the way back is short."""

import sys
import threading
import time
from collections import Counter

import pydicom
import pytest
from django.db import connections
from pydicom.uid import generate_uid
from tests.executing import here
from tests.flow.pipeline.working import MODELS, settle, work_off
from tests.platform_database import inside, make_hospital, run_pipeline
from tests.small_package import SmallPlugin, make_package
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.execution.run_job import run_job
from allward.kernel.states import ForbiddenTransitionError
from allward.registry.actions import NothingEarlierError, import_build, install
from allward.registry.models import Installation
from allward.registry.states import InstallationState
from allward.results.models import Result
from allward.routing.actions import change_rule, enable_installation, roll_back_installation
from allward.routing.models import RoutingRule
from allward.runs.claims import claim_next
from allward.runs.models import AppRun, Job
from allward.runs.states import JobState, RunState
from allward.tenancy.models import Department
from allward_dicom.phantom import PhantomSpec

SPEC = PhantomSpec(slices=6, size=32, slice_spacing_mm=10.0)
QUEUED, LATE = 100, 10
OLD, NEW = SmallPlugin(version="1.0.0"), SmallPlugin(version="1.1.0", above_hu=70.0)


def copies(folder, count):
    """Give studies that differ in their UIDs alone."""
    images = [pydicom.dcmread(path) for path in write_small_study(folder / "first", seed=61, spec=SPEC)]
    for number in range(count):
        study_uid, series_uid, place = generate_uid(), generate_uid(), folder / str(number)
        place.mkdir()
        for index, image in enumerate(images):
            image.StudyInstanceUID, image.SeriesInstanceUID = study_uid, series_uid
            image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            image.save_as(place / f"{index}.dcm")
        yield sorted(place.iterdir())


def installed(hospital, folder, plugin):
    """Take a version in and install it in the department, not enabled yet."""
    path = make_package(folder, plugin)
    with inside(hospital):
        version = import_build(path, models_folder=MODELS)
        department = Department.objects.get(pk=hospital.department_id)
        return install(version=version, department=department)


class Workers:
    """Two executors that carry out what waits until they are told to stop."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,)) for n in range(2)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, number):
        while not self.stop.is_set():
            claimed = claim_next(worker=f"worker {number}")
            if claimed is None:
                time.sleep(0.02)
            else:
                run_job(claimed, here())
        connections.close_all()


def completed(hospital):
    with inside(hospital):
        return Job.objects.filter(state=JobState.COMPLETED).count()


def wait_until(hospital, count, *, most_s=240.0):
    until = time.monotonic() + most_s
    while completed(hospital) < count:
        assert time.monotonic() < until, f"{completed(hospital)} of {count} jobs are done"
        time.sleep(0.05)


@pytest.mark.timeout(900)
def test_an_upgrade_during_a_hundred_queued_jobs_loses_none_and_mixes_none(tmp_path, engine):
    hospital = make_hospital()
    old = install_small_plugin(hospital, tmp_path, MODELS, OLD)
    new = installed(hospital, tmp_path, NEW)
    studies = list(copies(tmp_path, QUEUED + LATE))
    for paths in studies[:QUEUED]:
        receive(hospital, paths)
    settle()
    with inside(hospital):
        queued = set(Job.objects.values_list("pk", flat=True))
        assert Job.objects.filter(plugin_version=old, state=JobState.SCHEDULED).count() == QUEUED
    with Workers():
        wait_until(hospital, QUEUED // 4)
        began = time.monotonic()
        with inside(hospital):
            enable_installation(new.pk)
        took_s, done_then = time.monotonic() - began, completed(hospital)
        assert done_then < QUEUED, "the upgrade came too late to mean anything"
        for paths in studies[QUEUED:]:
            receive(hospital, paths)
        settle()
        wait_until(hospital, QUEUED + LATE)
    run_pipeline()
    with inside(hospital):
        jobs = list(Job.objects.select_related("plugin_version"))
        assert Counter(job.state for job in jobs) == {JobState.COMPLETED: QUEUED + LATE}
        for job in jobs:
            expected = OLD.version if job.pk in queued else NEW.version
            assert job.plugin_version.version == expected
            stated = {m["sha256"] for m in job.plugin_version.manifest["models"].values()}
            assert set(job.model_digests.values()) == stated
        assert AppRun.objects.filter(state=RunState.COMPLETED).count() == QUEUED + LATE
        results = Result.objects.select_related("run")
        told = Counter(each["version"] for result in results for each in result.plugins)
        assert told == {OLD.version: QUEUED, NEW.version: LATE}
        states = dict(Installation.objects.values_list("plugin_version__version", "state"))
        assert states == {OLD.version: InstallationState.SUPERSEDED, NEW.version: InstallationState.ENABLED}
    sys.stdout.write(f"\nupgrade after {done_then} of {QUEUED} jobs: {took_s:.3f} s, 0 lost, 0 mixed\n")


def test_the_way_back_is_short_and_takes_the_rules_along(tmp_path, engine):
    hospital = make_hospital()
    old = install_small_plugin(hospital, tmp_path, MODELS, OLD)
    with inside(hospital):
        change_rule(RoutingRule.objects.get(), name="our livers", due_within_s=900)
    new = installed(hospital, tmp_path, NEW)
    with inside(hospital):
        enable_installation(new.pk)
    began = time.monotonic()
    with inside(hospital):
        back = roll_back_installation(new.pk)
    took_s = time.monotonic() - began
    sys.stdout.write(f"\nrolled back in {took_s:.3f} s (goal 5 s)\n")
    assert took_s < 30
    assert back.plugin_version_id == old.pk
    receive(hospital, next(copies(tmp_path, 1)))
    settle()
    assert work_off(hospital) == 1
    with inside(hospital):
        assert Job.objects.get().plugin_version_id == old.pk
        rule = RoutingRule.objects.get()
        assert (rule.name, rule.due_within_s) == ("our livers", 900)
        assert Installation.objects.get(pk=new.pk).state == InstallationState.ROLLED_BACK


def test_without_an_earlier_version_there_is_no_way_back(tmp_path):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS, OLD)
    with inside(hospital):
        only = Installation.objects.get()
    with pytest.raises(NothingEarlierError), inside(hospital):
        roll_back_installation(only.pk)


def test_what_is_not_enabled_cannot_be_rolled_back(tmp_path):
    hospital = make_hospital()
    install_small_plugin(hospital, tmp_path, MODELS, OLD)
    with inside(hospital):
        first = Installation.objects.get()
        new = installed(hospital, tmp_path, NEW)
        enable_installation(new.pk)
    with pytest.raises(ForbiddenTransitionError), inside(hospital):
        roll_back_installation(first.pk)
    with inside(hospital):
        assert Installation.objects.get(pk=new.pk).state == InstallationState.ENABLED
