"""What became of a nodule: in words, in numbers, and which nodule it was."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from lung_nodule.logic.followup.change import Acquisition, Measured, compare
from lung_nodule.logic.followup.lung_rads_status import Seen, lung_rads_status
from lung_nodule.logic.followup.matching import Spot, match_nodules
from lung_nodule.logic.followup.track import Tracked, follow

THIN = Acquisition(1.0, "B60f")
FIRST = date(2025, 3, 1)


def seen(mm, days=0, mm3=None, mg=None, made=THIN):
    return Measured(FIRST + timedelta(days), made, mm, mm3, mg)


@pytest.mark.parametrize(("mm", "mm3"), [(7.5, 249), (9.0, 240), (6.0, 161), (7.5, None), (9.0, None)])
def test_a_change_that_two_scans_of_a_day_may_show_is_within_error_and_gets_no_doubling_time(mm, mm3):
    found = compare(seen(7.5, mm3=200, mg=150), seen(mm, 90, mm3, 180))
    assert (found.status, found.within_error) == ("stable", True)
    assert found.doubling_time_days is found.mass_doubling_time_days is None
    assert found.delta_mm == pytest.approx(mm - 7.5)


@pytest.mark.parametrize(("mm", "mm3"), [(9.1, 210), (7.5, 250), (9.1, None), (9.1, 400)])
def test_more_than_that_by_either_measure_is_growth(mm, mm3):
    found = compare(seen(7.5, mm3=200), seen(mm, 90, mm3))
    assert (found.status, found.within_error) == ("growing", False)


@pytest.mark.parametrize(
    ("mm", "mm3", "mg", "by_volume", "by_mass"),
    [
        (9.1, 249, 187, False, False),
        (9.1, 190, 140, False, False),
        (7.5, 250, 187, True, False),
        (9.1, 249, 187.5, False, True),
        (9.1, None, None, False, False),
        (9.1, 400, 300, True, True),
    ],
)
def test_a_doubling_time_is_of_a_volume_or_a_mass_that_itself_grew_beyond_error(
    mm, mm3, mg, by_volume, by_mass
):
    found = compare(seen(7.5, mm3=200, mg=150), seen(mm, 90, mm3, mg))
    assert found.status == "growing"
    assert (found.doubling_time_days is not None) == by_volume
    assert (found.mass_doubling_time_days is not None) == by_mass


@pytest.mark.parametrize(("mm3", "told"), [(190, True), (249, True), (250, False), (None, False)])
def test_a_diameter_that_grew_without_the_volume_is_told(mm3, told):
    found = compare(seen(7.5, mm3=200), seen(9.1, 90, mm3))
    words = "The diameter grew, the volume did not beyond measurement error: check both outlines."
    assert [reason.en for reason in found.reasons] == [words] * told


def test_growth_is_told_in_all_its_numbers():
    found = compare(seen(6, mm3=100, mg=50), seen(8, 365, 200, 100))
    assert found.doubling_time_days == pytest.approx(365)
    assert found.mass_doubling_time_days == pytest.approx(365)
    assert (found.delta_mm, found.volume_percent) == (2.0, 100.0)
    assert found.percent == pytest.approx(33.333, abs=1e-3)
    assert found.per_year_mm == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize(("mm", "mm3"), [(5.9, 200), (7.5, 160), (5.9, None)])
def test_a_nodule_that_shrank_has_no_doubling_time(mm, mm3):
    found = compare(seen(7.5, mm3=200), seen(mm, 90, mm3))
    assert (found.status, found.doubling_time_days) == ("decreased", None)


def test_diameter_and_volume_that_contradict_each_other_are_to_be_checked():
    found = compare(seen(7.5, mm3=200), seen(9.5, 90, 120))
    assert found.status == "contradictory"
    assert "outlines" in found.reasons[0].en


def test_new_and_resolved():
    assert compare(None, seen(5)).status == "new"
    assert compare(seen(5), None).status == "resolved"


@pytest.mark.parametrize(
    ("made", "word"),
    [
        (Acquisition(5.0, "B60f"), "5 mm"),
        (Acquisition(1.0, "B30f"), "B30f"),
        (Acquisition(None, "B60f"), "not known"),
        (Acquisition(1.0, None), "not known"),
        (Acquisition(1.0, " "), "not known"),
    ],
)
def test_scans_that_were_made_differently_or_nobody_knows_how_are_not_compared(made, word):
    found = compare(seen(6, mm3=100, made=made), seen(9, 90, 300))
    assert found.status == "not_comparable"
    assert word in found.reasons[0].en
    assert found.reasons[0].zh.startswith("不可比较")
    assert found.delta_mm is found.volume_percent is found.doubling_time_days is None


def test_a_thickness_as_a_header_rounds_it_and_a_kernel_in_other_letters_are_the_same():
    assert compare(seen(6, made=Acquisition(1.01, "b60F ")), seen(6, 90)).status == "stable"
    both = compare(seen(6, made=Acquisition(5.0, "B30f")), seen(6, 90))
    assert len(both.reasons) == 2


@pytest.mark.parametrize(
    "pair", [(None, None), (seen(6, 90), seen(6, 90)), (seen(6, 91), seen(6, 90)), (seen(0), seen(6, 9))]
)
def test_what_cannot_be_compared_at_all_is_refused(pair):
    with pytest.raises(ValueError, match="nodule|prior"):
        compare(*pair)


@given(st.floats(2, 30), st.floats(2, 30), st.integers(1, 2000))
def test_there_and_back_are_opposite(before, after, days):
    there, back = compare(seen(before), seen(after, days)), compare(seen(after), seen(before, days))
    opposite = {"growing": "decreased", "decreased": "growing", "stable": "stable"}
    assert back.status == opposite[there.status]


def status(*steps):
    return lung_rads_status([Seen(FIRST + timedelta(days), mm) for days, mm in steps])


@pytest.mark.parametrize(
    ("days", "mm", "expected"),
    [
        (365, 8.5, "stable"), (365, 8.6, "growing"), (90, 8.6, "growing"), (366, 8.6, None),
        (366, 10.0, None),
        (366, 10.1, "growing"), (365, 5.4, "decreased"), (365, 5.5, "stable"), (365, 8.54, "stable"),
    ],
)  # fmt: skip
def test_growth_is_more_than_one_and_a_half_mm_within_twelve_months(days, mm, expected):
    assert status((0, 7.0), (days, mm)) == expected


def test_slow_growth_needs_several_examinations():
    assert status((0, 7.0), (365, 8.0), (730, 9.0)) == "slow_growing"
    assert status((0, 7.0), (365, 8.0), (730, 8.4)) == "stable"
    assert status((0, 7.0)) == "baseline"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (((0, 29.0), (180, 30.0), (360, 31.0)), "growing"),
        (((0, 29.0), (180, 30.5), (365, 30.6)), "growing"),
        (((0, 29.0), (180, 30.0), (365, 30.5)), "stable"),
        (((0, 29.0), (180, 30.0), (366, 31.0)), "slow_growing"),
        (((0, 5.0), (365, 9.0), (730, 9.0)), "slow_growing"),
        (((0, 7.0), (90, 9.2), (400, 9.6)), "slow_growing"),
        (((0, 7.0), (400, 9.2), (500, 10.8)), "growing"),
    ],
)
def test_growth_within_twelve_months_is_seen_over_several_examinations_too(steps, expected):
    assert status(*steps) == expected


def test_growth_over_the_year_that_went_back_since_the_last_ct_is_left_open():
    assert status((0, 7.0), (90, 11.0), (300, 8.7)) is None
    assert status((0, 7.0), (90, 11.0), (300, 8.5)) == "decreased"


def test_the_order_in_which_examinations_are_told_does_not_matter():
    assert status((730, 9.0), (0, 7.0), (365, 8.0)) == "slow_growing"


def test_examinations_of_one_day_are_refused():
    with pytest.raises(ValueError, match="one day"):
        status((0, 7.0), (0, 8.0))
    with pytest.raises(ValueError, match="at least once"):
        lung_rads_status([])


def spots(points, volumes):
    return [
        Spot(tuple(map(float, point)), float(volume)) for point, volume in zip(points, volumes, strict=True)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_nodules_that_a_breath_moved_are_found_again_with_one_new_and_one_gone(seed):
    draw = np.random.default_rng(seed)
    apart = np.stack(np.meshgrid(*[np.arange(3) * 45.0] * 3), axis=-1).reshape(-1, 3)
    points = apart[draw.permutation(27)[:10]] + draw.uniform(-5, 5, (10, 3))
    affine = Rotation.from_euler("xyz", draw.uniform(-3, 3, 3), degrees=True).as_matrix() * 1.02
    centre = points.mean(axis=0)
    moved = (points - centre) @ affine.T + centre + draw.uniform(-2, 2, 3)
    volumes = draw.uniform(30, 800, 10)
    order = draw.permutation(9)
    current = spots([*moved[order], apart.max(axis=0) + 60], [*volumes[order] * 1.1, 100.0])
    found = match_nodules(spots(points, volumes), current)
    assert found.new == (9,)
    assert found.resolved == (9,)
    assert set(found.pairs) == {(int(prior), place) for place, prior in enumerate(order)}


def test_beyond_the_gate_nothing_matches():
    assert match_nodules([Spot((0, 0, 0), 100)], [Spot((15.0, 0, 0), 100)]).pairs == ((0, 0),)
    found = match_nodules([Spot((0, 0, 0), 100)], [Spot((15.1, 0, 0), 100)])
    assert (found.pairs, found.new, found.resolved) == ((), (0,), (0,))


def test_of_two_neighbours_size_and_lobe_tell_which_is_which():
    prior = [Spot((0, 0, 0), 50.0), Spot((8, 0, 0), 900.0)]
    turned = [Spot((3, 0, 0), 900.0), Spot((5, 0, 0), 50.0)]
    assert match_nodules(prior, turned).pairs == ((0, 1), (1, 0))
    by_lobe = match_nodules(
        [Spot((0, 0, 0), 100, "RUL")], [Spot((6, 0, 0), 100, "RUL"), Spot((4, 0, 0), 100, "RML")]
    )
    assert by_lobe.pairs == ((0, 0),)


def test_a_nodule_that_stayed_where_it_was_is_not_given_away_for_one_more_pair():
    prior = [Spot((0, 0, 0), 300), Spot((10, 0, 0), 40)]
    found = match_nodules(prior, [Spot((0, 0, 0), 310), Spot((-10, 0, 0), 60)])
    assert (found.pairs, found.new, found.resolved) == (((0, 0),), (1,), (1,))


def test_what_a_nodule_became_does_not_hang_on_nodules_far_away():
    grown = [Spot((0, 0, 0), 30, "RUL"), Spot((90, 0, 0), 30, "LUL"), Spot((0, 90, 0), 30)]
    now = [Spot((4, 0, 0), 900, "RML"), Spot((94, 0, 0), 900, "LLL"), Spot((4, 90, 0), 900)]
    assert match_nodules(grown[:1], now[:1]).pairs == ((0, 0),)
    assert match_nodules(grown, now).pairs == ((0, 0), (1, 1), (2, 2))


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (Spot((0, 0, 0), 100, "RUL"), Spot((6, 0, 0), 100, "RML")),
        (Spot((0, 0, 0), 30), Spot((9, 0, 0), 900)),
        (Spot((0, 0, 0), 4000), Spot((14, 0, 0), 60)),
        (Spot((0, 0, 0), 65, "LUL"), Spot((5, 0, 0), 200, "LLL")),
    ],
)
def test_a_nodule_of_another_place_lobe_or_size_is_another_nodule(before, now):
    found = match_nodules([before], [now])
    assert (found.pairs, found.new, found.resolved) == ((), (0,), (0,))


@pytest.mark.parametrize(("volume", "lobe"), [(900, "RUL"), (20000, "RUL"), (2000, "RML")])
def test_a_nodule_that_grew_over_its_own_place_is_the_same_however_much_it_grew(volume, lobe):
    found = match_nodules([Spot((0, 0, 0), 30, "RUL")], [Spot((4, 0, 0), volume, lobe)])
    assert found.pairs == ((0, 0),)
    assert match_nodules([Spot((4, 0, 0), volume, lobe)], [Spot((0, 0, 0), 30, "RUL")]).pairs == ((0, 0),)


def test_nothing_on_one_side_is_all_new_or_all_gone():
    one = [Spot((0, 0, 0), 100)]
    assert match_nodules([], one).new == (0,)
    assert match_nodules(one, []).resolved == (0,)
    assert match_nodules([], []).pairs == ()


POINTS = st.tuples(*[st.floats(0, 60)] * 3)
SPOTS = st.lists(st.tuples(POINTS, st.floats(20, 2000)), max_size=6, unique_by=lambda each: each[0])


@given(SPOTS, SPOTS, st.randoms())
def test_the_order_of_nodules_changes_no_number_of_pairs_and_no_cost(prior, current, random):
    def pairs(first, second):
        found = match_nodules([Spot(*each) for each in first], [Spot(*each) for each in second])
        return sorted((first[row], second[column]) for row, column in found.pairs)

    turned_prior, turned_current = prior[:], current[:]
    random.shuffle(turned_prior)
    random.shuffle(turned_current)
    assert len(pairs(prior, current)) == len(pairs(turned_prior, turned_current))
    assert len({row for row, _ in pairs(prior, current)}) == len(pairs(prior, current))


def test_every_nodule_of_both_dates_is_followed_once():
    prior = [
        Tracked(Spot((0, 0, 0), 100), seen(6.0, mm3=100)),
        Tracked(Spot((40, 0, 0), 200), seen(7.0, mm3=200)),
    ]
    current = [
        Tracked(Spot((80, 0, 0), 50), seen(4.6, 90, 50)),
        Tracked(Spot((3, 1, 0), 220), seen(8.0, 90, 220)),
    ]
    found = follow(prior, current)
    assert [(each.prior, each.current, each.change.status) for each in found] == [
        (None, 0, "new"),
        (0, 1, "growing"),
        (1, None, "resolved"),
    ]
