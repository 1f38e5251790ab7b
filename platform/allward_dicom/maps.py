"""Heat maps as DICOM Parametric Maps: real values in 32-bit floats, on the map's own coarse grid.

One channel for each label. Where the stage did not look there is Float Pixel Padding Value, which lies below
all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import highdicom as hd
import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from allward_dicom.codes import NO_UNITS, concept
from allward_dicom.provenance import (
    AlgorithmIdentity,
    Language,
    NewSeries,
    evidence,
    in_utf8,
    short,
    short_string,
)
from allward_dicom.slide_places import (
    directions,
    pixel_spacing_mm,
    pixels_to_slide_mm,
    slice_thickness_mm,
)
from allward_sdk.errors import BadInputError
from allward_sdk.found import SlideMap, VolumeMap
from allward_sdk.manifest import Label

MapArray = npt.NDArray[np.float32]

_MM_PER_UM = 0.001


@dataclass(frozen=True, slots=True)
class Map:
    """A heat map and what its channels mean.

    Attributes
    ----------
    record
        What the stage told.
    values
        As the record says: (label, k, j, i), or (label, row, column) of a slide; NaN: not looked at.
    labels
        Those of the record, in its order.
    """

    record: VolumeMap | SlideMap
    values: MapArray
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the frames of a map lie, as functional groups have it."""

    measures: hd.PixelMeasuresSequence
    orientation: hd.PlaneOrientationSequence
    positions: list[hd.PlanePositionSequence]


def write_map(
    written: Map,
    *,
    sources: Sequence[Dataset],
    algorithm: AlgorithmIdentity,
    series: NewSeries,
    language: Language = "en",
) -> Dataset:
    """Write a heat map as a Parametric Map.

    Parameters
    ----------
    sources
        The images that were read: those of the volume, or the slide.
    language
        Of the explanations of the channels.

    Raises
    ------
    BadInputError
        If no value of the map is a number, or the slide does not say where it lies.

    Source
    ------
    PS3.3 A.75 (Parametric Map), C.7.6.16.2.11 (Real World Value Mapping), C.7.6.24.1 (padding value).
    """
    record, images = written.record, evidence(sources)
    if not np.isfinite(written.values).any():
        raise BadInputError(f"The map of stage {record.stage!r} holds no number: nothing was looked at.")
    frames = written.values if written.values.ndim == 4 else written.values[:, np.newaxis]
    low, high = float(np.nanmin(frames)), float(np.nanmax(frames))
    padding = np.float32(np.floor(low) - 1.0)
    known = np.where(np.isfinite(frames), frames, padding).astype(np.float32)
    grid = (
        _volume_grid(record, frames.shape[1])
        if isinstance(record, VolumeMap)
        else _slide_grid(record, images)
    )
    made = hd.pm.ParametricMap(
        source_images=images,
        pixel_array=np.moveaxis(known, 0, -1),
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[
            [_mapping(written, label, (low, high), language)] for label in written.labels
        ],
        voi_lut_transformations=[_window(low, high)],
        pixel_measures=grid.measures,
        plane_orientation=grid.orientation,
        plane_positions=grid.positions,
        content_label="HEAT_MAP",
        content_description=short(series.description),
        derived_pixel_contrast="QUANTITY",
        **series.arguments,
        **algorithm.equipment,
    )
    made.FloatPixelPaddingValue = made.FloatPixelPaddingRangeLimit = float(padding)
    if isinstance(record, VolumeMap):
        made.Laterality = ""
    return in_utf8(made)


def _mapping(
    written: Map, label: Label, value_range: tuple[float, float], language: Language
) -> hd.pm.RealWorldValueMapping:
    """Return what a stored value of a label's channel means: itself."""
    meaning = getattr(written.record.meaning, language)
    return hd.pm.RealWorldValueMapping(
        lut_label=short_string(label.name.upper()),
        lut_explanation=short(f"{getattr(label.title, language)}: {meaning}"),
        unit=NO_UNITS,
        value_range=value_range,
        slope=1.0,
        intercept=0.0,
        quantity_definition=concept(label.type),
    )


def _window(low: float, high: float) -> hd.VOILUTTransformation:
    return hd.VOILUTTransformation(
        window_center=(low + high) / 2, window_width=max(high - low, 1e-3), voi_lut_function="LINEAR_EXACT"
    )


def _volume_grid(record: VolumeMap, slices: int) -> _Grid:
    affine = np.asarray(record.index_to_lps_mm, np.float64)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    directions = affine[:3, :3] / spacing
    patient = hd.CoordinateSystemNames.PATIENT
    return _Grid(
        measures=hd.PixelMeasuresSequence(
            pixel_spacing=[float(spacing[1]), float(spacing[2])],
            slice_thickness=float(spacing[0]),
            spacing_between_slices=float(spacing[0]),
        ),
        orientation=hd.PlaneOrientationSequence(patient, [*directions[:, 2], *directions[:, 1]]),
        positions=[
            hd.PlanePositionSequence(patient, [float(mm) for mm in affine[:3, 3] + k * affine[:3, 0]])
            for k in range(slices)
        ],
    )


def _slide_grid(record: SlideMap, images: Sequence[Dataset]) -> _Grid:
    """Return the one plane of a slide's map; its cells are as far apart as the tiles were."""
    slide = images[0]
    rows_mm, columns_mm = pixel_spacing_mm(slide)
    step_mm = [n * record.mpp * _MM_PER_UM for n in record.stride_px]
    corner_mm = [n * record.mpp * _MM_PER_UM for n in record.corner_px]
    middle_mm = [corner + step / 2 for corner, step in zip(corner_mm, step_mm, strict=True)]
    # The first cell's place is its middle; the slide counts pixels from their corner.
    (place,) = pixels_to_slide_mm(slide, [(middle_mm[1] / columns_mm, middle_mm[0] / rows_mm)])
    on_slide = hd.CoordinateSystemNames.SLIDE
    return _Grid(
        measures=hd.PixelMeasuresSequence(step_mm, slice_thickness_mm(slide)),
        orientation=hd.PlaneOrientationSequence(on_slide, np.concatenate(directions(slide)).tolist()),
        positions=[hd.PlanePositionSequence(on_slide, [float(mm) for mm in place], (1, 1))],
    )
