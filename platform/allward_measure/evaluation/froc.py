"""Free-response ROC: marks with scores against what is really there, by the rules of LUNA16.

A mark hits if it lies nearer than the radius. Of several hits on one target the best score counts and the
others are ignored; what hits a target that does not count is ignored too. A target that was missed stays
in the denominator.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Point = tuple[float, float, float]
Values = npt.NDArray[np.float64]

LUNA16_RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""False positives per scan at which sensitivity is read."""

DIAMETER_WHERE_UNKNOWN_MM = 10.0
"""Of a target whose size nobody measured. Source: LUNA16's scorer."""

MOST_MARKS = 100
"""Marks of a scan that count, the best first; of more, only those better than the next one, so that ties at
the limit all go. Source: LUNA16's scorer."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a detector points at."""

    point_mm: Point
    score: float


@dataclass(frozen=True, slots=True)
class Target:
    """What is there."""

    point_mm: Point
    diameter_mm: float | None = None
    counts: bool = True
    """False where readers disagree: hits are neither right nor wrong."""

    @property
    def radius_mm(self) -> float:
        """How near a mark has to be."""
        if self.diameter_mm is None or self.diameter_mm <= 0:
            return DIAMETER_WHERE_UNKNOWN_MM / 2.0
        return self.diameter_mm / 2.0


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: what was found, and what is there."""

    marks: tuple[Mark, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Froc:
    """The curve and what is read off it.

    Attributes
    ----------
    false_positives_per_scan, sensitivity : shape (points,), from no mark to all of them
    scores
        Least score that counts at each point.
    """

    false_positives_per_scan: Values
    sensitivity: Values
    scores: Values
    scans: int
    targets: int
    found: int
    false_positives: int

    def sensitivity_at(self, rate: float) -> float:
        """Return the sensitivity at so many false positives per scan, linear between points."""
        return float(np.interp(rate, self.false_positives_per_scan, self.sensitivity))

    @property
    def competition_performance_metric(self) -> float:
        """Mean sensitivity at the seven rates of LUNA16."""
        return float(np.mean([self.sensitivity_at(rate) for rate in LUNA16_RATES]))

    @property
    def false_positives_per_target(self) -> float:
        """All false positives for each target: comparable where scans hold more or fewer targets."""
        return self.false_positives / self.targets


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of the marks and targets of one scan: all that a curve needs of it."""

    hits: tuple[float, ...]
    """Best score on each target that was found."""
    missed: int
    wrong: tuple[float, ...]
    """Scores of marks that hit nothing."""


def froc(scans: Sequence[Scan]) -> Froc | None:
    """Return the curve over scans; None where nothing is there to be found.

    Source
    ------
    LUNA16's noduleCADEvaluationLUNA16, doi:10.1016/j.media.2017.06.015.
    """
    return curve_of([judge(scan) for scan in scans])


def curve_of(verdicts: Sequence[Verdict]) -> Froc | None:
    """Return the curve over scans that were judged already; None where nothing is there to be found."""
    hits = [score for verdict in verdicts for score in verdict.hits]
    wrong = [score for verdict in verdicts for score in verdict.wrong]
    total = len(hits) + sum(verdict.missed for verdict in verdicts)
    if total == 0:
        return None
    scores = np.asarray([*hits, *wrong], np.float64)
    right = np.asarray([1.0] * len(hits) + [0.0] * len(wrong), np.float64)
    order = np.argsort(-scores, kind="stable")
    scores, right = scores[order], right[order]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True)) if scores.size else np.zeros(0, np.intp)
    hit, miss = np.cumsum(right)[last], np.cumsum(1.0 - right)[last]
    return Froc(
        false_positives_per_scan=np.concatenate([[0.0], miss / len(verdicts)]),
        sensitivity=np.concatenate([[0.0], hit / total]),
        scores=np.concatenate([[np.inf], scores[last]]),
        scans=len(verdicts),
        targets=total,
        found=len(hits),
        false_positives=len(wrong),
    )


def judge(scan: Scan) -> Verdict:
    """Tell which marks of a scan hit what."""
    marks = _best(scan.marks)
    free = dict(enumerate(marks))
    hits: list[float] = []
    missed = 0
    for target in scan.targets:
        near = [n for n, mark in enumerate(marks) if _squared_mm(mark, target) < target.radius_mm**2]
        for number in near:
            free.pop(number, None)
        if target.counts and near:
            hits.append(max(marks[number].score for number in near))
        elif target.counts:
            missed += 1
    return Verdict(tuple(hits), missed, tuple(mark.score for mark in free.values()))


def _best(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks of a scan that count, the best first."""
    ordered = sorted(marks, key=lambda mark: -mark.score)
    if len(ordered) <= MOST_MARKS:
        return ordered
    return [mark for mark in ordered if mark.score > ordered[MOST_MARKS].score]


def _squared_mm(mark: Mark, target: Target) -> float:
    return sum((a - b) ** 2 for a, b in zip(mark.point_mm, target.point_mm, strict=True))
