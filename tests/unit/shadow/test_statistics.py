"""How two versions agree."""

from dataclasses import replace

import numpy as np
import pytest

from allward.shadow.comparing import LabelPair
from allward.shadow.statistics import (
    ENABLED,
    SHADOW,
    Case,
    Table,
    label_agreement,
    median_interval,
    statistics_of,
)


def cases(both=0, shadow_only=0, enabled_only=0, neither=0, truth=None):
    told = [(True, True)] * both + [(True, False)] * shadow_only
    told += [(False, True)] * enabled_only + [(False, False)] * neither
    return [Case(something=one, enabled_something=other, truth=truth) for one, other in told]


def test_kappa_and_mcnemar_are_those_of_the_table():
    told = statistics_of(cases(both=20, shadow_only=5, enabled_only=10, neither=15)).found
    assert (told.cases, told.both, told.shadow_only, told.enabled_only, told.neither) == (50, 20, 5, 10, 15)
    assert told.kappa == pytest.approx(0.4)  # observed 0.7, by chance 0.5
    assert told.p == pytest.approx(0.3017578125)  # binomial: 5 of 15


def test_of_no_case_nothing_is_told():
    told = statistics_of([])
    assert (told.paired, told.found.kappa, told.found.p, dict(told.labels)) == (0, None, 1.0, {})
    assert told.shadow.sensitivity is told.enabled.specificity is told.median_device_s is None


def test_failures_and_what_ran_alone_are_counted_apart():
    told = statistics_of(
        [
            *cases(both=3),
            Case(failed=frozenset({SHADOW})),
            Case(failed=frozenset({SHADOW, ENABLED})),
            Case(failed=frozenset({ENABLED})),
            Case(beside=False, something=True),
            Case(beside=False, failed=frozenset({SHADOW})),
        ]
    )
    assert (told.cases, told.paired, told.alone) == (8, 3, 1)
    assert told.failed == Table(both=1, shadow_only=1, enabled_only=1, neither=3)


def test_each_version_is_told_against_reviewers():
    told = statistics_of(
        cases(both=8, enabled_only=2, truth=True)
        + cases(neither=6, enabled_only=4, truth=False)
        + cases(both=9)
    )
    assert told.shadow.sensitivity is not None
    assert told.enabled.sensitivity is not None
    assert told.shadow.specificity is not None
    assert told.enabled.specificity is not None
    assert (told.shadow.sensitivity.value, told.enabled.sensitivity.value) == (0.8, 1.0)
    assert (told.shadow.specificity.value, told.enabled.specificity.value) == (1.0, 0.6)
    assert told.enabled.specificity.low < 0.6 < told.enabled.specificity.high
    assert told.right == Table(both=14, shadow_only=4, enabled_only=2, neither=0)


def test_volumes_have_a_bias_and_limits_of_agreement():
    pairs = [LabelPair(0.9, 100 + apart, 100) for apart in (1.0, 3.0, 5.0)] + [LabelPair(None, 0.0, 0.0)]
    told = label_agreement(pairs)
    assert (told.cases, told.volume_bias_ml, told.median_dice) == (3, 3.0, None)
    assert (told.low_limit_ml, told.high_limit_ml) == pytest.approx((3 - 1.96 * 2, 3 + 1.96 * 2))
    one = label_agreement(pairs[:1])
    assert (one.volume_bias_ml, one.low_limit_ml) == (1.0, None)


def test_a_median_has_an_interval_from_six_values_on():
    assert median_interval([0.9] * 5) is None
    six = median_interval([0.1, 0.6, 0.3, 0.4, 0.5, 0.2])
    assert six is not None
    assert (six.low, six.value, six.high) == (0.1, pytest.approx(0.35), 0.6)


def test_the_interval_of_a_median_holds_it_as_often_as_it_says():
    draw = np.random.default_rng(5)
    held = 0
    for _ in range(600):
        told = median_interval(list(draw.beta(8, 2, 40)))
        assert told is not None
        held += told.low <= 0.8204 <= told.high  # the median of this distribution
    assert held / 600 >= 0.94


def test_cases_of_one_patient_are_one_piece_of_evidence():
    alone = cases(shadow_only=10, both=20, truth=True)
    names = [f"q{number}" for number in range(20)] + ["p"] * 10
    same = [replace(case, patient=name) for case, name in zip(alone, names, strict=True)]
    apart, together = statistics_of(alone), statistics_of(same)
    assert apart.found == together.found
    assert (apart.found.p, together.found.p) == (pytest.approx(2 / 2**10), 1.0)
    assert together.found.differences == (*[0] * 20, 10)
    assert apart.enabled.sensitivity is not None
    assert together.enabled.sensitivity is not None
    assert together.enabled.sensitivity.value == apart.enabled.sensitivity.value
    assert together.enabled.sensitivity.low < apart.enabled.sensitivity.low


def test_with_one_case_of_each_patient_naming_them_changes_nothing():
    alone = cases(both=20, shadow_only=5, enabled_only=10, neither=15, truth=True)
    named = [replace(case, patient=f"p{number}") for number, case in enumerate(alone)]
    assert statistics_of(alone) == statistics_of(named)
    assert statistics_of(alone).found.p == statistics_of(named).found.p
