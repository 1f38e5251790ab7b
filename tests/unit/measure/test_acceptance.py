"""A retrospective set whose right answers are known, summed up."""

import numpy as np
import pytest

from allward_measure.evaluation.acceptance import FEWEST, Judged, Outline, acceptance
from allward_measure.evaluation.froc import Mark, Scan, Target, judge


def case(number, **more):
    sex = "F" if number % 2 else "M"
    return Judged(case=str(number), groups={"sex": sex}, **more)


def test_shares_of_right_cases_come_with_their_intervals_and_failed_ones_are_counted_apart():
    cases = [case(n, present=True, reported=n > 0) for n in range(10)]
    cases += [case(n, present=False, reported=n == 10) for n in range(10, 30)]
    cases += [case(30, fault="The series is cut off.")]
    told = acceptance(cases, repeats=50).overall
    assert (told.cases, told.failed) == (31, 1)
    assert told.sensitivity.value == 0.9
    assert told.specificity.value == 0.95
    assert told.sensitivity.low < 0.9 < told.sensitivity.high


def test_a_case_that_nobody_judged_is_in_no_share():
    cases = [case(n, present=None, reported=True) for n in range(8)]
    told = acceptance(cases, repeats=50).overall
    assert told.sensitivity is None
    assert told.specificity is None


def test_outlines_are_summed_up_by_label_and_an_empty_reference_has_no_volume_error():
    cases = [case(n, outlines={"liver": Outline(0.9 + 0.01 * (n % 3), 1100.0, 1000.0)}) for n in range(6)]
    cases.append(case(6, outlines={"liver": Outline(0.0, 10.0, 0.0), "tumour": Outline(None, 0.0, 0.0)}))
    told = acceptance(cases, repeats=200).overall
    assert told.mean_dice["liver"].value == pytest.approx((3 * 2 * 0.91) / 7)
    assert "tumour" not in told.mean_dice
    assert told.volume_bias["liver"].value == pytest.approx(0.1)
    assert told.absolute_volume_error["liver"].high == pytest.approx(0.1)


def test_subgroups_are_told_apart_and_small_ones_get_no_figures():
    cases = [case(n, present=True, reported=bool(n % 2), took_s=float(n)) for n in range(12)]
    cases.append(Judged(case="x", groups={"sex": "O"}, present=True, reported=True))
    told = acceptance(cases, repeats=50)
    assert told.subgroups["sex"]["F"].sensitivity.value == 1.0
    assert told.subgroups["sex"]["M"].sensitivity.value == 0.0
    assert told.subgroups["sex"]["O"].cases == 1 < FEWEST
    assert told.subgroups["sex"]["O"].sensitivity is None
    assert told.overall.median_s == 5.5


def test_marks_give_a_curve_and_the_same_report_each_time():
    draw = np.random.default_rng(3)
    cases = []
    for number in range(20):
        marks = (Mark((0.0, 0.0, 0.0), float(draw.random())), Mark((90.0, 0.0, 0.0), float(draw.random())))
        cases.append(case(number, marks=judge(Scan(marks, (Target((0.0, 0.0, 1.0), 6.0),)))))
    told = acceptance(cases, repeats=100, seed=7)
    assert told == acceptance(cases, repeats=100, seed=7)
    assert told.overall.sensitivity_at[1.0].value == 1.0
    metric = told.overall.competition_performance_metric
    assert metric.low <= metric.value <= metric.high < 1.0
