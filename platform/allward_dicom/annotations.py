"""Many small marks on a slide as DICOM Microscopy Bulk Simple Annotations, numbers beside them.

A record counts pixels of the slide; the object says millimetres in the slide's frame of reference, in 64-bit
floats, so that the marks lie at the same place on every level of the pyramid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import highdicom as hd
import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from allward_dicom.codes import NO_UNITS, concept
from allward_dicom.provenance import (
    AlgorithmIdentity,
    Language,
    NewSeries,
    derived_uid,
    evidence,
    in_utf8,
    short,
)
from allward_dicom.slide_places import pixels_to_slide_mm
from allward_sdk.errors import BadInputError
from allward_sdk.found import TileClasses
from allward_sdk.geometry import FloatArray
from allward_sdk.manifest import Label
from allward_sdk.parts import Code, Localised
from allward_sdk.shapes import POINTS_OF_GRAPHIC, BulkAnnotations, MarkGroup, MarkMeasurement

Arrays = Mapping[str, npt.NDArray[Any]]

_NO_UNITS = Code(scheme="UCUM", value=NO_UNITS.value, meaning=NO_UNITS.meaning)


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks with the arrays that their record names."""

    record: BulkAnnotations
    arrays: Arrays


def write_annotations(
    marks: Marks,
    *,
    sources: Sequence[Dataset],
    algorithm: AlgorithmIdentity,
    series: NewSeries,
    language: Language = "en",
) -> Dataset:
    """Write marks on a slide.

    Parameters
    ----------
    sources
        The slide: the image whose pixels the coordinates count.
    language
        Of the labels.

    Raises
    ------
    BadInputError
        If no group has a mark, or the points of a group do not make whole marks.

    Source
    ------
    PS3.3 A.87 (Microscopy Bulk Simple Annotations), C.37.1.
    """
    images = evidence(sources)
    groups = [group for group in marks.record.groups if len(marks.arrays[group.points])]
    if not groups:
        raise BadInputError(f"The annotations of stage {marks.record.stage!r} have no mark.")
    written = hd.ann.MicroscopyBulkSimpleAnnotations(
        source_images=images[:1],
        annotation_coordinate_type="3D",
        annotation_groups=[
            hd.ann.AnnotationGroup(
                number=number,
                uid=derived_uid(series.sop_instance_uid, str(number)),
                label=short(getattr(group.title, language)),
                annotated_property_category=concept(group.category),
                annotated_property_type=concept(group.label),
                graphic_type=group.graphic.upper(),
                graphic_data=_marks_of(group, marks.arrays, images[0]),
                algorithm_type="AUTOMATIC",
                algorithm_identification=algorithm.sequence,
                measurements=_measurements(group, marks.arrays) or None,
            )
            for number, group in enumerate(groups, start=1)
        ],
        content_label="MARKS",
        content_description=short(series.description),
        **series.arguments,
        **algorithm.equipment,
    )
    return in_utf8(written)


def _marks_of(group: MarkGroup, arrays: Arrays, slide: Dataset) -> list[FloatArray]:
    """Return the points of each mark, shape (point, 3), mm on the slide."""
    points = pixels_to_slide_mm(slide, arrays[group.points])
    if group.starts is not None:
        return np.split(points, arrays[group.starts][1:])
    of_each = POINTS_OF_GRAPHIC[group.graphic]
    if of_each is None or len(points) % of_each:
        raise BadInputError(f"{len(points)} points make no whole marks of the kind {group.graphic!r}.")
    return list(points.reshape(-1, of_each, 3))


def _measurements(group: MarkGroup, arrays: Arrays) -> list[hd.ann.Measurements]:
    return [
        hd.ann.Measurements(
            name=concept(measured.concept),
            values=arrays[measured.values].astype(np.float32),
            unit=concept(measured.unit),
        )
        for measured in group.measurements
    ]


@dataclass(frozen=True, slots=True)
class TilePlaces:
    """Where the tiles of a slide lie.

    Attributes
    ----------
    corners_px
        Shape (tile, 2): row and column of each tile's corner, in pixels of the source image.
    size_px
        Rows and columns of a tile, in pixels of the source image.
    """

    corners_px: npt.NDArray[Any]
    size_px: tuple[float, float]


def tiles_as_marks(
    record: TileClasses, arrays: Arrays, places: TilePlaces, labels: Mapping[str, Label]
) -> Marks:
    """Return the tiles that were read as rectangles, each in the group of its most probable class.

    Every rectangle bears the probabilities of all classes.
    """
    probabilities, read = arrays[record.probabilities], arrays[record.index]
    best = probabilities.argmax(axis=1)
    groups, made = [], {}
    for channel, name in enumerate(record.labels):
        own = np.flatnonzero(best == channel)
        if not own.size:
            continue
        points, values = f"{name}.points", [f"{name}.{other}" for other in record.labels]
        made[points] = _rectangles(places, read[own])
        made |= {array: probabilities[own, n] for n, array in enumerate(values)}
        label = labels[name]
        groups.append(
            MarkGroup(
                label=label.type,
                category=label.category,
                title=label.title,
                graphic="rectangle",
                points=points,
                measurements=tuple(
                    MarkMeasurement(concept=labels[other].type, unit=_NO_UNITS, values=array)
                    for other, array in zip(record.labels, values, strict=True)
                ),
            )
        )
    if not groups:
        raise BadInputError(f"Stage {record.stage!r} read no tile; there is nothing to mark.")
    title = Localised(en=f"Tiles of {record.stage}", zh=f"{record.stage} 图块")
    return Marks(BulkAnnotations(stage=record.stage, title=title, groups=tuple(groups)), made)


def _rectangles(places: TilePlaces, tiles: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return the corners of tiles as (column, row), four for each, clockwise from the upper left."""
    rows, columns = np.split(places.corners_px[tiles].astype(np.float32), 2, axis=1)
    height, width = places.size_px
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    outline = [np.concatenate([columns + across, rows + down], axis=1) for across, down in corners]
    return np.stack(outline, axis=1).reshape(-1, 2).astype(np.float32)
