from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward_measure.nodules.rounding import (
    fleischner_size,
    lung_rads_mean_mm,
    round_half_up,
    whole_mm3,
)

LENGTHS = st.floats(0.1, 60.0)


def test_axes_are_rounded_to_a_tenth_before_their_mean_is():
    assert lung_rads_mean_mm(7.96, 5.96) == Decimal("7.0")
    assert lung_rads_mean_mm(8.0, 5.9) == Decimal("7.0")
    assert lung_rads_mean_mm(8.04, 5.84) == Decimal("6.9")


def test_a_half_goes_up_where_python_goes_to_the_even_number():
    assert round(6.5) == 6
    assert fleischner_size(8.0, 5.0).mean_mm == 7
    assert fleischner_size(6.0, 4.8).mean_mm == 5
    assert fleischner_size(6.0, 5.0).mean_mm == 6


@pytest.mark.parametrize(
    ("value", "rounded"), [(2.675, "2.7"), (0.25, "0.3"), (5.949999999999999, "6.0"), (1.005, "1.0")]
)
def test_binary_noise_does_not_decide(value, rounded):
    assert round_half_up(value, Decimal("0.1")) == Decimal(rounded)


def test_a_product_of_spacings_is_rounded_as_it_is_meant():
    assert 3 * 0.15 != 0.45
    assert round_half_up(3 * 0.15, Decimal("0.1")) == Decimal("0.5")
    assert round_half_up(-0.25, Decimal("0.1")) == Decimal("-0.3")


def test_a_micronodule_has_no_size_and_a_large_nodule_has_two_axes():
    assert fleischner_size(3.2, 2.7).micronodule
    assert fleischner_size(3.2, 2.7).mean_mm is None
    assert fleischner_size(3.2, 2.8).mean_mm == 3
    assert fleischner_size(11.5, 8.4).axes_mm == (12, 8)
    assert fleischner_size(9.9, 9.0).axes_mm is None


def test_volumes_are_written_in_whole_mm3():
    assert whole_mm3(268.08) == 268
    assert whole_mm3(112.5) == 113


def test_what_is_no_number_is_refused():
    with pytest.raises(ValueError, match="no size"):
        round_half_up(float("nan"), Decimal("0.1"))


@given(LENGTHS, LENGTHS)
def test_the_order_of_the_axes_does_not_matter(a, b):
    assert lung_rads_mean_mm(a, b) == lung_rads_mean_mm(b, a)
    assert fleischner_size(a, b).mean_mm == fleischner_size(b, a).mean_mm


@given(LENGTHS, LENGTHS, st.floats(0.0, 5.0))
def test_a_larger_nodule_is_never_written_smaller(a, b, more):
    assert lung_rads_mean_mm(a + more, b) >= lung_rads_mean_mm(a, b)
    assert (fleischner_size(a + more, b).mean_mm or 0) >= (fleischner_size(a, b).mean_mm or 0)


@given(st.decimals(Decimal("0.1"), Decimal(60), places=3))
def test_cm_and_mm_give_the_same_size(mm):
    assert round_half_up(mm, Decimal("0.1")) == round_half_up(mm / 10, Decimal("0.01")) * 10
