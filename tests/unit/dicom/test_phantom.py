import numpy as np
import pytest
from tests.unit.dicom.validator import said_by_dciodvfy

from allward_dicom.header import read_header
from allward_dicom.phantom import (
    PhantomPatient,
    PhantomSpec,
    draw_phantom,
    phantom_geometry,
    write_abdomen_phantom,
)
from allward_measure.components import find_components
from allward_measure.volume import volume_ml

SPEC = PhantomSpec(slices=60, size=64)


@pytest.fixture(scope="module")
def anatomy():
    return draw_phantom(SPEC, seed=1)


def test_it_says_everywhere_that_it_is_synthetic(phantom_files):
    header = read_header(phantom_files[0])
    assert header.image_type[0] == "DERIVED"
    assert header.patient_name == ("Phantom^Abdomen", "模体^腹部", None)
    assert "SYNTHETIC PHANTOM" in header.series_description
    assert "SYNTHETIC PHANTOM" in header.study_description


def test_the_same_seed_gives_the_same_study_and_another_one_another(tmp_path):
    spec = PhantomSpec(slices=2, size=16)
    first = write_abdomen_phantom(tmp_path / "a", seed=5, spec=spec)
    assert write_abdomen_phantom(tmp_path / "b", seed=5, spec=spec) == first
    assert (tmp_path / "a" / "CT0001.dcm").read_bytes() == (tmp_path / "b" / "CT0001.dcm").read_bytes()
    assert write_abdomen_phantom(tmp_path / "c", seed=6, spec=spec) != first
    other = PhantomSpec(slices=2, size=16, patient=PhantomPatient(patient_id="P-2"))
    assert write_abdomen_phantom(tmp_path / "d", seed=5, spec=other) != first


def test_the_liver_is_one_piece_of_natural_size_on_the_right(anatomy):
    geometry = phantom_geometry(SPEC)
    liver = anatomy.labels_kji > 0
    parts = find_components(liver)
    assert parts[0].voxels > 0.99 * liver.sum()
    assert 1100 < volume_ml(liver, geometry) < 1700
    assert geometry.to_lps_mm([np.argwhere(liver).mean(axis=0)])[0][0] < -20


def test_the_liver_is_brighter_than_its_two_lesions(anatomy):
    lesions = find_components(anatomy.labels_kji == 2)
    assert len(lesions) == 2
    assert np.median(anatomy.voxels_hu[anatomy.labels_kji == 1]) == pytest.approx(112, abs=6)
    assert np.median(anatomy.voxels_hu[anatomy.labels_kji == 2]) == pytest.approx(62, abs=12)


def test_every_tissue_of_an_abdomen_is_there(anatomy):
    hu = anatomy.voxels_hu
    for low, high in [(-1024, -950), (-900, -800), (-130, -70), (40, 75), (130, 200), (300, 600)]:
        assert ((hu >= low) & (hu <= high)).mean() > 0.002, (low, high)


def test_dciodvfy_finds_no_error_in_a_slice(phantom_files):
    assert "Error" not in said_by_dciodvfy(phantom_files[0])
