"""Which part of an organ each vessel supplies: that which lies nearest to its centreline.

Every voxel of the organ belongs to one point of the centrelines, and so to a branch, to a name, and to what
is lost when a branch is cut. Volumes of territories add up to that of the organ.

Source
------
Selle et al. 2002, IEEE TMI 21:1344 (nearest branch, by distance and by the way within the organ);
Slicer-Liver, SegmentClassificationProcessing (nearest labelled centreline point).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from allward_measure.components import Mask
from allward_measure.surgery.corners import around_corners
from allward_measure.surgery.graph import VesselGraph
from allward_measure.surgery.organ import Organ
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import FloatArray

Numbers = npt.NDArray[np.int32]
Way = Literal["straight", "within"]
"""Straight: as the crow flies. Within: the shortest way inside the organ, which jumps over no fissure."""

MOST_VOXELS = 400_000
"""Which voxels see their nearest vessel is worked out on a grid of about so many voxels of the organ; the
border of those that do not is right within a voxel of that grid."""


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Which branch of a graph supplies each voxel of an organ.

    Attributes
    ----------
    graph
        As it was when the supply was worked out; it may be cut and named afterwards.
    place_of : shape (k, j, i) of the organ's box
        Row of `branch_of` and `along_mm`; -1 outside the organ.
    branch_of, along_mm : shape (n,)
        Per place the branch, and the way from its start.
    voxel_ml
        Volume of one voxel.
    """

    graph: VesselGraph
    place_of: Numbers
    branch_of: Numbers
    along_mm: FloatArray
    voxel_ml: float

    def volumes_ml(self) -> dict[int, float]:
        """Return the volume that each branch itself supplies; they add up to the organ."""
        counts = np.bincount(self.branch_of[self._places()], minlength=int(self.branch_of.max()) + 1)
        return {number: int(counts[number]) * self.voxel_ml for number in self.graph.branches}

    def volumes_behind_ml(self) -> dict[int, float]:
        """Return the volume that each branch supplies together with all branches behind it."""
        own = self.volumes_ml()
        return {
            number: own[number] + sum(own[other] for other in self.graph.downstream(number)) for number in own
        }

    def branches(self) -> Numbers:
        """Return the branch per voxel, shape (k, j, i) of the organ's box; 0 outside the organ."""
        numbers: Numbers = np.append(self.branch_of, np.int32(0))[self.place_of]
        return numbers

    def territories(self, labels: Mapping[str, int], graph: VesselGraph) -> Numbers:
        """Return a label map by the names of the branches, shape (k, j, i) of the organ's box; 0 has none.

        Parameters
        ----------
        labels
            The number per name, above 0.
        graph
            The supply's graph with the names that it bears now.
        """
        named = [labels.get(graph.label_of(int(number)) or "", 0) for number in self.branch_of]
        numbers: Numbers = np.asarray([*named, 0], dtype=np.int32)[self.place_of]
        return numbers

    def at_risk(self, graph: VesselGraph) -> Mask:
        """Return what a graph's cuts part from its root, shape (k, j, i) of the organ's box.

        Parameters
        ----------
        graph
            The supply's graph with the cuts that are planned. A loop around a cut saves nothing here.

        Raises
        ------
        ValueError
            If the graph has another root than the supply's: work the supply out again.
        """
        if any(graph.branches[b.number].nodes != b.nodes for b in self.graph):
            raise ValueError("the graph has another root than the one whose supply this is")
        lost = np.zeros(len(self.branch_of) + 1, dtype=bool)
        for cut in graph.cuts:
            behind = np.isin(self.branch_of, list(graph.downstream(cut.branch)))
            lost[:-1] |= behind | ((self.branch_of == cut.branch) & (self.along_mm >= cut.along_mm))
        risk: Mask = lost[self.place_of]
        return risk

    def _places(self) -> Numbers:
        places: Numbers = self.place_of[self.place_of >= 0]
        return places


def supply_of(organ: Organ, graph: VesselGraph, *, way: Way = "straight") -> Supply:
    """Return which branch supplies each voxel.

    Raises
    ------
    BadInputError
        If the graph has no branch; by the way within, also if none of it lies in the organ.
    """
    if not graph.branches:
        raise BadInputError("There is no vessel to supply the organ. Follow the vessels first.")
    places = np.concatenate([branch.points_lps_mm for branch in graph])
    numbers = np.concatenate([np.full(len(b.points_lps_mm), b.number, dtype=np.int32) for b in graph])
    along_mm = np.concatenate([branch.along_mm for branch in graph])
    place_of = nearest_places(organ, places, way=way)
    return Supply(graph, place_of, numbers, along_mm, organ.geometry.voxel_volume_ml)


