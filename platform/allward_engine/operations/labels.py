"""From a stage's outputs on its own grid to labels on the series' grid: exact, computed only at borders.

A voxel of the series lies in a cell of eight voxels of the stage's grid. The outputs that give one label are
a convex set, for the largest of several as for a threshold; what is interpolated linearly between eight
outputs of such a set is in it. So where the eight corners of a cell agree, their label is copied; elsewhere
outputs are interpolated, and only then become a label. The head of a model is linear and comes last.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from allward_engine.grids import BoolImage, FloatImage, Grid
from allward_engine.operations.reach import Reach, reach
from allward_engine.sessions import Head

Scalar = TypeVar("Scalar", bound=np.generic)
LabelImage = npt.NDArray[np.uint8]

_ROWS = 4096
"""Voxels whose classes are held at once."""

_PRODUCT = 250_000
"""Multiplications of one product, few enough for the BLAS to do on this thread alone; see `resampling`."""


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """How outputs become a label.

    Attributes
    ----------
    threshold
        The largest channel counts if it is above this; None if channel 0 is the background.
    label_values
        Voxel value per channel, background left out.
    head
        What makes classes of features; None if the outputs are classes.
    """

    threshold: float | None
    label_values: tuple[int, ...]
    head: Head | None = None

    @property
    def table(self) -> LabelImage:
        """Voxel value of each choice."""
        return np.asarray((0, *self.label_values), np.uint8)

    def choices(self, outputs: FloatImage) -> LabelImage:
        """Return which of the labels voxels have; 0 is none of them, 1 the first.

        Parameters
        ----------
        outputs : shape (n, channel)

        Returns
        -------
        shape (n,); two channels are two choices even where they stand for one voxel value, since it is what
        gives one choice that is convex
        """
        found = np.empty(len(outputs), np.uint8)
        for first in range(0, len(outputs), _ROWS):
            part = slice(first, first + _ROWS)
            found[part] = self._choose(apply_head(self.head, outputs[part]))
        return found

    def _choose(self, classes: FloatImage) -> LabelImage:
        best = classes.argmax(axis=1)
        if self.threshold is None:
            return np.asarray(best, np.uint8)
        above = np.take_along_axis(classes, best[:, None], axis=1)[:, 0] > self.threshold
        return np.asarray(np.where(above, best + 1, 0), np.uint8)


def apply_head(head: Head | None, features: FloatImage) -> FloatImage:
    """Return the classes, shape (n, class), of features, shape (n, feature)."""
    if head is None:
        return features
    n, (count, length) = len(features), head.weights.shape
    rows = max(8, _PRODUCT // (count * length))
    whole = n - n % rows
    classes = np.empty((n, count), np.float32)
    columns = np.ascontiguousarray(head.weights.T)
    np.matmul(
        features[:whole].reshape(-1, rows, length), columns, out=classes[:whole].reshape(-1, rows, count)
    )
    np.matmul(features[whole:], columns, out=classes[whole:])
    classes += head.bias
    return classes


class LabelWriter:
    """Writes labels of the series slice by slice, as the slices of a stage's grid come in.

    Parameters
    ----------
    target : shape of the turned volume, in the model's axes
        Written where the grid speaks for the volume; a view of an array in the series' axes.
    grid
        Of the outputs, in the model's axes.
    inside : shape of the grid
        Where anything may be found; None for everywhere.
    """

    def __init__(self, target: LabelImage, grid: Grid, decision: Decision, inside: BoolImage | None) -> None:
        self._target = target
        self._decision = decision
        self._table = decision.table
        self._inside = inside
        self._width = grid.shape[2]
        self._reaches = tuple(reach(grid, target.shape[axis], axis) for axis in range(3))
        self._before: _Slice | None = None

    def write(self, a: int, outputs: FloatImage) -> None:
        """Take the next slice and write every slice of the series that lies between it and the one before.

        Parameters
        ----------
        a
            Its index on the grid; they rise. Where one is left out, nothing is written around it.
        outputs : shape (b * c, channel)
        """
        choices = self._decision.choices(outputs).reshape(-1, self._width)
        here = _Slice(a, outputs, choices, _unanimous(choices, self._reaches[1], self._reaches[2]))
        before = self._before if self._before is not None and self._before.a == a - 1 else None
        along = self._reaches[0]
        for n in np.flatnonzero(along.high == a):
            if along.low[n] == a:
                self._write(int(n), here, None)
            elif before is not None:
                self._write(int(n), before, here)
        self._before = here

    def _write(self, n: int, low: "_Slice", high: "_Slice | None") -> None:
        _, rows, columns = self._reaches
        unanimous = low.unanimous
        if high is not None:
            unanimous = unanimous & high.unanimous & (low.choices == high.choices)
        found = _spread(low.choices, rows.low, columns.low)
        if not unanimous.all():
            mixed = np.flatnonzero(~_spread(unanimous, rows.low, columns.low))
            if mixed.size:
                fraction = self._reaches[0].fraction[n]
                outputs = low.outputs if high is None else _between(low.outputs, high.outputs, fraction)
                found.reshape(-1)[mixed] = self._at(mixed, outputs)
        if self._inside is not None:
            inside = self._inside[self._reaches[0].nearest[n]]
            found[~_spread(inside, rows.nearest, columns.nearest)] = 0
        self._target[self._reaches[0].first + n, rows.voxels, columns.voxels] = self._table.take(found)

    def _at(self, places: npt.NDArray[np.intp], outputs: FloatImage) -> LabelImage:
        """Return the choices of voxels, counted in the rectangle that is written, by interpolation."""
        found = np.empty(len(places), np.uint8)
        for first in range(0, len(places), _ROWS):
            part = places[first : first + _ROWS]
            found[first : first + len(part)] = self._decision.choices(self._interpolated(part, outputs))
        return found

    def _interpolated(self, places: npt.NDArray[np.intp], outputs: FloatImage) -> FloatImage:
        _, rows, columns = self._reaches
        row, column = np.divmod(places, len(columns.low))
        down, right = rows.fraction[row], columns.fraction[column]
        weights = np.empty((len(places), 4), np.float32)
        corners = np.empty((len(places), 4), np.int32)
        for number, (r, c, part) in enumerate(
            (
                (rows.low, columns.low, (1 - down) * (1 - right)),
                (rows.low, columns.high, (1 - down) * right),
                (rows.high, columns.low, down * (1 - right)),
                (rows.high, columns.high, down * right),
            )
        ):
            corners[:, number] = r[row] * self._width + c[column]
            weights[:, number] = part
        starts = np.arange(0, 4 * len(places) + 1, 4, dtype=np.int32)
        matrix = sparse.csr_array((weights.ravel(), corners.ravel(), starts), (len(places), len(outputs)))
        mixed: FloatImage = matrix @ outputs
        return mixed


@dataclass(frozen=True, slots=True, eq=False)
class _Slice:
    """One slice of the stage's grid; `unanimous` tells whether the corners of each cell in it agree."""

    a: int
    outputs: FloatImage
    choices: LabelImage
    unanimous: BoolImage


def _unanimous(choices: LabelImage, rows: Reach, columns: Reach) -> BoolImage:
    """Tell of each cell, named by its lowest corner, whether all its corners have one choice.

    Along an axis on which every voxel of the series lies on one of the grid, cells have no extent.
    """
    agree = np.ones(choices.shape, np.bool_)
    if columns.fraction.any():
        agree[:, :-1] = choices[:, :-1] == choices[:, 1:]
    if rows.fraction.any():
        below = agree[1:] & (choices[:-1] == choices[1:])
        agree[:-1] &= below
    return agree


def _spread(
    values: npt.NDArray[Scalar], rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]
) -> npt.NDArray[Scalar]:
    """Return a value per voxel of the rectangle that is written."""
    return values.take(rows, axis=0).take(columns, axis=1)


def _between(low: FloatImage, high: FloatImage, fraction: np.float32) -> FloatImage:
    between = high - low
    between *= fraction
    between += low
    return between
