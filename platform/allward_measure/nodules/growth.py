"""How fast a nodule grows: spheres, doubling times. Pure arithmetic, without a judgement.

Lengths in mm, volumes in mm3, masses in mg, times in days.
"""

import math


def sphere_volume_mm3(diameter_mm: float) -> float:
    """Return the volume of a sphere."""
    return math.pi / 6.0 * diameter_mm**3


def sphere_diameter_mm(volume_mm3: float) -> float:
    """Return the diameter of the sphere with a volume."""
    return math.cbrt(6.0 * volume_mm3 / math.pi)


def ellipsoid_volume_mm3(length_mm: float, width_mm: float, height_mm: float) -> float:
    """Return the volume of an ellipsoid with three diameters."""
    return math.pi / 6.0 * length_mm * width_mm * height_mm


def doubling_time_days(before: float, after: float, days: float) -> float | None:
    """Return the time in which a volume or a mass doubles; negative if it shrinks, None if it is unchanged.

    Parameters
    ----------
    before, after
        Two volumes in mm3, or two masses in mg.
    days
        Between them.

    Raises
    ------
    ValueError
        If a size or the time between is not above 0.

    Source
    ------
    Schwartz 1961, Cancer 14:1272: exponential growth, days * ln 2 / ln(after / before).
    """
    if before <= 0 or after <= 0 or days <= 0:
        raise ValueError("A doubling time needs two sizes and a time between them, all above 0.")
    ratio = math.log(after / before)
    return None if ratio == 0 else days * math.log(2.0) / ratio


def diameter_doubling_time_days(before_mm: float, after_mm: float, days: float) -> float | None:
    """Return the time in which the volume of a sphere doubles whose diameter was measured twice.

    Raises
    ------
    ValueError
        As for `doubling_time_days`.
    """
    if before_mm <= 0 or after_mm <= 0:
        raise ValueError("A doubling time needs two sizes and a time between them, all above 0.")
    return doubling_time_days(sphere_volume_mm3(before_mm), sphere_volume_mm3(after_mm), days)
