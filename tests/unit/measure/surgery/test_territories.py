from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.phantoms.shapes import box, grid
from tests.phantoms.vessels import tubes

from allward_measure.surgery.editing import with_cut, with_label, with_root
from allward_measure.surgery.organ import organ_of
from allward_measure.surgery.territories import nearest_label, supply_of
from allward_measure.surgery.vessels import vessel_graph
from allward_sdk.errors import BadInputError

BLOCK = grid((40, 40, 80), origin_lps_mm=(-39.5, -19.5, -19.5))


@pytest.fixture(scope="module")
def block():
    return organ_of(np.ones(BLOCK.shape_kji, dtype=bool), BLOCK)


@pytest.mark.parametrize("way", ["straight", "within"])
def test_two_mirrored_seeds_halve_a_block(way):
    geometry = grid((20, 20, 40), origin_lps_mm=(0.5, 0.5, 0.5))
    organ = organ_of(np.ones(geometry.shape_kji, dtype=bool), geometry)
    labels = nearest_label(organ, {1: [(9.5, 10.5, 10.5)], 2: [(30.5, 10.5, 10.5)]}, way=way)
    assert (np.count_nonzero(labels == 1), np.count_nonzero(labels == 2)) == (8000, 8000)
    assert (labels[:, :, :20] == 1).all()


@pytest.mark.parametrize("way", ["straight", "within"])
def test_centrelines_in_the_middle_of_boxes_give_the_boxes(way):
    # 4 x 2 boxes of 20 x 40 x 20 mm, each with a line along its middle.
    lines, wanted = {}, np.zeros(BLOCK.shape_kji, dtype=int)
    for number, (column, row) in enumerate(product(range(4), range(2)), 1):
        x, z = -30.0 + 20 * column, -10.0 + 20 * row
        lines[number] = [(x, y, z) for y in np.arange(-19.5, 20)]
        wanted[20 * row : 20 * row + 20, :, 20 * column : 20 * column + 20] = number
    organ = organ_of(np.ones(BLOCK.shape_kji, dtype=bool), BLOCK)
    labels = nearest_label(organ, lines, way=way)
    assert np.array_equal(labels, wanted)


def test_territories_of_lines_from_one_middle_are_wedges():
    geometry = grid((4, 121, 121), origin_lps_mm=(-60.0, -60.0, 0.0))
    points = geometry.to_lps_mm(np.indices(geometry.shape_kji).reshape(3, -1).T)
    organ = organ_of((np.hypot(points[:, 0], points[:, 1]) <= 58).reshape(geometry.shape_kji), geometry)
    angles = {1: 10.0, 2: 70.0, 3: 190.0}
    ways = np.arange(0.5, 58, 0.25)
    lines = {
        n: np.stack([ways * np.cos(np.radians(a)), ways * np.sin(np.radians(a)), np.full_like(ways, 1.5)], 1)
        for n, a in angles.items()
    }
    labels = nearest_label(organ, lines)
    whole = organ.mask.sum()
    # The borders lie half-way between the lines: at 40, 130 and 280 degrees.
    for number, degrees in ((1, 120.0), (2, 90.0), (3, 150.0)):
        assert np.count_nonzero(labels == number) / whole == pytest.approx(degrees / 360, abs=0.005)


def test_the_way_within_the_organ_jumps_over_no_fissure():
    # Two lobes with a gap of 2 mm, joined at the far end only.
    geometry = grid((10, 22, 60), origin_lps_mm=(0, 0, 0))
    mask = np.ones(geometry.shape_kji, dtype=bool)
    mask[:, 10:12, :50] = False
    organ = organ_of(mask, geometry)
    lines = {1: [(5.0, 8.0, 5.0)], 2: [(59.0, 11.0, 5.0)]}
    straight = nearest_label(organ, lines)
    within = nearest_label(organ, lines, way="within")
    assert straight[5, 13, 5] == 1
    assert within[5, 13, 5] == 2
    assert within[5, 5, 5] == 1
    assert ((within > 0) == organ.mask).all()
    # The far lobe is as far from 1, around the end of the gap, as from 2 at about i = 32 on that side.
    assert (within[:, 12:, 45:] == 2).all()
    assert np.array_equal(within[:, :10, :30], straight[:, :10, :30])


def test_a_part_of_the_organ_without_any_way_goes_to_the_nearest_vessel():
    geometry = grid((6, 10, 30))
    mask = np.ones(geometry.shape_kji, dtype=bool)
    mask[:, :, 20:22] = False
    organ = organ_of(mask, geometry)
    within = nearest_label(organ, {1: [(3.0, 5.0, 3.0)], 2: [(12.0, 5.0, 3.0)]}, way="within")
    assert (within[:, :, 22:] == 2).all()


