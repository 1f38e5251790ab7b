"""The nodules with which detectors are measured: where they lie, and that each can be seen."""

import numpy as np
import pytest
from tests.phantoms.inserted import Inserted, insert_nodules

from allward_sdk.geometry import Geometry

GEOMETRY = Geometry(
    (60, 120, 120),
    np.array([[0.0, 0.0, 1.0, -60.0], [0.0, 1.0, 0.0, -60.0], [2.0, 0.0, 0.0, -60.0], [0.0, 0.0, 0.0, 1.0]]),
    "1.2.3",
)
AIR_HU, COLLAPSED_HU = -850.0, -450.0


def lung(*, collapsed_from: int = 60) -> np.ndarray:
    """Return a lung whose right part holds no air."""
    hu = np.full(GEOMETRY.shape_kji, AIR_HU, np.float32)
    hu[:, :, collapsed_from:] = COLLAPSED_HU
    return hu


def put(hu: np.ndarray, seed: int) -> tuple[np.ndarray, tuple[Inserted, ...]]:
    """Put four nodules in, eight voxels or more from the edges of the grid."""
    inner = np.zeros(hu.shape, bool)
    inner[8:-8, 12:-12, 12:-12] = True
    return insert_nodules(hu, GEOMETRY, inner, keep_out=np.zeros_like(inner), count=4, seed=seed)


@pytest.mark.parametrize("seed", range(5))
def test_every_nodule_lies_in_lung_that_holds_air_and_changes_what_is_seen(seed):
    hu = lung()
    changed, nodules = put(hu, seed)
    assert len(nodules) == 4
    for nodule in nodules:
        k, j, i = GEOMETRY.to_index_kji([nodule.centre_lps_mm])[0].round().astype(int)
        assert i < 60 + nodule.diameter_mm / 2
        assert changed[k, j, i] - hu[k, j, i] > 60


def test_lung_without_air_has_no_room():
    with pytest.raises(ValueError, match="no room"):
        put(lung(collapsed_from=0), 1)
