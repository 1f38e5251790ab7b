"""The time that counts for entitlements: whatever the clock says, it goes on and never back."""

from datetime import UTC, datetime, timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from allward.entitlements.clock import Seen, advance

START = datetime(2027, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEEN = Seen(START, START)


def after(*hours: float) -> Seen:
    """What is known once the clock has said each of these, in hours from the start."""
    return reduce(advance, [START + hour * HOUR for hour in hours], SEEN)


def test_a_clock_that_goes_right_is_believed() -> None:
    assert after(1, 2, 30) == Seen(START + 30 * HOUR, START + 30 * HOUR)
    assert after(1, 2).behind is None


def test_clocks_of_several_machines_may_differ_a_little() -> None:
    seen = after(1, 1 - 9 / 60, 1, 1 - 9 / 60)
    assert seen.greatest == START + HOUR
    assert seen.behind is None


def test_a_clock_that_is_set_back_is_noticed() -> None:
    assert after(24, 0).behind == 24 * HOUR
    assert after(24, 0).greatest == START + 24 * HOUR
    assert after(1, 1 - 11 / 60).behind == timedelta(minutes=11)


def test_the_time_goes_on_while_the_clock_is_behind() -> None:
    assert after(24, 0, 5).greatest == START + 29 * HOUR
    assert after(24, 0, 20, 0, 20).greatest == START + 64 * HOUR


def test_a_clock_that_is_set_right_again_is_believed_again() -> None:
    seen = after(24, 0, 5, 30)
    assert seen.behind is None
    assert seen.greatest == START + 30 * HOUR


def test_machines_that_differ_a_little_drive_nothing_while_the_clock_is_behind() -> None:
    seen = after(24, *[0, -5 / 60] * 50)
    assert seen.greatest == START + 24 * HOUR


said = st.lists(st.floats(min_value=-1000, max_value=1000, allow_nan=False), min_size=1, max_size=20)


@given(said)
def test_the_time_never_goes_back_and_is_never_behind_the_clock(hours: list[float]) -> None:
    seen = SEEN
    for hour in hours:
        at = START + hour * HOUR
        following = advance(seen, at)
        assert following.greatest >= max(seen.greatest, at)
        seen = following


@given(said, st.lists(st.integers(min_value=0, max_value=600), min_size=1, max_size=50))
def test_what_passes_while_the_clock_is_behind_is_counted(hours: list[float], minutes: list[int]) -> None:
    seen = reduce(advance, [START + hour * HOUR for hour in hours], SEEN)
    for each in minutes:
        passed = timedelta(minutes=each)
        following = advance(seen, seen.latest + passed)
        if seen.behind is not None and following.behind is not None:
            assert following.greatest - seen.greatest == passed
        seen = following
