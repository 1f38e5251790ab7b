"""The sizes of a nodule that may be compared with those of another day: exact ones alone."""

import math
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from allward_sdk.parts import Localised
from allward_sdk.results import Finding, MeasuredValue
from lung_nodule.logic.followup import words
from lung_nodule.logic.followup.change import Acquisition, Measured

OF_VOLUME = frozenset({"volume_mm3", "mass_mg"})
"""What slices too thick for a nodule tell so coarsely that no growth follows from it."""


class Sizes(NamedTuple):
    """What may be compared.

    Attributes
    ----------
    volume_mm3, mass_mg
        None if not measured, cut off by the scan, or of slices too thick.
    why
        Why there is no mean diameter; None: there is one.
    """

    mean_mm: float | None
    volume_mm3: float | None
    mass_mg: float | None
    why: Localised | None

    def at(self, day: date, acquisition: Acquisition) -> Measured:
        """Return a nodule of one date; there has to be a mean diameter."""
        assert self.mean_mm is not None
        return Measured(day, acquisition, self.mean_mm, self.volume_mm3, self.mass_mg)


def sizes_of(measurements: Sequence[MeasuredValue], *, coarse: bool) -> Sizes:
    """Return the sizes of a nodule for a comparison.

    Parameters
    ----------
    coarse
        The slices are too thick for its size.
    """
    by_name = {each.name: each for each in measurements}
    mean = by_name.get("mean_diameter_mm")
    cut_off = mean is not None and mean.value is not None and mean.bound != "exact"
    mean_mm, volume_mm3, mass_mg = (
        _exact(by_name.get(name)) for name in ("mean_diameter_mm", "volume_mm3", "mass_mg")
    )
    why = None if mean_mm is not None else words.CUT_OFF if cut_off else words.NO_SIZE
    return Sizes(mean_mm, None if coarse else volume_mm3, None if coarse else mass_mg, why)


def is_coarse(finding: Finding) -> bool:
    """Tell whether the slices are too thick for a nodule's size."""
    return any(each.name == "coarse" for each in finding.properties)


def _exact(measured: MeasuredValue | None) -> float | None:
    if measured is None or measured.value is None or measured.bound != "exact":
        return None
    return measured.value if math.isfinite(measured.value) and measured.value > 0.0 else None
