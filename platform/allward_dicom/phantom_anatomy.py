"""A synthetic abdomen and lower chest in the portal venous phase: what the demonstration study shows.

Everything is drawn with soft edges from signed distances in mm, in the LPS frame: x to the Left, y to
the Posterior, z to the Superior; the spine stands at x = 0 and z = 190 is about the liver's middle.
No patient's image went into it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from allward_sdk.geometry import Geometry

Field = npt.NDArray[np.float32]
"""Signed distance in mm, positive inside; or Hounsfield units; shape (k, j, i)."""
Point = tuple[float, float, float]

LIVER, LESION = 1, 2
"""Values of the true labels."""
_EDGE_MM = 1.6
_TISSUE_HU = {
    "air": -1000.0, "lung": -860.0, "fat": -100.0, "skin": 20.0, "muscle": 58.0, "liver": 112.0,
    "lesion": 60.0, "vessel": 165.0, "spleen": 122.0, "cortex": 185.0, "medulla": 150.0, "bile": 8.0,
    "pancreas": 95.0, "gut": 45.0, "bone": 190.0, "hard": 480.0, "disc": 85.0, "cord": 35.0, "heart": 135.0,
}  # fmt: skip
"""Typical portal venous values; the liver-to-lesion contrast is that of a hypodense metastasis."""
LESIONS: tuple[tuple[Point, float], ...] = (((-98.0, -8.0, 188.0), 15.0), ((-62.0, -42.0, 208.0), 10.0))
"""Centre (LPS mm) and radius (mm) of the two lesions."""


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The drawn phantom and its truth.

    Attributes
    ----------
    voxels_hu
        int16, shape (k, j, i), HU.
    labels_kji
        1 liver, 2 lesion, 0 elsewhere.
    """

    voxels_hu: npt.NDArray[np.int16]
    labels_kji: npt.NDArray[np.uint8]


class _Canvas:
    """A volume that organs are painted on, one over the other."""

    def __init__(self, geometry: Geometry, random: np.random.Generator) -> None:
        shape = geometry.shape_kji
        origin, step = geometry.index_to_lps_mm[:3, 3], geometry.index_to_lps_mm[:3, :3]
        self.x = (origin[0] + step[0, 2] * np.arange(shape[2], dtype=np.float32))[None, None, :]
        self.y = (origin[1] + step[1, 1] * np.arange(shape[1], dtype=np.float32))[None, :, None]
        self.z = (origin[2] + step[2, 0] * np.arange(shape[0], dtype=np.float32))[:, None, None]
        self.hu: Field = np.full(shape, _TISSUE_HU["air"], dtype=np.float32)
        self.random = random
        coarse = random.standard_normal((3, 9, 11, 11)).astype(np.float32)
        zoom = [size / small for size, small in zip(shape, coarse.shape[1:], strict=True)]
        self.bumps = [ndimage.zoom(each, zoom, order=1, grid_mode=True, mode="nearest") for each in coarse]

    def paint(self, distance_mm: Field, tissue: str, *, share: float = 1.0) -> None:
        """Lay a tissue where the distance is positive, fading over the edge."""
        alpha = np.clip(0.5 + distance_mm / _EDGE_MM, 0.0, 1.0) * np.float32(share)
        self.hu += alpha * (np.float32(_TISSUE_HU[tissue]) - self.hu)

    def ellipsoid(self, centre: Point, semi_axes: Point) -> Field:
        """Distance to an ellipsoid, right near its surface."""
        (cx, cy, cz), (ax, ay, az) = centre, semi_axes
        radius = np.sqrt(((self.x - cx) / ax) ** 2 + ((self.y - cy) / ay) ** 2 + ((self.z - cz) / az) ** 2)
        distance: Field = (1.0 - radius) * np.float32(min(ax, ay, az))
        return distance

    def column(self, centre: tuple[float, float], semi_axes: tuple[float, float]) -> Field:
        """Distance to an elliptic column along z."""
        radius = np.hypot((self.x - centre[0]) / semi_axes[0], (self.y - centre[1]) / semi_axes[1])
        distance: Field = np.broadcast_to((1.0 - radius) * np.float32(min(semi_axes)), self.hu.shape)
        return distance

    def tube(self, start: Point, end: Point, radius_mm: float) -> Field:
        """Distance to a straight tube between two points."""
        a, b = np.asarray(start, np.float32), np.asarray(end, np.float32)
        axis = (b - a) / np.linalg.norm(b - a)
        px, py, pz = self.x - a[0], self.y - a[1], self.z - a[2]
        along = np.clip(px * axis[0] + py * axis[1] + pz * axis[2], 0.0, float(np.linalg.norm(b - a)))
        beside = (px - along * axis[0]) ** 2 + (py - along * axis[1]) ** 2 + (pz - along * axis[2]) ** 2
        distance: Field = np.float32(radius_mm) - np.sqrt(beside)
        return distance


