"""From the mask of a vessel to its graph: thinned, centred, measured, pruned, grown from a root."""

import numpy as np
import numpy.typing as npt

from allward_measure.components import Mask, bounding_box, box_slices
from allward_measure.surgery.graph import VesselGraph, oriented
from allward_measure.surgery.organ import grid_of
from allward_measure.surgery.pruning import SHORTEST_SPUR, joined, pruned
from allward_measure.surgery.radii import Wall
from allward_measure.surgery.thinning import centreline
from allward_measure.surgery.tracing import Edge, Trace, incidence, trace
from allward_sdk.errors import BadInputError
from allward_sdk.geometry import FloatArray, Geometry

_WINDOW = np.asarray([1.0, 2.0, 3.0, 2.0, 1.0])
"""Smooths the steps that a line of voxels has; about a voxel wide to each side."""
_END_RADII = 1.5


def vessel_graph(
    mask: Mask,
    geometry: Geometry,
    root_lps_mm: npt.ArrayLike | None = None,
    *,
    shortest: float = SHORTEST_SPUR,
) -> VesselGraph:
    """Return the graph of a vessel.

    A length is right within two voxels, a radius within half a voxel.

    Parameters
    ----------
    mask : shape (k, j, i) of the grid of `geometry`
    root_lps_mm : shape (3,), mm, LPS
        Near where the blood enters, or leaves; None: the thickest free end.
    shortest
        Spurs shorter than so many radii of the vessel that they leave are taken off; 0 keeps all.

    Raises
    ------
    BadInputError
        If the mask has no voxel, or none of its parts is longer than a voxel.
    """
    box = bounding_box(mask)
    if box is None:
        raise BadInputError("The vessels have no voxel. Segment or draw them before they are followed.")
    part = mask[box_slices(box)]
    grid = grid_of(geometry, box)
    wall = Wall(part, grid)
    traced = trace(centreline(part))
    edges, gone = pruned(joined(_edges(traced, wall)), shortest=shortest)
    if not edges:
        raise BadInputError(
            "The vessels have no length. Check their segmentation: it may be a few voxels only."
        )
    free = {node for node, numbers in incidence(edges).items() if len(numbers) == 1}
    step_mm = min(grid.spacing_kji_mm)
    finished = {number: _finished(edge, free, wall, step_mm) for number, edge in enumerate(edges.values(), 1)}
    return oriented(finished, root_lps_mm, pruned=gone)


def _edges(traced: Trace, wall: Wall) -> dict[int, Edge]:
    if not traced.paths:
        return {}
    places = wall.centred(traced.voxels_kji.astype(np.float64))
    radii = wall.radii_mm(places)
    nodes = np.asarray([places[list(rows)].mean(axis=0) for rows in traced.nodes])
    node_radii = [float(radii[list(rows)].max()) for rows in traced.nodes]
    edges = {}
    for number, path in enumerate(traced.paths):
        first, last = path.ends
        rows = list(path.rows)
        points = np.concatenate([nodes[[first]], places[rows], nodes[[last]]])
        edges[number] = Edge(
            path.ends, points, np.asarray([node_radii[first], *radii[rows], node_radii[last]])
        )
    return edges


def _finished(edge: Edge, free: set[int], wall: Wall, step_mm: float) -> Edge:
    """Return an edge without steps, and out to the tip where it ends freely."""
    points, radii = _smooth(edge.points_lps_mm), edge.radii_mm
    tail = head = 0
    if edge.ends[1] in free:
        points, tail = _to_tip(points, radii, wall, step_mm)
        radii = radii[: len(points) - tail]
    if edge.ends[0] in free:
        turned, head = _to_tip(points[::-1], np.append(radii, np.full(tail, np.inf))[::-1], wall, step_mm)
        points = turned[::-1]
    measured = wall.radii_mm(points[head : len(points) - tail])
    # The largest sphere at a tip tells how near the tip is; the vessel is as wide as just before it.
    return Edge(edge.ends, points, np.pad(measured, (head, tail), mode="edge"))


def _smooth(points: FloatArray) -> FloatArray:
    if len(points) < 3:
        return points
    reach = len(_WINDOW) // 2
    # Mirrored through the ends, so that they stay and a straight line keeps its length.
    before, after = 2 * points[0] - points[reach:0:-1], 2 * points[-1] - points[-2 : -reach - 2 : -1]
    longer = np.concatenate([before[-reach:], points, after[:reach]])
    missing = len(points) + 2 * reach - len(longer)
    if missing:
        return points
    parts = [longer[n : n + len(points)] * weight for n, weight in enumerate(_WINDOW / _WINDOW.sum())]
    smoothed: FloatArray = np.sum(parts, axis=0)
    smoothed[[0, -1]] = points[[0, -1]]
    return smoothed


def _to_tip(points: FloatArray, radii: FloatArray, wall: Wall, step_mm: float) -> tuple[FloatArray, int]:
    """Go on straight until the wall from where the end begins to be felt; return how many points are new.

    Thinning eats a tip, or leads the line to the rim of a flat end: its last radii say nothing of the vessel.
    """
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    to_end = np.append(np.cumsum(steps[::-1])[::-1], 0.0) + radii[-1]
    sound = np.flatnonzero(to_end >= _END_RADII * radii)
    if sound.size and sound[-1] > 0:
        points = points[: sound[-1] + 1]
        radii = radii[: sound[-1] + 1]
    radius_mm = float(radii[-1])
    way = points[-1] - points[-min(len(points), 2 + int(np.ceil(radius_mm / step_mm)))]
    length = float(np.linalg.norm(way))
    if length < 1e-9:
        return points, 0
    ahead = np.arange(step_mm / 4, 2 * _END_RADII * radius_mm + step_mm, step_mm / 4)
    tried = points[-1] + ahead[:, None] * way / length
    outside = np.flatnonzero(~wall.holds(tried))
    count = int(outside[0]) if outside.size else 0
    return np.concatenate([points, tried[:count]]), count
