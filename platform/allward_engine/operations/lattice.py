"""Where the windows of a stage lie that draws no outlines."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from allward_engine.operations.view import View
from allward_sdk.errors import PluginFaultError

Starts = npt.NDArray[np.int64]
"""Shape (n, 3): voxel of the prepared image on which a window's first voxel lies; negative in the padding."""


MOST_WINDOWS = 100_000
"""Windows of a stage on one volume; a chest at 1 mm has 2,000 of 64 voxels at a stride of 16."""


def window_starts(view: View, window: tuple[int, int, int], overlap: float) -> Starts:
    """Lay windows over what a stage may look at.

    Along an axis where one window covers it, it lies in the middle, moved so that the window shows as much
    of the image as it can hold. Elsewhere the least number of windows that covers it with the declared
    overlap is spread evenly from edge to edge. Where there is a mask, a window stays only if the mask has a
    voxel in the part of the image that this window is nearest to.

    Raises
    ------
    PluginFaultError
        If there would be more than `MOST_WINDOWS`.
    """
    per_axis = [
        _starts(side, size, overlap, n)
        for side, size, n in zip(view.box, window, view.image.shape, strict=True)
    ]
    grid = every_place(per_axis)
    if view.mask is None:
        return grid
    edges = [_borders(starts, size) for starts, size in zip(per_axis, window, strict=True)]
    counts = [len(starts) for starts in per_axis]
    keep = np.zeros(counts, np.bool_)
    for place in np.ndindex(*counts):
        part = tuple(slice(edge[at], edge[at + 1]) for edge, at in zip(edges, place, strict=True))
        keep[place] = view.mask[part].any()
    return grid[keep.ravel()]


def every_place(per_axis: Sequence[npt.NDArray[np.int64]]) -> Starts:
    """Return every combination of one place per axis, the last axis fastest; shape (n, 3).

    Raises
    ------
    PluginFaultError
        If there would be more than `MOST_WINDOWS`.
    """
    count = math.prod(len(places) for places in per_axis)
    if count > MOST_WINDOWS:
        raise PluginFaultError(f"The plug-in's windows are so small that these images would take {count}.")
    return np.stack(np.meshgrid(*per_axis, indexing="ij"), axis=-1).reshape(-1, 3)


def centred_start(view: View, window: tuple[int, int, int]) -> Starts:
    """Return the start of the one window in the middle of what a stage may look at; shape (1, 3)."""
    return np.asarray([[_middle(side, size) for side, size in zip(view.box, window, strict=True)]])


def starts_around(centres: npt.NDArray[np.float64], window: tuple[int, int, int]) -> Starts:
    """Return the starts of windows with given centres, shape (n, 3), in the middle, to the nearest voxel."""
    return np.rint(centres - (np.asarray(window) - 1) / 2).astype(np.int64)


def _middle(side: slice, size: int) -> int:
    return int(side.start + (side.stop - side.start - size) // 2)


def _starts(side: slice, size: int, overlap: float, whole: int) -> npt.NDArray[np.int64]:
    n = side.stop - side.start
    if n <= size:
        middle = _middle(side, size)
        return np.asarray([min(max(middle, 0), whole - size) if whole >= size else middle])
    count = int(np.ceil((n - size) / (size * (1.0 - overlap)) - 1e-9)) + 1
    # Tiny windows with a large overlap would be asked for closer than voxels lie; one of each is left.
    return np.unique(side.start + np.rint(np.linspace(0, n - size, count)).astype(np.int64))


def _borders(starts: npt.NDArray[np.int64], size: int) -> list[int]:
    """Return the voxels at which the nearest window changes, the ends of every image included."""
    centres = starts + (size - 1) / 2
    between = np.ceil((centres[1:] + centres[:-1]) / 2).astype(int)
    return [0, *between.tolist(), np.iinfo(np.int64).max]
