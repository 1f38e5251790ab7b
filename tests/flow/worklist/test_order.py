"""The order of the worklist, in the database: urgent work on top until it is judged, and whole pages."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from tests.platform_database import Hospital, inside, make_hospital

from allward.kernel.clock import now
from allward.results.models import FindingRecord, Result
from allward.results.states import ResultStatus, ReviewState
from allward.runs.models import AppRun
from allward.runs.states import Priority, RunState
from allward.studies.models import Patient, Series, Study
from allward.worklist.order import Order
from allward.worklist.queries import Filter, worklist, worklist_total


class Ward:
    """A hospital whose studies came a minute after each other."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        self.begin = now()
        self.names: dict[UUID, str] = {}

    def study(self, name: str, *priorities: Priority) -> None:
        """Receive a study with one run for each priority, each on a series of its own."""
        with inside(self.hospital):
            patient = Patient.objects.create(tenant_id=self.hospital.tenant_id, patient_id=name)
            at = self.begin + timedelta(minutes=len(self.names))
            uid = f"2.25.{uuid4().int}"
            study = Study.objects.create(
                tenant_id=self.hospital.tenant_id, patient=patient, study_instance_uid=uid, received_at=at
            )
            self.names[study.pk] = name
            for priority in priorities:
                series = Series.objects.create(
                    tenant_id=self.hospital.tenant_id, study=study, series_instance_uid=f"2.25.{uuid4().int}"
                )
                self.run(series, priority)

    def run(self, series: Series, priority: Priority, *, revision: int = 1) -> AppRun:
        """Add a run on a series."""
        return AppRun.objects.create(
            tenant_id=self.hospital.tenant_id, study_id=series.study_id, series=series, app="any_imaging",
            app_version="1.0.0", input_digest="", key=uuid4().hex, revision=revision, priority=priority,
            state=RunState.COMPLETED,
        )  # fmt: skip

    def judged(self, name: str, *states: ReviewState) -> None:
        """Give a study's only run findings in these states of review."""
        with inside(self.hospital):
            run = AppRun.objects.get(study__patient__patient_id=name)
            result = Result.objects.create(
                tenant_id=self.hospital.tenant_id, run=run, study_id=run.study_id, series_id=run.series_id,
                status=ResultStatus.CURRENT, evaluable=True, case_result={},
            )  # fmt: skip
            for ordinal, state in enumerate(states):
                FindingRecord.objects.create(
                    tenant_id=self.hospital.tenant_id, result=result, ordinal=ordinal, review_state=state,
                    finding={"kind": "lesion"},
                )  # fmt: skip

    def listed(self, order: Order = Order.URGENT, *, limit: int = 2) -> list[str]:
        """Return the names of all studies in order, read page by page."""
        wanted, names = Filter(order=order, limit=limit), []
        with inside(self.hospital):
            while True:
                items, cursor = worklist(wanted)
                names += [self.names[UUID(item["study_id"])] for item in items]
                if cursor is None:
                    assert worklist_total(wanted) == len(names)
                    return names
                wanted = replace(wanted, cursor=cursor)


@pytest.fixture
def ward() -> Ward:
    return Ward(make_hospital())


def test_the_urgent_stand_on_top_then_the_newest_and_what_may_wait_at_the_end(ward):
    ward.study("stat", Priority.STAT)
    ward.study("low", Priority.LOW)
    ward.study("no run")
    ward.study("high", Priority.HIGH)
    ward.study("low and routine", Priority.LOW, Priority.MEDIUM)
    ward.study("routine", Priority.MEDIUM)
    ward.study("newer stat", Priority.MEDIUM, Priority.STAT)
    assert ward.listed() == ["newer stat", "stat", "high", "routine", "low and routine", "no run", "low"]


def test_the_order_by_time_looks_at_nothing_else_and_can_be_turned_round(ward):
    for name, priority in (("a", Priority.STAT), ("b", Priority.LOW), ("c", Priority.MEDIUM)):
        ward.study(name, priority)
    assert ward.listed(Order.NEWEST) == ["c", "b", "a"]
    assert ward.listed(Order.OLDEST) == ["a", "b", "c"]


def test_urgent_work_that_a_person_has_judged_no_longer_stands_on_top(ward):
    ward.study("done", Priority.STAT)
    ward.study("half done", Priority.STAT)
    ward.study("routine", Priority.MEDIUM)
    ward.judged("done", ReviewState.ACCEPTED, ReviewState.REJECTED)
    ward.judged("half done", ReviewState.ACCEPTED, ReviewState.UNREVIEWED)
    assert ward.listed() == ["half done", "routine", "done"]


def test_only_the_newest_run_of_an_app_on_a_series_counts(ward):
    ward.study("was urgent", Priority.STAT)
    ward.study("routine", Priority.MEDIUM)
    with inside(ward.hospital):
        series = Series.objects.get(study__patient__patient_id="was urgent")
        ward.run(series, Priority.MEDIUM, revision=2)
    assert ward.listed() == ["routine", "was urgent"]
