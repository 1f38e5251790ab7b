"""Who holds the host's memory: what does not fit waits, and urgent work takes its place."""

import os

import pytest
from tests.unit.engine.graphs import geometry, manifest, stage

from allward_engine.front.admitting import Gate
from allward_engine.front.jobs import Job, JobState
from allward_engine.policy import Work
from allward_engine.requests import Priority, SegmentRequest
from allward_engine.shares import Shares
from allward_sdk.errors import PluginFaultError

MIB = 2**20


class Silent:
    def tell(self, message, descriptors=()):
        """Nobody listens."""

    def ended(self, job):
        """Nobody listens."""


@pytest.fixture
def jobs():
    made = []
    yield made
    for job in made:
        job.let_go()


def job(jobs, *, mib=100, priority=Priority.MEDIUM, tenant="t"):
    spec = manifest(
        [stage("liver", window=(3, 3, 3), labels=["liver"])],
        {"liver": "0" * 64},
        resources={"device_memory_mib": 0, "memory_mib": mib, "timeout_s": 60},
    )
    request = SegmentRequest(
        job_id=str(len(jobs)), tenant=tenant, manifest=spec, geometry=geometry((3, 3, 3)), priority=priority
    )
    made = Job(
        len(jobs), request, {}, os.open("/dev/null", os.O_RDONLY), Silent(), "bulk", state=JobState.DEFERRED
    )
    jobs.append(made)
    return made


def gate(mib=250, *, remaining_s=1.0):
    def work_of(job):
        return Work(
            str(job.number),
            job.request.tenant,
            "",
            job.request.priority,
            job.arrived_s,
            remaining_s=remaining_s,
        )

    def set_back(job):
        job.opened = False

    return Gate(mib * MIB, set_back=set_back, work_of=work_of)


def states(jobs):
    return [job.state.value for job in jobs]


def test_jobs_are_let_in_while_they_fit_in_the_order_of_their_coming(jobs):
    door = gate()
    for _ in range(4):
        job(jobs)
    newly = door.let_in(jobs, Shares(), lanes=1)
    assert states(jobs) == ["waiting", "waiting", "deferred", "deferred"]
    assert newly == jobs[2:]
    assert door.let_in(jobs, Shares(), lanes=1) == []  # told once
    door.leave(jobs[0])
    door.let_in(jobs, Shares(), lanes=1)
    assert states(jobs)[2:] == ["waiting", "deferred"]


def test_a_small_job_does_not_take_what_a_large_one_waits_for(jobs):
    door = gate()
    job(jobs, mib=200), job(jobs, mib=200), job(jobs, mib=20)
    door.let_in(jobs, Shares(), lanes=1)
    assert states(jobs) == ["waiting", "deferred", "deferred"]


def test_urgent_work_takes_the_place_of_what_has_not_begun_and_then_of_the_least_advanced(jobs):
    door = gate(300)
    begun, further, fresh = job(jobs), job(jobs), job(jobs)
    door.let_in(jobs, Shares(), lanes=1)
    begun.opened, begun.spent_s = True, 1.0
    further.opened, further.spent_s = True, 5.0
    job(jobs, priority=Priority.STAT)
    door.let_in(jobs, Shares(), lanes=1)
    assert fresh.state is JobState.DEFERRED
    assert begun.opened
    job(jobs, priority=Priority.STAT)
    door.let_in(jobs, Shares(), lanes=1)
    assert states(jobs) == ["deferred", "waiting", "deferred", "waiting", "waiting"]
    assert not begun.opened
    assert door.ledger.free_bytes == 0


def test_nobody_yields_if_that_would_not_help(jobs):
    door = gate(300)
    running, waiting = job(jobs, mib=200), job(jobs)
    door.let_in(jobs, Shares(), lanes=1)
    running.state = JobState.RUNNING
    job(jobs, mib=250, priority=Priority.STAT)
    door.let_in(jobs, Shares(), lanes=1)
    assert waiting.state is JobState.WAITING
    assert jobs[2].state is JobState.DEFERRED


def test_a_queue_beyond_its_horizon_defers_the_tenant_that_fills_it(jobs):
    door = gate(100_000, remaining_s=1000.0)
    for _ in range(6):
        job(jobs, tenant="flood")
    newly = door.let_in(jobs, Shares(), lanes=1)
    assert 0 < len(newly) < 6
    assert {each.why_deferred for each in newly} == {"queue"}
    job(jobs, tenant="other")
    door.let_in(jobs, Shares(), lanes=1)
    assert jobs[-1].state is JobState.WAITING
    job(jobs, tenant="flood", priority=Priority.STAT)
    door.let_in(jobs, Shares(), lanes=1)
    assert jobs[-1].state is JobState.WAITING


def test_what_can_never_fit_is_refused_in_words(jobs):
    with pytest.raises(
        PluginFaultError, match=r"declares 300 MiB of memory for a run; this engine has 250 MiB"
    ):
        gate().check(job(jobs, mib=300))
