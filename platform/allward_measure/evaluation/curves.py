"""What is read off the curves of many draws of the same scans."""

from collections.abc import Sequence

import numpy as np

from allward_measure.evaluation.froc import LUNA16_RATES, Froc, Verdict, curve_of

METRIC, ALL_MARKS, FIRST_RATE = 0, 1, 2
"""Places in what is read: the competition performance metric, the sensitivity of all marks whatever they
score, and that at the first of LUNA16's rates; the others follow."""


class Curves:
    """Readings of draws, each of which is computed once: every figure draws the same."""

    def __init__(self) -> None:
        self._read: dict[bytes, tuple[float, ...] | None] = {}

    def of(self, verdicts: Sequence[Verdict]) -> tuple[float, ...] | None:
        """Return what is read off the curve of some scans; None where nothing is there to be found."""
        drawn = np.fromiter(map(id, verdicts), np.int64, len(verdicts)).tobytes()
        if drawn not in self._read:
            curve = curve_of(verdicts)
            self._read[drawn] = None if curve is None else _readings(curve)
        return self._read[drawn]


def _readings(curve: Froc) -> tuple[float, ...]:
    rates = (curve.sensitivity_at(rate) for rate in LUNA16_RATES)
    return (curve.competition_performance_metric, curve.found / curve.targets, *rates)
