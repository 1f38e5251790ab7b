"""What is read off the curves of many draws of the same patients."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from allward_measure.evaluation.froc import LUNA16_RATES, Froc, Verdict, curve_of

Values = npt.NDArray[np.float64]

METRIC, ALL_MARKS, FIRST_RATE = 0, 1, 2
"""Places in what is read: the competition performance metric, the sensitivity of all marks whatever they
score, and that at the first of LUNA16's rates; the others follow."""


def readings_of(verdicts: Sequence[Verdict]) -> tuple[float, ...] | None:
    """Return what is read off the curve of some scans; None where nothing is there to be found."""
    curve = curve_of(verdicts)
    return None if curve is None else _readings(curve)


def _readings(curve: Froc) -> tuple[float, ...]:
    rates = (curve.sensitivity_at(rate) for rate in LUNA16_RATES)
    return (curve.competition_performance_metric, curve.found / curve.targets, *rates)


def drawn_readings(
    verdicts: Sequence[Verdict], patients: npt.NDArray[np.intp], counts: Values
) -> npt.NDArray[np.float64]:
    """Return what is read off the curve of each draw; draws in which nothing is to be found are left out.

    Marks are put in order once; a draw counts each as often as its patient is in it.

    Parameters
    ----------
    verdicts, patients : shape (scans,)
        What became of each scan, and whose it is: the place of its patient in `counts`.
    counts : shape (draws, patients)
        How often each patient is in each draw.

    Returns
    -------
    shape (draws, readings)
    """
    scores = np.asarray([score for one in verdicts for score in (*one.hits, *one.wrong)], np.float64)
    right = np.asarray([hit for one in verdicts for hit in [1.0] * len(one.hits) + [0.0] * len(one.wrong)])
    whose = np.repeat(patients, [len(one.hits) + len(one.wrong) for one in verdicts])
    order = np.argsort(-scores, kind="stable")
    scores, right, whose = scores[order], right[order], whose[order]
    last = np.flatnonzero(np.append(np.diff(scores) != 0, True)) if scores.size else np.zeros(0, np.intp)
    each = counts.shape[1]
    scans = counts @ np.bincount(patients, minlength=each)
    to_find = [len(one.hits) + one.missed for one in verdicts]
    targets = counts @ np.bincount(patients, weights=to_find, minlength=each)
    told = np.flatnonzero(targets > 0)
    read = np.empty((told.size, FIRST_RATE + len(LUNA16_RATES)))
    for row, draw in enumerate(told):
        weights = counts[draw][whose]
        hits = np.cumsum(right * weights)[last]
        wrong = np.cumsum((1.0 - right) * weights)[last]
        rates = np.concatenate([[0.0], wrong / scans[draw]])
        found = np.concatenate([[0.0], hits / targets[draw]])
        at_rates = np.interp(LUNA16_RATES, rates, found)
        read[row] = [at_rates.mean(), found[-1], *at_rates]
    return read