def test_a_large_organ_is_looked_at_on_a_coarser_grid_with_the_same_borders(monkeypatch):
    geometry = grid((24, 44, 60))
    mask = np.ones(geometry.shape_kji, dtype=bool)
    mask[:, 20:24, :50] = False
    organ = organ_of(mask, geometry)
    lines = {1: [(5.0, 16.0, 12.0)], 2: [(57.0, 22.0, 12.0)]}
    fine = nearest_label(organ, lines, way="within")
    monkeypatch.setattr("allward_measure.surgery.territories.MOST_VOXELS", 7000)
    coarse = nearest_label(organ, lines, way="within")
    assert ((coarse > 0) == organ.mask).all()
    assert np.count_nonzero(coarse != fine) < 0.02 * organ.mask.sum()


@given(st.integers(0, 1000), st.sampled_from(["straight", "within"]))
@settings(max_examples=12, deadline=None)
def test_every_voxel_belongs_to_one_territory(seed, way):
    random = np.random.default_rng(seed)
    geometry = grid((12, 16, 18), (2.5, 0.9, 0.8))
    organ = organ_of(box(geometry.shape_kji, (1, 1, 1), (11, 15, 17)), geometry)
    inside = organ.points_lps_mm(organ.mask)
    lines = {n: random.choice(inside, 4) for n in (1, 2, 5)}
    labels = nearest_label(organ, lines, way=way)
    assert ((labels > 0) == organ.mask).all()
    assert set(np.unique(labels[organ.mask])) <= set(lines)


def tree_in_block():
    """A trunk along x from the left end, which divides at x = 0 into one up and one down."""
    parts = [
        ((-39.0, 0.2, 0.0), (0.0, 0.2, 0.0), 3.0),
        ((0.0, 0.2, 0.0), (30.0, 0.2, 15.0), 2.0),
        ((0.0, 0.2, 0.0), (30.0, 0.2, -15.0), 2.0),
    ]
    return vessel_graph(tubes(BLOCK, parts), BLOCK, (-39, 0, 0))


@pytest.mark.parametrize("way", ["straight", "within"])
def test_supplied_volumes_add_up_to_the_organ(block, way):
    graph = tree_in_block()
    supply = supply_of(block, graph, way=way)
    (trunk,) = (b.number for b in graph if b.parent is None)
    assert sum(supply.volumes_ml().values()) == pytest.approx(block.volume_ml)
    assert supply.volumes_behind_ml()[trunk] == pytest.approx(block.volume_ml)
    upper, lower = (supply.volumes_ml()[n] for n in graph.children(trunk))
    assert upper == pytest.approx(lower, rel=0.06)
    assert ((supply.branches() > 0) == block.mask).all()


def test_what_lies_behind_a_cut_is_at_risk(block):
    graph = tree_in_block()
    supply = supply_of(block, graph)
    (trunk,) = (b.number for b in graph if b.parent is None)
    one, other = graph.children(trunk)
    assert not supply.at_risk(graph).any()
    whole_branch = supply.at_risk(with_cut(graph, one, 0.0))
    assert whole_branch.sum() * supply.voxel_ml == pytest.approx(supply.volumes_ml()[one])
    # The trunk runs along x: what it still supplies before the cut is what lies before the plane of the cut.
    at = 20.0
    risk = supply.at_risk(with_cut(graph, trunk, at))
    x = graph.branches[trunk].points_lps_mm[0][0] + at
    column = int(round(x + 39.5))
    assert risk[:, :, column + 1 :].all()
    assert not risk[:, :, : column - 1].any()
    both = supply.at_risk(with_cut(with_cut(graph, one, 0.0), other, 0.0))
    assert np.array_equal(both, np.isin(supply.branches(), [one, other]))


def test_names_make_a_label_map_and_what_has_none_stays_empty(block):
    graph = tree_in_block()
    supply = supply_of(block, graph)
    (trunk,) = (b.number for b in graph if b.parent is None)
    one, other = graph.children(trunk)
    labels = supply.territories({"upper": 3}, with_label(graph, one, "upper"))
    assert np.array_equal(labels == 3, supply.branches() == one)
    assert set(np.unique(labels)) == {0, 3}
    inherited = supply.territories({"all": 1}, with_label(graph, trunk, "all"))
    assert (inherited[block.mask] == 1).all()


def test_a_graph_with_another_root_needs_its_supply_again(block):
    graph = tree_in_block()
    supply = supply_of(block, graph)
    with pytest.raises(ValueError, match="another root"):
        supply.at_risk(with_root(graph, (30.0, 0.2, 15.0)))


def test_centrelines_without_points_or_outside_the_organ_are_refused(block):
    with pytest.raises(BadInputError, match="Label the vessels"):
        nearest_label(block, {1: np.zeros((0, 3))})
    with pytest.raises(BadInputError, match="outside the organ"):
        nearest_label(block, {1: [(0, 0, 0)], 2: [(500, 0, 0)]}, way="within")
    with pytest.raises(ValueError, match="above 0"):
        nearest_label(block, {0: [(0, 0, 0)]})
