import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from tests.phantoms.shapes import grid
from tests.phantoms.vessels import ring, tube, tubes

from allward_measure.surgery.crossings import crossings
from allward_measure.surgery.cutting import Plane, plane_cut
from allward_measure.surgery.editing import nearest_place, with_cut, with_label, with_root, without_cuts
from allward_measure.surgery.organ import organ_of
from allward_measure.surgery.thinning import centreline
from allward_measure.surgery.vessels import vessel_graph
from allward_sdk.errors import BadInputError

GRID = grid((70, 70, 70), origin_lps_mm=(-34.5, -34.5, -34.5))
FULL = np.ones((3, 3, 3))


def euler_number(mask):
    """Of the union of closed voxels: vertices - edges + faces - voxels."""
    total = 0
    for axes in np.ndindex(2, 2, 2):
        cells = np.pad(mask, 1)
        for axis, open_ in enumerate(axes):
            if open_:
                low = [slice(None)] * 3
                high = [slice(None)] * 3
                low[axis], high[axis] = slice(None, -1), slice(1, None)
                cells = cells[tuple(low)] | cells[tuple(high)]
        total += (-1) ** (3 - sum(axes)) * int(cells.sum())
    return total


@given(st.integers(0, 10_000), st.floats(0.48, 0.54))
@settings(max_examples=20, deadline=None)
def test_thinning_keeps_parts_cavities_and_tunnels(seed, level):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).random((24, 26, 28)), 1.5)
    mask = noise > level
    thin = centreline(mask)
    assert not (thin & ~mask).any()
    assert ndimage.label(thin, FULL)[1] == ndimage.label(mask, FULL)[1]
    assert ndimage.label(~np.pad(thin, 1))[1] == ndimage.label(~np.pad(mask, 1))[1]
    assert euler_number(thin) == euler_number(mask)
    assert np.array_equal(centreline(thin), thin)


