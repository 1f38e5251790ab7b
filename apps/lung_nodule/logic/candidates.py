"""What detectors mark, cleaned: places in the lungs, each once, the most likely first."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from allward_measure.components import Component, find_components
from allward_measure.inside import inside_point_kji
from allward_runner.case import SlotOutput
from allward_runner.direct.probabilities import probability
from allward_sdk.found import Candidate, Detections
from allward_sdk.geometry import Geometry
from allward_sdk.manifest import Label
from allward_sdk.parts import Localised
from allward_sdk.results import MeasuredValue
from lung_nodule.logic import sentences
from lung_nodule.logic.chest import Chest

MOST = 50
"""So many are followed: a reader can look at each of them, and each takes time to measure."""

LARGEST_MM = 150.0
SAME_MM = 4.0
"""Candidates without a size are the same nodule within this distance."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that was marked.

    Attributes
    ----------
    score
        None: the plug-in outlines and does not say how sure it is.
    size_kji_mm
        Edges of its box; None for a point.
    outline
        Its voxels in the grid of the case, where the plug-in drew them.
    told
        What stages of the plug-in said of it beyond.
    """

    centre_lps_mm: tuple[float, float, float]
    centre_kji: tuple[float, float, float]
    score: float | None
    size_kji_mm: tuple[float, float, float] | None = None
    outline: Component | None = None
    told: tuple[MeasuredValue, ...] = ()

    @property
    def diameter_mm(self) -> float | None:
        """Geometric mean of the box's edges."""
        return None if self.size_kji_mm is None else math.prod(self.size_kji_mm) ** (1.0 / 3.0)


def spots_in(output: SlotOutput, chest: Chest) -> tuple[list[Spot], list[Localised]]:
    """Return the places that a detector marks in the lungs, and what is to be said of the others."""
    geometry = chest.case.geometry
    marked = [*_detected(output, geometry), *_outlined(output, geometry)]
    kept: list[Spot] = []
    why: dict[str, tuple[int, Localised]] = {}
    for spot in marked:
        fault = _fault(spot, chest)
        if fault is None:
            kept.append(spot)
        else:
            why[fault.en] = (why.get(fault.en, (0, fault))[0] + 1, fault)
    said = [sentences.refused(count, fault) for _, (count, fault) in sorted(why.items())]
    merged = once(kept)
    if len(merged) > MOST:
        said.append(sentences.too_many(len(merged), MOST))
    return merged[:MOST], said


def once(spots: Iterable[Spot]) -> list[Spot]:
    """Return each nodule once, the most likely first, whatever the order of what was marked.

    Of two whose centres lie within the radius of the larger the one with the higher score stays: the same
    nodule was seen in two windows.
    """
    ordered = sorted(spots, key=_rank)
    kept: list[Spot] = []
    centres = np.empty((len(ordered), 3))
    radii = np.empty(len(ordered))
    for spot in ordered:
        radius_mm = SAME_MM / 2.0 if spot.diameter_mm is None else spot.diameter_mm / 2.0
        count = len(kept)
        apart = np.linalg.norm(centres[:count] - np.asarray(spot.centre_lps_mm), axis=1)
        if (apart < np.maximum(np.maximum(radii[:count], radius_mm), SAME_MM / 2.0)).any():
            continue
        centres[count], radii[count] = spot.centre_lps_mm, radius_mm
        kept.append(spot)
    return kept


def _rank(spot: Spot) -> tuple[float, float, tuple[float, float, float]]:
    """Order by falling score, then size, then place, so that ties do not depend on who came first."""
    score = 1.0 if spot.score is None else spot.score
    return -score, -(spot.diameter_mm or 0.0), spot.centre_kji


def _detected(output: SlotOutput, geometry: Geometry) -> list[Spot]:
    """Return a spot for each candidate; of one label or of several, all are nodules."""
    lesions = {label.name: label for label in output.manifest.labels}
    spots = []
    for found in output.found:
        if isinstance(found, Detections):
            spots += [_spot(candidate, geometry, lesions) for candidate in found.candidates]
    return spots


def _spot(candidate: Candidate, geometry: Geometry, labels: dict[str, Label]) -> Spot:
    centre = (math.nan, math.nan, math.nan)
    if all(math.isfinite(mm) for mm in candidate.centre_lps_mm):
        k, j, i = (float(n) for n in geometry.to_index_kji([candidate.centre_lps_mm])[0])
        centre = (k, j, i)
    return Spot(
        centre_lps_mm=candidate.centre_lps_mm,
        centre_kji=centre,
        score=candidate.score,
        size_kji_mm=candidate.size_kji_mm,
        told=tuple(
            probability(stage, labels[name], value)
            for stage, told in sorted(candidate.classes.items())
            for name, value in sorted(told.items())
            if name in labels
        ),
    )


def _outlined(output: SlotOutput, geometry: Geometry) -> list[Spot]:
    """Return a spot for each connected lesion that a plug-in outlined."""
    values = [label.value for label in output.manifest.labels if label.kind == "lesion"]
    if output.labels_kji is None or not values:
        return []
    return [spot_of(part, geometry) for part in find_components(np.isin(output.labels_kji, values))]


def spot_of(part: Component, geometry: Geometry) -> Spot:
    """Return the place of an outline."""
    inside = inside_point_kji(part.mask, geometry)
    assert inside is not None
    k, j, i = (float(n + first) for n, first in zip(inside, part.box_kji[0], strict=True))
    x, y, z = (float(mm) for mm in geometry.to_lps_mm([(k, j, i)])[0])
    size = [(b - a) * mm for a, b, mm in zip(*part.box_kji, geometry.spacing_kji_mm, strict=True)]
    return Spot((x, y, z), (k, j, i), None, (size[0], size[1], size[2]), part)


def _fault(spot: Spot, chest: Chest) -> Localised | None:
    """Return why a place is not followed; None if it is."""
    sizes: Sequence[float] = spot.size_kji_mm or ()
    numbers = (*spot.centre_kji, *sizes, 0.0 if spot.score is None else spot.score)
    if not all(math.isfinite(number) for number in numbers):
        return sentences.NO_NUMBER
    if sizes and (min(sizes) <= 0.0 or max(sizes) > LARGEST_MM):
        return sentences.ABSURD_SIZE
    at = tuple(round(n) for n in spot.centre_kji)
    if any(not 0 <= n < size for n, size in zip(at, chest.case.geometry.shape_kji, strict=True)):
        return sentences.OUTSIDE_SCAN
    return None if chest.reach[at] else sentences.OUTSIDE_LUNGS
