"""What a person changes on a vessel graph: root, names, cuts. Every function returns a new graph."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from allward_measure.surgery.graph import Branch, Cut, VesselGraph, oriented
from allward_measure.surgery.tracing import Edge
from allward_sdk.errors import BadInputError


def with_root(graph: VesselGraph, root_lps_mm: npt.ArrayLike) -> VesselGraph:
    """Return the graph grown from another free end, the one nearest to a point; names and cuts stay in place.

    Parameters
    ----------
    root_lps_mm : shape (3,), mm, LPS
    """
    edges = {b.number: Edge(b.nodes, b.points_lps_mm, b.radii_mm) for b in graph}
    turned = oriented(edges, root_lps_mm, pruned=graph.pruned)
    branches = {b.number: replace(b, label=graph.branches[b.number].label) for b in turned}
    cuts = tuple(_moved(cut, graph.branches[cut.branch], branches[cut.branch]) for cut in graph.cuts)
    return VesselGraph(branches, cuts, graph.pruned)


def with_label(graph: VesselGraph, number: int, label: str | None) -> VesselGraph:
    """Return the graph with a name on a branch, which those behind it bear too; None takes it off.

    Raises
    ------
    BadInputError
        If the graph has no such branch.
    """
    named = replace(_branch(graph, number), label=label)
    return replace(graph, branches={**graph.branches, number: named})


def with_cut(graph: VesselGraph, number: int, along_mm: float) -> VesselGraph:
    """Return the graph with a branch cut so far from its start; all behind the cut is at risk.

    Raises
    ------
    BadInputError
        If the graph has no such branch, or the place lies beyond its ends.
    """
    length_mm = _branch(graph, number).length_mm
    if not 0 <= along_mm <= length_mm:
        raise BadInputError(f"Branch {number} is {length_mm:.1f} mm long. Cut it at a place on it.")
    cut = Cut(number, float(along_mm))
    return graph if cut in graph.cuts else replace(graph, cuts=(*graph.cuts, cut))


def without_cuts(graph: VesselGraph, number: int | None = None) -> VesselGraph:
    """Return the graph without the cuts of a branch, or without any."""
    left = () if number is None else tuple(cut for cut in graph.cuts if cut.branch != number)
    return replace(graph, cuts=left)


def nearest_place(graph: VesselGraph, point_lps_mm: npt.ArrayLike) -> Cut:
    """Return the place on the graph nearest to a point: where a click on a vessel means to cut.

    Raises
    ------
    BadInputError
        If the graph has no branch.
    """
    places = []
    for branch in graph:
        gaps = np.linalg.norm(branch.points_lps_mm - np.asarray(point_lps_mm), axis=1)
        row = int(np.argmin(gaps))
        places.append((float(gaps[row]), branch.number, float(branch.along_mm[row])))
    if not places:
        raise BadInputError("There is no vessel to cut. Follow the vessels first.")
    _, number, along_mm = min(places)
    return Cut(number, along_mm)


def _branch(graph: VesselGraph, number: int) -> Branch:
    if number not in graph.branches:
        raise BadInputError(f"The vessels have no branch {number}. Choose one of those that are shown.")
    return graph.branches[number]


def _moved(cut: Cut, before: Branch, after: Branch) -> Cut:
    same = np.allclose(before.points_lps_mm[0], after.points_lps_mm[0])
    return cut if same else Cut(cut.branch, before.length_mm - cut.along_mm)
