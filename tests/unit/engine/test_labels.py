"""Labels copied in unanimous cells and computed at borders are those of outputs interpolated everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from allward_engine.grids import Grid, SeriesLabels, mask_on
from allward_engine.operations.clean import clean_labels
from allward_engine.operations.labels import Decision, LabelWriter, apply_head
from allward_engine.operations.reach import reach
from allward_engine.operations.resampling import spline_matrix
from allward_engine.sessions import Head
from allward_sdk.operators import FillHoles, LargestComponent, RemoveSmall

SIDE = st.integers(1, 8)
SHAPE = st.tuples(SIDE, SIDE, SIDE)


def outputs(shape, channels, seed, rough):
    """Values that are blocks with noise, so that cells of both kinds occur."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(channels, *((n + 2) // 3 for n in shape)))
    blocks = np.kron(coarse, np.ones((1, 3, 3, 3)))[:, : shape[0], : shape[1], : shape[2]]
    return (blocks + rough * rng.normal(size=blocks.shape)).astype(np.float32)


def written(values, target, grid, decision, inside=None):
    labels = np.zeros(target, np.uint8)
    writer = LabelWriter(labels, grid, decision, inside)
    for a in range(values.shape[1]):
        writer.write(a, np.ascontiguousarray(values[:, a].reshape(len(values), -1).T))
    return labels


def interpolated(values, target, convention):
    """Interpolate every channel everywhere, in float64."""
    done = values.astype(np.float64)
    for axis, n in enumerate(target):
        matrix = spline_matrix(values.shape[axis + 1], n, 1, convention)
        done = np.moveaxis(np.tensordot(matrix.astype(np.float64), done, axes=(1, axis + 1)), 0, axis + 1)
    return done


def assert_same(found, exact_labels, margins):
    """Where two classes are as good as equal, either may stand."""
    assert not ((found != exact_labels) & (margins > 1e-5)).any()


@settings(max_examples=60, deadline=None)
@given(
    low=SHAPE,
    high=SHAPE,
    channels=st.integers(2, 5),
    seed=st.integers(0, 99),
    rough=st.sampled_from([0.0, 0.1, 1.0]),
    convention=st.sampled_from(["ends", "half_pixel"]),
)
def test_the_largest_of_interpolated_outputs_wins(low, high, channels, seed, rough, convention):
    values = outputs(low, channels, seed, rough)
    grid = Grid(shape=high).resampled(low, convention)
    if convention == "ends" and any(n == 1 and m > 1 for n, m in zip(low, high, strict=True)):
        return  # what shrinks to one voxel stands for the whole extent, which no interpolation says
    found = written(values, high, grid, Decision(None, tuple(range(1, channels))))
    exact = interpolated(values, high, convention)
    ordered = np.sort(exact, axis=0)
    assert_same(found, exact.argmax(axis=0), ordered[-1] - ordered[-2])


@settings(max_examples=40, deadline=None)
@given(low=SHAPE, high=SHAPE, channels=st.integers(1, 4), seed=st.integers(0, 99))
def test_the_largest_above_a_threshold_wins(low, high, channels, seed):
    values = outputs(low, channels, seed, 0.3)
    grid = Grid(shape=high).resampled(low, "half_pixel")
    found = written(values, high, grid, Decision(0.4, tuple(range(1, channels + 1))))
    exact = interpolated(values, high, "half_pixel")
    expected = np.where(exact.max(axis=0) > 0.4, exact.argmax(axis=0) + 1, 0)
    ordered = np.sort(np.concatenate([exact, np.full((1, *high), 0.4)]), axis=0)
    assert_same(found, expected, ordered[-1] - ordered[-2])


@pytest.mark.parametrize("n", [1, 65, 70, 5000, 5001])
def test_a_head_is_applied_to_any_number_of_voxels(n):
    rng = np.random.default_rng(n)
    head = Head(rng.normal(size=(118, 32)).astype(np.float32), rng.normal(size=118).astype(np.float32))
    features = rng.normal(size=(n, 32)).astype(np.float32)
    assert np.allclose(apply_head(head, features), features @ head.weights.T + head.bias, atol=1e-4)


