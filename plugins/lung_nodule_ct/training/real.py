"""Pieces of a patient's lungs with nodules put in, on a grid of 1 mm.

The patient is CPTAC-LSCC C3N-00247 (The Cancer Imaging Archive, CC BY 3.0). No piece comes near the patient's
own mass. Runs in the product's environment: it reads DICOM and finds the lungs with the product's own code.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from training.chests import SHAPE, Nodule, Piece, insert_nodule
from training.solids import Field

from allward_dicom.volume import read_volume
from allward_measure.thorax.coarse import coarse_of
from allward_measure.thorax.lungs import find_lungs
from allward_runner.series import find_series
from allward_sdk.geometry import axis_map

MASS_LPS_MM = (-82.3, -191.8, -192.0)
MASS_REACH_MM = 30.0
"""No piece has a voxel nearer to the middle of the mass than this."""

_LEAST_LUNG = 0.25


@dataclass(frozen=True, slots=True)
class Chest:
    """A patient's chest at 1 mm.

    Attributes
    ----------
    hu, lung : shape (z, y, x), z from feet to head
    mass_zyx
        Voxel of the middle of the mass.
    """

    hu: Field
    lung: npt.NDArray[np.bool_]
    mass_zyx: npt.NDArray[np.float64]


def draw_real_piece(chest: Chest, seed: int) -> Piece:
    """Draw a piece: six in ten with one to three nodules, none of them outside the lungs."""
    draw = np.random.default_rng(seed)
    corner = _corner(chest, draw)
    box = tuple(slice(a, a + n) for a, n in zip(corner, SHAPE, strict=True))
    hu, lung = chest.hu[box].copy(), chest.lung[box]
    inner = np.argwhere(lung[6:-6, 6:-6, 6:-6]) + 6.0
    nodules: list[Nodule] = []
    for _ in range(int(draw.choice([0, 1, 2, 3], p=[0.4, 0.35, 0.17, 0.08]))):
        if len(inner) == 0:
            break
        put, nodule = insert_nodule(hu, inner[draw.integers(len(inner))] + draw.uniform(-0.5, 0.5, 3), draw)
        hu = hu + _as_scanned(put - hu, draw)
        nodules.append(nodule)
    noise = ndimage.gaussian_filter(draw.normal(size=SHAPE).astype(np.float32), draw.uniform(0.3, 1.0))
    hu = hu * draw.uniform(0.97, 1.03) + draw.uniform(-25, 25)
    hu += draw.uniform(0, 30) * noise / max(float(noise.std()), 1e-6)
    return Piece(np.clip(hu, -1024, 1500).astype(np.float32), tuple(nodules))


def read_chest(folder: Path) -> Chest:
    """Read the patient's series and bring it to 1 mm; its axes run to superior, posterior and left.

    Raises
    ------
    BadInputError
        If there is no CT that is a volume in the folder.
    """
    series = read_volume(find_series(folder).series[0].paths)
    coarse = coarse_of(series.voxels_kji, series.geometry)
    lungs = find_lungs(coarse)
    axes = axis_map(series.geometry, "SPL")
    voxels = axes.to_model(np.asarray(series.voxels_kji, np.float32))
    spacing = np.asarray(axes.triple_to_model(series.geometry.spacing_kji_mm))
    mass = np.zeros(series.voxels_kji.shape, np.float32)
    k, j, i = series.geometry.to_index_kji([MASS_LPS_MM])[0].round().astype(int)
    mass[k, j, i] = 1.0
    at = np.argwhere(axes.to_model(mass) > 0)[0]
    hu = ndimage.zoom(voxels, spacing, order=1)
    lung = axes.to_model(coarse.to_volume(lungs.both)).astype(np.float32)
    return Chest(hu, ndimage.zoom(lung, spacing, order=1) > 0.5, at * spacing)


def _corner(chest: Chest, draw: np.random.Generator) -> tuple[int, int, int]:
    """Return where a piece with enough lung begins that keeps away from the mass."""
    room = np.asarray(chest.hu.shape) - np.asarray(SHAPE)
    for _ in range(10_000):
        corner = draw.integers(0, room + 1)
        nearest = np.clip(chest.mass_zyx, corner, corner + np.asarray(SHAPE))
        if np.linalg.norm(nearest - chest.mass_zyx) <= MASS_REACH_MM:
            continue
        box = tuple(slice(a, a + n) for a, n in zip(corner, SHAPE, strict=True))
        if chest.lung[box].mean() >= _LEAST_LUNG:
            return int(corner[0]), int(corner[1]), int(corner[2])
    raise ValueError("no piece of this chest has enough lung")


def _as_scanned(put: Field, draw: np.random.Generator) -> Field:
    """Blur what was put in as thick slices and a kernel do; the lungs around it are blurred already."""
    thick = int(draw.choice([1, 2, 3, 4, 5], p=[0.1, 0.2, 0.4, 0.2, 0.1]))
    seen = ndimage.gaussian_filter(put, draw.uniform(0.4, 0.9))
    return seen if thick == 1 else ndimage.uniform_filter1d(seen, thick, axis=0)
