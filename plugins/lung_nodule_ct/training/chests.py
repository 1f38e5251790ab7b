"""Pieces of synthetic lungs with vessels, airways, pleura and nodules of every type, on a grid of 1 mm.

Nothing here comes from a patient. The same seed gives the same piece.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial.transform import Rotation
from training.solids import Field, Point, ball, beyond, clouds, soft, tube

SHAPE = (64, 64, 64)


class Kind(StrEnum):
    """What a nodule is made of."""

    SOLID = "solid"
    PART_SOLID = "part-solid"
    GROUND_GLASS = "ground-glass"
    CALCIFIED = "calcified"


_SHARE = {Kind.SOLID: 0.5, Kind.PART_SOLID: 0.15, Kind.GROUND_GLASS: 0.28, Kind.CALCIFIED: 0.07}


@dataclass(frozen=True, slots=True)
class Nodule:
    """A nodule of a piece."""

    centre_zyx: tuple[float, float, float]
    """Voxels of 1 mm."""
    diameter_mm: float
    """Of the ball of equal volume."""
    kind: Kind


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a chest."""

    hu: Field
    """Shape `SHAPE`, HU."""
    nodules: tuple[Nodule, ...]


def draw_piece(seed: int) -> Piece:
    """Draw a piece of lung: half of them with one to three nodules, near and at vessels and pleura."""
    draw = np.random.default_rng(seed)
    hu = draw.uniform(-920, -780) + draw.uniform(10, 45) * clouds(SHAPE, draw, draw.uniform(4, 20))
    wall = np.zeros(SHAPE, np.float32)
    if draw.random() < 0.5:
        hu, wall = _with_wall(hu, draw)
    for _ in range(int(draw.integers(2, 9))):
        hu = mix(hu, _tree(draw), draw.uniform(0, 80) if draw.random() < 0.7 else draw.uniform(100, 300))
    if draw.random() < 0.5:
        hu = _with_airway(hu, draw)
    nodules = []
    for _ in range(int(draw.choice([0, 1, 2, 3], p=[0.5, 0.3, 0.13, 0.07]))):
        hu, nodule = insert_nodule(hu, _place(wall, draw), draw)
        nodules.append(nodule)
    return Piece(scanned(hu, draw), tuple(nodules))


def insert_nodule(hu: Field, centre: Point, draw: np.random.Generator) -> tuple[Field, Nodule]:
    """Put a nodule of a random kind, size and shape into a piece; returns the piece and what it is."""
    kind = Kind(draw.choice([*_SHARE], p=[*_SHARE.values()]))
    diameter = float(np.exp(draw.uniform(np.log(4.0), np.log(22.0 if kind != Kind.CALCIFIED else 10.0))))
    stretch = np.exp(draw.normal(0, 0.15, 3))
    half_axes = diameter / 2 * stretch / np.cbrt(stretch.prod())
    turn = Rotation.random(random_state=draw).as_matrix()
    bumps = []
    for _ in range(int(draw.integers(0, 5))):
        where = draw.normal(size=3)
        bumps.append((where / np.linalg.norm(where), draw.uniform(-0.2, 0.35)))
    inside = ball(hu.shape, centre, half_axes, turn, bumps)
    inside = (
        inside * (1.0 + 0.15 * clouds(hu.shape, draw, 3.0)).clip(0.6, 1.0)
        if kind == Kind.GROUND_GLASS
        else inside
    )
    if kind in (Kind.GROUND_GLASS, Kind.PART_SOLID):
        hu = np.maximum(hu, mix(hu, inside, draw.uniform(-720, -480)))
        if kind == Kind.PART_SOLID:
            core = centre + draw.normal(0, 0.12 * diameter, 3)
            hu = mix(
                hu, ball(hu.shape, core, half_axes * draw.uniform(0.35, 0.7), turn), draw.uniform(-80, 60)
            )
    else:
        hu = mix(hu, inside, draw.uniform(-60, 90) if kind == Kind.SOLID else draw.uniform(200, 900))
    volume = float(inside.sum())
    equal = float(np.cbrt(6 * volume / np.pi)) if volume > 0 else diameter
    return hu, Nodule((float(centre[0]), float(centre[1]), float(centre[2])), equal, kind)


def mix(hu: Field, inside: Field, value: float) -> Field:
    """Fill the inside of a solid."""
    return (hu + inside * (value - hu)).astype(np.float32)


