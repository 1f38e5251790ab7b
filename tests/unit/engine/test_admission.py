"""What joins the queue, and what is deferred."""

from hypothesis import given
from hypothesis import strategies as st

from allward_engine.admission import HORIZON_S, admit
from allward_engine.policy import Work
from allward_engine.requests import Priority
from allward_engine.shares import Shares

HORIZON = HORIZON_S[Priority.MEDIUM]


def work(name="new", remaining_s=10.0, *, tenant="a", priority=Priority.MEDIUM):
    return Work(name, tenant, "app", priority, 0.0, remaining_s=remaining_s)


def test_a_job_within_the_horizon_is_admitted():
    assert admit(work(), [work("x", HORIZON - 10)], Shares()).admitted


def test_a_job_beyond_it_is_deferred_and_told_when_to_ask_again():
    answer = admit(work(), [work("x", HORIZON)], Shares())
    assert not answer.admitted
    assert (answer.backlog_s, answer.retry_after_s) == (HORIZON, 10.0)


def test_two_lanes_take_twice_as_much():
    assert admit(work(), [work("x", HORIZON)], Shares(), lanes=2).admitted


def test_less_urgent_work_is_no_backlog_and_more_urgent_work_is():
    low, high = work("x", 9e9, priority=Priority.LOW), work("y", 9e9, priority=Priority.HIGH)
    assert admit(work(), [low], Shares()).admitted
    assert not admit(work(), [high, work("z")], Shares()).admitted


def test_a_tenant_that_floods_the_queue_defers_its_own_jobs_only():
    flood = [work(str(n), HORIZON / 10) for n in range(10)]
    assert not admit(work(), flood, Shares()).admitted
    quiet = work("q", HORIZON / 4, tenant="quiet")
    assert admit(quiet, flood, Shares()).admitted
    assert admit(work("r", HORIZON / 4, tenant="quiet"), [*flood, quiet], Shares()).admitted
    more = [*flood, quiet, work("r", HORIZON / 4, tenant="quiet")]
    assert not admit(work("s", tenant="quiet"), more, Shares()).admitted


def test_a_single_job_longer_than_the_horizon_is_admitted():
    assert admit(work(remaining_s=10 * HORIZON), [], Shares()).admitted


@given(
    st.lists(st.builds(work, st.just("x"), st.floats(0, 1e6), priority=st.sampled_from(Priority)), max_size=5)
)
def test_an_emergency_is_always_admitted(present):
    assert admit(work(remaining_s=1e6, priority=Priority.STAT), present, Shares()).admitted
