"""Label maps as DICOM Segmentation: written for PACS and viewers, read back for round trips.

One segment for each label, in the manifest's order; the segment number is the label's place, from 1.
A label that lies inside another (a tumour in its liver) counts for both, so segments overlap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import highdicom as hd
import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from allward_dicom.codes import concept
from allward_dicom.provenance import (
    AlgorithmIdentity,
    Language,
    NewSeries,
    Tracked,
    derived_uid,
    evidence,
    in_utf8,
    short,
)
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Label

LabelArray = npt.NDArray[np.uint8]

_ON_SLICE = 0.1
"""Share of the slice distance by which a frame may lie off its slice."""


@dataclass(frozen=True, slots=True)
class LabelMap:
    """What a plug-in outlined.

    Attributes
    ----------
    voxels_kji
        0 is background, else the value of a label.
    geometry
        Grid of `voxels_kji`; the source series' own grid.
    labels
        As in the manifest, or as an app named what it drew.
    tracked
        By value of the label: the findings of labels that stand for one each.
    """

    voxels_kji: LabelArray
    geometry: Geometry
    labels: tuple[Label, ...]
    tracked: Mapping[int, Tracked] = field(default_factory=dict)


def values_of(label: Label, labels: Sequence[Label]) -> list[int]:
    """Return the voxel values that count for a label: its own and those of labels inside it."""
    found, names = [label.value], {label.name}
    grown = True
    while grown:
        inner = [each for each in labels if each.inside in names and each.name not in names]
        grown = bool(inner)
        names |= {each.name for each in inner}
        found += [each.value for each in inner]
    return found


def segment_number(label_name: str, labels: Sequence[Label]) -> int:
    """Return the segment number of a label: its place in the manifest, from 1."""
    return [label.name for label in labels].index(label_name) + 1


def write_segmentation(
    label_map: LabelMap,
    *,
    sources: Sequence[Dataset],
    algorithm: AlgorithmIdentity,
    series: NewSeries,
    language: Language = "en",
) -> Dataset | None:
    """Write a label map as a binary Segmentation.

    Parameters
    ----------
    sources
        The images by growing k, one for each slice of the label map (`SeriesVolume.datasets`).
    language
        Of segment labels.

    Returns
    -------
    None if no voxel has a label: a Segmentation without frames does not exist (say it in the SR).

    Raises
    ------
    ValueError
        If sources and label map do not fit each other.
    """
    voxels = label_map.voxels_kji
    if len(sources) != voxels.shape[0] or voxels.shape != label_map.geometry.shape_kji:
        raise ValueError(f"{len(sources)} source images for a label map of shape {voxels.shape}")
    slices = np.flatnonzero(voxels.any(axis=(1, 2)))
    if not slices.size:
        return None
    written = hd.seg.Segmentation(
        source_images=evidence([sources[int(k)] for k in slices]),
        pixel_array=_segments(voxels[slices], label_map.labels),
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=_descriptions(label_map, algorithm, series, language),
        omit_empty_frames=True,
        content_label="SEGMENTATION",
        content_description=short(series.description),
        **series.arguments,
        **algorithm.equipment,
    )
    return in_utf8(written)


def _segments(voxels: LabelArray, labels: Sequence[Label]) -> LabelArray | npt.NDArray[np.bool_]:
    """Return segment numbers, shape (k, j, i); a mask of each label in a last axis if they overlap.

    With hundreds of lesions, one label each, masks would not fit into memory.
    """
    if any(label.inside for label in labels):
        return np.stack([np.isin(voxels, values_of(label, labels)) for label in labels], axis=-1)
    numbers: LabelArray = np.zeros(256, dtype=np.uint8)
    for number, label in enumerate(labels, start=1):
        numbers[label.value] = number
    return numbers[voxels]


def _descriptions(
    label_map: LabelMap, algorithm: AlgorithmIdentity, series: NewSeries, language: Language
) -> list[hd.seg.SegmentDescription]:
    return [
        _description(
            number,
            label,
            label_map.tracked.get(label.value)
            or Tracked(label.name, derived_uid(series.sop_instance_uid, label.name)),
            algorithm=algorithm,
            language=language,
        )
        for number, label in enumerate(label_map.labels, start=1)
    ]


def _description(
    number: int, label: Label, tracked: Tracked, *, algorithm: AlgorithmIdentity, language: Language
) -> hd.seg.SegmentDescription:
    """Describe a segment; what a person drew alone names no algorithm (PS3.3 Table C.8.20-4)."""
    drawn = hd.seg.SegmentAlgorithmTypeValues(tracked.drawn)
    by_hand = drawn is hd.seg.SegmentAlgorithmTypeValues.MANUAL
    return hd.seg.SegmentDescription(
        segment_number=number,
        segment_label=short(getattr(label.title, language)),
        segmented_property_category=concept(label.category),
        segmented_property_type=concept(label.type),
        algorithm_type=drawn,
        algorithm_identification=None if by_hand else algorithm.sequence,
        tracking_uid=tracked.uid,
        tracking_id=short(tracked.identifier),
        display_color=hd.color.CIELabColor.from_string(label.colour),
    )


def frame_slices(dataset: Dataset, geometry: Geometry) -> list[tuple[int, int]]:
    """Return for every frame of a Segmentation its segment number and its slice k.

    Raises
    ------
    BadInputError
        If a frame lies on no slice of the geometry.
    """
    origins = [position.ImagePositionPatient for position in _macro(dataset, "PlanePositionSequence")]
    index_kji = geometry.to_index_kji(np.asarray(origins, dtype=np.float64))
    k = np.rint(index_kji[:, 0]).astype(int)
    off = np.abs(index_kji - np.stack([k, np.zeros_like(k), np.zeros_like(k)], axis=1)).max(axis=1)
    if off.max() > _ON_SLICE or k.min() < 0 or k.max() >= geometry.shape_kji[0]:
        raise BadInputError("The segmentation does not lie on the grid of the series.")
    segments = [
        int(identification.ReferencedSegmentNumber)
        for identification in _macro(dataset, "SegmentIdentificationSequence")
    ]
    return [(segment, int(each)) for segment, each in zip(segments, k, strict=True)]


def _macro(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Return a functional group of every frame; one that is the same for all stands in the shared groups.

    Source
    ------
    PS3.3 C.7.6.16.1.1; with a single segment its identification is shared, with a single frame all is.
    """
    shared = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    return [
        (frame if keyword in frame else shared[0])[keyword].value[0]
        for frame in dataset.PerFrameFunctionalGroupsSequence
    ]


def read_segmentation(dataset: Dataset, geometry: Geometry) -> LabelArray:
    """Read a binary Segmentation onto the grid of its source series.

    Returns
    -------
    shape (k, j, i); the segment number, 0 where there is none. Where segments overlap the higher
    number wins, so that a label inside another stays visible.

    Raises
    ------
    BadInputError
        If the segmentation lies on another grid, or holds no frames.
    """
    if "PerFrameFunctionalGroupsSequence" not in dataset or "PixelData" not in dataset:
        raise BadInputError("The object is no segmentation with frames.")
    if (dataset.Rows, dataset.Columns) != geometry.shape_kji[1:]:
        raise BadInputError("The segmentation does not lie on the grid of the series.")
    places = frame_slices(dataset, geometry)
    frames = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    labels: LabelArray = np.zeros(geometry.shape_kji, dtype=np.uint8)
    for frame, (segment, k) in sorted(enumerate(places), key=lambda item: item[1]):
        labels[k][frames[frame] > 0] = segment
    return labels