def draw_abdomen(geometry: Geometry, *, seed: int, noise_hu: float = 11.0) -> Anatomy:
    """Draw the phantom on an axial grid (k to the Superior, j to the Posterior, i to the Left).

    Parameters
    ----------
    noise_hu
        Standard deviation of the image noise.
    """
    canvas = _Canvas(geometry, np.random.default_rng(seed))
    cavity = _draw_trunk(canvas)
    diaphragm = _diaphragm(canvas)
    _draw_chest(canvas, cavity, diaphragm)
    liver = _liver(canvas, cavity, diaphragm)
    _draw_spine(canvas)
    _draw_gut(canvas, cavity, liver, diaphragm)
    canvas.paint(liver, "liver")
    _draw_liver_vessels(canvas, liver)
    _draw_organs(canvas, cavity, diaphragm)
    lesions = np.maximum.reduce([_lesion(canvas, centre, radius) for centre, radius in LESIONS])
    lesions = np.minimum(lesions, liver)
    canvas.paint(lesions, "lesion")
    labels = np.where(lesions > 0, LESION, np.where(liver > 0, LIVER, 0)).astype(np.uint8)
    grain = canvas.random.standard_normal(geometry.shape_kji).astype(np.float32)
    grain = ndimage.gaussian_filter(grain, (0.0, 0.7, 0.7))
    noisy = canvas.hu + grain * np.float32(noise_hu / max(float(grain.std()), 1e-6))
    return Anatomy(np.clip(np.rint(noisy), -1024, 3071).astype(np.int16), labels)


def _draw_trunk(canvas: _Canvas) -> Field:
    """Skin, fat, muscle wall and ribs around a cavity full of fat; returns the cavity."""
    canvas.paint(canvas.column((0, 5), (176, 124)), "skin")
    canvas.paint(canvas.column((0, 5), (173.5, 121.5)), "fat")
    wall = canvas.column((0, 3), (153, 103)) + canvas.bumps[0]
    canvas.paint(wall, "muscle")
    for side in (-1, 1):
        canvas.paint(canvas.column((side * 38, 98), (34, 21)), "muscle")
    cavity: Field = np.minimum(
        canvas.column((0, -2), (140, 90)) + canvas.bumps[0], -canvas.column((0, 82), (33, 40))
    )
    shell = np.minimum(wall - 3, 12 - wall)
    phase = np.mod(canvas.z - 0.55 * (canvas.y + 60) + 7, 30) - 15
    ribs = np.minimum(np.minimum(shell, 6.5 - np.abs(phase)), canvas.z - 120 + 0.3 * np.abs(canvas.x))
    canvas.paint(ribs, "hard")
    canvas.paint(ribs - 2.2, "bone")
    canvas.paint(cavity, "fat")
    return cavity


