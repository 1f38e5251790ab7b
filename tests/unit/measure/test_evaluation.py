"""Figures of agreement on shapes and readings whose answers are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward_measure.evaluation.froc import LUNA16_RATES, Mark, Scan, Target, froc
from allward_measure.evaluation.intervals import kappa, mcnemar, share_interval
from allward_measure.evaluation.overlap import dice, jaccard, relative_volume_error
from allward_measure.evaluation.surfaces import surface_distances

UNIT = (1.0, 1.0, 1.0)


def cube(shift=0, size=10, shape=(16, 16, 16)):
    mask = np.zeros(shape, bool)
    mask[2 : 2 + size, 2 : 2 + size, 2 + shift : 2 + shift + size] = True
    return mask


def test_a_cube_moved_by_two_voxels_agrees_as_computed_by_hand():
    assert dice(cube(), cube(2)) == pytest.approx(0.8)
    assert jaccard(cube(), cube(2)) == pytest.approx(2 / 3)
    assert relative_volume_error(cube(), cube(2)) == 0.0
    distances = surface_distances(cube(), cube(2), UNIT)
    assert distances.hausdorff_mm == distances.hausdorff95_mm == distances.hausdorff95_pooled_mm == 2.0
    assert distances.average_mm == pytest.approx(0.6885245901639344)
    assert distances.share_within(1.0) == pytest.approx(0.7213114754098361)
    assert distances.share_within(2.0) == 1.0


def test_the_size_of_voxels_counts_along_its_axis():
    assert surface_distances(cube(), cube(2), (5.0, 1.0, 3.0)).hausdorff_mm == 6.0
    deep = surface_distances(cube().transpose(2, 1, 0), cube(2).transpose(2, 1, 0), (5.0, 1.0, 1.0))
    assert deep.hausdorff_mm == pytest.approx(10.0)


def test_what_is_equal_agrees_wholly_and_what_is_empty_has_no_figure():
    assert dice(cube(), cube()) == jaccard(cube(), cube()) == 1.0
    assert surface_distances(cube(), cube(), UNIT).average_mm == 0.0
    empty = np.zeros_like(cube())
    assert dice(empty, empty) is None
    assert dice(cube(), empty) == 0.0
    assert surface_distances(cube(), empty, UNIT) is None
    assert relative_volume_error(cube(), empty) is None
    assert relative_volume_error(empty, cube()) == -1.0
    with pytest.raises(ValueError, match="different grids"):
        dice(cube(), cube(shape=(16, 16, 18)))


@given(st.integers(0, 2**31))
def test_overlap_does_not_depend_on_the_order_of_labels_or_on_moving_both(seed):
    draw = np.random.default_rng(seed)
    first, second = draw.random((2, 6, 7, 8)) > 0.6
    assert dice(first, second) == dice(second, first)
    assert dice(first, second) == dice(np.roll(first, 2, axis=1), np.roll(second, 2, axis=1))
    overlap, both = dice(first, second), jaccard(first, second)
    assert overlap is None or overlap == pytest.approx(2 * both / (1 + both))


def scans():
    """Four scans with five nodules, of which four are found, and six false marks."""
    right, wrong = [0.9, 0.8, 0.6, 0.4], [0.95, 0.7, 0.5, 0.3, 0.2, 0.1]
    made = []
    for number in range(4):
        targets = [Target((0.0, 0.0, 0.0), 8.0)] + [Target((50.0, 0.0, 0.0), 8.0)] * (number == 3)
        marks = [Mark((1.0, 1.0, 1.0), right[number])]
        marks += [Mark((200.0 + n, 0.0, 0.0), score) for n, score in enumerate(wrong) if n % 4 == number]
        made.append(Scan(tuple(marks), tuple(targets)))
    return made


def test_the_toy_curve_is_that_of_the_published_scorer():
    curve = froc(scans())
    points = zip(curve.scores[1:], curve.false_positives_per_scan[1:], curve.sensitivity[1:], strict=True)
    assert [tuple(round(float(v), 3) for v in point) for point in points] == [
        (0.95, 0.25, 0.0), (0.9, 0.25, 0.2), (0.8, 0.25, 0.4), (0.7, 0.5, 0.4), (0.6, 0.5, 0.6),
        (0.5, 0.75, 0.6), (0.4, 0.75, 0.8), (0.3, 1.0, 0.8), (0.2, 1.25, 0.8), (0.1, 1.5, 0.8),
    ]  # fmt: skip
    read = [curve.sensitivity_at(rate) for rate in LUNA16_RATES]
    assert read == pytest.approx([0.0, 0.4, 0.6, 0.8, 0.8, 0.8, 0.8])
    assert curve.competition_performance_metric == pytest.approx(0.6)
    assert (curve.targets, curve.found, curve.false_positives) == (5, 4, 6)


def test_a_mark_on_the_radius_does_not_hit_and_one_inside_does():
    target = Target((0.0, 0.0, 0.0), 10.0)
    for x, found in ((5.0, 0), (4.999, 1)):
        curve = froc([Scan((Mark((x, 0.0, 0.0), 0.5),), (target,))])
        assert (curve.found, curve.false_positives) == (found, 1 - found)
    of_unknown_size = Target((0.0, 0.0, 0.0), None)
    assert froc([Scan((Mark((4.9, 0.0, 0.0), 0.5),), (of_unknown_size,))]).found == 1


def test_of_several_hits_the_best_counts_and_the_others_are_no_false_alarms():
    marks = tuple(Mark((float(n), 0.0, 0.0), 0.1 * n) for n in range(4))
    curve = froc([Scan(marks, (Target((0.0, 0.0, 0.0), 20.0),))])
    assert (curve.found, curve.false_positives) == (1, 0)
    assert curve.scores[1] == pytest.approx(0.3)


def test_what_readers_disagree_on_is_neither_right_nor_wrong_but_takes_no_hit_away():
    both = (Mark((0.0, 0.0, 0.0), 0.9), Mark((40.0, 0.0, 0.0), 0.8))
    unsure, sure = Target((40.0, 0.0, 0.0), 8.0, counts=False), Target((0.0, 0.0, 0.0), 8.0)
    curve = froc([Scan(both, (unsure, sure))])
    assert (curve.targets, curve.found, curve.false_positives) == (1, 1, 0)
    assert froc([Scan(both, (unsure,))]) is None


def test_a_mark_in_two_nodules_counts_for_both():
    targets = (Target((0.0, 0.0, 0.0), 10.0), Target((3.0, 0.0, 0.0), 10.0))
    assert froc([Scan((Mark((1.0, 0.0, 0.0), 0.9),), targets)]).found == 2


def test_only_the_best_hundred_marks_of_a_scan_count():
    marks = tuple(Mark((100.0 + n, 0.0, 0.0), n / 1000) for n in range(150))
    assert froc([Scan(marks, (Target((0.0, 0.0, 0.0), 8.0),))]).false_positives == 100


def test_marks_that_tie_at_the_limit_all_go():
    best = tuple(Mark((100.0 + n, 0.0, 0.0), 0.9) for n in range(99))
    tied = tuple(Mark((300.0 + n, 0.0, 0.0), 0.5) for n in range(3))
    assert froc([Scan(best + tied, (Target((0.0, 0.0, 0.0), 8.0),))]).false_positives == 99
    assert froc([Scan(best + tied[:1], (Target((0.0, 0.0, 0.0), 8.0),))]).false_positives == 100


def test_false_alarms_are_told_for_each_nodule_too():
    assert froc(scans()).false_positives_per_target == pytest.approx(6 / 5)


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 1)), max_size=20))
def test_a_curve_rises_and_never_beyond_one(places):
    marks = tuple(Mark((x, 0.0, 0.0), score) for x, score in places)
    curve = froc([Scan(marks, (Target((10.0, 0.0, 0.0), 8.0), Target((30.0, 0.0, 0.0), 6.0)))])
    assert (np.diff(curve.sensitivity) >= 0).all()
    assert (np.diff(curve.false_positives_per_scan) >= 0).all()
    assert curve.sensitivity[-1] <= 1.0
    shuffled = froc([Scan(marks[::-1], (Target((30.0, 0.0, 0.0), 6.0), Target((10.0, 0.0, 0.0), 8.0)))])
    assert shuffled.competition_performance_metric == curve.competition_performance_metric


def test_intervals_are_those_of_the_tables():
    nine_of_ten = share_interval(9, 10)
    assert (nine_of_ten.low, nine_of_ten.high) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert share_interval(0, 20).low == pytest.approx(0.0, abs=1e-12)
    assert share_interval(0, 0) is None
    with pytest.raises(ValueError, match="no share"):
        share_interval(3, 2)


def test_paired_readings():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(1, 9) == pytest.approx(0.021484375)
    assert mcnemar(9, 1) == mcnemar(1, 9)
    six = list(range(6))
    assert kappa(six, six, classes=6, quadratic=True) == 1.0
    assert kappa(six, six[::-1], classes=6, quadratic=True) == pytest.approx(-1.0)
    assert kappa([0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 2, 1], classes=3, quadratic=True) == pytest.approx(2 / 3)
    assert kappa([1, 1], [1, 1], classes=3) is None
    with pytest.raises(ValueError, match="against"):
        kappa([1], [1, 2], classes=3)
