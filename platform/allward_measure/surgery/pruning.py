"""A vessel's edges without what only the roughness of its wall made: short spurs."""

import numpy as np

from allward_measure.surgery.tracing import Edge, incidence

Edges = dict[int, Edge]

SHORTEST_SPUR = 1.5
"""In radii of the vessel that it leaves. From its middle to the rim of a flat end are 1.41 radii: what is
shorter is the shape of an end or a bump of the wall."""


def pruned(edges: Edges, *, shortest: float = SHORTEST_SPUR) -> tuple[Edges, int]:
    """Return the edges without spurs, and how many there were.

    A spur ends freely and ends within the vessel that it leaves: it is shorter than `shortest` times that
    vessel's radius. The shortest goes first, and what is then one vessel becomes one edge, so of two vessels
    that part from one another at the end of a trunk no more than one can be lost.
    """
    left = dict(edges)
    gone = 0
    while True:
        at = incidence(left)
        spurs = [
            (edge.length_mm, number)
            for number, edge in left.items()
            if (radius_mm := _root_radius_mm(edge, at)) is not None and edge.length_mm < shortest * radius_mm
        ]
        if not spurs:
            return left, gone
        number = min(spurs)[1]
        nodes = left.pop(number).ends
        gone += 1
        for node in nodes:
            _join(left, node)


def _root_radius_mm(edge: Edge, at: dict[int, list[int]]) -> float | None:
    """Return the radius where an edge leaves another vessel; None if it does not end freely."""
    free = [len(at[node]) == 1 for node in edge.ends]
    if free == [False, True]:
        return float(edge.radii_mm[0])
    if free == [True, False]:
        return float(edge.radii_mm[-1])
    return None


def joined(edges: Edges) -> Edges:
    """Return the edges with those made one that meet where nothing else does."""
    left = dict(edges)
    for node, numbers in incidence(edges).items():
        if len(numbers) == 2:
            _join(left, node)
    return left


def _join(edges: Edges, node: int) -> None:
    numbers = incidence(edges).get(node, [])
    if len(numbers) != 2 or numbers[0] == numbers[1]:
        return
    first, second = (edges.pop(number) for number in numbers)
    first = first if first.ends[1] == node else first.reversed()
    second = second if second.ends[0] == node else second.reversed()
    edges[min(numbers)] = Edge(
        (first.ends[0], second.ends[1]),
        np.concatenate([first.points_lps_mm, second.points_lps_mm[1:]]),
        np.concatenate([first.radii_mm, second.radii_mm[1:]]),
    )