def _diaphragm(canvas: _Canvas) -> Field:
    """Height of the two domes over each (j, i), in mm."""

    def dome(top: float, x: float, y: float) -> Field:
        height: Field = top - ((canvas.x - x) ** 2 / 95 + (canvas.y - y) ** 2 / 90)
        return height

    domes = np.maximum.reduce([dome(262, -72, -12), dome(250, 72, -5), dome(240, 0, -22)])
    height: Field = domes + canvas.bumps[1] * 2
    return height


def _draw_chest(canvas: _Canvas, cavity: Field, diaphragm: Field) -> None:
    above = canvas.z - diaphragm
    canvas.paint(np.minimum(np.minimum(cavity + 5, above), canvas.z - 150), "lung")
    canvas.paint(np.minimum(np.minimum(cavity + 5, above + 4), 4 - above) - 1, "muscle")
    vessels = np.minimum(canvas.bumps[2] * 4 - 6.5, np.minimum(cavity, above - 4))
    canvas.paint(vessels, "muscle", share=0.7)
    canvas.paint(canvas.column((0, 30), (34, 40)) * (canvas.z > 236) - 40.0 * (canvas.z <= 236), "fat")
    heart = np.minimum(canvas.ellipsoid((22, -42, 300), (68, 52, 56)), above + 2)
    canvas.paint(heart + 4, "fat")
    canvas.paint(heart, "heart")


def _liver(canvas: _Canvas, cavity: Field, diaphragm: Field) -> Field:
    """The wedge under the right dome: thick on the right, tapering to the left."""
    lower = (canvas.z - 96 - 0.72 * (canvas.x + 140) - 0.22 * canvas.y) * np.float32(0.79)
    left_lobe = (14 - canvas.y - 0.6 * (canvas.x + 12)) * np.float32(0.86)
    behind = (74 - canvas.y - 0.25 * (canvas.x + 60)) * np.float32(0.97)
    bounds = [cavity - 3, (diaphragm - 4 - canvas.z) * np.float32(0.7), lower, behind, 62 - canvas.x]
    whole = np.minimum.reduce(np.broadcast_arrays(*bounds))
    whole = np.minimum(whole, np.where(canvas.x > -12, left_lobe, np.float32(200)))
    whole = np.minimum(whole, -canvas.ellipsoid((-58, 62, 128), (36, 35, 60)))
    whole = np.minimum(whole, -canvas.column((0, 62), (42, 44)))
    smooth: Field = ndimage.gaussian_filter(whole + canvas.bumps[2] * 1.5, (0.8, 2.0, 2.0))
    return smooth


def _lesion(canvas: _Canvas, centre: Point, radius: float) -> Field:
    shape = canvas.ellipsoid(centre, (radius, radius * 0.94, radius * 1.05))
    distance: Field = shape + canvas.bumps[1] * 0.8
    return distance


def _draw_spine(canvas: _Canvas) -> None:
    body = canvas.column((0, 76), (23, 18))
    disc = np.mod(canvas.z, 36) < 8
    canvas.paint(body, "hard")
    canvas.paint(np.where(disc, body + 0.5, body - 2.0), "bone")
    canvas.paint(np.where(disc, body, np.float32(-9)), "disc")
    arch = np.maximum(canvas.column((0, 104), (17, 15)), canvas.column((0, 122), (4, 16)))
    for side in (-1, 1):
        process = np.minimum(canvas.column((side * 30, 100), (18, 5)), np.mod(canvas.z, 36) - 16)
        arch = np.maximum(arch, process)
    canvas.paint(arch, "hard")
    canvas.paint(arch - 2, "bone")
    canvas.paint(canvas.column((0, 101), (9, 8)), "cord")


