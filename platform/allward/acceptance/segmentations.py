"""A DICOM Segmentation as a reference: which segment is which label, and where its voxels are. Pure.

Arrays are (k, j, i) of the series.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from allward.acceptance.orders import BadCaseError
from allward_dicom.seg import frame_slices
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Label

SEGMENTATION_STORAGE = "1.2.840.10008.5.1.4.1.1.66.4"
"""SOP Class UID. Source: PS3.4 B.5."""

Mask = npt.NDArray[np.bool_]

_SAME_DIRECTION = 1e-3
"""Difference of direction cosines up to which two grids lie the same way."""


def labels_of_segments(
    dataset: Dataset, labels: Sequence[Label], named: Mapping[int, str] | None = None
) -> dict[int, str]:
    """Return which label each segment is; segments that are no label of the plug-in are left out.

    By what was named; else by coded meaning (Segmented Property Type); else by Segment Label or Tracking ID,
    which may be the label's name or title in either language.

    Raises
    ------
    BadCaseError
        If a segment or label is named that is not there, two labels have one meaning, or nothing fits.
    """
    segments = {int(segment.SegmentNumber): segment for segment in dataset.SegmentSequence}
    if named is not None:
        return _as_named(segments, labels, named)
    found = {number: label for number, segment in segments.items() if (label := _label_of(segment, labels))}
    if not found:
        told = ", ".join(_title(segment) for segment in segments.values())
        wanted = ", ".join(label.name for label in labels)
        raise _bad(
            f"no segment ({told}) fits a label ({wanted}) by code or name; say in labels which is which",
            f"没有分段（{told}）按编码或名称对应标签（{wanted}）；请在 labels 中指定对应关系",
        )
    return found


def _as_named(
    segments: Mapping[int, Dataset], labels: Sequence[Label], named: Mapping[int, str]
) -> dict[int, str]:
    names = {label.name for label in labels}
    for number, name in named.items():
        if number not in segments:
            raise _bad(f"the segmentation has no segment {number}", f"该分割没有编号为 {number} 的分段")
        if name not in names:
            raise _bad(f"the plug-in has no label {name!r}", f"插件没有标签 {name!r}")
    if not named:
        raise _bad("labels names no segment", "labels 未指定任何分段")
    return dict(named)


def _label_of(segment: Dataset, labels: Sequence[Label]) -> str | None:
    code = segment.get("SegmentedPropertyTypeCodeSequence") or [Dataset()]
    meant = (str(code[0].get("CodingSchemeDesignator", "")), str(code[0].get("CodeValue", "")))
    by_code = [label.name for label in labels if (label.type.scheme, label.type.value) == meant]
    if len(by_code) == 1:
        return by_code[0]
    told = {str(segment.get(word, "")).strip().lower() for word in ("SegmentLabel", "TrackingID")}
    by_name = [
        label.name
        for label in labels
        if told & {label.name.lower(), label.title.en.lower(), label.title.zh.lower()}
    ]
    return by_name[0] if len(by_name) == 1 else None


def _title(segment: Dataset) -> str:
    return f"{segment.SegmentNumber} {segment.get('SegmentLabel', '')}".strip()


def refuse_other_grid(dataset: Dataset, geometry: Geometry) -> None:
    """Refuse what is no binary segmentation on the grid of a series.

    Raises
    ------
    BadCaseError
        With what is different.
    """
    kind = str(dataset.get("SegmentationType", ""))
    if kind != "BINARY":
        raise _bad(
            f"the segmentation is {kind or 'of no type'}, wanted is BINARY", f"分割类型为 {kind}，需要 BINARY"
        )
    frame = str(dataset.get("FrameOfReferenceUID", ""))
    if frame != geometry.frame_of_reference_uid:
        raise _bad(
            "the segmentation has another frame of reference than the series", "该分割与序列的参考坐标系不同"
        )
    if "PerFrameFunctionalGroupsSequence" not in dataset:
        raise _bad("the segmentation holds no frames", "该分割没有任何帧")
    try:
        same = (dataset.Rows, dataset.Columns) == geometry.shape_kji[1:] and _lies_alike(dataset, geometry)
        if same:
            frame_slices(dataset, geometry)
    except BadInputError:
        same = False
    if not same:
        raise _bad("the segmentation does not lie on the grid of the series", "该分割与序列的网格不一致")


def _lies_alike(dataset: Dataset, geometry: Geometry) -> bool:
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [Dataset()])[0]
    first = dataset.PerFrameFunctionalGroupsSequence[0]
    plane = (shared if "PlaneOrientationSequence" in shared else first)["PlaneOrientationSequence"].value[0]
    told = np.asarray(plane.ImageOrientationPatient, np.float64)
    axes = geometry.index_to_lps_mm[:3, :3] / np.asarray(geometry.spacing_kji_mm)
    return bool(np.abs(told - np.concatenate([axes[:, 2], axes[:, 1]])).max() <= _SAME_DIRECTION)


def reference_masks(
    dataset: Dataset, geometry: Geometry, mapped: Mapping[int, str], labels: Sequence[Label]
) -> dict[str, Mask]:
    """Return the voxels of each label that segments were mapped to, with those of the labels inside it.

    Raises
    ------
    BadInputError
        If the segmentation lies on another grid.
    """
    own: dict[str, Mask] = {name: np.zeros(geometry.shape_kji, np.bool_) for name in mapped.values()}
    frames = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    for frame, (segment, k) in zip(frames, frame_slices(dataset, geometry), strict=True):
        if segment in mapped:
            own[mapped[segment]][k] |= frame > 0
    whole = {name: mask.copy() for name, mask in own.items()}
    for label in labels:
        for outer in _around(label, labels):
            if label.name in own and outer in whole:
                whole[outer] |= own[label.name]
    return whole


def _around(label: Label, labels: Sequence[Label]) -> list[str]:
    """Return the labels that a label lies inside, however deep."""
    by_name = {each.name: each for each in labels}
    found: list[str] = []
    while label.inside is not None and label.inside not in found:
        found.append(label.inside)
        label = by_name[label.inside]
    return found


def _bad(en: str, zh: str) -> BadCaseError:
    return BadCaseError.of("bad_case", en, zh)
