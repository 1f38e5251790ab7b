"""Draws of patients with replacement, on which the bootstrap intervals of all figures stand.

Two findings of one patient are not independent, so a patient is drawn with all of its cases. A draw is known
by how often each patient is in it; a share of two sums over patients is then told for all draws at once.
"""

import numpy as np
import numpy.typing as npt

from allward_measure.evaluation.intervals import Interval

Values = npt.NDArray[np.float64]

_MOST_KEPT = 4
"""Numbers of patients of which the draws are kept: a thousand draws of a thousand patients are 8 MB."""


class Draws:
    """So many draws of however many patients; the same seed gives the same ones."""

    def __init__(self, repeats: int, seed: int) -> None:
        self.repeats, self._seed = repeats, seed
        self._kept: dict[int, Values] = {}

    def of(self, patients: int) -> Values:
        """Return how often each patient is in each draw: shape (repeats, patients), whole numbers."""
        if patients not in self._kept:
            while len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[patients] = self._drawn(patients)
        return self._kept[patients]

    def _drawn(self, patients: int) -> Values:
        draw = np.random.default_rng(self._seed)
        chosen = draw.integers(0, patients, (self.repeats, patients))
        places = chosen + patients * np.arange(self.repeats)[:, np.newaxis]
        counts = np.bincount(places.ravel(), minlength=self.repeats * patients)
        return counts.reshape(self.repeats, patients).astype(np.float64)

    def shares(self, above: Values, below: Values) -> Values:
        """Return the share of two sums over patients in each draw; draws of nothing are left out.

        Parameters
        ----------
        above, below : shape (patients,)
        """
        counts = self.of(len(below))
        under = counts @ below
        told = under > 0
        return np.asarray((counts @ above)[told] / under[told], np.float64)


def drawn_interval(value: float, drawn: Values) -> Interval:
    """Return a figure with the percentiles between which 95 % of its draws lie; without a draw, itself.

    Source
    ------
    Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 13.3: percentile interval. Clusters
    as units: Field and Welsh 2007, doi:10.1111/j.1467-9868.2007.00593.x.
    """
    if not drawn.size:
        return Interval(value, value, value)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))
