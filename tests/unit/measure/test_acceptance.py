"""A retrospective set whose right answers are known, summed up."""

import numpy as np
import pytest

from allward_measure.evaluation.acceptance import FEWEST, acceptance
from allward_measure.evaluation.froc import Mark, Scan, Target, Verdict, judge
from allward_measure.evaluation.intervals import share_interval
from allward_measure.evaluation.judged import Judged, Outline


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
    assert told.absolute_volume_error["liver"].value == pytest.approx(0.1)
    assert (told.mean_dice["liver"].cases, told.volume_bias["liver"].cases) == (7, 6)


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


def outlined(number, dice, **more):
    return case(number, outlines={"liver": Outline(dice, 1000.0, 1000.0)}, **more)


def marked(number, *hits, missed=0, wrong=()):
    return case(number, marks=Verdict(hits, missed, wrong))


def test_a_figure_needs_enough_cases_that_have_what_it_is_about():
    cases = [case(n, present=True, reported=True) for n in range(40)]
    few = acceptance([*cases, *(outlined(40 + n, 0.9) for n in range(4)), marked(44, 0.9, 0.8)], repeats=20)
    assert few.overall.mean_dice == {}
    assert few.overall.competition_performance_metric is None
    assert few.overall.mark_sensitivity is None
    assert few.overall.sensitivity.cases == 40


def test_scans_in_which_nothing_is_to_be_found_make_a_sensitivity_no_surer():
    empty = [marked(n, wrong=(0.1 + n / 100,)) for n in range(30)]
    few = acceptance([*empty, *(marked(30 + n, 0.9) for n in range(4))], repeats=20).overall
    assert (few.mark_sensitivity, few.competition_performance_metric) == (None, None)
    assert few.false_positives_per_scan.cases == 34
    some = [*empty, *(marked(30 + n, 0.9, missed=n % 2) for n in range(10))]
    told = acceptance(some, repeats=20).overall.mark_sensitivity
    assert (told.cases, told.low) == (10, None)


def test_fewer_than_twenty_cases_have_a_figure_and_no_interval():
    told = acceptance([outlined(n, 0.8 + n / 100) for n in range(19)], repeats=50).overall.mean_dice["liver"]
    assert (told.cases, told.low, told.high) == (19, None, None)
    more = acceptance([outlined(n, 0.8 + n / 100) for n in range(20)], repeats=50).overall.mean_dice["liver"]
    assert more.low < more.value < more.high


def test_where_all_draws_are_equal_targets_tell_how_sure_a_sensitivity_is_and_outlines_tell_nothing():
    told = acceptance([marked(n, 0.9 - n / 100) for n in range(25)], repeats=50).overall
    assert told.mark_sensitivity.value == told.mark_sensitivity.high == 1.0
    assert told.mark_sensitivity.low == pytest.approx(share_interval(25, 25).low)
    assert told.competition_performance_metric.low < 1.0
    alike = acceptance([outlined(n, 0.9) for n in range(25)], repeats=50).overall.mean_dice["liver"]
    assert (alike.low, alike.high) == (None, None)


def test_cases_of_one_patient_are_drawn_together():
    values = [0.5 + 0.4 * (n % 25) / 25 for n in range(100)]
    apart = [outlined(n, value) for n, value in enumerate(values)]
    same = [outlined(n, value, patient=f"patient-{n % 25}") for n, value in enumerate(values)]
    independent, together = (
        acceptance(cases, repeats=200).overall.mean_dice["liver"] for cases in (apart, same)
    )
    assert together.value == independent.value
    assert together.high - together.low > 1.5 * (independent.high - independent.low)
    few = [outlined(n, value, patient=f"patient-{n % 10}") for n, value in enumerate(values)]
    assert acceptance(few, repeats=20).overall.mean_dice["liver"].low is None


def test_marks_that_all_score_the_same_give_a_sensitivity_and_false_positives_and_no_curve():
    told = acceptance([marked(n, 1.0, missed=n % 2, wrong=(1.0, 1.0)) for n in range(24)], repeats=50).overall
    assert (told.competition_performance_metric, told.sensitivity_at) == (None, {})
    assert told.mark_sensitivity.value == pytest.approx(24 / 36)
    assert told.false_positives_per_scan.value == 2.0
