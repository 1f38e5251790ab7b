import io

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)
from tests.samples import sample

from allward_dicom.frames import decode_frame_to_native, frame_bytes, frame_media_type
from allward_dicom.header import read_header
from allward_dicom.rendered import apply_window, render_frame
from allward_sdk.errors import BadInputError


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_native_frames_come_from_every_uncompressed_syntax(syntax, phantom_files, tmp_path):
    dataset = pydicom.dcmread(phantom_files[5])
    expected = dataset.pixel_array.astype("<i2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    path = tmp_path / "image.dcm"
    dataset.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian)
    assert frame_bytes(path, read_header(path), 1) == expected
    assert decode_frame_to_native(path, read_header(path), 1) == expected


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_frames_come_as_stored_or_decoded(syntax, phantom_files, tmp_path):
    dataset = pydicom.dcmread(phantom_files[5])
    expected = dataset.pixel_array.astype("<i2").tobytes()
    dataset.compress(syntax, generate_instance_uid=False)
    path = tmp_path / "image.dcm"
    dataset.save_as(path)
    header = read_header(path)
    assert frame_media_type(header.transfer_syntax_uid) in ("image/dicom-rle", "image/jp2")
    stored = frame_bytes(path, header, 1)
    assert next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1)) == stored
    assert decode_frame_to_native(path, header, 1) == expected


def test_a_frame_that_does_not_exist_is_refused(phantom_files):
    header = read_header(phantom_files[0])
    for frame in (0, 2):
        with pytest.raises(BadInputError, match="frame"):
            frame_bytes(phantom_files[0], header, frame)


def test_an_object_without_pixels_has_no_frames(phantom_files, tmp_path):
    dataset = pydicom.dcmread(phantom_files[0])
    del dataset.PixelData
    dataset.save_as(tmp_path / "empty.dcm")
    with pytest.raises(BadInputError, match="no pixels"):
        frame_bytes(tmp_path / "empty.dcm", read_header(tmp_path / "empty.dcm"), 1)


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png"])
def test_a_rendered_frame_is_a_picture_of_the_window(media_type, phantom_files, phantom_volume):
    path = phantom_files[6]
    picture = render_frame(path, read_header(path), window=(40.0, 400.0), media_type=media_type)
    shown = np.asarray(Image.open(io.BytesIO(picture)))
    assert shown.shape == (64, 64)
    expected = apply_window(phantom_volume.voxels_kji[6].astype(float), (40.0, 400.0))
    if media_type == "image/png":
        np.testing.assert_array_equal(shown, expected)
    else:
        assert np.abs(shown.astype(int) - expected).mean() < 4


def test_the_window_is_linear_as_the_standard_prints_it():
    values = np.asarray([-200.0, 0.0, 2047.5, 4095.0, 9000.0])
    assert apply_window(values, (2048.0, 4096.0)).tolist() == [0, 0, 128, 255, 255]
    with pytest.raises(BadInputError, match="width"):
        apply_window(values, (40.0, 0.0))


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name",
    [
        "3_object_types/highdicom__sm_image_jpegls_nobot.dcm",
        "3_object_types/pydicomdata__emri_small_jpeg_2k_lossless.dcm",
        "3_object_types/highdicom__seg_image_ct_binary.dcm",
        "2_charsets/pydicom__SC_rgb_rle_2frame.dcm",
        "4_misc_headers_pixels/pydicom__examples_palette.dcm",
        "1_transfer_syntaxes/pydicom__examples_jpeg2k.dcm",
    ],
)
def test_the_last_frame_of_real_objects_is_served_and_drawn(name):
    path = sample(f"dicom/{name}")
    header = read_header(path)
    assert frame_bytes(path, header, header.number_of_frames)
    assert decode_frame_to_native(path, header, header.number_of_frames)
    picture = Image.open(io.BytesIO(render_frame(path, header, frame=header.number_of_frames)))
    assert picture.size == (header.columns, header.rows)


@pytest.mark.real_data
def test_big_endian_frames_come_in_little_endian():
    path = sample("dicom/1_transfer_syntaxes/pydicom__MR_small_bigendian.dcm")
    expected = pydicom.dcmread(path).pixel_array.astype("<i2").tobytes()
    assert frame_bytes(path, read_header(path), 1) == expected


@pytest.mark.real_data
def test_a_syntax_that_nothing_decodes_is_refused_in_words():
    path = sample(
        "dicom/1_transfer_syntaxes/cs3d__CTImage.dcm_JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53.dcm"
    )
    header = read_header(path)
    assert frame_bytes(path, header, 1)
    with pytest.raises(BadInputError, match="cannot be decoded"):
        decode_frame_to_native(path, header, 1)
