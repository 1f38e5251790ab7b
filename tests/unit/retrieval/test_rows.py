"""What archives answer, and whether it is what was asked."""

from datetime import date

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset

from allward.retrieval.dicomweb import Address
from allward.retrieval.dicomweb import _texts_of as texts_of_json
from allward.retrieval.dimse import _identifier, _texts_of
from allward.retrieval.rows import STUDY_KEYS, SeriesRow, StudyQuery, StudyRow, matching
from allward_sdk.errors import BadInputError


def answer(elements: bytes) -> Dataset:
    """An identifier as it comes from the wire, implicit little endian."""
    return read_dataset(DicomBytesIO(elements), is_implicit_VR=True, is_little_endian=True)


def element(tag: int, value: bytes) -> bytes:
    value += b" " * (len(value) % 2)
    return (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little") + len(value).to_bytes(
        4, "little"
    ) + value  # fmt: skip


def test_chinese_names_without_a_character_set_are_read_by_the_archives_fallback():
    raw = element(0x00081030, "胸部平扫".encode("gb18030")) + element(
        0x00100010, "WANG^Fang=王^芳".encode("gb18030")
    )
    row = StudyRow.read(_texts_of(answer(raw), "GB18030"))
    assert (row.description, row.patient_name) == ("胸部平扫", "WANG^Fang=王^芳")


def test_a_character_set_that_is_stated_goes_before_the_fallback():
    raw = element(0x00080005, b"ISO_IR 192") + element(0x00081030, "胸部平扫".encode())
    assert StudyRow.read(_texts_of(answer(raw), "GB18030")).description == "胸部平扫"


def test_every_field_of_a_study_is_read_and_what_is_missing_stays_unknown():
    raw = b"".join(
        element(tag, value)
        for tag, value in (
            (0x00080020, b"20190304"), (0x00080050, b"A1"), (0x00080061, b"CT\\SR"), (0x00100020, b"7"),
            (0x0020000D, b"1.2.3"), (0x00201206, b"4 "), (0x00201208, b""),
        )
    )  # fmt: skip
    row = StudyRow.read(_texts_of(answer(raw), "GB18030"))
    assert row == StudyRow(
        "1.2.3", patient_id="7", accession_number="A1", study_date=date(2019, 3, 4), modalities=("CT", "SR"),
        series_count=4, instance_count=None,
    )  # fmt: skip


def test_the_same_study_reads_the_same_from_dicom_json():
    said = {
        "0020000D": {"vr": "UI", "Value": ["1.2.3"]},
        "00080020": {"vr": "DA", "Value": ["20190304"]},
        "00080061": {"vr": "CS", "Value": ["CT", "SR"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "WANG^Fang", "Ideographic": "王^芳"}]},
        "00201208": {"vr": "IS", "Value": [120]},
        "00080050": {"vr": "SH"},
    }
    row = StudyRow.read(texts_of_json(said))
    assert row == StudyRow(
        "1.2.3", patient_name="WANG^Fang=王^芳", study_date=date(2019, 3, 4), modalities=("CT", "SR"),
        instance_count=120,
    )  # fmt: skip


def test_a_series_without_a_count_says_that_it_has_none():
    assert SeriesRow.read(texts_of_json({"0020000E": {"vr": "UI", "Value": ["1.9"]}})) == SeriesRow("1.9")


@pytest.mark.parametrize(
    ("row", "fits"),
    [
        (StudyRow("1", patient_id="7", study_date=date(2020, 1, 1)), True),
        (StudyRow("1", patient_id="77", study_date=date(2020, 1, 1)), False),
        (StudyRow("1", patient_id="7", study_date=date(2022, 1, 1)), False),
        (StudyRow("1", patient_id="7"), False),
        (StudyRow("1", patient_id="7", issuer_of_patient_id="OTHER", study_date=date(2020, 1, 1)), False),
        (StudyRow("1", patient_id="7", study_date=date(2020, 1, 1), modalities=("MR",)), False),
    ],
)
def test_an_archive_that_ignores_a_key_does_not_get_its_answer_believed(row, fits):
    query = StudyQuery(
        patient_id="7", issuer_of_patient_id="HIS", modality="CT", from_date=date(2019, 1, 1),
        until_date=date(2021, 1, 1),
    )  # fmt: skip
    assert row.fits(query) is fits


def test_what_is_asked_is_stated_and_everything_else_is_asked_for():
    query = StudyQuery(patient_id="7", from_date=date(2019, 1, 1))
    stated = matching(query)
    assert stated == {"PatientID": "7", "StudyDate": "20190101-"}
    identifier = _identifier("STUDY", {**dict.fromkeys(STUDY_KEYS, ""), **stated}, "GB18030")
    assert (identifier.QueryRetrieveLevel, identifier.PatientID) == ("STUDY", "7")
    assert identifier.AccessionNumber == ""
    assert "SpecificCharacterSet" not in identifier


@pytest.mark.parametrize(
    "wanted",
    [{}, {"modality": "CT"}, {"patient_id": "7*"}, {"accession_number": "A\\B"}, {"patient_id": "?"}],
)
def test_a_question_without_a_bound_or_with_a_pattern_is_refused(wanted):
    with pytest.raises(BadInputError):
        StudyQuery(**wanted)


def test_credentials_are_basic_with_a_user_name_and_a_bearer_token_without():
    assert Address("https://a/b", "u", "p").headers == {"Authorization": "Basic dTpw"}
    assert Address("https://a/b", "", "t").headers == {"Authorization": "Bearer t"}
    assert Address("https://a/b").headers == {}
