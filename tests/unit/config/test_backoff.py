"""When a crashed process starts again is decided by what happened to it, and by nothing else."""

from hypothesis import given, settings
from hypothesis import strategies as st

from allward.config.supervisor.backoff import HEALTHY_AFTER_S, LONGEST_WAIT_S, Course, State, wait_s


def crash(course: Course, *, after_s: float) -> Course:
    """Start at the due time and crash after a while."""
    start_s = course.start_at_s if course.start_at_s is not None else course.since_s
    return course.started(process_id=7, now_s=start_s).ended(exit_code=1, now_s=start_s + after_s)


def test_each_crash_in_a_row_waits_twice_as_long_up_to_a_bound() -> None:
    assert [wait_s(crashes) for crashes in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_minute_of_health_forgets_earlier_crashes() -> None:
    course = crash(crash(crash(Course(), after_s=1), after_s=1), after_s=HEALTHY_AFTER_S)
    assert course.start_at_s == course.since_s + 1


def test_the_first_start_is_not_a_restart_but_every_later_one_is() -> None:
    course = Course().started(process_id=1, now_s=0)
    assert course.restarts == 0
    course = course.ended(exit_code=-9, now_s=5)
    assert (course.state, course.last_exit, course.process_id) == (State.RESTARTING, -9, None)
    assert not course.is_due(5.9)
    assert course.is_due(6)
    course = course.started(process_id=2, now_s=6)
    assert (course.state, course.restarts, course.process_id) == (State.RUNNING, 1, 2)
    assert not course.is_due(1e9)


def test_a_stopped_process_is_never_due() -> None:
    course = Course().started(process_id=1, now_s=0).stopped(exit_code=0, now_s=1)
    assert course.state is State.STOPPED
    assert not course.is_due(1e9)


def test_a_process_that_cannot_even_start_waits_longer_each_time() -> None:
    course = Course()
    waits = []
    for _ in range(3):
        now_s = course.start_at_s or 0.0
        course = course.ended(exit_code=127, now_s=now_s)
        assert course.start_at_s is not None
        waits.append(course.start_at_s - now_s)
    assert waits == [1, 2, 4]


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=200), max_size=60))
def test_however_it_crashes_it_is_started_again_within_half_a_minute(lives_s: list[int]) -> None:
    course = Course()
    for life_s in lives_s:
        course = crash(course, after_s=life_s)
        assert course.start_at_s is not None
        assert 1 <= course.start_at_s - course.since_s <= LONGEST_WAIT_S
    assert course.restarts == max(0, len(lives_s) - 1)
