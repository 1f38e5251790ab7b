"""A printed report that the hospital signed: whole, changed, added to, signed by somebody else."""

import io
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.generic import DictionaryObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from tests.unit.acceptance.test_report import STAMP, SUBJECT, cases

from allward.acceptance.pdf import pdf_of
from allward.acceptance.pdf_signing import read_signed_pdf, sign_pdf
from allward.acceptance.report import make_report
from allward_sdk.errors import UntrustedError
from allward_sdk.trust.keys import load_signer, new_key

WORDS = {"hospital": "central", "name": "Central Hospital", "digest": STAMP.digest}


@cache
def pages() -> bytes:
    return pdf_of(make_report(SUBJECT, cases()), STAMP, "zh")


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "central.pem"
    new_key(path)
    return load_signer(path)


@pytest.fixture(scope="module")
def signed(signer) -> bytes:
    return sign_pdf(pages(), signer, **WORDS)


def read(content: bytes):
    return read_signed_pdf(content, place="report.pdf")


def gap(signed: bytes) -> tuple[int, int]:
    """Where the signature itself stands, between what it covers."""
    start = signed.index(b"/Contents <") + len(b"/Contents ")
    return start, signed.index(b">", start) + 1


def test_a_signed_report_names_its_key_its_hospital_and_the_file_it_shows(signer, signed):
    told = read(signed)
    assert told.keyid == signer.public_key.keyid
    assert (told.hospital, told.digest) == ("central", STAMP.digest)
    assert signed.startswith(pages())


def test_a_byte_that_was_changed_is_told_wherever_it_stands(signed):
    start, end = gap(signed)

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, len(signed) - 1) | st.integers(start, end - 1), st.integers(1, 255))
    def check(place: int, flip: int) -> None:
        changed = bytearray(signed)
        changed[place] ^= flip
        with pytest.raises(UntrustedError):
            read(bytes(changed))

    check()


def test_a_figure_that_was_changed_is_told_in_words(signed):
    place = signed.index(b"/Producer") + 12
    changed = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
    with pytest.raises(UntrustedError, match="was changed after it was signed"):
        read(changed)


def test_what_was_added_after_the_signature_is_told(signed):
    writer, out = IncrementalPdfFileWriter(io.BytesIO(signed)), io.BytesIO()
    writer.set_info(writer.add_object(DictionaryObject()))
    writer.write(out)
    assert out.getvalue().startswith(signed)
    for added in (out.getvalue(), signed + b"\n% more", signed + b"\n"):
        with pytest.raises(UntrustedError, match="added to it after it was signed"):
            read(added)


def test_spare_room_of_a_signature_holds_nothing(signed):
    _, end = gap(signed)
    assert signed[end - 3 : end - 1] == b"00"
    with pytest.raises(UntrustedError, match="its signature was changed"):
        read(signed[: end - 3] + b"01" + signed[end - 1 :])


def test_a_second_signature_is_told(signer, signed):
    with pytest.raises(UntrustedError, match="bears 2 signatures"):
        read(sign_again(signed, signer))


def sign_again(signed: bytes, signer) -> bytes:
    from allward.acceptance import pdf_signing

    field, pdf_signing._FIELD = pdf_signing._FIELD, "Another"
    try:
        return sign_pdf(signed, signer, **WORDS)
    finally:
        pdf_signing._FIELD = field


def test_another_key_signs_under_another_id_whatever_name_it_bears(tmp_path, signed):
    new_key(tmp_path / "other.pem")
    other = load_signer(tmp_path / "other.pem")
    told = read(sign_pdf(pages(), other, **WORDS))
    assert told.keyid == other.public_key.keyid != read(signed).keyid
    assert told.hospital == read(signed).hospital


def test_what_is_not_signed_or_no_pdf_is_refused(signed):
    with pytest.raises(UntrustedError, match="bears 0 signatures"):
        read(pages())
    for broken in (b"%PDF-1.4 nothing", b"", signed[:-400], signed[: len(signed) // 2]):
        with pytest.raises(UntrustedError):
            read(broken)


def test_names_of_any_length_and_language_can_be_certified(signer):
    for name in ("", "某某大学附属第一医院" * 20):
        assert read(sign_pdf(pages(), signer, hospital="x" * 90, name=name, digest=STAMP.digest))
