"""Connected parts of a mask, largest first: which lesions there are, and where each lies."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Mask = npt.NDArray[np.bool_]
Box = tuple[tuple[int, int, int], tuple[int, int, int]]
"""First voxel (k, j, i) and the one past the last."""
Neighbours = Literal[6, 26]


@dataclass(frozen=True, slots=True)
class Component:
    """One connected part of a mask.

    Attributes
    ----------
    mask
        The part alone, shape of `box_kji`.
    voxels
        How many voxels it has.
    box_kji
        Where `mask` lies in the whole array.
    """

    mask: Mask
    voxels: int
    box_kji: Box

    def in_whole(self, shape_kji: tuple[int, int, int]) -> Mask:
        """Return the part as a mask of the whole array's shape."""
        whole: Mask = np.zeros(shape_kji, dtype=bool)
        whole[box_slices(self.box_kji)] = self.mask
        return whole


def box_slices(box_kji: Box) -> tuple[slice, slice, slice]:
    """Return a box as the index of an array."""
    (k0, j0, i0), (k1, j1, i1) = box_kji
    return slice(k0, k1), slice(j0, j1), slice(i0, i1)


def bounding_box(mask: Mask) -> Box | None:
    """Return the smallest box around the voxels of a mask, shape (k, j, i); None if it has none."""
    spans = []
    for axis in range(3):
        hit = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        if not hit.size:
            return None
        spans.append((int(hit[0]), int(hit[-1]) + 1))
    (k0, k1), (j0, j1), (i0, i1) = spans
    return (k0, j0, i0), (k1, j1, i1)


def find_components(mask: Mask, *, neighbours: Neighbours = 26) -> list[Component]:
    """Return the connected parts of a mask, largest first; equal sizes in array order.

    Parameters
    ----------
    mask : shape (k, j, i)
    neighbours
        26: voxels that share a face, edge or corner touch; 6: a face only.
    """
    outer = bounding_box(mask)
    if outer is None:
        return []
    structure = ndimage.generate_binary_structure(3, 3 if neighbours == 26 else 1)
    labels, count = ndimage.label(mask[box_slices(outer)], structure=structure)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    places = ndimage.find_objects(labels)
    found = []
    for index in np.argsort(-sizes, kind="stable"):
        place = places[index]
        low = tuple(int(p.start) + o for p, o in zip(place, outer[0], strict=True))
        high = tuple(int(p.stop) + o for p, o in zip(place, outer[0], strict=True))
        part: Mask = labels[place] == index + 1
        box: Box = ((low[0], low[1], low[2]), (high[0], high[1], high[2]))
        found.append(Component(part, int(sizes[index]), box))
    return found
