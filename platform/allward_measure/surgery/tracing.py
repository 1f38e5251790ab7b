"""A centreline's voxels read as edges between nodes: where a vessel ends, and where it divides."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from allward_measure.components import Mask
from allward_sdk.geometry import FloatArray

_TOUCH = 1.8
"""Voxels whose middles are nearer, in voxels, share a face, edge or corner."""


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A vessel between two nodes.

    Attributes
    ----------
    ends
        Numbers of the nodes at the first and the last point; the same one twice if it runs back to it.
    points_lps_mm : shape (n, 3), n >= 2
    radii_mm : shape (n,)
    """

    ends: tuple[int, int]
    points_lps_mm: FloatArray
    radii_mm: FloatArray

    @property
    def length_mm(self) -> float:
        """Length along its points."""
        return float(np.linalg.norm(np.diff(self.points_lps_mm, axis=0), axis=1).sum())

    def reversed(self) -> "Edge":
        """Return the same vessel from its other end."""
        return Edge((self.ends[1], self.ends[0]), self.points_lps_mm[::-1], self.radii_mm[::-1])


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The voxels between two nodes, as rows of the centreline's voxels."""

    ends: tuple[int, int]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """Nodes and the paths between them.

    Attributes
    ----------
    voxels_kji : shape (n, 3)
    nodes
        Per node the rows of `voxels_kji` that make it: one, or all that touch where vessels meet.
    paths
        What lies between, without the nodes' own voxels.
    """

    voxels_kji: npt.NDArray[np.int64]
    nodes: tuple[tuple[int, ...], ...]
    paths: tuple[Path, ...]


def trace(thin: Mask) -> Trace:
    """Read a centreline, one voxel thick, as nodes and paths.

    A ring without a node gets one at its first voxel, so that no vessel is lost.
    """
    voxels = np.argwhere(thin)
    near: list[list[int]] = [[] for _ in voxels]
    if len(voxels):
        for a, b in cKDTree(voxels).query_pairs(_TOUCH):
            near[a].append(b)
            near[b].append(a)
    nodes = _nodes(near)
    node_of = {row: number for number, rows in enumerate(nodes) for row in rows}
    paths = _paths(near, nodes, node_of)
    walked = {row for path in paths for row in path.rows} | set(node_of)
    for row in range(len(voxels)):
        if row not in walked:
            node_of[row] = len(nodes)
            nodes.append([row])
            ring = _paths(near, [[row]], {row: node_of[row]})
            walked.update(*(path.rows for path in ring), (row,))
            paths += ring
    return Trace(voxels, tuple(tuple(rows) for rows in nodes), tuple(paths))


def _nodes(near: list[list[int]]) -> list[list[int]]:
    nodes = [[row] for row, others in enumerate(near) if len(others) < 2]
    waiting = {row for row, others in enumerate(near) if len(others) > 2}
    while waiting:
        cluster, open_ = [], [min(waiting)]
        waiting.discard(open_[0])
        while open_:
            row = open_.pop()
            cluster.append(row)
            touching = [other for other in near[row] if other in waiting]
            waiting.difference_update(touching)
            open_ += touching
        nodes.append(sorted(cluster))
    return nodes


def _paths(near: list[list[int]], nodes: list[list[int]], node_of: dict[int, int]) -> list[Path]:
    paths: list[Path] = []
    seen: set[tuple[int, int]] = set()
    for rows in nodes:
        for start in rows:
            for first in near[start]:
                if node_of.get(first) == node_of[start] or (start, first) in seen:
                    continue
                walk = _walk(near, node_of, start, first)
                seen.update(((start, first), (walk[-1], walk[-2])))
                paths.append(Path((node_of[start], node_of[walk[-1]]), tuple(walk[1:-1])))
    return paths


def _walk(near: list[list[int]], node_of: dict[int, int], start: int, first: int) -> list[int]:
    """Go from a node's voxel along voxels with two neighbours until the next node."""
    walk = [start, first]
    while walk[-1] not in node_of:
        walk.append(next(other for other in near[walk[-1]] if other != walk[-2]))
    return walk


def incidence(edges: dict[int, Edge]) -> dict[int, list[int]]:
    """Return per node the numbers of the edges that end there; one that returns to its node stands twice."""
    at: dict[int, list[int]] = defaultdict(list)
    for number, edge in edges.items():
        for node in edge.ends:
            at[node].append(number)
    return at
