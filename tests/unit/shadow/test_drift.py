"""Whether what a version says changes: what is flagged, how soon, and how often for nothing."""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from allward.kernel.texts import Text
from allward.shadow.drift import (
    ALPHA,
    BASELINE,
    BLOCK,
    Observation,
    differing_shares,
    differing_volumes,
    drift_of,
    flagged_blocks,
)

START = datetime(2026, 6, 1, 8, tzinfo=UTC)  # a Monday
TITLES = {"liver": Text("Liver", "肝脏")}


def at(number, *, a_day=20):
    return START + timedelta(hours=24 / a_day * number)


def stream(count, draw, *, volume_ml=1500.0, found=0.3):
    return [
        Observation(
            at=at(number),
            found=bool(draw.random() < found),
            volumes_ml={"liver": float(draw.normal(volume_ml, 250))},
        )
        for number in range(count)
    ]


def test_weeks_tell_counts_shares_and_medians():
    told = drift_of(
        [
            Observation(at(0), failed=True),
            Observation(at(1), found=True, rejected=True, volumes_ml={"liver": 1000.0}),
            Observation(at(2), found=False, rejected=False, volumes_ml={"liver": 1400.0}),
            Observation(at(3), found=False),
            Observation(at(3) + timedelta(days=7), failed=True),
        ],
        TITLES,
    )
    first, second = told.weeks
    assert (str(first.begins), first.studies, first.failed_share) == ("2026-06-01", 4, 0.25)
    shares = (first.found_share, first.accepted_share, first.rejected_share)
    assert shares == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert first.median_volume_ml == {"liver": 1200.0}
    assert (str(second.begins), second.found_share, second.median_volume_ml) == ("2026-06-08", None, {})
    assert (told.watched, told.changes) == (False, ())


def test_a_change_is_told_with_since_when_and_from_what_to_what():
    draw = np.random.default_rng(2)
    before, after = stream(BASELINE, draw), stream(50, draw, volume_ml=1000.0)
    moved = [
        Observation(at(BASELINE + number), found=one.found, volumes_ml=one.volumes_ml)
        for number, one in enumerate(after)
    ]
    (change,) = drift_of(before + moved, TITLES).changes
    assert (change.line, change.label, change.flagged, change.blocks) == ("volume", "liver", 2, 2)
    assert change.since == at(BASELINE)
    assert change.goes_on
    assert change.before == pytest.approx(1500, abs=80)
    assert change.after == pytest.approx(1000, abs=150)
    assert change.text.en.startswith("Liver: median volume 1")
    assert f"自 {change.since:%Y-%m-%d} 起" in change.text.zh


def test_small_volumes_are_written_in_three_significant_digits():
    volumes_ml = [*(0.0652 + 1e-6 * n for n in range(BASELINE)), *(0.2 + 1e-6 * n for n in range(BLOCK))]
    told = [Observation(at(n), found=True, volumes_ml={"liver": ml}) for n, ml in enumerate(volumes_ml)]
    (change,) = drift_of(told, TITLES).changes
    assert "median volume 0.0652 mL in the first" in change.text.en
    assert "0.200 mL" in change.text.zh


def test_what_is_not_measured_or_not_reviewed_is_no_zero():
    told = [Observation(at(n), found=False, volumes_ml={"liver": 900.0} if n % 2 else {}) for n in range(400)]
    assert drift_of(told, TITLES).changes == ()


def test_failures_that_come_up_are_flagged():
    told = [Observation(at(n), failed=n >= 110 and n % 2 == 0, found=True) for n in range(150)]
    (change,) = drift_of(told, {}).changes
    assert (change.line, change.before) == ("failed", 0.0)


def _ones(draw: np.random.Generator, count: int, share: float) -> list[float]:
    return [float(value < share) for value in draw.random(count)]


@cache
def p_of_counts(before: int, after: int) -> float:
    return differing_shares(
        [1.0] * before + [0.0] * (BASELINE - before), [1.0] * after + [0.0] * (BLOCK - after)
    )


def shares_by_counts(before, after) -> float:
    """The same test, which depends on two counts alone."""
    return p_of_counts(int(sum(before)), int(sum(after)))


def alarms(make, test, *, streams=60, blocks=80):
    """Share of blocks that are flagged although nothing changes: each stream has a baseline of its own."""
    flagged = sum(len(flagged_blocks(make(BASELINE + blocks * BLOCK), test)) for _ in range(streams))
    return flagged / (streams * blocks)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5])
def test_shares_that_do_not_change_are_flagged_no_more_often_than_is_said(share):
    draw = np.random.default_rng(3)
    rate = alarms(lambda count: _ones(draw, count, share), shares_by_counts)
    assert rate <= ALPHA + 2 * (ALPHA / 4800) ** 0.5


def test_volumes_that_do_not_change_are_flagged_no_more_often_than_is_said():
    """Whatever their distribution: the test knows ranks alone."""
    draw = np.random.default_rng(4)
    rate = alarms(lambda count: [1500 * draw.lognormal(0, 0.6) for _ in range(count)], differing_volumes)
    assert rate <= ALPHA + 2 * (ALPHA / 4800) ** 0.5


def found_within(make_before, make_after, test, studies, *, streams=200):
    """Share of streams in which a change is flagged within so many studies after it."""
    return (
        sum(
            bool(flagged_blocks([*make_before(BASELINE), *make_after(studies)], test)) for _ in range(streams)
        )
        / streams
    )


def test_a_scanner_that_shifts_volumes_by_one_standard_deviation_is_flagged_within_fifty_studies():
    draw = np.random.default_rng(6)
    rate = found_within(
        lambda n: draw.normal(1500, 300, n), lambda n: draw.normal(1200, 300, n), differing_volumes, 2 * BLOCK
    )
    assert rate >= 0.95


def test_findings_that_rise_from_a_tenth_to_a_half_are_flagged_within_fifty_studies():
    draw = np.random.default_rng(7)
    rate = found_within(
        lambda n: _ones(draw, n, 0.1),
        lambda n: _ones(draw, n, 0.5),
        differing_shares,
        2 * BLOCK,
    )
    assert rate >= 0.9


def test_volumes_that_are_all_the_same_are_not_flagged():
    assert differing_volumes([5.0] * 100, [5.0] * 25) == 1.0
