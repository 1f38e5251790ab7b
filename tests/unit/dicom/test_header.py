import io
import json
import struct
import zlib

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import UID

from allward_dicom.encoding import NotAnElementError
from allward_dicom.header import Header, header_from_index, inflate, read_header
from allward_dicom.phantom import PhantomPatient, PhantomSpec, write_abdomen_phantom
from allward_sdk.errors import BadInputError

EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEFLATED, JPEG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.50"


def written(transfer_syntax_uid: str = EXPLICIT, **attributes: object) -> bytes:
    """The bytes of a small object."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2.3", "1.2.3.1"
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    if "PixelData" in dataset:
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = transfer_syntax_uid == JPEG
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def plain(header: Header) -> dict:
    """The JSON with what our writer never sends on left out."""
    return header.metadata_json()


def as_pydicom_sees_it(content: bytes) -> dict:
    dataset = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True)
    return {tag: element for tag, element in dataset.to_json_dict().items() if tag != "00080005"}


@pytest.mark.parametrize("transfer_syntax_uid", [EXPLICIT, IMPLICIT, BIG, DEFLATED])
def test_every_uncompressed_syntax_gives_the_json_that_pydicom_gives(transfer_syntax_uid):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "10200004", "SCT", "Liver"
    outer = Dataset()
    outer.AnatomicRegionSequence = Sequence([code])
    content = written(
        transfer_syntax_uid,
        PatientName="Zhang^San",
        PixelRepresentation=1,
        SmallestImagePixelValue=-5,
        PixelSpacing=[0.7, 0.75],
        InstanceNumber=7,
        ImageType=["ORIGINAL", "PRIMARY"],
        TableSpeed=23.5,
        FrameIncrementPointer=0x00181063,
        ReferencedImageSequence=Sequence([outer, code]),
    )
    header = read_header(content)
    assert header.transfer_syntax_uid == transfer_syntax_uid
    assert plain(header) == as_pydicom_sees_it(content)


def test_sequences_and_items_of_undefined_length_are_walked_to_any_depth():
    dataset = Dataset()
    dataset.CodeValue = "deep"
    for _ in range(6):
        outer = Dataset()
        outer.ContentSequence = Sequence([dataset, Dataset()])
        outer["ContentSequence"].is_undefined_length = True
        dataset.is_undefined_length_sequence_item = True
        dataset = outer
    content = written(ContentSequence=dataset.ContentSequence)
    assert plain(read_header(content)) == as_pydicom_sees_it(content)


def test_a_person_name_has_its_three_groups():
    header = read_header(
        written(SpecificCharacterSet="ISO_IR 192", PatientName="Zhang^San=张^三=ちょう^さん")
    )
    assert header.patient_name.display == "张 三"
    assert header.patient_name == ("Zhang^San", "张^三", "ちょう^さん")
    assert header.json["00080005"]["Value"] == ["ISO_IR 192"]


@pytest.mark.parametrize(
    ("charset", "name"), [("GB18030", "張^三"), ("GBK", "张^三"), ("ISO_IR 100", "Müller^Jörg")]
)
def test_declared_character_sets_are_read(charset, name):
    header = read_header(written(SpecificCharacterSet=charset, PatientName=name))
    assert header.patient_name.alphabetic == name


def test_undeclared_gb18030_is_read_by_the_fallback_of_the_peer(tmp_path):
    patient = PhantomPatient(name="Zhang^San=张^三", charset="GB18030", declare_charset=False)
    write_abdomen_phantom(tmp_path, seed=1, spec=PhantomSpec(slices=1, size=16, patient=patient))
    path = tmp_path / "CT0001.dcm"
    assert read_header(path, fallback_charset="GB18030").patient_name.ideographic == "张^三"
    json.dumps(read_header(path).json, ensure_ascii=False).encode("utf-8")


def test_a_declared_character_set_wins_over_the_fallback():
    header = read_header(
        written(SpecificCharacterSet="ISO_IR 192", PatientName="张^三"), fallback_charset="GB18030"
    )
    assert header.patient_name.alphabetic == "张^三"


def test_a_backslash_inside_a_gb18030_character_does_not_split_the_value():
    name = next(c for c in map(chr, range(0x4E00, 0x9FFF)) if c.encode("gb18030")[1:] == b"\\")
    header = read_header(written(SpecificCharacterSet="GB18030", StudyDescription=name))
    assert header.study_description == name


def test_values_over_64_kib_are_left_where_they_are():
    content = written(ICCProfile=b"\x01" * 70_000, RedPaletteColorLookupTableData=b"\x02" * 100)
    header = read_header(content)
    assert header.json["00282000"] == {"vr": "OB", "BulkDataURI": "bulkdata/00282000"}
    place = header.bulk_data["00282000"]
    assert content[place.offset : place.offset + place.length] == b"\x01" * 70_000
    assert "InlineBinary" in header.json["00281201"]


def test_numbers_that_json_cannot_hold_become_text():
    header = read_header(written(TableSpeed=float("inf"), SelectorUVValue=2**60, SelectorSVValue=-3))
    assert header.json["00189309"]["Value"] == ["inf"]
    assert header.json["00720083"]["Value"] == [str(2**60)]
    json.dumps(header.json, allow_nan=False)


def test_group_lengths_file_meta_and_pixels_stay_out_of_the_json():
    content = written(Rows=2, Columns=2, BitsAllocated=8, PixelData=b"\1\2\3\4")
    header = read_header(content)
    assert not [tag for tag in header.json if tag.startswith(("0002", "7FE0")) or tag.endswith("0000")]
    assert content[header.pixel_data_offset :][: header.pixel_data_length] == b"\1\2\3\4"


def test_per_frame_groups_go_to_a_sidecar_and_come_back_for_metadata():
    frame = Dataset()
    frame.FrameComments = "one"
    header = read_header(written(PerFrameFunctionalGroupsSequence=Sequence([frame])))
    assert "52009230" not in header.json
    assert header.per_frame_json == [{"00209158": {"vr": "LT", "Value": ["one"]}}]
    assert header.metadata_json()["52009230"]["Value"] == header.per_frame_json


@pytest.mark.parametrize("has_bot", [True, False])
def test_the_fragments_of_every_frame_are_found(has_bot):
    frames = [b"\xff\xd8frame one!\xff\xd9", b"\xff\xd8two\xff\xd9", b"\xff\xd8three three\xff\xd9"]
    content = written(JPEG, NumberOfFrames=3, PixelData=encapsulate(frames, has_bot=has_bot))
    place = read_header(content).pixel_place
    found = [b"".join(content[f.offset : f.offset + f.length] for f in frame) for frame in place.frames]
    assert [f.rstrip(b"\0") for f in found] == frames


def test_frames_of_several_fragments_are_told_apart_by_their_end_marks():
    frames = [b"\xff\xd8" + bytes(30) + b"\xff\xd9", b"\xff\xd8" + bytes(22) + b"\xff\xd9"]
    content = written(
        JPEG, NumberOfFrames=2, PixelData=encapsulate(frames, fragments_per_frame=3, has_bot=False)
    )
    assert [len(frame) for frame in read_header(content).pixel_place.frames] == [3, 3]


def test_a_header_survives_the_index():
    header = read_header(written(JPEG, NumberOfFrames=1, PixelData=encapsulate([b"\xff\xd8\xff\xd9"])))
    stored = {
        "json": json.loads(json.dumps(header.json)),
        "transfer_syntax_uid": header.transfer_syntax_uid,
        "pixel_place": json.loads(json.dumps(header.pixel_place.to_json())),
    }
    assert header_from_index(stored) == header


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(500), bytes(2000), b"{}" * 200]
)
def test_what_is_not_dicom_is_called_so(content, tmp_path):
    path = tmp_path / "letter.txt"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=r"letter\.txt is not DICOM"):
        read_header(path)


def refusal_of(content: bytes) -> str | None:
    try:
        read_header(content)
    except BadInputError as error:
        return str(error)
    return None


def test_a_cut_file_is_called_truncated_wherever_it_is_cut(phantom_files):
    content = phantom_files[0].read_bytes()
    refused = {stop: refusal_of(content[:stop]) for stop in range(200, len(content) - 1, 97)}
    assert all("is truncated" in said or "has no" in said for said in refused.values() if said)
    for stop in [stop for stop, said in refused.items() if said is None]:
        # Cut exactly between two elements it is a whole object, without pixels.
        assert stop < read_header(content).pixel_data_offset
        assert read_header(content[:stop]).pixel_place is None


def test_encapsulated_pixels_without_their_end_are_truncated():
    content = written(JPEG, NumberOfFrames=1, PixelData=encapsulate([bytes(100)]))
    with pytest.raises(BadInputError, match="is truncated"):
        read_header(content[:-8])
    with pytest.raises(BadInputError, match="is truncated"):
        read_header(content[:-40])


def test_an_object_without_identity_is_refused():
    with pytest.raises(BadInputError, match="has no Study Instance UID"):
        read_header(written(StudyInstanceUID=""))
    with pytest.raises(BadInputError, match="SOP Instance UID that is not a UID"):
        read_header(written().replace(b"1.2.3.4\0", b"../../x\0"))


def test_data_that_inflates_without_end_are_refused(monkeypatch):
    monkeypatch.setattr("allward_dicom.header._MAX_INFLATED", 1000)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    with pytest.raises(NotAnElementError, match="inflates to more"):
        inflate(packer.compress(bytes(100_000)) + packer.flush(), 0)


def test_sequences_nested_without_end_are_refused():
    nest = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    content = written()
    with pytest.raises(BadInputError):
        read_header(content + nest * 5000)


GOOD = written(
    PatientName="Zhang^San",
    ReferencedImageSequence=Sequence([Dataset()]),
    PixelSpacing=[1, 1],
    PixelData=bytes(64),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(132, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_flipped_bytes_give_a_valid_header_or_bad_input_and_nothing_else(changes):
    content = bytearray(GOOD)
    for place, value in changes:
        content[place] = value
    check_only_bad_input(bytes(content))


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", bytes(128) + b"DICM", b"\x08\x00\x05\x00CS", b"\x08\x00\x05\x00"]),
)
def test_noise_gives_bad_input_and_nothing_else(noise, before):
    check_only_bad_input(before + noise)
    check_only_bad_input(GOOD[:350] + noise)


def check_only_bad_input(content: bytes) -> None:
    try:
        header = read_header(content, fallback_charset="GB18030")
    except BadInputError:
        return
    text = json.dumps(header.metadata_json(), ensure_ascii=False, allow_nan=False)
    text.encode("utf-8")
    assert "\\u0000" not in text
