"""Synthetic pieces of lung, on which the nodule detector is trained."""

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[3] / "plugins" / "lung_nodule_ct"


@pytest.fixture(scope="module", autouse=True)
def training():
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))


@pytest.fixture
def chests():
    return import_module("training.chests")


@pytest.fixture
def pieces():
    return import_module("training.pieces")


def test_the_same_seed_gives_the_same_piece(chests):
    first, again, other = chests.draw_piece(7), chests.draw_piece(7), chests.draw_piece(8)
    assert np.array_equal(first.hu, again.hu)
    assert first.nodules == again.nodules
    assert not np.array_equal(first.hu, other.hu)


def test_a_nodule_stands_out_where_it_is_said_to_be(chests):
    draw = np.random.default_rng(3)
    for _ in range(12):
        lung = np.full(chests.SHAPE, -850, np.float32)
        centre = draw.uniform(24, 40, 3)
        hu, nodule = chests.insert_nodule(lung, centre, draw)
        changed = np.argwhere(hu > -800)
        assert np.linalg.norm(changed.mean(axis=0) - centre) < 0.25 * nodule.diameter_mm + 1
        volume = np.clip((hu + 850) / (np.percentile(hu[hu > -800], 90) + 850), 0, 1).sum()
        assert np.cbrt(6 * volume / np.pi) == pytest.approx(nodule.diameter_mm, rel=0.35)


def test_targets_lead_from_the_cell_to_the_centre_and_turn_with_the_piece(chests, pieces):
    nodule = chests.Nodule((21.3, 40.9, 10.2), 8.0, chests.Kind.SOLID)
    told = pieces.targets_of([nodule])
    (cell,) = np.argwhere(told[1] == 1.0)
    assert cell * 4 + 1.5 + told[(slice(2, 5), *cell)] == pytest.approx(nodule.centre_zyx, abs=1e-4)
    assert np.exp(told[(5, *cell)]) == pytest.approx(8.0)
    hu = np.zeros((64, 64, 64), np.float32)
    at = tuple(np.round(nodule.centre_zyx).astype(int))
    hu[at] = 1.0
    for seed in range(8):
        other, turned_told = pieces.turned(hu, told, np.random.default_rng(seed))
        (cell,) = np.argwhere(turned_told[1] == 1.0)
        centre = cell * 4 + 1.5 + turned_told[(slice(2, 5), *cell)]
        (bright,) = np.argwhere(other == 1.0)
        assert np.abs(bright - centre).max() < 0.6
