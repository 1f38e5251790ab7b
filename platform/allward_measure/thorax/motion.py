"""Steps in the outline of the lungs: a patient who moved or breathed while he was scanned."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from allward_measure.thorax.coarse import Coarse, Mask

LEAST_STEP_MM = 1.2
"""Smaller steps are not told from the way in which lungs change from slice to slice.

A chest that is moved by 8 mm as a whole has a step of about 1.5 mm: most of its outline moves along itself.
"""

_LEAST_AREA_MM2 = 2000.0
"""Sections of lung below this have an outline that changes fast: tops and bases."""
_APART_MM = 2.5
"""Slices nearer to each other are compared with the next but one: blocks and closing spread a step."""
_AROUND = 4
"""Pairs of slices on either side with which a pair is compared."""


@dataclass(frozen=True, slots=True)
class Step:
    """A place where the outline of the lungs jumps.

    Attributes
    ----------
    above
        Index of the first slice above the jump, z growing to superior.
    shift_mm
        By how much the outline moves there, on average over its length, beyond what it does nearby.
    """

    above: int
    shift_mm: float


def find_steps(lungs: Mask, coarse: Coarse) -> tuple[Step, ...]:
    """Find jumps of the outline between neighbouring slices, from the feet upwards.

    The mean distance between the outlines of two slices is the area by which they differ over their length.
    Where lungs begin, widen or narrow it is large on one side at least; a slice that is odd by itself shows
    it twice; where a patient breathes in or moves it is large once. A step at which nothing but vessels moves
    is not found, nor is the beating of the heart, nor blur within a slice.

    Parameters
    ----------
    lungs
        Shape of `coarse.hu`, filled.
    """
    reach = 1 if coarse.spacing_mm[0] >= _APART_MM else 2
    shift = _shifts_mm(lungs, coarse.spacing_mm, reach)
    least = max(LEAST_STEP_MM, 0.3 * coarse.spacing_mm[0])
    steps: list[Step] = []
    for n in range(len(shift)):
        below, above = (
            shift[max(0, n - reach - _AROUND + 1) : n - reach + 1][::-1],
            shift[n + reach :][:_AROUND],
        )
        if not all(np.isfinite(side[:1]).all() and side.size for side in (below, above)):
            continue
        usual = max(max(float(side[0]), float(np.nanmedian(side))) for side in (below, above))
        jump = float(shift[n]) - usual
        if not jump >= max(least, 0.75 * usual):
            continue
        step = Step(n + reach, jump)
        if steps and step.above - steps[-1].above < 2 * reach:
            steps[-1] = max(step, steps[-1], key=lambda each: each.shift_mm)
        else:
            steps.append(step)
    return tuple(steps)


def _shifts_mm(lungs: Mask, spacing_mm: tuple[float, float, float], reach: int) -> npt.NDArray[np.float64]:
    """Return the mean distance between the outlines of slices n and n + reach; NaN where lung is little."""
    _, y_mm, x_mm = spacing_mm
    area = lungs.sum(axis=(1, 2)) * y_mm * x_mm
    edges_mm = (lungs[:, 1:] ^ lungs[:, :-1]).sum(axis=(1, 2)) * x_mm
    edges_mm = edges_mm + (lungs[:, :, 1:] ^ lungs[:, :, :-1]).sum(axis=(1, 2)) * y_mm
    length_mm = edges_mm * np.pi / 4.0  # a grid's edges are longer than the outline, by this on average
    apart = (lungs[reach:] ^ lungs[:-reach]).sum(axis=(1, 2)) * y_mm * x_mm
    enough = (area[reach:] >= _LEAST_AREA_MM2) & (area[:-reach] >= _LEAST_AREA_MM2)
    mean_mm = (length_mm[reach:] + length_mm[:-reach]) / 2.0
    return np.where(enough, apart / np.maximum(mean_mm, 1e-9), np.nan)
