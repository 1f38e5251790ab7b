"""When retrieval may begin, by the hospital's own clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward.retrieval.window import Window
from allward_sdk.errors import BadInputError

SHANGHAI = ZoneInfo("Asia/Shanghai")


def window(days=(1, 2, 3, 4, 5, 6, 7), opens="22:00", closes="06:00", zone="Asia/Shanghai") -> Window:
    return Window.from_json({"days": list(days), "opens": opens, "closes": closes, "time_zone": zone})


def at(day: int, hour: int, minute: int = 0, zone: ZoneInfo = SHANGHAI) -> datetime:
    """A moment of March 2027, whose first day is a Monday."""
    return datetime(2027, 3, day, hour, minute, tzinfo=zone)


def test_a_window_over_midnight_is_open_on_both_sides_of_it():
    night = window()
    assert [night.is_open(at(2, hour)) for hour in (21, 22, 23)] == [False, True, True]
    assert [night.is_open(at(3, hour)) for hour in (0, 5, 6)] == [True, True, False]


def test_the_night_after_the_last_day_still_belongs_to_it():
    friday_night = window(days=(5,))
    assert friday_night.is_open(at(5, 23))
    assert friday_night.is_open(at(6, 3)), "Saturday, 3 in the morning"
    assert not friday_night.is_open(at(5, 3)), "that night began on Thursday"


def test_the_hospitals_clock_counts_not_ours():
    assert window().is_open(datetime(2027, 3, 2, 15, tzinfo=UTC)), "23:00 in Shanghai"
    assert not window().is_open(datetime(2027, 3, 2, 23, tzinfo=UTC)), "7:00 in Shanghai"


def test_it_opens_next_on_the_next_day_that_is_named():
    weekend = window(days=(6, 7), opens="08:00", closes="12:00")
    assert weekend.next_opening(at(1, 9)) == at(6, 8)
    assert weekend.next_opening(at(6, 9)) == at(6, 9), "it is open"
    assert weekend.next_opening(at(7, 12)) == at(13, 8)


def test_equal_times_mean_the_whole_day():
    sunday = window(days=(7,), opens="00:00", closes="00:00")
    assert sunday.is_open(at(7, 0))
    assert sunday.is_open(at(7, 23, 59))
    assert not sunday.is_open(at(6, 23, 59))
    assert sunday.next_opening(at(1, 5)) == at(7, 0)


@given(
    days=st.sets(st.integers(1, 7), min_size=1),
    opens=st.integers(0, 23),
    closes=st.integers(0, 23),
    moment=st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001  # gets a zone below
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"]),
)
def test_the_next_opening_is_open_and_nothing_before_it_is(days, opens, closes, moment, zone):
    one = window(tuple(days), f"{opens:02}:30", f"{closes:02}:15", zone)
    moment = moment.replace(tzinfo=UTC)
    found = one.next_opening(moment)
    assert found >= moment
    if found != moment:
        assert not one.is_open(moment)
        assert not one.is_open(found - timedelta(minutes=1))
    dst_gap = found.astimezone(ZoneInfo(zone)).utcoffset() != moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert one.is_open(found) or dst_gap


def test_it_survives_being_kept():
    assert Window.from_json(window(days=(1, 5)).to_json()) == window(days=(5, 1))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"days": []}, "days"),
        ({"days": [0]}, "days"),
        ({"opens": "25:00"}, "opens"),
        ({"closes": None}, "closes"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
    ],
)
def test_what_is_no_window_is_refused_by_name(change, word):
    with pytest.raises(BadInputError, match=f"^{word}: "):
        Window.from_json({**window().to_json(), **change})
