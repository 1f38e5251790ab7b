"""Shapes of known size: their series is a sound volume, and their voxels measure what they are."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allward_dicom.phantom_shapes import (
    ShapeKind,
    ShapesSpec,
    draw_shapes,
    shapes_geometry,
    shapes_of,
    write_shapes_phantom,
)
from allward_dicom.volume import read_volume

KINDS: tuple[ShapeKind, ...] = ("spheres", "boxes", "tubes")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_the_series_is_a_volume_with_three_bright_shapes(tmp_path: Path, kind: ShapeKind, modality) -> None:
    spec = ShapesSpec(kind, modality=modality, slices=20, size=64, body_part="LIVER")
    study = write_shapes_phantom(tmp_path, spec)
    volume = read_volume(sorted(tmp_path.glob("*.dcm")), need_hu=modality == "CT")
    assert (volume.modality, volume.study_instance_uid) == (modality, study)
    assert np.allclose(volume.geometry.index_to_lps_mm, shapes_geometry(spec).index_to_lps_mm, atol=1e-3)
    bright = volume.voxels_kji > (200 if modality == "CT" else 800)
    assert (bright == (draw_shapes(spec) > 0)).all()
    assert volume.headers[0].body_part_examined == "LIVER"


@settings(max_examples=20, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    slices=st.integers(60, 90),
    spacing_mm=st.floats(0.8, 2.0),
    pixel_mm=st.floats(0.8, 2.0),
)
def test_voxels_measure_what_the_shape_is(
    kind: ShapeKind, slices: int, spacing_mm: float, pixel_mm: float
) -> None:
    spec = ShapesSpec(kind, slices=slices, size=96, slice_spacing_mm=spacing_mm, pixel_mm=pixel_mm)
    labels, voxel_ml = draw_shapes(spec), shapes_geometry(spec).voxel_volume_ml
    for number, shape in enumerate(shapes_of(spec), 1):
        inside = labels == number
        assert inside.sum() * voxel_ml == pytest.approx(shape.volume_ml, rel=0.35)
        centre = shapes_geometry(spec).to_lps_mm(np.argwhere(inside)).mean(axis=0)
        assert np.allclose(centre, shape.centre_lps_mm, atol=max(pixel_mm, spacing_mm))


def test_on_a_fine_grid_a_sphere_measures_its_volume_within_one_percent() -> None:
    spec = ShapesSpec("spheres", slices=160, size=192, slice_spacing_mm=0.75, pixel_mm=0.75)
    measured_ml = (draw_shapes(spec) == 1).sum() * shapes_geometry(spec).voxel_volume_ml
    assert measured_ml == pytest.approx(shapes_of(spec)[0].volume_ml, rel=0.01)


def test_the_same_spec_gives_the_same_bytes_and_says_that_it_is_synthetic(tmp_path: Path) -> None:
    spec = ShapesSpec("tubes", slices=12, size=32)
    write_shapes_phantom(tmp_path / "a", spec)
    write_shapes_phantom(tmp_path / "b", spec)
    for one in sorted((tmp_path / "a").iterdir()):
        assert one.read_bytes() == (tmp_path / "b" / one.name).read_bytes()
    image = pydicom.dcmread(tmp_path / "a" / "CT0001.dcm")
    assert "SYNTHETIC" in image.StudyDescription
    assert "SYNTHETIC" in image.SeriesDescription
    assert image.ImageType[0] == "DERIVED"
