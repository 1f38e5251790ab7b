"""How dense a nodule is: statistics in HU, and its mass."""

from dataclasses import dataclass

import numpy as np

from allward_measure.components import Mask
from allward_sdk.geometry import FloatArray

PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, slots=True)
class Density:
    """Densities of the voxels of a nodule, in HU; every voxel of the mask counts once.

    Attributes
    ----------
    sd_hu
        Of the population, 0 for a single voxel.
    percentiles_hu
        The 5th, 25th, 50th, 75th and 95th.
    """

    voxels: int
    mean_hu: float
    sd_hu: float
    min_hu: float
    max_hu: float
    percentiles_hu: tuple[float, ...]


def density(volume_hu: FloatArray, mask: Mask) -> Density | None:
    """Return the densities of a mask; None if it has no voxel.

    Parameters
    ----------
    volume_hu, mask : shape (k, j, i), one grid
    """
    values = volume_hu[mask]
    if not values.size:
        return None
    return Density(
        voxels=int(values.size),
        mean_hu=float(values.mean()),
        sd_hu=float(values.std()),
        min_hu=float(values.min()),
        max_hu=float(values.max()),
        percentiles_hu=tuple(float(hu) for hu in np.percentile(values, PERCENTILES)),
    )


def mass_mg(volume_mm3: float, mean_hu: float) -> float:
    """Return the mass in mg of a volume of one mean density; air weighs nothing.

    Source
    ------
    de Hoop 2010, Radiology 255:199: volume in mL times (mean HU + 1000), in mg.
    """
    return volume_mm3 * (mean_hu + 1000.0) / 1000.0
