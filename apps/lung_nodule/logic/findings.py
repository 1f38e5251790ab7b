"""Findings of a case: each spot outlined, measured and placed, the most likely first."""

import math
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allward_measure.components import Component, box_slices, find_components
from allward_measure.nodules.outline import outline_nodule
from allward_measure.nodules.place import locate
from allward_runner.case import Case, SlotOutput
from allward_runner.direct.probabilities import probability
from allward_sdk.found import Detections
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Label
from allward_sdk.parts import Localised
from allward_sdk.results import Box, Finding, MeasuredValue
from lung_nodule.logic.candidates import Spot, spot_of
from lung_nodule.logic.chest import Chest, LobeMap
from lung_nodule.logic.measuring import Measured, measurements_of, nodule_of, properties_of
from lung_nodule.logic.words import NODULE, NODULE_TITLE, SEGMENT_CATEGORY, SEGMENT_TYPE

_TRACKING = uuid.UUID("5f0f4a52-6f0e-5d52-8f43-7d3f7d5d1a0b")
"""Name space of tracking UIDs; any fixed UUID does."""

_COLOURS = ("#FF5A78", "#FFA94D", "#A9E34B", "#74C0FC", "#B197FC", "#66D9E8", "#FFD43B", "#F783AC")
_OWN_SHARE = 0.5
"""A nodule of which less is left when better ones have taken their voxels is one of them, seen twice."""

_EDGE_MM = 2.0
"""A mark so near to an outline is one of the nodule that it outlines."""

MASS_MM = 30.0
"""From here on it is a mass. Source: Fleischner Society, Glossary of terms for thoracic imaging, 2008."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A spot with what was found there; None: no outline."""

    spot: Spot
    part: Component | None


def follow_spots(
    case: Case, spots: Sequence[Spot], drawn: npt.NDArray[np.bool_] | None
) -> tuple[list[Followed], int]:
    """Outline each spot: as its plug-in drew it, as a segmenter drew it, else from its surroundings.

    Two spots that grow into the same nodule are one: the first stays. Never do two share a voxel. A spot
    beside a nodule whose outline runs into it stays, without an outline of its own.

    Parameters
    ----------
    drawn : shape (k, j, i) of the case
        What a segmenter outlined; None: there is none.

    Returns
    -------
    The spots that stay, and how many lie in a nodule that is among them already.
    """
    parts = [] if drawn is None else find_components(drawn)
    taken: npt.NDArray[np.bool_] = np.zeros(case.geometry.shape_kji, np.bool_)
    followed: list[Followed] = []
    for spot in spots:
        part: Component | None = (
            spot.outline or _drawn_at(spot, parts, case.geometry) or _grown_at(case, spot)
        )
        if part is not None:
            here = taken[box_slices(part.box_kji)]
            free = part.mask & ~here
            left = int(np.count_nonzero(free))
            if left < _OWN_SHARE * part.voxels:
                if _lies_in(spot, taken, case.geometry):
                    continue
                part = None
            elif left < part.voxels:
                part = _largest(free, part.box_kji[0])
        if part is not None:
            taken[box_slices(part.box_kji)] |= part.mask
        followed.append(Followed(spot, part))
    return followed, len(spots) - len(followed)


def _lies_in(spot: Spot, taken: npt.NDArray[np.bool_], geometry: Geometry) -> bool:
    """Tell whether a spot's middle lies in what is outlined already, or at its edge."""
    steps = np.ceil(_EDGE_MM / np.asarray(geometry.spacing_kji_mm)).astype(int)
    at = np.rint(spot.centre_kji).astype(int)
    low, high = np.maximum(at - steps, 0), at + steps + 1
    return bool(taken[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].any())


def _largest(free: npt.NDArray[np.bool_], first: tuple[int, int, int]) -> Component:
    part = find_components(free)[0]
    low, high = (tuple(n + start for n, start in zip(corner, first, strict=True)) for corner in part.box_kji)
    return Component(part.mask, part.voxels, ((low[0], low[1], low[2]), (high[0], high[1], high[2])))