def _draw_gut(canvas: _Canvas, cavity: Field, liver: Field, diaphragm: Field) -> None:
    """Stomach with its air, bowel loops, colon: all left of or below the liver."""
    free = np.minimum(np.minimum(cavity - 2, -liver - 2), (diaphragm - 5 - canvas.z) * np.float32(0.7))
    stomach = np.minimum(canvas.ellipsoid((66, -22, 205), (46, 52, 52)), free)
    canvas.paint(stomach, "muscle")
    canvas.paint(stomach - 4, "gut")
    canvas.paint(np.minimum(stomach - 4, -46 - canvas.y), "air")
    for _ in range(34):
        centre = (
            float(canvas.random.uniform(-75, 100)),
            float(canvas.random.uniform(-70, 15)),
            float(canvas.random.uniform(20, 150)),
        )
        loop = np.minimum(canvas.ellipsoid(centre, (22, 13, 16)), free)
        canvas.paint(loop, "muscle", share=0.9)
        canvas.paint(loop - 3, "gut")
        if canvas.random.random() < 0.3:
            canvas.paint(np.minimum(loop - 3, centre[1] - 3 - canvas.y), "air")
    for x in (-108, 112):
        colon = np.minimum(canvas.column((x, 20), (21, 24)), np.minimum(free, 140 + 0.4 * x - canvas.z))
        canvas.paint(colon, "muscle")
        canvas.paint(colon - 3, "gut")
        canvas.paint(np.minimum(colon - 3, 12 - canvas.y + 4 * canvas.bumps[0]), "air")


def _draw_liver_vessels(canvas: _Canvas, liver: Field) -> None:
    hilum: Point = (-28.0, 8.0, 182.0)
    branches: list[tuple[Point, Point, float]] = [
        ((-4, 22, 150), hilum, 7.0), (hilum, (-72, 2, 192), 5.5), (hilum, (12, -38, 208), 4.5),
        ((-72, 2, 192), (-112, -30, 172), 3.5), ((-72, 2, 192), (-105, 34, 206), 3.5),
        ((-24, 36, 238), (-90, -35, 226), 4.5), ((-24, 36, 238), (-108, 26, 216), 4.5),
        ((-24, 36, 238), (-8, -45, 222), 4.0),
    ]  # fmt: skip
    for start, end, radius in branches:
        canvas.paint(np.minimum(canvas.tube(start, end, radius), liver + 25), "vessel", share=0.8)


def _draw_organs(canvas: _Canvas, cavity: Field, diaphragm: Field) -> None:
    """Spleen, kidneys, pancreas, gall bladder, psoas and the great vessels."""
    spleen = np.minimum(canvas.ellipsoid((104, 40, 214), (32, 52, 50)), cavity - 2)
    spleen = np.minimum(spleen, (diaphragm - 4 - canvas.z) * np.float32(0.7))
    canvas.paint(np.minimum(spleen, -canvas.ellipsoid((70, 14, 205), (34, 44, 48))), "spleen")
    for x, z in ((-60.0, 124.0), (62.0, 136.0)):
        kidney = np.minimum(canvas.ellipsoid((x, 54, z), (29, 28, 54)), cavity + 4)
        kidney = np.minimum(kidney, -canvas.ellipsoid((x * 0.62, 48, z), (14, 12, 20)))
        canvas.paint(kidney, "cortex")
        canvas.paint(kidney - 9, "medulla")
        canvas.paint(canvas.column((x * 0.58, 78), (17, 18)) - np.maximum(canvas.z - 150, 0), "muscle")
    canvas.paint(canvas.tube((-20, 12, 150), (72, 22, 182), 11), "pancreas", share=0.9)
    canvas.paint(canvas.ellipsoid((-56, -42, 136), (14, 15, 30)), "bile")
    great: list[tuple[tuple[float, float], float, Callable[[Field], Field]]] = [
        ((9, 45), 11.0, lambda z: z * 0), ((-24, 40), 12.5, lambda z: np.maximum(z - 262, 0)),
    ]  # fmt: skip
    for (x, y), radius, ends in great:
        canvas.paint(canvas.column((x, y), (radius, radius)) - ends(canvas.z), "vessel")
