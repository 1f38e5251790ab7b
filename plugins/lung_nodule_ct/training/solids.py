"""Solids with soft edges on a grid of 1 mm: tubes, bumpy balls, half spaces.

Every function returns how much of each voxel lies inside, 0 to 1, shape (z, y, x); lengths are in mm.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Field = npt.NDArray[np.float32]
Point = npt.NDArray[np.float64]


def tube(shape: tuple[int, int, int], points: Sequence[Point], radii: Sequence[float]) -> Field:
    """A tube along a polyline whose radius changes from point to point."""
    inside = np.zeros(shape, np.float32)
    for first, last, thick, thin in zip(points, points[1:], radii, radii[1:], strict=False):
        reach = max(thick, thin) + 1.5
        low = np.clip(np.floor(np.minimum(first, last) - reach), 0, shape).astype(int)
        high = np.clip(np.ceil(np.maximum(first, last) + reach) + 1, 0, shape).astype(int)
        if (high <= low).any():
            continue
        axes = [np.arange(a, b, dtype=np.float64) for a, b in zip(low, high, strict=True)]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        along = last - first
        length = float(along @ along)
        share = np.clip((grid - first) @ along / length, 0.0, 1.0) if length else np.zeros(grid.shape[:-1])
        away = np.linalg.norm(grid - (first + share[..., None] * along), axis=-1)
        here = soft(thick + (thin - thick) * share - away)
        box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        np.maximum(inside[box], here, out=inside[box])
    return inside


def ball(
    shape: tuple[int, int, int],
    centre: Point,
    half_axes: Point,
    turn: npt.NDArray[np.float64],
    bumps: Sequence[tuple[Point, float]] = (),
) -> Field:
    """An ellipsoid, turned, whose surface is pushed out or in along some directions.

    Parameters
    ----------
    turn
        (3, 3) rotation from the grid's axes to the ellipsoid's.
    bumps
        Unit direction and relative height of each bump.
    """
    axes = [np.arange(n, dtype=np.float64) - c for n, c in zip(shape, centre, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) @ turn.T
    scaled = grid / half_axes
    radius = np.linalg.norm(scaled, axis=-1)
    direction = scaled / np.maximum(radius, 1e-6)[..., None]
    surface = np.ones(shape)
    for where, height in bumps:
        surface += height * np.exp(-np.square(np.linalg.norm(direction - where, axis=-1)) / 0.25)
    return soft((surface - radius) * float(half_axes.mean()))


def beyond(shape: tuple[int, int, int], at: Point, outwards: Point, radius: float) -> Field:
    """All that lies outside a large sphere which passes through `at`, whose outside is `outwards`."""
    centre = at - outwards * radius
    axes = [np.arange(n, dtype=np.float64) - c for n, c in zip(shape, centre, strict=True)]
    away = np.sqrt(sum(np.square(a) for a in np.meshgrid(*axes, indexing="ij", sparse=True)))
    return soft(away - radius)


def soft(depth_mm: npt.NDArray[np.float64]) -> Field:
    """Turn the depth below a surface into the share of a voxel of 1 mm that is inside."""
    return np.clip(depth_mm + 0.5, 0.0, 1.0).astype(np.float32)


def clouds(shape: tuple[int, int, int], draw: np.random.Generator, width_mm: float) -> Field:
    """Smooth noise of mean 0 and standard deviation 1."""
    coarse = [max(3, int(np.ceil(n / width_mm)) + 2) for n in shape]
    small = draw.normal(size=coarse).astype(np.float32)
    zoomed = ndimage.zoom(small, [n / c for n, c in zip(shape, coarse, strict=True)], order=1)
    field = zoomed[: shape[0], : shape[1], : shape[2]]
    return (field - field.mean()) / max(float(field.std()), 1e-6)
