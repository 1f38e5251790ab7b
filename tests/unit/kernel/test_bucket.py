"""The cap of bandwidth, by a clock that the test moves."""

from hypothesis import given
from hypothesis import strategies as st

from allward.kernel.bucket import TokenBucket

MBIT = 1_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_cap_nobody_waits():
    bucket = TokenBucket(None)
    assert bucket.spend(10**12) == 0.0
    assert bucket.owed_s() == 0.0


def test_a_megabyte_at_a_megabit_a_second_takes_eight_seconds():
    clock = Clock()
    bucket = TokenBucket(MBIT, clock=clock)
    assert 7.7 < bucket.spend(1_000_000) <= 8.0
    clock.now += 100.0
    assert bucket.owed_s() == 0.0


def test_two_transfers_share_one_cap():
    clock = Clock()
    bucket = TokenBucket(MBIT, clock=clock)
    bucket.spend(500_000)
    assert bucket.spend(500_000) > 7.7


def test_bytes_that_came_over_a_time_are_owed_from_its_beginning():
    """So a series that a C-MOVE brought in ten seconds, worth eight, owes nothing."""
    clock = Clock()
    bucket = TokenBucket(MBIT, clock=clock)
    began = clock.now
    clock.now += 10.0
    assert bucket.spend(1_000_000, since=began) == 0.0
    began = clock.now
    clock.now += 2.0
    assert 5.5 < bucket.spend(1_000_000, since=began) <= 6.0


def test_another_cap_counts_from_now_on():
    clock = Clock()
    bucket = TokenBucket(MBIT, clock=clock)
    clock.now += 100.0
    bucket.limit(2 * MBIT)
    assert 3.7 < bucket.spend(1_000_000) <= 4.0


@given(sizes=st.lists(st.integers(1, 200_000), min_size=5, max_size=60), idle=st.floats(0, 3))
def test_whoever_waits_as_told_stays_under_the_cap(sizes, idle):
    clock = Clock()
    bucket = TokenBucket(MBIT, clock=clock)
    clock.now += idle
    began = clock.now
    for size in sizes:
        clock.now += bucket.spend(size)
    least_s = 8 * sum(sizes) / MBIT
    assert clock.now - began >= least_s - 0.26
    assert clock.now - began <= least_s + 0.01