def _grown_at(case: Case, spot: Spot) -> Component | None:
    found = outline_nodule(case.volume_hu, case.geometry, spot.centre_kji, diameter_mm=spot.diameter_mm)
    return found.nodule if found is not None and found.ends else None


def _drawn_at(spot: Spot, parts: Iterable[Component], geometry: Geometry) -> Component | None:
    """Return what a segmenter drew at a spot: the part that holds its centre, or the nearest in its box."""
    reach_mm = (spot.diameter_mm or 0.0) / 2.0
    best, best_mm = None, math.inf
    for part in parts:
        low, high = np.asarray(part.box_kji)
        outside = np.maximum(np.maximum(low - spot.centre_kji, spot.centre_kji - (high - 1)), 0.0)
        if np.linalg.norm(outside * geometry.spacing_kji_mm) > reach_mm:
            continue
        voxels = np.argwhere(part.mask) + low
        apart_mm = float(np.linalg.norm((voxels - spot.centre_kji) * geometry.spacing_kji_mm, axis=1).min())
        if apart_mm <= max(reach_mm, max(geometry.spacing_kji_mm)) and apart_mm < best_mm:
            best, best_mm = part, apart_mm
    return best


def lesions_drawn(output: SlotOutput | None) -> npt.NDArray[np.bool_] | None:
    """Return the voxels that a segmenter calls lesions; None if it drew nothing."""
    if output is None or output.labels_kji is None:
        return None
    values = [label.value for label in output.manifest.labels if label.kind == "lesion"]
    return np.isin(output.labels_kji, values) if values else None


def judged_at(output: SlotOutput | None, spot: Spot) -> tuple[MeasuredValue, ...]:
    """Return what a malignancy model says of a spot: its candidate there, with what its stages judged."""
    if output is None:
        return ()
    labels = {label.name: label for label in output.manifest.labels}
    reach_mm = max((spot.diameter_mm or 0.0) / 2.0, 5.0)
    near = [
        (float(np.linalg.norm(np.subtract(each.centre_lps_mm, spot.centre_lps_mm))), found.stage, each)
        for found in output.found
        if isinstance(found, Detections)
        for each in found.candidates
        if each.label in labels
    ]
    near = [each for each in near if each[0] <= reach_mm]
    if not near:
        return ()
    _, stage, best = min(near, key=lambda each: (each[0], -each[2].score))
    judged = [
        probability(judge, labels[name], value)
        for judge, told in sorted(best.classes.items())
        for name, value in sorted(told.items())
        if name in labels
    ]
    return tuple(judged) or (probability(stage, labels[best.label], best.score),)


def findings_of(
    chest: Chest, followed: Sequence[Followed], lobes: LobeMap | None, malignancy: SlotOutput | None
) -> tuple[list[Finding], npt.NDArray[np.uint8], list[Label]]:
    """Return a finding for each nodule, ranked by score times size, with the label map and its labels."""
    case = chest.case
    measured = [(each, _measured(chest, each.part, lobes)) for each in followed]
    measured.sort(key=lambda pair: _rank(*pair))
    labels_kji: npt.NDArray[np.uint8] = np.zeros(case.geometry.shape_kji, np.uint8)
    findings, labels = [], []
    for value, (each, nodule) in enumerate(measured, 1):
        told = (*each.spot.told, *judged_at(malignancy, each.spot))
        findings.append(finding_of_part(case, each, nodule, value=value, told=told))
        if each.part is not None:
            labels_kji[box_slices(each.part.box_kji)][each.part.mask] = value
            labels.append(label_of(value))
    return findings, labels_kji, labels


