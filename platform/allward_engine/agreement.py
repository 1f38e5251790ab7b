"""How far two results of one plug-in on one volume agree, figure by figure."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_engine.requests import LabelMap, SegmentResult
from allward_engine.sessions.precision import Figure
from allward_sdk.found import (
    Candidate,
    Classified,
    Detections,
    Found,
    SlideMap,
    TileClasses,
    Vectors,
    VolumeMap,
)

LEAST_DICE = 0.999
"""Of every label of every volume. Source: ADR-0017."""

MOST_CHANGE = 0.01
"""Of a probability, a score or a value of a map. Source: ADR-0017."""

LEAST_COSINE = 0.999
"""Between the two vectors of one thing. Source: ADR-0017."""

MOST_SHIFT_MM = 1.0
"""Of a candidate's centre; one that has none so near in the other result counts as lost. Source: ADR-0017."""

_LOST = 1.0
"""Change of the score of something that only one of the results has."""


class Agreement:
    """The worst of every figure over the volumes so far.

    Parameters
    ----------
    labels
        Label of the manifest -> its value in label maps.
    """

    def __init__(self, labels: Mapping[str, int]) -> None:
        self._labels = labels
        self._worst: dict[str, float | None] = {}
        self._limits: dict[str, tuple[float, bool]] = {}

    def add(self, exact: SegmentResult, reduced: SegmentResult) -> None:
        """Compare the results of one volume."""
        if exact.labels_kji is not None and reduced.labels_kji is not None:
            for label, value in self._labels.items():
                found = dice(exact.labels_kji, reduced.labels_kji, value)
                self._note(f"Dice of {label}", found, limit=LEAST_DICE, at_least=True)
        if exact.stages_run != reduced.stages_run:
            self._note("change of the stages that run", _LOST, limit=0.0)
        for mine, theirs in _pairs(exact.found, reduced.found):
            self._add_found(mine, theirs, exact.arrays, reduced.arrays)

    def figures(self) -> tuple[Figure, ...]:
        """Return what was compared, in the order in which it first came up."""
        return tuple(
            Figure(what=what, worst=self._worst[what], limit=limit, at_least=at_least)
            for what, (limit, at_least) in self._limits.items()
        )

    def _add_found(
        self,
        mine: Found,
        theirs: Found,
        exact: Mapping[str, npt.NDArray[Any]],
        reduced: Mapping[str, npt.NDArray[Any]],
    ) -> None:
        what = f"change of {mine.stage}"
        if isinstance(mine, Classified) and isinstance(theirs, Classified):
            self._note(what, _classified(mine, theirs), limit=MOST_CHANGE)
        elif isinstance(mine, Detections) and isinstance(theirs, Detections):
            self._note(what, _detections(mine, theirs), limit=MOST_CHANGE)
        elif isinstance(mine, Vectors) and isinstance(theirs, Vectors):
            found = _least_cosine(exact[mine.vectors], reduced[theirs.vectors])
            self._note(f"cosine of {mine.stage}", found, limit=LEAST_COSINE, at_least=True)
        elif isinstance(mine, TileClasses) and isinstance(theirs, TileClasses):
            found = _most_change(exact[mine.probabilities], reduced[theirs.probabilities])
            self._note(what, found, limit=MOST_CHANGE)
        elif isinstance(mine, VolumeMap | SlideMap) and isinstance(theirs, VolumeMap | SlideMap):
            self._note(what, _most_change(exact[mine.values], reduced[theirs.values]), limit=MOST_CHANGE)

    def _note(self, what: str, value: float | None, *, limit: float, at_least: bool = False) -> None:
        self._limits.setdefault(what, (limit, at_least))
        before = self._worst.get(what)
        worse = min if at_least else max
        if value is None or before is None:
            self._worst[what] = before if value is None else value
        else:
            self._worst[what] = worse(before, value)


def dice(exact: LabelMap, reduced: LabelMap, value: int) -> float | None:
    """Return the Dice coefficient of one label, None if neither map has it.

    Source
    ------
    Dice, Ecology 26:297 (1945): twice what both have, over what each has.
    """
    mine, theirs = exact == value, reduced == value
    sizes = int(np.count_nonzero(mine)) + int(np.count_nonzero(theirs))
    return 2.0 * int(np.count_nonzero(mine & theirs)) / sizes if sizes else None


def _pairs(exact: tuple[Found, ...], reduced: tuple[Found, ...]) -> list[tuple[Found, Found]]:
    """Return what the same stage found of the same kind; a stage that ran once only changes `stages_run`."""
    theirs = {(found.stage, found.kind): found for found in reduced}
    return [(found, theirs[key]) for found in exact if (key := (found.stage, found.kind)) in theirs]


def _classified(mine: Classified, theirs: Classified) -> float:
    change = [abs(p - theirs.probabilities.get(label, _LOST)) for label, p in mine.probabilities.items()]
    return max([*change, 0.0 if mine.chosen == theirs.chosen else _LOST])


def _detections(mine: Detections, theirs: Detections) -> float:
    """Return the largest change of a score, each candidate beside the nearest of its label."""
    left = list(theirs.candidates)
    worst = 0.0
    for candidate in mine.candidates:
        same = [other for other in left if other.label == candidate.label]
        nearest = min(same, key=lambda other: _distance_mm(candidate, other), default=None)
        if nearest is None or _distance_mm(candidate, nearest) > MOST_SHIFT_MM:
            return _LOST
        left.remove(nearest)
        worst = max(worst, abs(candidate.score - nearest.score))
    return _LOST if left else worst


def _distance_mm(one: Candidate, other: Candidate) -> float:
    return float(np.linalg.norm(np.subtract(one.centre_lps_mm, other.centre_lps_mm)))


def _most_change(mine: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> float | None:
    if mine.shape != theirs.shape or not np.array_equal(np.isnan(mine), np.isnan(theirs)):
        return _LOST
    return float(np.nanmax(np.abs(mine - theirs))) if mine.size and not np.isnan(mine).all() else None


def _least_cosine(mine: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> float | None:
    if mine.shape != theirs.shape:
        return -1.0
    if not mine.size:
        return None
    lengths = np.linalg.norm(mine, axis=1) * np.linalg.norm(theirs, axis=1)
    return float(((mine * theirs).sum(axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)).min())
