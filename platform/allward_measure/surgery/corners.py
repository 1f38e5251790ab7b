"""The nearest point on the way within an organ, for voxels that do not see their nearest point straight.

A voxel that sees the nearest of some points has no shorter way to any other, so the straight answer stands.
Only for the others, behind a fissure or a notch, a shortest path is sought: from voxel to voxel until one
that sees.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from allward_measure.components import Mask
from allward_measure.surgery.organ import Organ
from allward_sdk.geometry import FloatArray

Rows = npt.NDArray[np.int64]
_HALF_THE_NEIGHBOURS = [step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0)]


@dataclass(frozen=True, slots=True, eq=False)
class Hidden:
    """Cells of a grid that go to another point than the straight one, or reach theirs by a detour.

    Attributes
    ----------
    cells
        Index into the grid, (k, j, i).
    rows : shape (n,)
        The point to which each goes.
    """

    cells: tuple[Rows, ...]
    rows: Rows


def around_corners(organ: Organ, coarse: Mask, steps: tuple[int, int, int], tree: cKDTree) -> Hidden:
    """Return where hidden cells of the organ go; a cell without any way there is left out.

    A path goes from cell to cell, so it is up to 13 % longer than a free one, from the corner on.

    Parameters
    ----------
    coarse : shape (k, j, i)
        The organ in cells of `steps` voxels.
    tree
        Of points within the organ, mm, LPS.
    """
    cells = np.argwhere(coarse)
    middles = cells * steps + (np.asarray(steps) - 1) / 2
    straight_mm, rows = tree.query(organ.geometry.to_lps_mm(middles), workers=-1)
    sees = _sees(organ.mask, middles, organ.geometry.to_index_kji(tree.data[rows]))
    number = np.full(coarse.shape, -1, dtype=np.int64)
    number[coarse] = np.arange(len(cells))
    ways = _ways(number, sees, np.multiply(organ.geometry.spacing_kji_mm, steps))
    first = len(cells)
    seen = np.flatnonzero(sees)
    start = sparse.coo_matrix(
        (straight_mm[seen] + 1e-6, (np.full(len(seen), first), seen)), shape=(first + 1, first + 1)
    )
    length, before = csgraph.dijkstra(
        (ways + start).tocsr(), directed=True, indices=first, return_predecessors=True
    )
    reached = ~sees & np.isfinite(length[:-1])
    at = np.where(reached, before[:-1], np.arange(first))
    while not np.array_equal(further := at[at], at):
        at = further
    hidden = np.flatnonzero(reached)
    return Hidden(tuple(cells[hidden].T), rows[at[hidden]])


def _sees(mask: Mask, start: FloatArray, end: FloatArray) -> Mask:
    """Tell which lines between two voxels, shape (n, 3) each, stay within a mask."""
    sees: Mask = np.ones(len(start), dtype=bool)
    longest = int(np.ceil(np.abs(end - start).max(initial=0.0)))
    open_ = np.arange(len(start))
    for share in np.linspace(0.0, 1.0, 2 * longest + 1):
        at = np.floor(start[open_] + share * (end[open_] - start[open_]) + 0.5).astype(np.int64)
        inside = mask[tuple(np.clip(at, 0, np.asarray(mask.shape) - 1).T)]
        sees[open_[~inside]] = False
        open_ = open_[inside]
    return sees


def _ways(number: Rows, sees: Mask, spacing: FloatArray) -> sparse.coo_matrix:
    """Return the steps to cells that see nothing, from all cells around them, mm."""
    padded = np.pad(number, 1, constant_values=-1)
    total = len(sees) + 1
    starts, ends, lengths = [], [], []
    inner = tuple(slice(1, -1) for _ in range(3))
    for step in _HALF_THE_NEIGHBOURS:
        moved = tuple(slice(1 + d, n - 1 + d) for d, n in zip(step, padded.shape, strict=True))
        both = (padded[inner] >= 0) & (padded[moved] >= 0)
        one, other = padded[inner][both], padded[moved][both]
        for a, b in ((one, other), (other, one)):
            into = ~sees[b]
            starts.append(a[into])
            ends.append(b[into])
            lengths.append(np.full(int(into.sum()), float(np.linalg.norm(np.multiply(step, spacing)))))
    data = np.concatenate(lengths)
    return sparse.coo_matrix((data, (np.concatenate(starts), np.concatenate(ends))), shape=(total, total))
