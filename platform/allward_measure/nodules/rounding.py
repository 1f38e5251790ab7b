"""Sizes as guidelines write them: in decimal arithmetic, and halves go up.

Python's `round` goes to the even neighbour (`round(6.5)` is 6) and sees 2.675 as 2.67499...; a nodule of
6.5 mm is one of 7 mm.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

Number = float | Decimal

TENTH_MM = Decimal("0.1")
WHOLE = Decimal(1)

_NOISE = Decimal("0.000001")
"""What is finer than this is the noise of binary fractions; nothing is measured so finely."""

MICRONODULE_BELOW_MM = 3.0
"""Below it no diameter is written. Source: Bankier 2017, doi:10.1148/radiol.2017162894."""

BOTH_AXES_FROM_MM = 10
"""From it both axes are written beside the mean. Source: Bankier 2017, doi:10.1148/radiol.2017162894."""


def as_decimal(value: Number) -> Decimal:
    """Return a number as the decimal that a person would write for it, without binary noise.

    Raises
    ------
    ValueError
        If the number is infinite or none.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is no size.")
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(_NOISE, ROUND_HALF_EVEN)


def round_half_up(value: Number, step: Decimal) -> Decimal:
    """Return the multiple of `step` nearest to a number; a half goes up, below zero away from it."""
    return (as_decimal(value) / step).quantize(WHOLE, ROUND_HALF_UP) * step


def lung_rads_mean_mm(long_mm: Number, short_mm: Number) -> Decimal:
    """Return the mean diameter in mm: each axis to 0.1 mm, then their mean to 0.1 mm.

    Source
    ------
    ACR Lung-RADS v2022; Christensen 2024, Chest 165:738.
    """
    both = round_half_up(long_mm, TENTH_MM) + round_half_up(short_mm, TENTH_MM)
    return round_half_up(both / 2, TENTH_MM)


def whole_mm3(volume_mm3: Number) -> int:
    """Return a volume in whole mm3, as Lung-RADS v2022 writes it."""
    return int(round_half_up(volume_mm3, WHOLE))


@dataclass(frozen=True, slots=True)
class FleischnerSize:
    """A nodule's size in the words of the Fleischner Society.

    Attributes
    ----------
    mean_mm
        Mean of both axes to the nearest whole mm; None for a micronodule.
    axes_mm
        Long and short axis in whole mm, for nodules of 10 mm and more; None for smaller ones.
    micronodule
        Smaller than 3 mm: named so, and not measured.
    """

    mean_mm: int | None
    axes_mm: tuple[int, int] | None
    micronodule: bool


def fleischner_size(long_mm: Number, short_mm: Number) -> FleischnerSize:
    """Return a size under the rounding of the Fleischner Society.

    Source
    ------
    Bankier 2017, doi:10.1148/radiol.2017162894.
    """
    exact = (as_decimal(long_mm) + as_decimal(short_mm)) / 2
    if exact < as_decimal(MICRONODULE_BELOW_MM):
        return FleischnerSize(None, None, micronodule=True)
    mean_mm = int(round_half_up(exact, WHOLE))
    if mean_mm < BOTH_AXES_FROM_MM:
        return FleischnerSize(mean_mm, None, micronodule=False)
    axes_mm = int(round_half_up(long_mm, WHOLE)), int(round_half_up(short_mm, WHOLE))
    return FleischnerSize(mean_mm, axes_mm, micronodule=False)
