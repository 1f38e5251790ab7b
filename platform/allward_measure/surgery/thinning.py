"""A vessel thinned to its centreline: the topology stays, the thickness goes.

Voxels are taken off the surface in turn from the six sides, as long as they are simple (taking them neither
breaks a vessel nor opens or closes a hole) and not the end of a line. Voxels of one of eight subfields do not
touch one another, so all of a subfield go at once, and the result is that of taking them one by one.

Source
------
Lee, Kashyap and Chu 1994, CVGIP 56:462 (thinning from six sides); Bertrand and Malandain 1994, Pattern
Recognition Letters 15:169 (simple points: one object part in 26, one background part in 18 neighbours);
Bertrand and Aktouf 1995 (subfields).
"""

from itertools import product

import numpy as np
import numpy.typing as npt

from allward_measure.components import Mask, bounding_box, box_slices

Codes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]

_OFFSETS = [offset for offset in product((-1, 0, 1), repeat=3) if offset != (0, 0, 0)]
_HALF = 13
_LOW = np.uint32((1 << _HALF) - 1)


def _bits(near: int) -> np.uint32:
    """Return the neighbours that share a face (1), also an edge (2) or also a corner (3) with the middle."""
    steps = [sum(abs(step) for step in offset) for offset in _OFFSETS]
    return np.uint32(sum(1 << bit for bit, count in enumerate(steps) if count <= near))


_FACES, _EDGES = _bits(1), _bits(2)


def _spread_tables(near: int, among: int) -> tuple[Codes, Codes]:
    """Return, per lower and upper half of a code, the code of all neighbours of its voxels."""
    touching = []
    for a in _OFFSETS:
        pairs = ((bit, np.abs(np.subtract(a, b))) for bit, b in enumerate(_OFFSETS))
        touching.append(sum(1 << bit for bit, gap in pairs if gap.max() <= 1 and gap.sum() <= near) & among)
    tables = []
    for first in (0, _HALF):
        table = np.zeros(1 << _HALF, dtype=np.uint32)
        for bit in range(_HALF):
            table[1 << bit : 2 << bit] = table[: 1 << bit] | np.uint32(touching[first + bit])
        tables.append(table)
    return tables[0], tables[1]


_OBJECT = _spread_tables(3, (1 << 26) - 1)
_BACKGROUND = _spread_tables(1, int(_EDGES))


def centreline(mask: Mask) -> Mask:
    """Return the voxels of the centreline of a mask, one voxel thick, shape (k, j, i).

    Its ends lie about a radius within those of the vessel; junctions and loops are those of the mask.
    """
    thin: Mask = np.zeros_like(mask, dtype=bool)
    box = bounding_box(mask)
    if box is None:
        return thin
    padded = np.pad(mask[box_slices(box)], 1).astype(np.uint8)
    strides = np.asarray([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
    steps = np.asarray(_OFFSETS) @ strides
    flat = padded.reshape(-1)
    places: Places = np.flatnonzero(flat)
    k, j, i = np.unravel_index(places, padded.shape)
    field = np.zeros(flat.size, dtype=np.uint8)
    field[places] = (k % 2) * 4 + (j % 2) * 2 + i % 2
    sides = [int(step) for bit, step in enumerate(steps) if _FACES >> np.uint32(bit) & 1]
    while True:
        before = places.size
        for side in sides:
            _peel(flat, places[flat[places + side] == 0], steps, field)
            places = places[flat[places] > 0]
        if places.size == before:
            break
    thin[box_slices(box)] = padded[1:-1, 1:-1, 1:-1] > 0
    return thin


def _peel(flat: npt.NDArray[np.uint8], border: Places, steps: Places, field: npt.NDArray[np.uint8]) -> None:
    """Take off the voxels of a border that may go, subfield by subfield."""
    border = border[_may_go(_codes(flat, border, steps))]
    for number in range(8):
        places = border[field[border] == number]
        flat[places[_may_go(_codes(flat, places, steps))]] = 0


def _codes(flat: npt.NDArray[np.uint8], places: Places, steps: Places) -> Codes:
    codes = np.zeros(places.size, dtype=np.uint32)
    for bit, step in enumerate(steps):
        codes |= flat[places + step].astype(np.uint32) << np.uint32(bit)
    return codes


def _may_go(codes: Codes) -> Mask:
    """Tell which voxels are simple and not the end of a line, from their 26 neighbours."""
    one_part = _flood(_lowest(codes), codes, _OBJECT) == codes
    empty = ~codes & _EDGES
    outside = empty & _FACES
    reached = _flood(_lowest(outside), empty, _BACKGROUND)
    one_hole = (outside > 0) & ((outside & ~reached) == 0)
    several = (codes & (codes - np.uint32(1))) > 0
    go: Mask = one_part & one_hole & several
    return go


def _lowest(codes: Codes) -> Codes:
    lowest: Codes = codes & (~codes + np.uint32(1))
    return lowest


def _flood(seeds: Codes, within: Codes, tables: tuple[Codes, Codes]) -> Codes:
    """Return the parts of the codes that the seeds reach."""
    low, high = tables
    while True:
        grown = seeds | ((low[seeds & _LOW] | high[seeds >> np.uint32(_HALF)]) & within)
        if np.array_equal(grown, seeds):
            return seeds
        seeds = grown
