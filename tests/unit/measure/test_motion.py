"""A patient who breathes or moves during the scan leaves a step in the outline of the lungs."""

import numpy as np
import pytest
from tests.phantoms.chest import ChestScan, chest_scan
from tests.samples import unpack

from allward_dicom.volume import read_volume
from allward_measure.thorax.coarse import Coarse, Mask, coarse_of
from allward_measure.thorax.lungs import find_lungs
from allward_measure.thorax.motion import Step, find_steps
from allward_runner.series import find_series

THIN, USUAL, THICK = (0.75, 0.8, 0.8), (2.0, 1.2, 1.2), (5.0, 0.8, 0.8)


def steps_in(made: ChestScan) -> tuple[Step, ...]:
    """Find the steps of a chest."""
    coarse = coarse_of(made.volume_hu, made.geometry)
    return find_steps(find_lungs(coarse).both, coarse)


def breathed(made: ChestScan, at: float, mm: float) -> ChestScan:
    """See what lies above a share of the height by some mm lower, as after a breath; the top is repeated."""
    hu, n = made.volume_hu.copy(), round(mm / made.geometry.spacing_kji_mm[0])
    k = int(len(hu) * at)
    hu[k:-n] = hu[k + n :]
    return made._replace(volume_hu=hu)


def shifted(made: ChestScan, at: float, mm: float) -> ChestScan:
    """See all above a share of the height moved to the back."""
    hu, n = made.volume_hu.copy(), round(mm / made.geometry.spacing_kji_mm[1])
    k = int(len(hu) * at)
    hu[k:] = np.roll(hu[k:], n, axis=1)
    return made._replace(volume_hu=hu)


@pytest.mark.parametrize("spacing_kji_mm", [THIN, USUAL, (3.0, 0.8, 0.8), THICK])
def test_a_chest_that_lies_still_has_no_step(spacing_kji_mm):
    assert steps_in(chest_scan((), spacing_kji_mm)) == ()


@pytest.mark.parametrize("spacing_kji_mm", [THIN, USUAL])
def test_a_breath_at_the_bases_is_one_step_where_it_was_taken(spacing_kji_mm):
    made = chest_scan((), spacing_kji_mm)
    (step,) = steps_in(breathed(made, 0.22, 14.0))
    coarse = coarse_of(made.volume_hu, made.geometry)
    assert step.above / coarse.hu.shape[0] == pytest.approx(0.22, abs=0.03)
    assert step.shift_mm > 1.2


@pytest.mark.parametrize("spacing_kji_mm", [THIN, USUAL, THICK])
def test_a_chest_that_was_moved_in_mid_scan_has_one_step_there(spacing_kji_mm):
    made = chest_scan((), spacing_kji_mm)
    (step,) = steps_in(shifted(made, 0.5, 12.0))
    coarse = coarse_of(made.volume_hu, made.geometry)
    assert step.above / coarse.hu.shape[0] == pytest.approx(0.5, abs=0.03)


def test_a_larger_move_is_a_larger_step():
    made = chest_scan((), USUAL)
    (small,), (large,) = (steps_in(shifted(made, 0.5, mm)) for mm in (9.6, 19.2))
    assert large.shift_mm > small.shift_mm


def test_two_moves_are_two_steps():
    assert len(steps_in(shifted(shifted(chest_scan((), USUAL), 0.35, 12.0), 0.65, -12.0))) == 2


@pytest.mark.parametrize("spacing_kji_mm", [USUAL, THICK])
def test_a_slice_that_is_odd_by_itself_is_no_step(spacing_kji_mm):
    made = chest_scan((), spacing_kji_mm)
    coarse = coarse_of(made.volume_hu, made.geometry)
    lungs = find_lungs(coarse).both.copy()
    lungs[len(lungs) // 2] = np.roll(lungs[len(lungs) // 2], 12, axis=0)
    assert find_steps(lungs, coarse) == ()


@pytest.mark.parametrize("slices", [0, 1, 2, 3])
def test_few_slices_or_none_have_no_steps(slices):
    made = chest_scan((), USUAL)
    whole = coarse_of(made.volume_hu, made.geometry)
    middle = len(whole.hu) // 2
    few: tuple[Coarse, Mask] = whole, find_lungs(whole).both[middle : middle + slices]
    assert find_steps(few[1], few[0]) == ()


@pytest.mark.real_data
def test_a_real_chest_that_lay_still_has_no_step_and_one_that_breathed_has(tmp_path):
    folder = unpack("chest-ct/CPTAC-LSCC_C3N-00247_CT.tar.xz", tmp_path)
    series = read_volume(find_series(folder).series[0].paths)
    still = ChestScan(np.asarray(series.voxels_kji), series.geometry)
    assert steps_in(still) == ()
    (step,) = steps_in(breathed(still, 0.3, 12.0))
    assert step.shift_mm > 1.2