DIRECTIONS = [(1, 0, 0), (0, 0, 1), (1, 1, 0), (1, 1, 1), (0.3, -0.9, 0.5), (-0.7, 0.1, 0.4)]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("radius_mm", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
def test_a_straight_tube_is_one_branch_of_its_radius_and_length(direction, radius_mm):
    unit = np.asarray(direction) / np.linalg.norm(direction)
    middle = np.asarray((0.21, -0.34, 0.13))
    start, end = middle - 25 * unit, middle + 25 * unit
    graph = vessel_graph(tube(GRID, tuple(start), tuple(end), radius_mm), GRID, start)
    assert len(graph.branches) == 1
    (branch,) = graph
    assert branch.radius_mm == pytest.approx(radius_mm, abs=0.5)
    assert np.abs(branch.radii_mm - radius_mm).max() < 0.75
    assert branch.length_mm == pytest.approx(50.0, abs=2.0)
    assert np.linalg.norm(branch.points_lps_mm[0] - start) < 2.0
    assert branch.tortuosity == pytest.approx(1.0, abs=0.02)
    across = branch.points_lps_mm - middle
    across -= (across @ unit)[:, None] * unit
    assert np.linalg.norm(across, axis=1).max() < 0.75


def test_a_tube_is_measured_in_mm_on_an_anisotropic_grid():
    geometry = grid((40, 90, 90), (1.5, 0.7, 0.7), origin_lps_mm=(-31, -31, -30))
    graph = vessel_graph(tube(geometry, (-20, -10, -15), (20, 10, 15), 4.0), geometry, (-20, -10, -15))
    (branch,) = graph
    assert branch.radius_mm == pytest.approx(4.0, abs=0.5)
    assert branch.length_mm == pytest.approx(np.sqrt(40**2 + 20**2 + 30**2), abs=3.0)


def y_junction():
    side, up = 22 * np.sin(np.pi / 6), 22 * np.cos(np.pi / 6)
    return tubes(
        GRID,
        [
            ((0, 0, -28), (0, 0, 0), 4.0),
            ((0, 0, 0), (side, 0, up), 3.1748),
            ((0, 0, 0), (-side, 0, up), 3.1748),
        ],
    )


def test_a_junction_of_60_degrees_has_three_branches_and_obeys_murray():
    graph = vessel_graph(y_junction(), GRID, (0, 0, -30))
    assert len(graph.branches) == 3
    (trunk,) = (branch for branch in graph if branch.parent is None)
    daughters = [graph.branches[number] for number in graph.children(trunk.number)]
    assert len(daughters) == 2
    assert graph.strahler() == {trunk.number: 2, **{d.number: 1 for d in daughters}}
    assert graph.generations() == {trunk.number: 0, **{d.number: 1 for d in daughters}}
    assert graph.loops == ()
    assert graph.unconnected == ()
    assert graph.downstream(trunk.number) == {d.number for d in daughters}
    assert trunk.radius_mm == pytest.approx(4.0, abs=0.5)
    ways = [d.points_lps_mm[-1] - d.points_lps_mm[len(d.points_lps_mm) // 2] for d in daughters]
    between = np.degrees(np.arccos(np.dot(*ways) / np.prod([np.linalg.norm(w) for w in ways])))
    assert between == pytest.approx(60.0, abs=6.0)
    cubes = sum(d.radius_mm**3 for d in daughters)
    # Murray: 4^3 = 2 x 3.1748^3; half a voxel of 4 mm is 3/8 of the cube.
    assert cubes == pytest.approx(64.0, rel=3 * 0.5 / 4.0)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_a_binary_tree_has_the_branches_and_orders_of_its_depth(depth):
    geometry = grid(
        (8 + 22 * depth, 13, 24 * 2 ** (depth - 1)), origin_lps_mm=(-12.0 * 2 ** (depth - 1), -6, 0)
    )
    parts, tips = [], [(0.13, 0.2, 5.0)]
    for level in range(depth):
        up = 5.0 + 20 * (level + 1)
        spread = 0 if level == 0 else 12.0 * 2 ** (depth - 1 - level)
        new = []
        for x, y, z in tips:
            for step in (0.0,) if level == 0 else (-spread, spread):
                parts.append(((x, y, z), (x + step, y, up), 2.5))
                new.append((x + step, y, up))
        tips = new
    graph = vessel_graph(tubes(geometry, parts), geometry, (0, 0, 0))
    assert len(graph.branches) == 2**depth - 1
    assert sum(not graph.children(branch.number) for branch in graph) == 2 ** (depth - 1)
    assert max(graph.strahler().values()) == depth
    assert max(graph.generations().values()) == depth - 1


def test_single_side_branches_raise_no_order():
    sides = [
        ((0.1, 0.2, z), (20.0 * side, 0.2, z + 8), 2.0) for z, side in ((-15.0, 1), (0.0, -1), (13.0, 1))
    ]
    graph = vessel_graph(tubes(GRID, [((0.1, 0.2, -30.0), (0.1, 0.2, 30.0), 3.0), *sides]), GRID, (0, 0, -31))
    orders, generations = graph.strahler(), graph.generations()
    tips = [branch.number for branch in graph if not graph.children(branch.number)]
    assert len(tips) == 4
    assert {orders[number] for number in tips} == {1}
    assert {orders[branch.number] for branch in graph if branch.number not in tips} == {2}
    assert max(generations.values()) == 3


def test_a_loop_is_reported_and_a_ring_alone_is_measured():
    mask = ring(GRID, (0, 0, 0), 20.0, 3.0)
    (alone,) = vessel_graph(mask, GRID)
    assert alone.closes_loop
    assert alone.tortuosity is None
    assert alone.length_mm == pytest.approx(2 * np.pi * 20, rel=0.03)
    handles = tubes(GRID, [((20, 0, 0), (34, 0, 0), 3.0), ((-20, 0, 0), (-34, 0, 0), 2.0)])
    graph = vessel_graph(mask | handles, GRID, (34, 0, 0))
    assert len(graph.branches) == 4
    assert len(graph.loops) == 1
    assert graph.unconnected == ()


def test_vessels_that_do_not_connect_are_reported_the_longest_first():
    mask = tubes(
        GRID,
        [
            ((-20, 0, -25), (-20, 0, 25), 2.0),
            ((0, 0, -10), (0, 0, 10), 3.0),
            ((20, 0, -20), (20, 0, 20), 2.0),
        ],
    )
    graph = vessel_graph(mask, GRID, (0, 0, -12))
    lengths = {branch.tree: branch.length_mm for branch in graph}
    assert lengths[0] < lengths[2] < lengths[1]
    assert len(graph.unconnected) == 2


def test_bumps_of_the_wall_are_pruned_and_side_branches_stay():
    bumps = [((0.1, 0.2, z), (7.0, 0.2, z), 1.0) for z in (-12.0, 12.0)]
    branch = [((0.1, 0.2, 0.0), (-18.0, 0.2, 0.0), 2.0)]
    mask = tubes(GRID, [((0.1, 0.2, -30.0), (0.1, 0.2, 30.0), 5.0), *bumps, *branch])
    assert len(vessel_graph(mask, GRID, (0, 0, -30)).branches) == 3
    rough = vessel_graph(mask, GRID, (0, 0, -30), shortest=0.0)
    assert len(rough.branches) > 3
    assert rough.pruned == 0


def test_a_rough_tube_is_still_one_branch():
    mask = tubes(GRID, [((0.1, 0.2, -28.0), (0.1, 0.2, 28.0), 5.0)])
    rim = ndimage.binary_dilation(mask) & ~mask
    mask |= rim & (np.random.default_rng(4).random(mask.shape) < 0.3)
    graph = vessel_graph(mask, GRID, (0, 0, -30))
    assert len(graph.branches) == 1
    assert next(iter(graph)).length_mm == pytest.approx(66.0, abs=4.0)


def test_another_root_turns_the_tree_and_keeps_names_and_cuts_in_place():
    graph = vessel_graph(y_junction(), GRID, (0, 0, -30))
    (trunk,) = (branch.number for branch in graph if branch.parent is None)
    left, right = sorted(graph.children(trunk), key=lambda n: graph.branches[n].points_lps_mm[-1][0])
    edited = with_cut(with_label(with_label(graph, trunk, "main"), right, "right"), left, 5.0)
    assert (edited.label_of(left), edited.label_of(right)) == ("main", "right")
    place = edited.branches[left].points_lps_mm[0]
    turned = with_root(edited, graph.branches[left].points_lps_mm[-1])
    assert turned.branches[left].parent is None
    assert {turned.branches[n].parent for n in (trunk, right)} == {left}
    assert turned.label_of(right) == "right"
    (cut,) = turned.cuts
    assert cut.along_mm == pytest.approx(turned.branches[left].length_mm - 5.0)
    assert np.allclose(turned.branches[left].points_lps_mm[-1], place)
    back = with_root(turned, (0, 0, -30))
    assert back.cuts[0].along_mm == pytest.approx(5.0)
    assert [b.parent for b in back] == [b.parent for b in edited]
    assert without_cuts(back).cuts == ()
    assert graph.cuts == (), "the graph that was edited is as it was"


def test_a_click_near_a_vessel_names_the_place_on_it():
    graph = vessel_graph(y_junction(), GRID, (0, 0, -30))
    cut = nearest_place(graph, (3.0, 1.0, -20.0))
    assert graph.branches[cut.branch].parent is None
    assert cut.along_mm == pytest.approx(12.0, abs=1.5)


def test_the_cut_tells_which_vessels_it_goes_through_and_how_wide_they_are():
    organ = organ_of(np.ones(GRID.shape_kji, dtype=bool), GRID)
    graph = vessel_graph(y_junction(), GRID, (0, 0, -30))
    (through,) = crossings(organ, plane_cut(organ, Plane((0, 0, -10.0), (0, 0, 1))), graph)
    assert through.diameter_mm == pytest.approx(8.0, abs=1.0)
    assert through.point_lps_mm == pytest.approx((0, 0, -10.0), abs=1.0)
    two = crossings(organ, plane_cut(organ, Plane((0, 0, 12.0), (0, 0, 1))), graph)
    assert [c.diameter_mm for c in two] == pytest.approx([6.35, 6.35], abs=1.0)
    assert crossings(organ, plane_cut(organ, Plane((0, 30.0, 0), (0, 1, 0))), graph) == []


def test_vessels_without_voxels_or_length_and_wrong_branches_are_refused():
    with pytest.raises(BadInputError, match="no voxel"):
        vessel_graph(np.zeros(GRID.shape_kji, dtype=bool), GRID)
    dot = np.zeros(GRID.shape_kji, dtype=bool)
    dot[30, 30, 30] = True
    with pytest.raises(BadInputError, match="no length"):
        vessel_graph(dot, GRID)
    graph = vessel_graph(y_junction(), GRID, (0, 0, -30))
    with pytest.raises(BadInputError, match="no branch 99"):
        with_label(graph, 99, "x")
    with pytest.raises(BadInputError, match="Cut it at a place on it"):
        with_cut(graph, next(iter(graph.branches)), 500.0)
