"""A tree of vessels: branches from the root to the tips, with parents, orders, labels and cuts."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from allward_measure.surgery.tracing import Edge, incidence
from allward_sdk.geometry import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A vessel between two divisions.

    Attributes
    ----------
    number
        Its name in the graph; it stays when the graph is edited.
    nodes
        Where it starts and where it ends.
    points_lps_mm, radii_mm : shape (n, 3) and (n,)
        From the root's side to the tip.
    parent
        The branch that it leaves; None at the root.
    tree
        0 for what hangs together with the root, 1 and more for parts that do not, the largest first.
    closes_loop
        Its end meets a branch that is reached another way: it was followed as the thinner of the two ways.
    label
        What a person or an app calls it; branches behind it bear the name too, until one has its own.
    """

    number: int
    nodes: tuple[int, int]
    points_lps_mm: FloatArray
    radii_mm: FloatArray
    parent: int | None
    tree: int
    closes_loop: bool = False
    label: str | None = None

    @property
    def along_mm(self) -> FloatArray:
        """Way from the start to each point, shape (n,)."""
        steps = np.linalg.norm(np.diff(self.points_lps_mm, axis=0), axis=1)
        way: FloatArray = np.concatenate([[0.0], np.cumsum(steps)])
        return way

    @property
    def length_mm(self) -> float:
        """Length along the centreline."""
        return float(self.along_mm[-1])

    @property
    def radius_mm(self) -> float:
        """Median radius."""
        return float(np.median(self.radii_mm))

    @property
    def tortuosity(self) -> float | None:
        """Length by the straight way; None for one that returns to its start."""
        chord = float(np.linalg.norm(self.points_lps_mm[-1] - self.points_lps_mm[0]))
        return self.length_mm / chord if chord > 1e-9 else None


@dataclass(frozen=True, slots=True)
class Cut:
    """A place where a branch is cut: so many mm from its start."""

    branch: int
    along_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class VesselGraph:
    """Branches by number, and where they are cut.

    Attributes
    ----------
    branches
        Every branch stands behind its parent.
    cuts
        See `editing.with_cut`.
    pruned
        How many spurs were taken off.
    """

    branches: Mapping[int, Branch]
    cuts: tuple[Cut, ...] = ()
    pruned: int = 0

    def __iter__(self) -> Iterator[Branch]:
        return iter(self.branches.values())

    def children(self, number: int) -> tuple[int, ...]:
        """Return the branches that leave a branch."""
        return tuple(branch.number for branch in self if branch.parent == number)

    def downstream(self, number: int) -> frozenset[int]:
        """Return all branches behind a branch, without itself."""
        behind: set[int] = set()
        for branch in self:
            if branch.parent == number or branch.parent in behind:
                behind.add(branch.number)
        return frozenset(behind)

    @property
    def loops(self) -> tuple[int, ...]:
        """Return the branches that close a loop; a vessel tree has none, so each is worth a look."""
        return tuple(branch.number for branch in self if branch.closes_loop)

    @property
    def unconnected(self) -> tuple[int, ...]:
        """Return the branches that do not hang together with the root."""
        return tuple(branch.number for branch in self if branch.tree > 0)

    def label_of(self, number: int) -> str | None:
        """Return the label of a branch, or of the nearest one before it that has one."""
        at: int | None = number
        while at is not None:
            branch = self.branches[at]
            if branch.label is not None:
                return branch.label
            at = branch.parent
        return None

    def generations(self) -> dict[int, int]:
        """Return how many divisions lie before each branch: 0 at the root."""
        found: dict[int, int] = {}
        for branch in self:
            found[branch.number] = 0 if branch.parent is None else found[branch.parent] + 1
        return found

    def strahler(self) -> dict[int, int]:
        """Return the order of each branch: 1 at the tips, one more where two of the highest order meet.

        A branch that closes a loop is of order 1 and raises no other.

        Source
        ------
        Strahler 1957, Transactions AGU 38:913.
        """
        below: dict[int, list[int]] = {branch.number: [] for branch in self}
        orders: dict[int, int] = {}
        for branch in reversed(list(self)):
            met = below[branch.number]
            highest = max(met, default=1)
            orders[branch.number] = highest + (met.count(highest) > 1)
            if branch.parent is not None and not branch.closes_loop:
                below[branch.parent].append(orders[branch.number])
        return orders


def oriented(edges: Mapping[int, Edge], root: npt.ArrayLike | None, *, pruned: int = 0) -> VesselGraph:
    """Return the tree that edges make from a root on.

    Where vessels form a loop the thickest way is followed first, so that the thinnest part closes it.

    Parameters
    ----------
    root : shape (3,), mm, LPS
        The tree starts at the free end nearest to it; None: at its thickest free end.
    """
    at = incidence(dict(edges))
    branches: dict[int, Branch] = {}
    tree = 0
    while waiting := [number for number in edges if number not in branches]:
        start = _start(edges, at, waiting, root if tree == 0 else None)
        branches.update(_grow(edges, at, start, tree))
        tree += 1
    return VesselGraph(_larger_first(branches), pruned=pruned)


def _start(
    edges: Mapping[int, Edge], at: dict[int, list[int]], waiting: list[int], root: npt.ArrayLike | None
) -> int:
    ends = [(edges[n].ends[side], edges[n], -side) for n in waiting for side in (0, 1)]
    free = [end for end in ends if len(at[end[0]]) == 1] or ends
    if root is None:
        return max(free, key=lambda end: float(end[1].radii_mm.mean()))[0]
    place = np.asarray(root, dtype=np.float64)
    return min(free, key=lambda end: float(np.linalg.norm(end[1].points_lps_mm[end[2]] - place)))[0]


def _grow(edges: Mapping[int, Edge], at: dict[int, list[int]], start: int, tree: int) -> dict[int, Branch]:
    reached: dict[int, int | None] = {start: None}
    grown: dict[int, Branch] = {}
    heap = [(-float(edges[n].radii_mm.min()), n, start) for n in at[start]]
    heapq.heapify(heap)
    while heap:
        _, number, node = heapq.heappop(heap)
        if number in grown:
            continue
        edge = edges[number] if edges[number].ends[0] == node else edges[number].reversed()
        end = edge.ends[1]
        closes = end in reached
        grown[number] = Branch(
            number, edge.ends, edge.points_lps_mm, edge.radii_mm, reached[node], tree, closes_loop=closes
        )
        if closes:
            continue
        reached[end] = number
        for other in at[end]:
            if other not in grown:
                heapq.heappush(heap, (-float(edges[other].radii_mm.min()), other, end))
    return grown


def _larger_first(branches: dict[int, Branch]) -> dict[int, Branch]:
    """Number the trees without the root by their length, the longest first."""
    lengths: dict[int, float] = {}
    for branch in branches.values():
        lengths[branch.tree] = lengths.get(branch.tree, 0.0) + branch.length_mm
    others = sorted((tree for tree in lengths if tree > 0), key=lambda tree: -lengths[tree])
    rank = {0: 0, **{tree: place + 1 for place, tree in enumerate(others)}}
    return {number: replace(branch, tree=rank[branch.tree]) for number, branch in branches.items()}
