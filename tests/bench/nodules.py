"""Lung nodules measured with estimated levels and noise: how far off on average, and how scattered.

Spheres at random places between the voxels, noise of 30 HU in each voxel, outlined at half of their peak.
docs/nodules.md tells the whole table; here are the volumes.
"""

import statistics
from typing import NamedTuple

import numpy as np

from allward_measure.nodules.growth import sphere_volume_mm3
from allward_measure.nodules.measure import measure_nodule
from tests.bench.table import Row, row
from tests.phantoms.nodules import GROUND_GLASS_HU, SOLID_HU, SPACINGS_KJI_MM, Triple, ball

NOISE_HU = 30.0
DRAWS = 30
KINDS = {"solid": SOLID_HU, "ground glass": GROUND_GLASS_HU}
DIAMETERS_MM = (4, 6, 8, 12)


class Spread(NamedTuple):
    """Errors of one kind of sphere; volumes in %, diameters in mm."""

    volumes_percent: list[float]
    means_mm: list[float]


def spread(mm: float, hu: float, spacing_kji_mm: Triple) -> Spread:
    """Measure a sphere at many places with noise, each draw the same in every run."""
    draw = np.random.default_rng(round(1000 * mm + 10 * sum(spacing_kji_mm) - hu))
    volumes, means = [], []
    for _ in range(DRAWS):
        k, j, i = draw.uniform(-0.5, 0.5, 3) * spacing_kji_mm
        made = ball(mm, spacing_kji_mm, offset_mm=(float(k), float(j), float(i)), hu=hu, lines=5)
        noisy = made._replace(volume_hu=made.volume_hu + draw.normal(0.0, NOISE_HU, made.volume_hu.shape))
        found = measure_nodule(noisy.region)
        assert found is not None
        volume_mm3 = found.size.volume_mm3 or found.size.voxels_mm3
        volumes.append(100.0 * (volume_mm3 / sphere_volume_mm3(mm) - 1.0))
        means.append(found.size.axes.mean_mm - mm)
    return Spread(volumes, means)


def measure() -> list[Row]:
    """Measure every kind, size and spacing."""
    rows = []
    for kind, hu in KINDS.items():
        for spacing in SPACINGS_KJI_MM:
            for mm in DIAMETERS_MM:
                found = spread(mm, hu, spacing).volumes_percent
                name = f"{kind}, {mm} mm, voxels {spacing[2]} x {spacing[1]} x {spacing[0]} mm: volume"
                rows.append(row(f"{name}, bias", [statistics.fmean(found)], unit="%", goal="-"))
                rows.append(row(f"{name}, SD", [statistics.stdev(found)], unit="%", goal="-"))
    return rows


def table() -> str:
    """Return the table of docs/nodules.md: bias and SD of volume in % and of the mean diameter in mm."""
    lines = []
    for kind, hu in KINDS.items():
        for spacing in SPACINGS_KJI_MM:
            cells = []
            for mm in DIAMETERS_MM:
                found = spread(mm, hu, spacing)
                cells += [
                    f"{statistics.fmean(values):+.{digits}f} ± {statistics.stdev(values):.{digits}f}"
                    for values, digits in ((found.volumes_percent, 1), (found.means_mm, 2))
                ]
            voxel = f"{spacing[2]} x {spacing[1]} x {spacing[0]}"
            lines.append(f"| {kind} | {voxel} | {' | '.join(cells)} |")
    return "\n".join(lines)