def scanned(hu: Field, draw: np.random.Generator) -> Field:
    """See a piece as a scanner does: slices of some thickness, a kernel's blur and its noise."""
    thickness = float(draw.choice([1.0, 1.25, 2.0, 2.5, 3.0], p=[0.35, 0.25, 0.15, 0.15, 0.1]))
    blurred = ndimage.gaussian_filter(hu, draw.uniform(0.3, 0.8))
    noise = ndimage.gaussian_filter(draw.normal(size=hu.shape).astype(np.float32), draw.uniform(0.0, 0.9))
    blurred += draw.uniform(5, 60) * noise / max(float(noise.std()), 1e-6)
    if thickness > 1.0:
        blurred = ndimage.uniform_filter1d(blurred, max(2, round(thickness)), axis=0)
        coarse = ndimage.zoom(blurred, (1 / thickness, 1, 1), order=1)
        blurred = ndimage.zoom(coarse, [n / m for n, m in zip(hu.shape, coarse.shape, strict=True)], order=1)
    return np.clip(blurred, -1024, 1500).astype(np.float32)


def _with_wall(hu: Field, draw: np.random.Generator) -> tuple[Field, Field]:
    """Add a chest wall with ribs, a mediastinum or a diaphragm at one side."""
    outwards = draw.normal(size=3)
    outwards /= np.linalg.norm(outwards)
    at = np.asarray(SHAPE) / 2 + outwards * draw.uniform(8, 34)
    curve = float(draw.choice([-1, 1], p=[0.25, 0.75])) * draw.uniform(50, 150)
    wall = beyond(SHAPE, at, outwards, curve) if curve > 0 else 1 - beyond(SHAPE, at, -outwards, -curve)
    hu = mix(hu, wall, draw.uniform(-20, 80))
    for _ in range(int(draw.integers(0, 3))):
        side = np.cross(outwards, draw.normal(size=3))
        side /= np.linalg.norm(side)
        middle = at + outwards * draw.uniform(8, 16) + side * 0.0
        points = [middle - side * 60, middle, middle + side * 60]
        hu = mix(hu, tube(SHAPE, points, [draw.uniform(3, 6)] * 3), draw.uniform(200, 700))
    return hu, wall


def _tree(draw: np.random.Generator) -> Field:
    """A vessel that branches, thinner and thinner."""
    inside = np.zeros(SHAPE, np.float32)
    start = draw.uniform(-8, 72, 3)
    heading = np.asarray(SHAPE) / 2 - start + draw.normal(0, 15, 3)
    twigs = [
        (start, heading / np.linalg.norm(heading), float(np.exp(draw.uniform(np.log(0.8), np.log(5.0)))))
    ]
    for _ in range(9):
        if not twigs:
            break
        at, towards, radius = twigs.pop(0)
        points, radii = [at], [radius]
        for _ in range(int(draw.integers(3, 7))):
            towards = towards + draw.normal(0, 0.18, 3)
            towards /= np.linalg.norm(towards)
            at = at + towards * draw.uniform(3, 7)
            radius *= draw.uniform(0.9, 0.99)
            points.append(at)
            radii.append(radius)
        inside = np.maximum(inside, tube(SHAPE, points, radii))
        for _ in range(2):
            aside = towards + draw.normal(0, 0.5, 3)
            thinner = radius * draw.uniform(0.55, 0.85)
            if thinner > 0.35:
                twigs.append((at, aside / np.linalg.norm(aside), thinner))
    return inside


def _with_airway(hu: Field, draw: np.random.Generator) -> Field:
    start, aim = draw.uniform(0, 64, 3), draw.normal(size=3)
    aim /= np.linalg.norm(aim)
    points = [start + aim * step + draw.normal(0, 1, 3) for step in range(-60, 61, 12)]
    radius = draw.uniform(1.2, 5.0)
    wall = tube(SHAPE, points, [radius + draw.uniform(0.8, 1.6)] * len(points))
    lumen = tube(SHAPE, points, [radius] * len(points))
    return mix(mix(hu, wall, draw.uniform(-250, 30)), lumen, -1000.0)


def _place(wall: npt.NDArray[np.float32], draw: np.random.Generator) -> Point:
    """Return a place in the lung or at its wall, eight voxels from the border at least."""
    for _ in range(50):
        place = draw.uniform(8, np.asarray(SHAPE) - 8)
        if wall[tuple(place.astype(int))] < 0.5:
            return place
    return np.asarray(SHAPE) / 2.0


__all__ = ["SHAPE", "Kind", "Nodule", "Piece", "draw_piece", "insert_nodule", "mix", "scanned", "soft"]
