"""An earlier chest laid on a later one: found where it is known, refused where it is another chest."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation
from tests.unit.measure import thorax_phantom as phantom

from allward_measure.registration.chest import chest_of
from allward_measure.registration.register import Registration, register_chests
from allward_sdk.geometry import Geometry


def with_vessels(seed: int) -> phantom.Chest:
    """A chest with balls of 6 to 14 mm in its lungs, at places that are its own; no air below the lungs."""
    made = phantom.chest()
    rng = np.random.default_rng(seed)
    inside = np.argwhere(phantom.lung(phantom.RIGHT_X_MM) | phantom.lung(phantom.LEFT_X_MM))
    for centre in rng.choice(inside, 250, replace=False):
        radius_mm = rng.uniform(3, 7)
        low = [max(0, int(n - radius_mm / mm) - 1) for n, mm in zip(centre, phantom.SPACING, strict=True)]
        high = [int(n + radius_mm / mm) + 2 for n, mm in zip(centre, phantom.SPACING, strict=True)]
        box = tuple(slice(*ends) for ends in zip(low, high, strict=True))
        part = made.hu[box]
        at = np.moveaxis(np.indices(part.shape), 0, -1) + low - centre
        part[(np.linalg.norm(at * phantom.SPACING, axis=-1) <= radius_mm) & (part == phantom.LUNG_HU)] = -100
    return made


def moved(made: phantom.Chest, matrix: np.ndarray, spacing_kji_mm=(3.0, 1.5, 1.5)) -> phantom.Chest:
    """Another scan of a chest of which every point p went to `matrix` p, on a grid of its own."""
    corners = np.array(np.meshgrid(*[(0, n) for n in phantom.SHAPE])).reshape(3, -1).T
    points = made.geometry.to_lps_mm(corners) @ matrix[:3, :3].T + matrix[:3, 3]
    low, high = points.min(axis=0), points.max(axis=0)
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2] = spacing_kji_mm
    affine[3, 3] = 1.0
    affine[:3, 3] = low
    shape = tuple(int(n) for n in (high - low)[::-1] / spacing_kji_mm)
    geometry = Geometry(shape, affine, "9.8.7")
    back = np.linalg.inv(made.geometry.index_to_lps_mm) @ np.linalg.inv(matrix) @ affine
    at = np.tensordot(back[:3, :3], np.indices(shape), axes=1) + back[:3, 3][:, None, None, None]
    hu = ndimage.map_coordinates(made.hu, at, order=1, cval=-1000, output=np.float32)
    return phantom.Chest(hu, geometry)


def affine(degrees, scales, shift_mm) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix() @ np.diag(scales)
    matrix[:3, 3] = shift_mm
    return matrix


def seen(made: phantom.Chest):
    return chest_of(made.hu, made.geometry)


@pytest.fixture(scope="module")
def prior():
    return with_vessels(1)


@pytest.mark.parametrize(
    ("degrees", "scales", "shift_mm"),
    [((2, -3, 4), (1.0, 1.03, 1.06), (15, -20, 300)), ((0, 0, -5), (1.02, 1.0, 0.92), (-40, 0, -7))],
)
def test_a_chest_that_was_moved_by_a_known_transform_is_found_within_two_millimetres(
    prior, degrees, scales, shift_mm
):
    matrix = affine(degrees, scales, shift_mm)
    before = seen(prior)
    found = register_chests(before, seen(moved(prior, matrix)))
    assert found.is_good, found
    points = before.to_lps_mm(np.argwhere(before.lungs.both)[::997])
    exact = points @ matrix[:3, :3].T + matrix[:3, 3]
    assert np.linalg.norm(found.to_current(points) - exact, axis=1).max() < 2.0
    assert np.allclose(found.to_prior(found.to_current(points)), points, atol=1e-6)
    assert found.residual_mm < 2.0


def test_a_scan_of_the_upper_chest_alone_is_found_too(prior):
    cut = 35
    upper = prior.geometry.index_to_lps_mm.copy()
    upper[:3, 3] = prior.geometry.to_lps_mm([(cut, 0, 0)])[0]
    shape = (phantom.SHAPE[0] - cut, *phantom.SHAPE[1:])
    part = chest_of(prior.hu[cut:], Geometry(shape, upper, "5"))
    for found in (register_chests(seen(prior), part), register_chests(part, seen(prior))):
        assert found.is_good, found
        assert np.abs(found.to_current([(85.0, 120.0, 150.0)])[0] - (85.0, 120.0, 150.0)).max() < 2.0


def test_another_chest_of_the_same_shape_is_refused_in_words(prior):
    found = register_chests(seen(with_vessels(2)), seen(prior))
    assert not found.is_good
    assert "does not look like the same chest" in found.refusal.en
    assert found.likeness < 0.42 < 0.9 < found.dice


def test_a_chest_of_another_shape_is_refused(prior):
    found = register_chests(seen(prior), seen(moved(prior, affine((0, 0, 0), (1.0, 1.0, 0.6), (0, 0, 0)))))
    assert not found.is_good


def test_without_lungs_nothing_is_laid_on_anything(prior):
    found = register_chests(seen(prior), seen(phantom.chest(right=False, left=False)))
    assert "lungs were not found" in found.refusal.en
    with pytest.raises(ValueError, match="not laid on one another"):
        Registration(None).to_current([(0, 0, 0)])


def test_the_coarse_grid_lies_where_its_volume_does(prior):
    for made in (prior, phantom.turned(prior)):
        chest = seen(made)
        right = chest.to_lps_mm(np.argwhere(chest.lungs.right)).mean(axis=0)
        assert right == pytest.approx((phantom.RIGHT_X_MM, 120.0, phantom.CENTRE_Z_MM), abs=2.0)
