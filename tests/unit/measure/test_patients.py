"""Cases of one patient are not independent: intervals, tests and draws by patient, against known answers."""

from dataclasses import fields
from fractions import Fraction
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allward_measure.evaluation.acceptance import FEWEST_DRAWN, Figures, acceptance
from allward_measure.evaluation.curves import METRIC, drawn_readings, readings_of
from allward_measure.evaluation.draws import Draws, drawn_interval
from allward_measure.evaluation.froc import Verdict, curve_of
from allward_measure.evaluation.intervals import (
    effective_size,
    mcnemar,
    mcnemar_of_patients,
    share_interval,
    share_interval_of_patients,
    wilson,
)
from allward_measure.evaluation.judged import Judged, Outline

WEIL_CONTROL = [
    (13, 13), (12, 12), (9, 9), (9, 9), (8, 8), (8, 8), (12, 13), (11, 12), (9, 10), (9, 10), (8, 9),
    (11, 13), (4, 5), (5, 7), (7, 10), (7, 10),
]  # fmt: skip
"""Pups that lived, of those weaned, by litter: Weil 1970, the data of Rao and Scott 1992, table 1."""


def test_the_design_effect_of_litters_is_that_of_the_published_analysis():
    so, sizes = zip(*WEIL_CONTROL, strict=True)
    share = Fraction(142, 158)
    squares = sum((count - size * share) ** 2 for count, size in WEIL_CONTROL)
    design_effect = Fraction(16, 15) * squares / 158 / (share * (1 - share))
    assert float(design_effect) == pytest.approx(1.232495, abs=5e-7)
    few = (1.975189163 / 2.131449546) ** 2  # Student's t, 97.5 %, of 157 and of 15 degrees of freedom
    assert effective_size(so, sizes) == pytest.approx(158 / 1.232495 * few, rel=1e-6)


def test_an_interval_of_four_patients_is_as_computed_by_hand():
    """Squares 1.44 + 0.64 + 0.64 + 1.44, variance 0.055467, design effect 2.3111, t 2.2622 and 3.1824."""
    size = 10 / (10 * 4 / 3 * 4.16 / 100 / 0.24) * (2.262157163 / 3.182446305) ** 2
    assert size == pytest.approx(2.186, abs=1e-3)
    assert effective_size([3, 1, 2, 0], [3, 3, 2, 2]) == pytest.approx(size, rel=1e-8)
    told = share_interval_of_patients([3, 1, 2, 0], [3, 3, 2, 2])
    assert (told.value, told.low, told.high) == pytest.approx((0.6, 0.140021, 0.932519), abs=2e-6)
    apart = share_interval(6, 10)
    assert told.low < apart.low < apart.high < told.high


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_with_one_case_of_each_patient_an_interval_is_wilsons_to_the_last_digit(right):
    told = share_interval_of_patients([int(one) for one in right], [1] * len(right))
    assert told == share_interval(sum(right), len(right))


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30))
def test_several_cases_of_a_patient_never_make_a_share_surer_than_as_many_patients_would(patients):
    so, sizes = [a for a, _ in patients], [a + b for a, b in patients]
    told, apart = share_interval_of_patients(so, sizes), share_interval(sum(so), sum(sizes))
    if apart is None:
        assert told is None
        return
    assert told.value == apart.value
    assert told.low <= apart.low + 1e-12
    assert told.high >= apart.high - 1e-12
    assert 0.0 <= told.low <= told.value <= told.high <= 1.0


def test_cases_that_are_copies_of_one_another_tell_as_much_as_one_or_less():
    one, ten = share_interval(15, 20), share_interval_of_patients([10] * 15 + [0] * 5, [10] * 20)
    assert ten.low <= one.low
    assert ten.high >= one.high
    assert ten.high - ten.low == pytest.approx(one.high - one.low, abs=0.04)


def test_where_all_cases_are_right_each_patient_counts_once():
    told = share_interval_of_patients([5] * 20, [5] * 20)
    assert (told.low, told.high) == pytest.approx((share_interval(20, 20).low, 1.0))
    assert share_interval_of_patients([30], [50]) == wilson(0.6, 1.0)
    assert share_interval_of_patients([], []) is None
    assert share_interval_of_patients([0, 0], [0, 0]) is None


def test_a_share_of_a_fraction_of_a_case_has_the_interval_of_the_whole_ones_between_which_it_lies():
    whole = share_interval(9, 10)
    told = wilson(0.9, 10.0)
    assert (told.low, told.high) == pytest.approx((whole.low, whole.high), abs=1e-12)


@pytest.mark.parametrize(
    ("differences", "chance"),
    [
        ([2, 1, -1], 6 / 8),  # of the sums 4, 2, 2, 0 and their mirrors six are 2 or more
        ([3, 1], 2 / 4),  # 4 and -4 of 4, 2, -2, -4
        ([2, 2, 2, 2, 2, 2], 2 / 64),
        ([4, -1, -1, -1, -1], 1.0),
        ([2, 0, 0], 1.0),
        ([], 1.0),
    ],
)
def test_paired_readings_of_patients_differ_by_chance_as_often_as_signs_are_drawn_so(differences, chance):
    assert mcnemar_of_patients(differences) == pytest.approx(chance)
    assert mcnemar_of_patients([-one for one in differences]) == pytest.approx(chance)


@given(st.lists(st.sampled_from([-1, 0, 1]), max_size=60))
def test_with_one_case_of_each_patient_the_test_is_mcnemars_to_the_last_digit(differences):
    assert mcnemar_of_patients(differences) == mcnemar(differences.count(1), differences.count(-1))


