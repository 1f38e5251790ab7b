"""A prepared image keeps its place in the patient, whatever the orientation, the crop and the spacing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine import nets
from tests.unit.engine.graphs import geometry

from allward_engine.grids import Grid
from allward_engine.operations.lattice import starts_around, window_starts
from allward_engine.operations.places import Detected
from allward_engine.operations.scene import PreparedImages, Scene
from allward_engine.operations.view import View, crop, look
from allward_engine.requests import SegmentRequest
from allward_sdk.errors import PluginFaultError
from allward_sdk.found import Candidate
from allward_sdk.geometry import Geometry
from allward_sdk.volumes import VolumeInput

ORIENTATIONS = ["RAS", "LPS", "LAI", "SPL", "IAR", "SAR"]
SIGN = st.sampled_from([-1, 1])
SIDE = st.integers(2, 12)


MANIFEST = nets.manifest(
    [
        {
            "name": "judge",
            "operation": "embedding",
            "input": nets.reading((4, 4, 4)),
            "output": {"name": "y", "length": 2},
        }
    ],
    {"judge": "0" * 64},
    ["thing"],
)


def viewed(volume, grid, earlier=None, **reading) -> View | None:
    read = VolumeInput.model_validate(nets.reading(**{"window": (4, 4, 4), **reading}))
    request = SegmentRequest(job_id="1", tenant="t", manifest=MANIFEST, geometry=grid)
    units = look("judge", read, Scene(request, volume, earlier or {}))
    while True:
        try:
            next(units)
        except StopIteration as stop:
            return stop.value


@settings(max_examples=80, deadline=None)
@given(
    shape=st.tuples(SIDE, SIDE, SIDE),
    flips=st.tuples(SIGN, SIGN, SIGN),
    spacing=st.tuples(*[st.floats(0.4, 5.0)] * 3),
    orientation=st.sampled_from(ORIENTATIONS),
    data=st.data(),
)
def test_every_voxel_of_the_view_lies_where_its_value_comes_from(shape, flips, spacing, orientation, data):
    grid = geometry(shape, spacing=spacing, flips=flips)
    volume = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    view = viewed(volume, grid, orientation=orientation)
    index = np.asarray([data.draw(st.tuples(*[st.integers(0, n - 1) for n in view.image.shape]))])
    kji = np.rint(grid.to_index_kji(view.to_lps_mm(index.astype(float)))[0]).astype(int)
    assert view.image[tuple(index[0])] == volume[tuple(kji)]
    assert view.to_index_abc(view.to_lps_mm(index + 0.3)) == pytest.approx(index + 0.3, abs=1e-6)
    ahead = view.to_lps_mm(index + np.eye(3)) - view.to_lps_mm(index.repeat(3, axis=0).astype(float))
    assert np.linalg.norm(ahead, axis=1) == pytest.approx(view.voxel_mm)
    letters = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "S": (2, 1), "I": (2, -1)}
    for step, letter in zip(ahead, orientation, strict=True):
        axis, sign = letters[letter]
        assert step[axis] * sign > 0


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(SIDE, SIDE, SIDE),
    window=st.tuples(*[st.integers(1, 8)] * 3),
    overlap=st.floats(0, 0.9),
)
def test_windows_cover_every_voxel_and_stay_inside_where_they_can(shape, window, overlap):
    volume = np.zeros(shape, np.float32)
    view = viewed(volume, geometry(shape), orientation="SPL", window=window)
    starts = window_starts(view, window, overlap)
    seen = np.zeros(shape, bool)
    for start in starts:
        for axis in range(3):
            if shape[axis] >= window[axis]:
                assert 0 <= start[axis] <= shape[axis] - window[axis]
        seen[tuple(slice(max(s, 0), s + n) for s, n in zip(start, window, strict=True))] = True
    assert seen.all()
    assert len({tuple(start) for start in starts}) == len(starts)


def candidate(centre_lps_mm, size=(3.0, 3.0, 3.0)) -> Candidate:
    return Candidate(number=1, label="thing", score=0.9, centre_lps_mm=tuple(centre_lps_mm), size_kji_mm=size)


def test_windows_over_a_small_region_show_the_image_around_it():
    grid = geometry((30, 30, 30), spacing=(1.0, 1.0, 1.0))
    places = Detected([candidate(grid.to_lps_mm([(1, 15, 28)])[0])], grid)
    view = viewed(
        np.zeros(grid.shape_kji, np.float32),
        grid,
        {"boxes": places},
        orientation="SPL",
        window=(8, 8, 8),
        mask={"stage": "boxes"},
    )
    assert view.mask.sum() == 27
    assert window_starts(view, (8, 8, 8), 0.5).tolist() == [[0, 11, 22]]


@settings(max_examples=60, deadline=None)
@given(
    centre=st.tuples(*[st.floats(2, 9)] * 3),
    size=st.tuples(*[st.floats(0.2, 8)] * 3),
    scale=st.sampled_from([0.5, 1.0, 2.0]),
)
def test_the_mask_of_a_box_holds_the_voxels_whose_centres_lie_in_it(centre, size, scale):
    grid = geometry((12, 12, 12), spacing=(2.0, 1.0, 1.5))
    edges = np.asarray(size) * grid.spacing_kji_mm
    places = Detected([candidate(grid.to_lps_mm([centre])[0], tuple(edges))], grid)
    fine = Grid(shape=(int(12 / scale),) * 3, scale=(scale,) * 3)
    mask = places.mask_on(fine)
    at = np.moveaxis(np.indices(fine.shape), 0, -1) * scale
    inside = (np.abs(at - centre) <= np.asarray(size) / 2 - 1e-9).all(axis=-1)
    near = (np.abs(at - centre) <= np.maximum(np.asarray(size) / 2, scale / 2) + 1e-9).all(axis=-1)
    assert (mask | ~inside).all()  # all that lie in it
    assert (near | ~mask).all()  # and no more than the nearest ones beside
    assert mask.any()


def test_a_crop_is_padded_where_the_image_ends():
    volume = np.arange(27, dtype=np.float32).reshape(3, 3, 3)
    view = viewed(volume, geometry((3, 3, 3)), orientation="SPL")
    read = VolumeInput(name="x", orientation="SPL", prepare=(), window=(3, 3, 3), pad_value=-1.0)
    piece = crop(view, starts_around(np.asarray([[0.0, 1.0, 2.0]]), (3, 3, 3))[0], read)
    assert piece.shape == (1, 3, 3, 3)
    assert (piece[0, 0] == -1).all()
    assert (piece[0, 1:, :, :2] == volume[:2, :, 1:]).all()
    assert (piece[0, :, :, 2] == -1).all()
    assert (crop(view, np.asarray([9, 9, 9]), read) == -1).all()


def test_a_window_larger_than_the_declared_memory_is_the_vendors_fault():
    grid: Geometry = geometry((4, 4, 4))
    with pytest.raises(PluginFaultError, match="at once"):
        viewed(np.zeros((4, 4, 4), np.float32), grid, window=(4000, 4000, 4000))


def test_windows_without_number_are_the_vendors_fault():
    view = viewed(np.zeros((100, 100, 100), np.int8), geometry((100, 100, 100)), window=(1, 1, 1))
    with pytest.raises(PluginFaultError, match="would take 1000000"):
        window_starts(view, (1, 1, 1), 0.0)


def test_an_image_is_prepared_once_for_all_that_look_at_it_and_then_let_go_of():
    grid = geometry((12, 12, 12))
    prepare = [{"do": "scale", "factor": 2.0}]
    first, second, other = (
        VolumeInput.model_validate(nets.reading((4, 4, 4), prepare=each)) for each in (prepare, prepare, [])
    )
    images = PreparedImages([first, second, other])
    request = SegmentRequest(job_id="1", tenant="t", manifest=MANIFEST, geometry=grid)
    scene = Scene(request, np.ones(grid.shape_kji, np.float32), images=images)

    def image(read):
        units = look("judge", read, scene)
        said = []
        while True:
            try:
                said.append(next(units))
            except StopIteration as stop:
                return stop.value.image, len(said)

    one, steps = image(first)
    again, none = image(second)
    assert again is one
    assert (steps, none) == (1, 0)
    assert images.take(first) is None
    assert image(other)[0] is not one
