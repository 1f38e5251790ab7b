"""What MONAI computes around a net, we compute: windows, weights, spacing and the way back.

The golden values were made by MONAI itself, see tests/parity.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from tests.unit.engine.graphs import stage

from allward_engine.grids import Grid, linear_matrix
from allward_engine.operations.prepare import Prepared, prepare
from allward_engine.operations.windows import plan_windows, window_weight
from allward_sdk.operators import Resample
from allward_sdk.stages import SegmentationStage

GOLDEN = np.load(Path(__file__).with_name("golden") / "monai.npz")
SPACINGS = {"down": (1.5, 2.0, 1.25), "up": (0.6, 0.7, 0.9), "mixed": (0.75, 1.5, 1.3)}
OLD_MM = (1.0, 0.8, 1.3)


def a_stage(window, **more):
    made = stage("s", window=window, labels=["a"], layout="monai", blend="monai_gaussian", **more)
    return SegmentationStage.model_validate(made)


def test_windows_begin_where_monais_do():
    cases = json.loads(str(GOLDEN["starts"]))
    assert len(cases) > 50
    for image, patch, overlap, starts in cases:
        windows = plan_windows((image, 5, 5), a_stage((patch, 5, 5), overlap=overlap))
        assert [window.start[0] for window in windows] == starts, (image, patch, overlap)


@pytest.mark.parametrize(("n", "size", "start"), [(5, 14, -4), (6, 13, -3), (13, 14, 0), (14, 14, 0)])
def test_an_image_smaller_than_the_window_is_padded_as_monai_pads_it(n, size, start):
    (window,) = plan_windows((n, 5, 5), a_stage((size, 5, 5)))
    assert window.start[0] == start


@pytest.mark.parametrize("shape", [(12, 10, 14), (7, 8, 9), (40, 16, 5)])
def test_windows_weigh_what_monais_do(shape):
    golden = GOLDEN["weight_" + "x".join(map(str, shape))]
    assert np.abs(window_weight(a_stage(shape)) - golden).max() < 1e-6


@pytest.mark.parametrize("name", SPACINGS)
def test_images_are_spaced_as_monai_spaces_them_and_come_back(name):
    image = GOLDEN["image"]
    operator = Resample(do="resample", spacing_mm=SPACINGS[name], order=1, convention="spaced")
    done = prepare(operator, Prepared(image=image, grid=Grid(shape=image.shape), spacing_mm=OLD_MM))
    assert done.image.shape == GOLDEN[f"spaced_{name}"].shape
    assert np.abs(done.image - GOLDEN[f"spaced_{name}"]).max() < 1e-2
    back = done.image
    for axis in range(3):
        matrix = linear_matrix(done.grid, Grid(shape=image.shape), axis)
        back = np.moveaxis(np.tensordot(matrix, back, axes=(1, axis)), 0, axis)
    assert np.abs(back - GOLDEN[f"back_{name}"]).max() < 1e-2


def test_a_spacing_that_is_right_already_changes_nothing():
    image = GOLDEN["image"]
    operator = Resample(do="resample", spacing_mm=OLD_MM, order=1, convention="spaced")
    done = prepare(operator, Prepared(image=image, grid=Grid(shape=image.shape), spacing_mm=OLD_MM))
    assert (done.image == image).all()


def test_a_spacing_that_keeps_the_number_of_voxels_moves_them_all_the_same():
    image = GOLDEN["image"]
    spacing = tuple(mm * 1.01 for mm in OLD_MM)
    operator = Resample(do="resample", spacing_mm=spacing, order=1, convention="spaced")
    done = prepare(operator, Prepared(image=image, grid=Grid(shape=image.shape), spacing_mm=OLD_MM))
    assert done.image.shape == image.shape
    assert not (done.image == image).all()


def test_cubic_splines_are_not_known_there():
    with pytest.raises(ValidationError, match="spaced"):
        Resample(do="resample", spacing_mm=OLD_MM, order=3, convention="spaced")
