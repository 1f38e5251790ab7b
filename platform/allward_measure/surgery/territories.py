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
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import SimpleITK
from scipy import ndimage
from scipy.spatial import cKDTree

from allward_measure.components import Mask
from allward_measure.surgery.graph import VesselGraph
from allward_measure.surgery.organ import Organ
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import FloatArray

Numbers = npt.NDArray[np.int32]
Way = Literal["straight", "within"]
"""Straight: as the crow flies. Within: the shortest way inside the organ, which jumps over no fissure."""

MOST_VOXELS = 400_000
"""The way within is worked out on a grid of at most so many voxels of the organ; a border between two
territories is then right within a voxel of that grid."""


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

    By the way within the organ a voxel goes to the nearest branch, and there to the nearest point.

    Raises
    ------
    BadInputError
        If the graph has no branch.
    """
    if not graph.branches:
        raise BadInputError("There is no vessel to supply the organ. Follow the vessels first.")
    places = np.concatenate([branch.points_lps_mm for branch in graph])
    numbers = np.concatenate([np.full(len(b.points_lps_mm), b.number, dtype=np.int32) for b in graph])
    along_mm = np.concatenate([branch.along_mm for branch in graph])
    voxels = organ.points_lps_mm(organ.mask)
    if way == "straight":
        nearest = _nearest(places, voxels)
    else:
        labels = nearest_label(organ, {b.number: b.points_lps_mm for b in graph}, way="within")[organ.mask]
        nearest = np.zeros(len(voxels), dtype=np.int32)
        for branch in graph:
            rows, mine = np.flatnonzero(numbers == branch.number), labels == branch.number
            nearest[mine] = rows[_nearest(places[rows], voxels[mine])]
    place_of: Numbers = np.full(organ.mask.shape, -1, dtype=np.int32)
    place_of[organ.mask] = nearest
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
        If no centreline has a point; by the way within, also if one has none in the organ.
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
    if way == "within":
        return _within(organ, lines)
    numbers = np.concatenate([np.full(len(points), label) for label, points in lines.items()])
    found: Numbers = np.zeros(organ.mask.shape, dtype=np.int32)
    found[organ.mask] = numbers[
        _nearest(np.concatenate(list(lines.values())), organ.points_lps_mm(organ.mask))
    ]
    return found


def _nearest(places: FloatArray, points: FloatArray) -> Numbers:
    rows: Numbers = cKDTree(places).query(points, workers=-1)[1]
    return rows


def _within(organ: Organ, lines: Mapping[int, FloatArray]) -> Numbers:
    """Let a front run from each centreline through the organ; the one that arrives first takes the voxel."""
    steps = _steps(organ)
    coarse = _coarse(organ.mask, steps)
    best = np.full(coarse.shape, np.inf)
    taken: Numbers = np.zeros(coarse.shape, dtype=np.int32)
    spacing = np.asarray(organ.geometry.spacing_kji_mm) * steps
    for label, points in lines.items():
        index = (organ.geometry.to_index_kji(points) + 0.5) / steps
        rows = np.unique(np.floor(index).astype(np.int64), axis=0)
        rows = rows[((rows >= 0) & (rows < coarse.shape)).all(axis=1)]
        rows = rows[coarse[tuple(rows.T)]]
        if not len(rows):
            raise BadInputError(f"The centreline of label {label} lies outside the organ. Check its vessel.")
        arrival = _arrival(coarse, rows, spacing)
        first = arrival < best
        best[first], taken[first] = arrival[first], label
    unreached = taken == 0
    nearest = ndimage.distance_transform_edt(
        unreached, sampling=spacing, return_distances=False, return_indices=True
    )
    filled = taken[tuple(nearest)]
    k, j, i = (np.arange(n) // step for n, step in zip(organ.mask.shape, steps, strict=True))
    fine: Numbers = filled[np.ix_(k, j, i)] * organ.mask
    return fine


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


def _arrival(mask: Mask, rows: npt.NDArray[np.int64], spacing: FloatArray) -> FloatArray:
    """Return the shortest way within a mask from the nearest of some voxels, mm; inf without one."""
    padded: Any = SimpleITK.GetImageFromArray(np.pad(mask, 1).astype(np.float32))
    padded.SetSpacing(spacing[::-1].tolist())
    make: Any = SimpleITK.FastMarchingImageFilter
    march = make()
    march.SetTrialPoints([[int(i) + 1, int(j) + 1, int(k) + 1] for k, j, i in rows])
    march.SetStoppingValue(1e9)
    found: FloatArray = SimpleITK.GetArrayFromImage(march.Execute(padded)).astype(np.float64)
    inner = found[1:-1, 1:-1, 1:-1]
    return np.where(mask & (inner < 1e8), inner, np.inf)
