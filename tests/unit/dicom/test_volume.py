import io

import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless
from tests.samples import unpack

from allward_dicom.phantom import PhantomPatient, PhantomSpec, draw_phantom, write_abdomen_phantom
from allward_dicom.volume import read_volume
from allward_sdk.errors import BadInputError

SMALL = PhantomSpec(slices=12, size=64)


def test_the_volume_holds_the_phantoms_hounsfield_units(phantom_volume):
    assert phantom_volume.voxels_kji.dtype == np.int16
    assert phantom_volume.unit == "HU"
    assert phantom_volume.modality == "CT"
    np.testing.assert_array_equal(phantom_volume.voxels_kji, draw_phantom(SMALL, seed=1).voxels_hu)


def test_slices_and_data_sets_keep_step(phantom_volume):
    geometry = phantom_volume.geometry
    for k, dataset in enumerate(phantom_volume.datasets):
        assert geometry.to_lps_mm([[k, 0, 0]])[0] == pytest.approx(
            list(dataset.ImagePositionPatient), abs=1e-3
        )
        assert "PixelData" not in dataset


def test_k_grows_to_the_superior_and_the_grid_is_right_handed(phantom_volume):
    step = phantom_volume.geometry.index_to_lps_mm[:3, :3]
    assert step[2, 0] > 0
    assert np.linalg.det(step[:, ::-1]) > 0


def test_open_files_and_bytes_are_read_as_files_are(phantom_files, phantom_volume):
    contents = [path.read_bytes() for path in phantom_files]
    from_bytes = read_volume(contents)
    from_files = read_volume([io.BytesIO(content) for content in contents])
    np.testing.assert_array_equal(from_bytes.voxels_kji, phantom_volume.voxels_kji)
    np.testing.assert_array_equal(from_files.voxels_kji, phantom_volume.voxels_kji)


def test_padding_outside_the_scan_becomes_minus_1024(tmp_path):
    write_abdomen_phantom(tmp_path, seed=1, spec=PhantomSpec(slices=3, size=32, padding_hu=-3024))
    volume = read_volume(list(tmp_path.iterdir()))
    assert volume.voxels_kji.min() == -1024
    assert volume.voxels_kji[1, 0, 0] == -1024


def test_a_padding_value_in_the_range_of_tissue_is_not_believed(phantom_files):
    contents = []
    for path in phantom_files[:3]:
        dataset = pydicom.dcmread(path)
        dataset.add_new(0x00280120, "SS", 1024 + 50)
        file = io.BytesIO()
        dataset.save_as(file)
        contents.append(file.getvalue())
    assert (read_volume(contents).voxels_kji == 50).any()


def test_slope_and_intercept_are_applied_slice_by_slice(phantom_files, phantom_volume):
    contents = []
    for number, path in enumerate(phantom_files):
        dataset = pydicom.dcmread(path)
        stored = dataset.pixel_array + np.int16(number)
        dataset.RescaleIntercept = -1024 - number
        dataset.PixelData = stored.tobytes()
        file = io.BytesIO()
        dataset.save_as(file)
        contents.append(file.getvalue())
    np.testing.assert_array_equal(read_volume(contents).voxels_kji, phantom_volume.voxels_kji)


def test_a_broken_slope_gives_floats(phantom_files, phantom_volume):
    contents = []
    for path in phantom_files:
        dataset = pydicom.dcmread(path)
        dataset.RescaleSlope = "0.5"
        dataset.RescaleIntercept = "0"
        file = io.BytesIO()
        dataset.save_as(file)
        contents.append(file.getvalue())
    volume = read_volume(contents)
    assert volume.voxels_kji.dtype == np.float32
    expected = (phantom_volume.voxels_kji + 1024) * np.float32(0.5)
    np.testing.assert_allclose(volume.voxels_kji, expected)


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_lossless_compression_changes_nothing(syntax, phantom_files, phantom_volume):
    contents = []
    for path in phantom_files[:4]:
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax, generate_instance_uid=False)
        file = io.BytesIO()
        dataset.save_as(file)
        contents.append(file.getvalue())
    np.testing.assert_array_equal(read_volume(contents).voxels_kji, phantom_volume.voxels_kji[:4])


def test_a_truncated_slice_is_named(faulty_files):
    with pytest.raises(BadInputError, match=r"CT0006\.dcm is truncated"):
        read_volume(faulty_files("truncated"))


def test_results_can_repeat_a_name_whose_character_set_was_not_declared(tmp_path):
    patient = PhantomPatient(name="张^三", charset="GB18030", declare_charset=False)
    write_abdomen_phantom(tmp_path, seed=1, spec=PhantomSpec(slices=3, size=16, patient=patient))
    volume = read_volume(list(tmp_path.iterdir()), fallback_charset="GB18030")
    assert str(volume.datasets[0].PatientName) == "张^三"
    assert volume.datasets[0].SpecificCharacterSet == "ISO_IR 192"


@pytest.mark.real_data
def test_a_real_series_is_read_from_air_to_bone(tmp_path):
    folder = unpack("liver-ct/CRLM-CT-1004_CT.tar.xz", tmp_path)
    volume = read_volume([p for p in folder.rglob("*") if p.is_file()])
    assert volume.voxels_kji.shape == (41, 512, 512)
    assert volume.voxels_kji.min() == -1024
    assert volume.voxels_kji.max() > 1000
    assert volume.geometry.index_to_lps_mm[2, 0] > 0
