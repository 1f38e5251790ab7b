"""Every prepare and clean operator computes what the contract says, measured against its reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage
from tests.unit.engine.graphs import stage

from allward_engine.grids import Grid, linear_matrix
from allward_engine.operations.clean import clean
from allward_engine.operations.median import median_of_27
from allward_engine.operations.morphology import dilate, erode
from allward_engine.operations.prepare import Prepared, prepare
from allward_engine.operations.resampling import Spline, resample
from allward_engine.operations.windows import cut, plan_windows
from allward_sdk.errors import BadInputError
from allward_sdk.operators import (
    Clip,
    ClipPercentiles,
    CropToBody,
    CropToNonzero,
    FillHoles,
    LargestComponent,
    Median,
    Normalise,
    RemoveSmall,
    Resample,
    Scale,
)
from allward_sdk.stages import SegmentationStage

RNG = np.random.default_rng(7)
SIDE = st.integers(1, 9)


def prepared(image, spacing=(1.0, 1.0, 1.0)):
    return Prepared(image=image, grid=Grid(shape=image.shape), spacing_mm=spacing)


@settings(max_examples=40, deadline=None)
@given(old=st.tuples(SIDE, SIDE, SIDE), new=st.tuples(SIDE, SIDE, SIDE), order=st.sampled_from([0, 1, 3]))
def test_resampling_equals_scipy_zoom(old, new, order):
    image = np.random.default_rng(1).normal(scale=300, size=old).astype(np.float32)
    expected = ndimage.zoom(
        image.astype(np.float64), [n / o for n, o in zip(new, old, strict=True)], order=order, mode="mirror"
    )
    assert expected.shape == new
    assert np.abs(resample(image, new, Spline((order, order, order))) - expected).max() < 0.01


def test_resampling_does_not_depend_on_how_the_image_lies_in_memory():
    image = RNG.normal(size=(6, 7, 8)).astype(np.float32)
    turned = np.ascontiguousarray(image.transpose(2, 0, 1)[::-1]).transpose(1, 2, 0)[:, :, ::-1]
    assert (turned == image).all()
    linear = Spline((1, 1, 1))
    assert np.allclose(resample(turned, (4, 9, 5), linear), resample(image, (4, 9, 5), linear), atol=1e-5)


def test_resampling_counts_its_size_from_the_spacing_declared_before():
    first = prepare(
        Resample(do="resample", spacing_mm=(1.5, 1.5, 1.5)), prepared(np.zeros((21, 20, 10), np.int16))
    )
    second = prepare(Resample(do="resample", spacing_mm=(3.0, 3.0, 3.0)), first)
    assert first.image.shape == (14, 13, 7)
    assert second.image.shape == (7, 6, 4)
    assert second.grid.scale == pytest.approx((20 / 6, 19 / 5, 9 / 3))


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.float32, st.tuples(SIDE, SIDE, SIDE), elements=st.integers(-5, 5)))
def test_the_median_equals_scipys(image):
    assert (median_of_27(image) == ndimage.median_filter(image, size=3)).all()


def test_the_median_runs_over_more_rows_than_one_block():
    image = RNG.normal(size=(3, 150, 5)).astype(np.float32)
    assert (median_of_27(image) == ndimage.median_filter(image, size=3)).all()
    for size in (3, 5):
        done = prepare(Median(do="median", size=size), prepared(image.transpose(1, 2, 0)))
        assert (done.image == ndimage.median_filter(image, size=size).transpose(1, 2, 0)).all()


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.bool_, st.tuples(SIDE, SIDE, SIDE)), st.integers(0, 3))
def test_erosion_and_dilation_equal_scipys(mask, steps):
    expected = (
        ndimage.binary_dilation(mask, iterations=steps),
        ndimage.binary_erosion(mask, iterations=steps),
    )
    if steps == 0:
        expected = (mask, mask)
    assert (dilate(mask, steps) == expected[0]).all()
    assert (erode(mask, steps) == expected[1]).all()


def test_the_body_is_cropped_without_table_and_without_copy():
    image = np.full((20, 40, 40), -1000, np.int16)
    image[3:17, 8:30, 5:35] = 40
    image[:, 36:38, :] = 100  # a table, thinner than the opening
    body = prepare(CropToBody(do="crop_to_body"), prepared(image))
    assert body.image.shape == (14, 22, 30)
    assert body.grid.offset == (3.0, 8.0, 5.0)
    assert np.shares_memory(body.image, image)


def test_a_body_is_needed():
    with pytest.raises(BadInputError, match="no body"):
        prepare(CropToBody(do="crop_to_body"), prepared(np.full((9, 9, 9), -1000, np.int16)))


def test_clip_and_scale_leave_the_shared_volume_alone():
    image = np.arange(-500, 500, 10, dtype=np.int16).reshape(4, 5, 5)
    before = image.copy()
    done = prepare(
        Scale(do="scale", factor=0.0025, offset=1),
        prepare(Clip(do="clip", low=-200, high=200), prepared(image)),
    )
    assert (image == before).all()
    assert np.allclose(done.image, np.clip(image, -200, 200) * 0.0025 + 1)


def test_normalisation_by_the_volume_and_by_given_numbers():
    image = RNG.normal(40, 7, size=(5, 6, 7)).astype(np.float32)
    own = prepare(Normalise(do="normalise", scope="volume"), prepared(image)).image
    assert own.mean() == pytest.approx(0, abs=1e-4)
    assert own.std() == pytest.approx(1, abs=1e-4)
    given_ = prepare(Normalise(do="normalise", scope="given", mean=40, std=7), prepared(image)).image
    assert np.allclose(given_, (image - 40) / 7, atol=1e-4)
    with pytest.raises(BadInputError, match="one grey value"):
        prepare(Normalise(do="normalise", scope="volume"), prepared(np.zeros((3, 3, 3), np.int16)))


def test_clean_operators_take_away_and_fill():
    values = np.zeros((1, 12, 12, 12), np.float32)
    values[0, 1:8, 1:8, 1:8] = 0.9
    values[0, 4, 4, 4] = 0.2  # a hole
    values[0, 10, 10, 10] = 0.8  # an island
    both = (LargestComponent(do="largest_component"), FillHoles(do="fill_holes"))
    clean(values, both, threshold=0.5, voxel_ml=0.001)
    assert values[0, 4, 4, 4] == 1.0
    assert values[0, 10, 10, 10] == 0.0
    assert values[0, 1, 1, 1] == np.float32(0.9)


def test_small_components_go_by_their_volume():
    values = np.zeros((1, 12, 12, 12), np.float32)
    values[0, 1:4, 1:4, 1:4], values[0, 8, 8, 8:10] = 0.9, 0.9
    clean(values, (RemoveSmall(do="remove_small", below_ml=0.003),), threshold=0.5, voxel_ml=0.001)
    assert (values > 0.5).sum() == 27


def test_what_is_taken_from_a_class_goes_to_the_background():
    values = np.zeros((3, 6, 6, 6), np.float32)
    values[0] = 0.6
    values[:, 1:3, 1:3, 1:3] = np.array([0.1, 0.8, 0.1])[:, None, None, None]
    values[:, 5, 5, 5] = [0.1, 0.5, 0.4]
    clean(values, (LargestComponent(do="largest_component"),), threshold=None, voxel_ml=1.0)
    assert values[:, 5, 5, 5].argmax() == 0
    assert values[:, 1, 1, 1].argmax() == 1


def test_the_way_back_is_linear_and_nothing_lies_outside():
    inner = Grid(shape=(3, 1, 1), scale=(2.0, 1.0, 1.0), offset=(1.0, 0.0, 0.0))
    weights = linear_matrix(inner, Grid(shape=(8, 1, 1)), 0)
    expected = [
        [0.5, 0, 0],
        [1, 0, 0],
        [0.5, 0.5, 0],
        [0, 1, 0],
        [0, 0.5, 0.5],
        [0, 0, 1],
        [0, 0, 0.5],
        [0, 0, 0],
    ]
    assert np.allclose(weights, expected)


def test_what_is_zero_around_the_image_is_cropped():
    image = np.zeros((9, 10, 11), np.int16)
    image[2:5, 3:9, 4] = -7
    done = prepare(CropToNonzero(do="crop_to_nonzero"), prepared(image))
    assert done.image.shape == (3, 6, 1)
    assert done.grid.offset == (2.0, 3.0, 4.0)
    with pytest.raises(BadInputError, match="every voxel is 0"):
        prepare(CropToNonzero(do="crop_to_nonzero"), prepared(np.zeros((3, 3, 3))))


@pytest.mark.parametrize("where", ["all", "nonzero"])
def test_values_are_clipped_to_percentiles(where):
    image = RNG.normal(size=(6, 7, 8)).astype(np.float32)
    image[0] = 0
    counted = image if where == "all" else image[image != 0]
    operator = ClipPercentiles(do="clip_percentiles", low=5, high=90, where=where)
    low, high = np.percentile(counted, (5, 90))
    assert np.allclose(prepare(operator, prepared(image)).image, np.clip(image, low, high))
    with pytest.raises(ValueError, match="low"):
        ClipPercentiles(do="clip_percentiles", low=90, high=5)
    if where == "nonzero":
        with pytest.raises(BadInputError, match="every voxel is 0"):
            prepare(operator, prepared(np.zeros((3, 3, 3))))


def test_normalisation_of_what_is_not_zero_leaves_the_rest_and_takes_cavities():
    image = np.zeros((9, 9, 9), np.float32)
    image[2:7, 2:7, 2:7] = RNG.normal(50, 5, size=(5, 5, 5))
    image[4, 4, 4] = 0
    mask = np.zeros(image.shape, bool)
    mask[2:7, 2:7, 2:7] = True
    done = prepare(Normalise(do="normalise", scope="volume", where="nonzero"), prepared(image)).image
    inside = image[mask]
    assert not done[~mask].any()
    assert np.allclose(done[mask], (inside - inside.mean()) / inside.std(), atol=1e-4)
    with pytest.raises(BadInputError, match="one grey value"):
        prepare(Normalise(do="normalise", scope="volume", where="nonzero"), prepared(np.zeros((3, 3, 3))))


def test_each_window_is_normalised_as_the_model_is_given_it():
    made = stage("s", window=(4, 4, 4), labels=["a"], prepare=[{"do": "normalise", "scope": "window"}])
    read = SegmentationStage.model_validate(made)
    image = RNG.normal(50, 5, size=(4, 4, 9)).astype(np.float32)
    windows = plan_windows(image.shape, read)
    assert len(windows) == 3
    for window in windows:
        piece = image[window.core]
        tensor = cut(prepare(read.input.prepare[0], prepared(image)).image, window, read)
        assert np.allclose(tensor[0, 0], (piece - piece.mean()) / piece.std(), atol=1e-5)
    assert not cut(np.full(image.shape, 7, np.float32), windows[0], read).any()
    made["input"]["prepare"].append({"do": "clip", "low": 0, "high": 1})
    with pytest.raises(ValueError, match="has to be so last"):
        SegmentationStage.model_validate(made)
