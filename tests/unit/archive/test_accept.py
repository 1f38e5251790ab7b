"""What the caller accepts, and what it gets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allward.archive.accept import (
    MediaRange,
    choose_frame_form,
    choose_object_form,
    choose_picture,
    parse_accept,
)
from allward.archive.request import RefusedError

LITTLE, JLS = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80"
OCTETS = "application/octet-stream"


def test_types_parameters_and_weights_are_read():
    header = (
        'multipart/related; type="application/octet-stream"; transfer-syntax=*;q=0.5,'
        ' multipart/related;type="image/jls";transfer-syntax=1.2.840.10008.1.2.4.80, text/plain;q=0'
    )
    assert parse_accept(header) == [
        MediaRange("image/jls", JLS, True, 1.0),
        MediaRange(OCTETS, "*", True, 0.5),
    ]
    assert parse_accept("") == [MediaRange("*/*")]


@given(st.text(max_size=80))
def test_no_header_breaks_the_reader(header):
    assert parse_accept(header)


@pytest.mark.parametrize(
    ("header", "stored", "media_type", "expected"),
    [
        ("", LITTLE, OCTETS, (OCTETS, LITTLE, False, True)),
        ("*/*", JLS, "image/jls", ("image/jls", JLS, False, True)),
        (
            f"multipart/related; type={OCTETS}; transfer-syntax=*",
            JLS,
            "image/jls",
            ("image/jls", JLS, False, True),
        ),
        (f'multipart/related; type="{OCTETS}"', JLS, "image/jls", (OCTETS, LITTLE, True, True)),
        (OCTETS, LITTLE, OCTETS, (OCTETS, LITTLE, False, False)),
        (OCTETS, JLS, "image/jls", (OCTETS, LITTLE, True, False)),
        ('multipart/related; type="image/jls"', JLS, "image/jls", ("image/jls", JLS, False, True)),
        (f"image/jp2, {OCTETS};q=0.1", JLS, "image/jls", (OCTETS, LITTLE, True, False)),
    ],
)
def test_frames_go_out_as_stored_unless_plain_ones_are_asked_for(header, stored, media_type, expected):
    form = choose_frame_form(parse_accept(header), stored=stored, media_type=media_type)
    assert (form.media_type, form.transfer_syntax, form.is_decoded, form.is_multipart) == expected


@pytest.mark.parametrize("header", ["image/jp2", "video/mpeg", 'multipart/related; type="image/jpeg"'])
def test_frames_in_no_accepted_form_are_refused(header):
    with pytest.raises(RefusedError) as refused:
        choose_frame_form(parse_accept(header), stored=JLS, media_type="image/jls")
    assert refused.value.status == 406


def test_objects_go_out_as_stored_or_decoded():
    stored = choose_object_form(parse_accept('multipart/related; type="application/dicom"'), JLS)
    assert (stored.transfer_syntax, stored.is_decoded, stored.is_multipart) == (JLS, False, True)
    single = choose_object_form(parse_accept(f"application/dicom; transfer-syntax={LITTLE}"), JLS)
    assert (single.transfer_syntax, single.is_decoded, single.is_multipart) == (LITTLE, True, False)
    with pytest.raises(RefusedError):
        choose_object_form(parse_accept("application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90"), JLS)


def test_pictures_are_jpeg_unless_only_png_is_accepted():
    assert choose_picture(parse_accept("text/html,image/avif,*/*;q=0.8")) == "image/jpeg"
    assert choose_picture(parse_accept("image/png")) == "image/png"
    with pytest.raises(RefusedError):
        choose_picture(parse_accept("image/gif"))
