import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward_measure.nodules.density import mass_mg
from allward_measure.nodules.growth import (
    diameter_doubling_time_days,
    doubling_time_days,
    ellipsoid_volume_mm3,
    sphere_diameter_mm,
    sphere_volume_mm3,
)

SPHERES = {
    1.5: 1.77,
    3: 14.14,
    4: 33.51,
    5: 65.45,
    6: 113.10,
    8: 268.08,
    10: 523.60,
    15: 1767.15,
    20: 4188.79,
    30: 14137.17,
}
SIZES = st.floats(1.0, 20000.0)


@pytest.mark.parametrize(("mm", "mm3"), SPHERES.items())
def test_a_sphere_has_the_volume_of_the_tables(mm, mm3):
    assert round(sphere_volume_mm3(mm), 2) == mm3
    assert sphere_diameter_mm(sphere_volume_mm3(mm)) == pytest.approx(mm)


def test_an_ellipsoid_is_a_sphere_that_was_stretched():
    assert ellipsoid_volume_mm3(10, 8, 6) == pytest.approx(251.327, abs=1e-3)
    assert ellipsoid_volume_mm3(8, 8, 8) == sphere_volume_mm3(8)


@pytest.mark.parametrize(
    ("before", "after", "days", "expected"),
    [(100, 200, 365, 365.0), (250, 312.5, 90, 279.566), (100, 100 * 2**0.25, 100, 400.0)],
)
def test_volumes_double_in_the_time_of_the_tables(before, after, days, expected):
    assert doubling_time_days(before, after, days) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("before", "after", "days", "expected"), [(6, 8, 90, 72.283), (8, 7, 90, -155.727)])
def test_diameters_double_in_volume_in_the_time_of_the_tables(before, after, days, expected):
    assert diameter_doubling_time_days(before, after, days) == pytest.approx(expected, abs=1e-3)


def test_what_does_not_change_never_doubles():
    assert doubling_time_days(100, 100, 90) is None
    assert diameter_doubling_time_days(6, 6, 90) is None


def test_a_volume_doubles_when_its_diameter_grows_by_the_cube_root_of_two():
    assert diameter_doubling_time_days(6, 6 * 1.2599210498948732, 90) == pytest.approx(90)


@pytest.mark.parametrize("wrong", [(0, 1, 1), (1, 0, 1), (1, 2, 0)])
def test_a_doubling_time_of_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="above 0"):
        doubling_time_days(*wrong)


def test_the_mass_of_a_ground_glass_nodule_is_that_of_the_tables():
    assert mass_mg(sphere_volume_mm3(8), -600) == pytest.approx(107.232, abs=2e-3)


@given(SIZES, SIZES, st.integers(1, 3000))
def test_doubling_does_not_depend_on_the_unit_of_volume_and_turns_with_the_order(before, after, days):
    there, back = doubling_time_days(before, after, days), doubling_time_days(after, before, days)
    if there is None or math.isclose(before, after, rel_tol=1e-6):
        return
    assert doubling_time_days(before / 1000, after / 1000, days) == pytest.approx(there, rel=1e-6)
    assert back == pytest.approx(-there)
