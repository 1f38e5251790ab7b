"""What is said of a series: kernels by their names, contrast medium by density, noise, slices."""

import pytest
from tests.phantoms.chest import chest_scan
from tests.unit.lung_nodule.chests import CONTEXT, case_of, coarse_chest

from lung_nodule.logic.chest import look_at
from lung_nodule.logic.quality import kernel_of, quality_of


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