def finding_of_part(
    case: Case,
    followed: Followed,
    measured: Measured,
    *,
    value: int,
    told: tuple[MeasuredValue, ...] = (),
) -> Finding:
    """Return the finding of a nodule whose voxels have a value in the label map."""
    spot, part = followed.spot, followed.part
    centre = spot.centre_lps_mm if part is None else spot_of(part, case.geometry).centre_lps_mm
    x, y, z = (round(float(mm), 3) for mm in centre)
    return Finding(
        id=f"nodule-{value}",
        kind="lesion",
        label=NODULE,
        title=Localised(en=f"{NODULE_TITLE.en} {value}", zh=f"{NODULE_TITLE.zh} {value}"),
        segment_value=None if part is None else value,
        tracking_uid=tracking_uid(case, (x, y, z)),
        centre_lps_mm=(x, y, z),
        box_kji=None if part is None else part.box_kji,
        box_lps_mm=None if spot.size_kji_mm is None or spot.score is None else _box(spot, case.geometry),
        cut_off=measured.nodule is not None and measured.nodule.at_edge,
        score=None if spot.score is None else round(spot.score, 6),
        measurements=measurements_of(measured, told),
        properties=properties_of(measured),
    )


def tracking_uid(case: Case, centre_lps_mm: tuple[float, float, float]) -> str:
    """Return the UID under which a nodule that is seen for the first time is followed.

    It follows from series and place alone, so that another order of candidates gives the same.

    Source
    ------
    PS3.5 B.2: a UUID-derived UID has the root 2.25.
    """
    place = "/".join(f"{mm:.1f}" for mm in centre_lps_mm)
    return f"2.25.{uuid.uuid5(_TRACKING, f'{case.series_instance_uid}/{place}').int}"


def label_of(value: int) -> Label:
    """Return the label of a nodule's voxels."""
    return Label(
        name=f"nodule_{value}",
        value=value,
        title=Localised(en=f"{NODULE_TITLE.en} {value}", zh=f"{NODULE_TITLE.zh} {value}"),
        category=SEGMENT_CATEGORY,
        type=SEGMENT_TYPE,
        colour=_COLOURS[(value - 1) % len(_COLOURS)],
        kind="lesion",
    )


def _measured(chest: Chest, part: Component | None, lobes: LobeMap | None) -> Measured:
    if part is None:
        return Measured(None)
    side = chest.side_of(part)
    place = locate(part, chest.case.geometry, lung=chest.lung, side=side, lobes=lobes)
    return Measured(nodule_of(chest.case, part, chest.lung), place)


def _rank(followed: Followed, measured: Measured) -> tuple[float, float, tuple[float, float, float]]:
    """Order by what is at stake: the score times the cube root of the mean diameter.

    Eight times the diameter weighs as much as twice the score: a ball of 20 mm that a net half believes in
    is read before a dot of 4 mm of which it is a little surer. What could not be measured counts as large as
    the detector says. Beyond the size of a mass more of it counts no more: that is often no nodule at all.
    """
    score = 1.0 if followed.spot.score is None else followed.spot.score
    measured_mm = None if measured.nodule is None else measured.nodule.size.axes.mean_mm
    mm = measured_mm or followed.spot.diameter_mm or 1.0
    return -score * math.cbrt(min(mm, MASS_MM)), -score, followed.spot.centre_kji


def _box(spot: Spot, geometry: Geometry) -> Box:
    """Return the box that a detection gave, not cut at the edge of the scan."""
    assert spot.size_kji_mm is not None
    axes = geometry.index_to_lps_mm[:3, :3] / np.asarray(geometry.spacing_kji_mm)
    edges = (axes * np.asarray(spot.size_kji_mm)).T
    corner = np.asarray(spot.centre_lps_mm) - edges.sum(axis=0) / 2
    rounded = [tuple(float(mm) for mm in point.round(6)) for point in (corner, *edges)]
    return Box.model_validate({"corner_lps_mm": rounded[0], "edges_lps_mm": rounded[1:]})
