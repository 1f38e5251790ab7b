"""Where the windows of a stage lie that draws no outlines."""

import numpy as np
import numpy.typing as npt

from allward_engine.operations.view import View

Starts = npt.NDArray[np.int64]
"""Shape (n, 3): voxel of the prepared image on which a window's first voxel lies; negative in the padding."""


def window_starts(view: View, window: tuple[int, int, int], overlap: float) -> Starts:
    """Lay windows over what a stage may look at.

    Along an axis where one window covers it, it lies in the middle. Elsewhere the least number of windows
    that covers it with the declared overlap is spread evenly from edge to edge. Where there is a mask, a
    window stays only if the mask has a voxel in the part of the image that this window is nearest to.
    """
    per_axis = [_starts(side, size, overlap) for side, size in zip(view.box, window, strict=True)]
    grid = np.stack(np.meshgrid(*per_axis, indexing="ij"), axis=-1).reshape(-1, 3)
    if view.mask is None:
        return grid
    edges = [_borders(starts, size) for starts, size in zip(per_axis, window, strict=True)]
    counts = [len(starts) for starts in per_axis]
    keep = np.zeros(counts, np.bool_)
    for place in np.ndindex(*counts):
        part = tuple(slice(edge[at], edge[at + 1]) for edge, at in zip(edges, place, strict=True))
        keep[place] = view.mask[part].any()
    return grid[keep.ravel()]


def centred_start(view: View, window: tuple[int, int, int]) -> Starts:
    """Return the start of the one window in the middle of what a stage may look at; shape (1, 3)."""
    return np.asarray([[_middle(side, size) for side, size in zip(view.box, window, strict=True)]])


def starts_around(centres: npt.NDArray[np.float64], window: tuple[int, int, int]) -> Starts:
    """Return the starts of windows with given centres, shape (n, 3), in the middle, to the nearest voxel."""
    return np.rint(centres - (np.asarray(window) - 1) / 2).astype(np.int64)


def _middle(side: slice, size: int) -> int:
    return int(side.start + (side.stop - side.start - size) // 2)


def _starts(side: slice, size: int, overlap: float) -> npt.NDArray[np.int64]:
    n = side.stop - side.start
    if n <= size:
        return np.asarray([_middle(side, size)])
    count = int(np.ceil((n - size) / (size * (1.0 - overlap)) - 1e-9)) + 1
    return np.asarray(side.start + np.rint(np.linspace(0, n - size, count)), np.int64)


def _borders(starts: npt.NDArray[np.int64], size: int) -> list[int]:
    """Return the voxels at which the nearest window changes, the ends of every image included."""
    centres = starts + (size - 1) / 2
    between = np.ceil((centres[1:] + centres[:-1]) / 2).astype(int)
    return [0, *between.tolist(), np.iinfo(np.int64).max]