def test_with_a_head_two_hundred_classes_are_told_apart():
    rng = np.random.default_rng(0)
    head = Head(rng.normal(size=(200, 8)).astype(np.float32), rng.normal(size=200).astype(np.float32))
    features = outputs((6, 7, 8), 8, 0, 0.3)
    grid = Grid(shape=(13, 15, 9)).resampled((6, 7, 8), "half_pixel")
    found = written(features, (13, 15, 9), grid, Decision(None, tuple(range(1, 200)), head))
    classes = np.tensordot(head.weights.astype(np.float64), features, axes=1) + head.bias[:, None, None, None]
    exact = interpolated(classes, (13, 15, 9), "half_pixel")
    assert len(np.unique(found)) > 20
    assert (found == exact.argmax(axis=0)).mean() > 0.999


def test_two_channels_of_one_label_do_not_make_a_cell_unanimous():
    values = np.asarray([[0.0, 0.0], [1.0, -5.0], [-5.0, 1.0]], np.float32).reshape(3, 1, 1, 2)
    grid = Grid(shape=(1, 1, 6)).resampled((1, 1, 2), "half_pixel")
    found = written(values, (1, 1, 6), grid, Decision(None, (4, 4)))
    assert found[0, 0].tolist() == [4, 4, 0, 0, 4, 4]


def test_outside_the_mask_and_the_crop_nothing_is_written():
    values = np.stack([np.zeros((4, 5, 6)), np.ones((4, 5, 6))]).astype(np.float32)
    grid = Grid(shape=(12, 14, 13)).cropped((slice(2, 10), slice(3, 13), slice(1, 13)))
    grid = grid.resampled((4, 5, 6), "half_pixel")
    inside = np.zeros((4, 5, 6), bool)
    inside[1:3, 1:4, 2:5] = True
    whole = written(values, (12, 14, 13), grid, Decision(None, (7,)))
    assert (whole[2:10, 3:13, 1:13] == 7).all()
    assert whole.sum() == 7 * 8 * 10 * 12
    masked = written(values, (12, 14, 13), grid, Decision(None, (7,)), inside)
    assert (masked[4:8, 5:11, 5:11] == 7).all()
    assert masked.sum() == 7 * 4 * 6 * 6


def test_slices_that_no_window_touched_are_left_empty():
    labels = np.zeros((8, 3, 3), np.uint8)
    writer = LabelWriter(labels, Grid(shape=(8, 3, 3)), Decision(None, (1,)), None)
    ones = np.tile(np.asarray([0, 1], np.float32), (9, 1))
    for a in (2, 3, 6):
        writer.write(a, ones)
    assert labels[:, 0, 0].tolist() == [0, 0, 1, 1, 0, 0, 1, 0]


@settings(max_examples=60, deadline=None)
@given(old=st.integers(1, 40), new=st.integers(1, 40), start=st.integers(0, 5))
def test_a_grid_reaches_every_voxel_that_it_was_made_of_and_no_other(old, new, start):
    crop = (slice(start, start + old), slice(0, 1), slice(0, 1))
    grid = Grid(shape=(50, 1, 1)).cropped(crop).resampled((new, 1, 1), "half_pixel")
    found = reach(grid, 50, 0)
    assert found.voxels == slice(start, start + old)
    positions = found.low + found.fraction
    expected = np.clip((np.arange(old) + 0.5) * new / old - 0.5, 0, new - 1)
    assert np.abs(positions - expected).max() < 1e-5
    assert (found.high - found.low <= 1).all()


def test_labels_of_the_series_are_a_mask_on_any_grid():
    labels = np.zeros((8, 9, 10), np.uint8)
    labels[2:6, 3:6, 4:8] = 5
    grid = Grid(shape=(8, 9, 10)).resampled((4, 3, 5), "half_pixel")
    mask = mask_on(SeriesLabels(labels), grid)
    assert mask.shape == (4, 3, 5)
    assert mask[1:3, 1, 2:4].all()
    assert mask.sum() == 4


def test_labels_are_cleaned_where_they_are():
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[2:10, 2:10, 2:10], labels[4, 4, 4], labels[15, 15, 15] = 1, 0, 1
    labels[12:14, 2:10, 2:10], labels[18, 18, 18] = 3, 3
    operators = (LargestComponent(do="largest_component"), FillHoles(do="fill_holes"))
    clean_labels(labels, operators, voxel_ml=0.001)
    assert labels[4, 4, 4] == 1
    assert (labels == 1).sum() == 512
    assert (labels == 3).sum() == 128
    clean_labels(labels, (RemoveSmall(do="remove_small", below_ml=0.2),), voxel_ml=0.001)
    assert np.unique(labels).tolist() == [0, 1]
    assert ndimage.label(labels)[1] == 1
