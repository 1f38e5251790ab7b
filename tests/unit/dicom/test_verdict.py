import pytest
from tests.samples import sample, unpack

from allward_dicom.header import read_header
from allward_dicom.phantom import PhantomSpec, phantom_geometry
from allward_dicom.verdict import judge
from allward_dicom.volume import read_volume
from allward_sdk.errors import BadInputError

REASON_OF_FAULT = {
    "missing_slice": "missing_slices",
    "duplicate_slice": "duplicate_positions",
    "irregular_spacing": "irregular_spacing",
    "gantry_tilt": "gantry_tilt",
    "mixed_orientation": "mixed_orientations",
    "mixed_size": "mixed_size",
    "no_pixel_spacing": "no_pixel_spacing",
    "not_ct": "not_hu",
    "not_hu": "not_hu",
    "localizer": "localizer",
}


@pytest.mark.parametrize("fault", REASON_OF_FAULT)
def test_each_fault_of_a_series_is_named_in_both_languages(fault, faulty_files):
    verdict = judge([read_header(path) for path in faulty_files(fault)], min_slices=10)
    assert not verdict.evaluable
    assert [reason.code for reason in verdict.reasons] == [REASON_OF_FAULT[fault]]
    reason = verdict.reasons[0]
    assert reason.en.endswith(".")
    assert reason.zh.endswith("。")
    assert verdict.geometry is None
    assert verdict.sorted_headers == ()


def test_a_good_series_is_evaluable_and_sorted_from_the_feet_up(phantom_files):
    verdict = judge([read_header(path) for path in reversed(phantom_files)], min_slices=10)
    assert verdict.evaluable
    z = [header.image_position_lps_mm[2] for header in verdict.sorted_headers]
    assert z == sorted(z)
    expected = phantom_geometry(PhantomSpec(slices=12, size=64)).index_to_lps_mm
    assert verdict.geometry.index_to_lps_mm == pytest.approx(expected, abs=1e-3)


def test_too_few_slices_are_counted_aloud(phantom_files):
    verdict = judge([read_header(path) for path in phantom_files[:3]], min_slices=10)
    assert [(r.code, r.detail) for r in verdict.reasons] == [("too_few_slices", "3 < 10")]


def test_the_same_instance_twice_counts_once(phantom_files):
    headers = [read_header(path) for path in phantom_files]
    verdict = judge(headers + headers[:2], min_slices=10)
    assert verdict.evaluable
    assert len(verdict.sorted_headers) == 12


def test_no_images_at_all_are_not_evaluable():
    assert [r.code for r in judge([], min_slices=1).reasons] == ["no_images"]


EXPECTED = {
    "good": None,
    "instance_number_reversed": None,
    "mixed_rescale": None,
    "duplicate_sop_same_bytes": None,
    "missing_slice": "Slices are missing",
    "duplicate_position": "Several images lie at one position",
    "variable_spacing": "distance between slices is irregular",
    "no_pixel_spacing": "lack Pixel Spacing",
}


@pytest.mark.real_data
def test_the_derived_series_behave_as_their_notes_ask(tmp_path):
    root = unpack("dicom/8_derived_series.tar.xz", tmp_path) / "8_derived_series"
    assert {p.name for p in root.iterdir() if p.is_dir()} == set(EXPECTED)
    for name, words in EXPECTED.items():
        files = [p for p in (root / name).iterdir() if p.suffix != ".txt"]
        if words is None:
            assert read_volume(files).voxels_kji.shape == (14, 128, 128)
        else:
            with pytest.raises(BadInputError, match=words):
                read_volume(files)


@pytest.mark.real_data
def test_a_real_tilted_gantry_and_variable_spacing_are_refused(tmp_path):
    folder = unpack("dicom/7_geometry_series/CT_GE_gantry-tilt+18.5_variable-spacing.tar.xz", tmp_path)
    files = [p for p in folder.rglob("*") if p.is_file()]
    with pytest.raises(BadInputError, match=r"irregular.*tilted by 18\.5°"):
        read_volume(files)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["notavolume/001", "sliceincrement/001"])
def test_series_that_are_no_volumes_are_refused(name):
    folder = sample(f"dicom/7_geometry_series/{name}")
    with pytest.raises(BadInputError):
        read_volume(list(folder.glob("*.dcm")), need_hu=False)
