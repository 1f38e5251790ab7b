"""Which job a free hand takes: urgent first, then what its device holds, but nobody waits for ever."""

from datetime import timedelta
from uuid import uuid4

import pytest
from tests.platform_database import inside, make_hospital

from allward.kernel.clock import now
from allward.runs.claims import DUE_SOON, HEAD_START, claim_next
from allward.runs.models import Claim
from allward.runs.states import Priority

LIVER, LUNG = uuid4(), uuid4()


@pytest.fixture
def waits():
    """Give a function that puts a job into an otherwise empty queue and returns its id."""
    hospital = make_hospital()
    Claim.objects.using("dispatcher").update(available_at=now() + timedelta(hours=1))

    def wait(plugin_version_id, *, for_s: float, priority: Priority = Priority.MEDIUM, due_in_s=None):
        with inside(hospital):
            claim = Claim.objects.create(
                job_id=uuid4(),
                tenant_id=hospital.tenant_id,
                plugin_version_id=plugin_version_id,
                priority=priority,
                due_at=None if due_in_s is None else now() + timedelta(seconds=due_in_s),
                available_at=now() - timedelta(seconds=for_s),
            )
        return claim.job_id

    yield wait
    with inside(hospital):
        Claim.objects.all().delete()


def taken(**how):
    claimed = claim_next(worker="w", **how)
    return claimed and claimed.job_id


def test_a_device_takes_what_it_holds_before_what_waits_a_little_longer(waits):
    liver, lung = waits(LIVER, for_s=9), waits(LUNG, for_s=5)
    assert taken(warm={LUNG}) == lung
    assert taken(warm={LUNG}) == liver
    assert taken(warm={LUNG}) is None


def test_without_anything_loaded_the_longest_wait_goes_first(waits):
    lung, liver = waits(LUNG, for_s=9), waits(LIVER, for_s=5)
    assert [taken(), taken()] == [lung, liver]


def test_nobody_is_passed_by_for_longer_than_the_head_start(waits):
    waits(LUNG, for_s=5)
    liver = waits(LIVER, for_s=HEAD_START.total_seconds() + 1)
    assert taken(warm={LUNG}) == liver


def test_what_is_due_soon_goes_before_others_of_its_priority(waits):
    held, later = waits(LUNG, for_s=15), waits(LIVER, for_s=2, due_in_s=10 * DUE_SOON.total_seconds())
    due = waits(LIVER, for_s=1, due_in_s=60)
    urgent = waits(LIVER, for_s=0.1, priority=Priority.HIGH)
    assert [taken(warm={LUNG}) for _ in range(4)] == [urgent, due, held, later]


def test_an_emergency_goes_before_all_that_is_loaded(waits):
    waits(LUNG, for_s=15)
    emergency = waits(LIVER, for_s=0.1, priority=Priority.STAT)
    assert taken(warm={LUNG}) == emergency


def test_a_hand_that_is_kept_for_emergencies_takes_nothing_else(waits):
    waits(LUNG, for_s=15)
    assert taken(least=Priority.HIGH) is None
    urgent = waits(LUNG, for_s=1, priority=Priority.HIGH)
    assert taken(least=Priority.HIGH) == urgent