def nearest_label(
    organ: Organ, centrelines: Mapping[int, npt.ArrayLike], *, way: Way = "straight"
) -> Numbers:
    """Return the label of the nearest centreline per voxel: segments from labelled vessels of any trees.

    Parameters
    ----------
    centrelines : points of shape (n, 3), mm, LPS, by label
        Labels above 0.

    Returns
    -------
    shape (k, j, i) of the organ's box; 0 outside the organ

    Raises
    ------
    BadInputError
        If no centreline has a point; by the way within, also if one lies outside the organ.
    ValueError
        If a label is not above 0.
    """
    lines = {
        label: np.asarray(points, dtype=np.float64).reshape(-1, 3) for label, points in centrelines.items()
    }
    lines = {label: points for label, points in lines.items() if len(points)}
    if not lines:
        raise BadInputError("No centreline bears a label. Label the vessels that supply the organ.")
    if min(lines) < 1:
        raise ValueError("labels of territories are above 0")
    for label, points in lines.items():
        if way == "within" and not organ.holds(points).any():
            raise BadInputError(f"The centreline of label {label} lies outside the organ. Check its vessel.")
    numbers = np.concatenate([np.full(len(points), label) for label, points in lines.items()])
    places = nearest_places(organ, np.concatenate(list(lines.values())), way=way)
    found: Numbers = np.append(numbers, 0).astype(np.int32)[places]
    return found


def nearest_places(organ: Organ, points_lps_mm: FloatArray, *, way: Way = "straight") -> Numbers:
    """Return the row of the nearest point per voxel, shape (k, j, i) of the organ's box; -1 outside it.

    Parameters
    ----------
    points_lps_mm : shape (n, 3), n >= 1

    Raises
    ------
    BadInputError
        By the way within, if no point lies in the organ.
    """
    rows = np.arange(len(points_lps_mm))
    if way == "within":
        rows = np.flatnonzero(organ.holds(points_lps_mm))
        if not len(rows):
            raise BadInputError("The centrelines lie outside the organ. Check the vessels.")
    tree = cKDTree(points_lps_mm[rows])
    places: Numbers = np.full(organ.mask.shape, -1, dtype=np.int32)
    places[organ.mask] = rows[tree.query(organ.points_lps_mm(organ.mask), workers=-1)[1]]
    if way == "straight":
        return places
    steps = _steps(organ)
    coarse = _coarse(organ.mask, steps)
    taken = np.full(coarse.shape, -1, dtype=np.int32)
    hidden = around_corners(organ, coarse, steps, tree)
    taken[hidden.cells] = rows[hidden.rows]
    nearest = ndimage.distance_transform_edt(
        ~coarse,
        sampling=np.multiply(organ.geometry.spacing_kji_mm, steps),
        return_distances=False,
        return_indices=True,
    )
    k, j, i = (np.arange(n) // step for n, step in zip(organ.mask.shape, steps, strict=True))
    fine = taken[tuple(nearest)][np.ix_(k, j, i)]
    turned: Numbers = np.where((fine >= 0) & organ.mask, fine, places)
    return turned


def _steps(organ: Organ) -> tuple[int, int, int]:
    """Return how many voxels make one of the coarse grid, so that it is nearly even in mm."""
    count = int(np.count_nonzero(organ.mask))
    if count <= MOST_VOXELS:
        return 1, 1, 1
    side_mm = (count * organ.geometry.voxel_volume_ml * 1000 / MOST_VOXELS) ** (1 / 3)
    k, j, i = (max(1, round(side_mm / spacing)) for spacing in organ.geometry.spacing_kji_mm)
    return k, j, i


def _coarse(mask: Mask, steps: Sequence[int]) -> Mask:
    """Return the blocks of which half or more is the organ."""
    padded = np.pad(mask, [(0, -n % step) for n, step in zip(mask.shape, steps, strict=True)])
    k, j, i = (n // step for n, step in zip(padded.shape, steps, strict=True))
    blocks = padded.reshape(k, steps[0], j, steps[1], i, steps[2])
    coarse: Mask = blocks.mean(axis=(1, 3, 5)) >= 0.5
    return coarse