def test_ten_cases_of_one_patient_are_one_piece_of_evidence():
    assert mcnemar(10, 0) < 0.01
    assert mcnemar_of_patients([10]) == 1.0


def bootstrap(cases, figure, seed, repeats):
    """Whole patients drawn one by one, and the figure computed anew for each draw."""
    groups = {}
    for case in cases:
        groups.setdefault(case.patient or case.case, []).append(case)
    together, draw, drawn = list(groups.values()), np.random.default_rng(seed), []
    for _ in range(repeats):
        chosen = draw.integers(0, len(together), len(together))
        told = figure([case for n in chosen for case in together[n]])
        if told is not None:
            drawn.append(told)
    return np.asarray(drawn)


def judged(seed, *, patients, several):
    """Cases of patients, one each or some with up to four."""
    draw, made = np.random.default_rng(seed), []
    for patient in range(patients):
        for n in range(1 + int(draw.integers(0, 4)) * several):
            hits = tuple(np.round(draw.random(draw.integers(0, 3)), 1))
            wrong = tuple(np.round(draw.random(draw.integers(0, 3)), 1))
            outline = Outline(float(draw.random()), float(draw.random() * 100), 50.0 * draw.integers(0, 2))
            made.append(
                Judged(
                    case=f"{patient}.{n}", patient=f"p{patient}", present=bool(draw.integers(0, 2)),
                    reported=bool(draw.integers(0, 2)), outlines={"liver": outline},
                    marks=Verdict(hits, int(draw.integers(0, 2)), wrong),
                )
            )  # fmt: skip
    return made


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.booleans())
def test_draws_all_at_once_give_what_drawing_one_by_one_gives(seed, several):
    cases, draws = judged(seed, patients=24, several=several), Draws(40, seed % 97)
    told = acceptance(cases, repeats=40, seed=seed % 97).overall

    def mean_dice(drawn):
        return fmean(case.outlines["liver"].dice for case in drawn)

    slow = drawn_interval(0.0, bootstrap(cases, mean_dice, seed % 97, 40))
    assert (told.mean_dice["liver"].low, told.mean_dice["liver"].high) == pytest.approx((slow.low, slow.high))
    names = list(dict.fromkeys(case.patient for case in cases))
    places = np.asarray([names.index(case.patient) for case in cases])
    verdicts = [case.marks for case in cases]
    read = drawn_readings(verdicts, places, draws.of(24))
    slow = bootstrap(cases, lambda drawn: readings_of([case.marks for case in drawn]), seed % 97, 40)
    assert np.array_equal(read, slow)
    assert readings_of(verdicts)[METRIC] == curve_of(verdicts).competition_performance_metric


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
def test_whether_a_patient_is_named_changes_nothing_where_each_has_one_case(seed):
    named = judged(seed, patients=30, several=False)
    nameless = [
        Judged(**{part.name: getattr(one, part.name) for part in fields(one)} | {"patient": ""})
        for one in named
    ]
    told, apart = (acceptance(cases, repeats=30, seed=3) for cases in (named, nameless))
    assert told == apart
    right = [case.reported for case in named if case.present]
    wilsons = share_interval(sum(right), len(right))
    if right:
        assert (told.overall.sensitivity.low, told.overall.sensitivity.high) == (wilsons.low, wilsons.high)
    assert (told.overall.cases, told.overall.patients) == (30, 30)


def test_a_set_says_how_many_patients_and_cases_each_figure_comes_from():
    cases = judged(5, patients=FEWEST_DRAWN, several=True)
    told: Figures = acceptance(cases, repeats=20).overall
    assert (told.cases, told.patients) == (len(cases), FEWEST_DRAWN)
    assert told.cases > told.patients
    dice = told.mean_dice["liver"]
    assert (dice.cases, dice.patients) == (len(cases), FEWEST_DRAWN)
    present = [case for case in cases if case.present]
    assert (told.sensitivity.cases, told.sensitivity.patients) == (
        len(present), len({case.patient for case in present}),
    )  # fmt: skip


def test_a_sensitivity_that_no_draw_changes_is_as_sure_as_one_scan_of_each_patient_makes_it():
    found = Verdict((0.9, 0.8), 0, (0.1,))
    apart = [Judged(case=f"{n}", marks=found) for n in range(40)]
    same = [Judged(case=f"{n}", patient=f"p{n // 2}", marks=found) for n in range(40)]
    alone, together = (acceptance(cases, repeats=20).overall.mark_sensitivity for cases in (apart, same))
    assert alone.low == share_interval(80, 80).low
    assert together.low == pytest.approx(wilson(1.0, 40.0).low)
    assert (together.cases, together.patients) == (40, 20)


def test_draws_are_the_same_each_time_and_draws_of_nothing_are_left_out():
    above, below = np.asarray([1.0, 1.0, 0.0]), np.asarray([1.0, 2.0, 0.0])
    first, again = (Draws(200, 7).shares(above, below) for _ in range(2))
    assert np.array_equal(first, again)
    assert 150 < len(first) < 200  # one in 27 draws holds the third patient alone
    assert drawn_interval(0.5, np.zeros(0)).low == 0.5
    many = Draws(10, 1)
    assert [many.of(n).sum(axis=1).tolist() for n in range(2, 9)] == [[float(n)] * 10 for n in range(2, 9)]
    assert np.array_equal(many.of(2), Draws(10, 1).of(2))
