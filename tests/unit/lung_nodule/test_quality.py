"""What is said of a series: kernels by their names, contrast medium by density, noise, slices."""

import numpy as np
import pytest
from tests.phantoms.chest import chest_scan
from tests.unit.lung_nodule.chests import CONTEXT, case_of, coarse_chest
from tests.unit.lung_nodule.test_report import en, write

from lung_nodule.logic.chest import look_at
from lung_nodule.logic.contrast import contrast_said
from lung_nodule.logic.quality import kernel_of, quality_of
from lung_nodule.logic.sentences import is_for_a_report


def quality(made, **context):
    return quality_of(look_at(case_of(made, {**CONTEXT, **context})))


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("B70f", "sharp"), ("B30f", "soft"), ("Br40d", "soft"), ("Bl57d", "sharp"), ("I31f", "soft"),
        ("LUNG", "sharp"), ("BONEPLUS", "sharp"), ("STANDARD", "soft"), ("SOFT", "soft"), ("YC", "sharp"),
        ("B", "soft"), ("L", "sharp"), ("FC51", "sharp"), ("FC08", "soft"), ("B_SHARP_C", "sharp"),
        ("", None), ("whatever", None),
    ],
)  # fmt: skip
def test_kernels_are_read_from_the_names_that_vendors_give(name, kernel):
    assert kernel_of({"ConvolutionKernel": name}) == kernel


def test_contrast_medium_is_told_by_the_heart_where_the_header_is_silent():
    assert quality(coarse_chest(heart_hu=180.0)).contrast is True
    assert quality(coarse_chest()).contrast is False


def test_the_header_goes_before_the_density():
    made = coarse_chest()
    assert quality(made, ContrastBolusAgent="Iohexol").contrast is True
    assert quality(made, ContrastBolusAgent="NONE").contrast is False


@pytest.mark.parametrize(
    "said",
    ["无", "平扫", "未使用", "无对比剂", "未注射", "胸部平扫", "None", "NO CONTRAST", "without contrast",
     "N/A", "non-contrast", "unenhanced", "nil", "-", "0", "no", "No IV contrast"],
)  # fmt: skip
def test_a_header_that_says_that_none_was_given_is_heard_in_both_languages(said):
    assert contrast_said({"ContrastBolusAgent": said}) is False
    assert "agent:" not in en(write([], context={"ContrastBolusAgent": said}).technique)
    assert "Without contrast medium." in en(write([], context={"ContrastBolusAgent": said}).technique)


@pytest.mark.parametrize(
    "said", ["Iohexol 350", "碘海醇", "Nonionic 100 ml", "CONTRAST", "Omnipaque", "增强"]
)
def test_a_header_that_names_an_agent_is_one_with_contrast_medium(said):
    assert contrast_said({"ContrastBolusAgent": said}) is True


def test_a_header_that_says_nothing_leaves_it_open():
    assert contrast_said({}) is contrast_said({"ContrastBolusAgent": " "}) is None


@pytest.mark.parametrize(
    ("z_mm", "evaluable"),
    [((-112.0, -20.0), False), ((20.0, 112.0), False), ((-50.0, 112.0), True), ((-45.0, 45.0), False)],
)
def test_a_piece_of_the_lungs_is_no_chest_whichever_end_is_cut_off(z_mm, evaluable):
    found = quality(coarse_chest(z_mm=z_mm))
    assert (not found.faults) is evaluable
    assert evaluable or "cm of the lungs" in found.faults[0].en


def test_with_one_lung_nothing_is_claimed_of_contrast_medium():
    found = quality(coarse_chest(sides=("left",)))
    assert found.contrast is None
    assert any("cannot be told" in said.en for said in found.limits)


def test_noise_is_measured_and_said_where_it_hides_ground_glass():
    quiet, loud = quality(coarse_chest(noise_hu=20.0)), quality(coarse_chest(noise_hu=90.0))
    assert quiet.noise_hu == pytest.approx(20.0, rel=0.2)
    assert loud.noise_hu == pytest.approx(90.0, rel=0.2)
    assert not any("Noise" in said.en for said in quiet.limits)
    assert any("Noise" in said.en for said in loud.limits)


def test_thin_slices_with_a_soft_kernel_have_no_limits():
    assert quality(chest_scan((), (1.5, 2.0, 2.0)), SliceThickness="1.5").limits == ()


def test_thick_slices_that_overlap_and_slices_with_gaps_are_said():
    overlapping = quality(chest_scan((), (1.5, 2.0, 2.0)), SliceThickness="3")
    apart = quality(chest_scan((), (3.0, 2.0, 2.0)), SliceThickness="1")
    assert any("Slices of 3 mm" in said.en for said in overlapping.limits)
    assert any("3 mm apart" in said.en for said in apart.limits)


@pytest.mark.parametrize("told", ["", "thin", "-1", "nan", "1e9"])
def test_a_thickness_that_is_none_leaves_the_distance_of_slices(told):
    assert quality(chest_scan((), (1.5, 2.0, 2.0)), SliceThickness=told).limits == ()


def test_a_kernel_that_is_not_named_is_said():
    found = quality(coarse_chest(), ConvolutionKernel="")
    assert any("kernel is not named" in said.en for said in found.limits)


def test_a_patient_who_moved_is_spoken_of_and_one_who_lay_still_is_not():
    made = coarse_chest()
    hu = made.volume_hu.copy()
    half = len(hu) // 2
    hu[half:] = np.roll(hu[half:], round(14.0 / made.geometry.spacing_kji_mm[1]), axis=1)
    moved = quality(made._replace(volume_hu=hu))
    assert len(moved.steps) == 1
    (said,) = [limit for limit in moved.limits if "breathed or moved" in limit.en]
    assert "错位" in said.zh
    assert is_for_a_report(said)
    still = quality(made)
    assert still.steps == ()
    assert not any("breathed or moved" in limit.en for limit in still.limits)
