"""STOW-RS, QIDO-RS and WADO-RS over HTTP, asked by dicomweb-client and by bare requests."""

import io
import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import numpy as np
import pydicom
import pytest
from dicomweb_client import DICOMwebClient
from PIL import Image
from pydicom.pixels.utils import pixel_array
from tests.flow.ingest.nodes import dicomweb
from tests.platform_database import inside, make_hospital
from tests.samples import sample
from tests.small_study import write_small_study

from allward.audit.models import AuditEvent
from allward.studies.models import Instance, InstanceConflict, Study
from allward.tenancy.actions import grant_reading
from allward.tenancy.scope import Scope

FRAMES = 'multipart/related; type="application/octet-stream"'


@pytest.fixture(scope="module")
def hospital():
    return make_hospital()


@pytest.fixture(scope="module")
def url(hospital):
    with dicomweb(Scope.of_tenant(hospital.tenant_id, actor="dr-test")) as address:
        yield address


@pytest.fixture(scope="module")
def study(url, hospital, tmp_path_factory):
    """A study of twelve slices, stored through dicomweb-client."""
    paths = write_small_study(tmp_path_factory.mktemp("study"))
    datasets = [pydicom.dcmread(path) for path in paths]
    answer = DICOMwebClient(url).store_instances(datasets)
    assert len(answer.ReferencedSOPSequence) == len(datasets)
    assert "FailedSOPSequence" not in answer
    with inside(hospital):
        row = Study.objects.get(study_instance_uid=datasets[0].StudyInstanceUID)
        assert row.department_id == hospital.department_id
    return datasets


def _series_url(url, dataset):
    return f"{url}/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"


def _multipart(*parts: bytes, boundary="xyz", part_type="application/dicom"):
    body = b"".join(
        f"--{boundary}\r\nContent-Type: {part_type}\r\n\r\n".encode() + part + b"\r\n" for part in parts
    )
    headers = {"content-type": f'multipart/related; type="application/dicom"; boundary={boundary}'}
    return {"content": body + f"--{boundary}--\r\n".encode(), "headers": headers}


def _bytes(dataset):
    target = io.BytesIO()
    dataset.save_as(target)
    return target.getvalue()


def test_a_stored_study_is_found_at_every_level(url, study):
    client, one = DICOMwebClient(url), study[0]
    found = client.search_for_studies(search_filters={"StudyInstanceUID": one.StudyInstanceUID})
    assert found[0]["00201208"]["Value"] == [len(study)]
    assert found[0]["00080061"]["Value"] == ["CT"]
    (retrieve_url,) = found[0]["00081190"]["Value"]  # this client leaves the port out of its Host header
    assert retrieve_url.endswith(f"/dicom-web/studies/{one.StudyInstanceUID}")
    series = client.search_for_series(one.StudyInstanceUID)
    assert [each["0020000E"]["Value"][0] for each in series] == [one.SeriesInstanceUID]
    assert series[0]["00201209"]["Value"] == [len(study)]
    instances = client.search_for_instances(one.StudyInstanceUID, one.SeriesInstanceUID)
    assert {each["00080018"]["Value"][0] for each in instances} == {each.SOPInstanceUID for each in study}
    assert instances[0]["00280010"]["Value"] == [one.Rows]


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("PatientName={family}*", True),
        ("PatientName=nobody*", False),
        ("PatientID={id}", True),
        ("00100020={id}", True),
        ("PatientID={id_start}*", True),
        ("PatientID=*{id_end}", True),
        ("PatientID={id}x", False),
        ("StudyDate={date}", True),
        ("StudyDate={date}-", True),
        ("StudyDate=-19000101", False),
        ("StudyDate=19000101-{date}", True),
        ("ModalitiesInStudy=CT", True),
        ("ModalitiesInStudy=MR", False),
        ("ModalitiesInStudy=MR,CT", True),
        ("AccessionNumber={accession}", True),
        ("StudyDescription=*PHANTOM*", True),
        ("StudyInstanceUID={uid},1.2.3", True),
        ("StudyInstanceUID=1.2.3", False),
        ("PatientName=*&limit=5&fuzzymatching=true&includefield=all", True),
        ("limit=0", False),
        ("offset=100", False),
    ],
)
def test_studies_are_matched(url, study, query, matches):
    one = study[0]
    filled = query.format(
        family=str(one.PatientName).split("^")[0],
        id=one.PatientID,
        id_start=one.PatientID[:4],
        id_end=one.PatientID[-3:],
        date=one.StudyDate,
        accession=one.AccessionNumber,
        uid=one.StudyInstanceUID,
    )
    answer = httpx.get(f"{url}/studies?{filled}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/dicom+json"
    assert bool(answer.json()) is matches


@pytest.mark.parametrize("query", ["StudyDate=yesterday", "limit=-1", "SeriesNumber=two"])
def test_a_value_that_cannot_be_read_is_told_in_both_languages(url, study, query):
    answer = httpx.get(f"{url}/series?{query}")
    assert answer.status_code == 400
    assert set(answer.json()["detail"]) == {"en", "zh"}


def test_a_parameter_on_which_nothing_is_matched_is_warned_of(url, study):
    answer = httpx.get(f"{url}/studies?ReferringPhysicianName=x")
    assert answer.status_code == 200
    assert "ReferringPhysicianName" in answer.headers["warning"]


def test_more_results_than_the_limit_are_warned_of(url, study):
    answer = httpx.get(f"{url}/instances?limit=5&SeriesInstanceUID={study[0].SeriesInstanceUID}")
    assert len(answer.json()) == 5
    assert "offset" in answer.headers["warning"]
    rest = httpx.get(f"{url}/instances?limit=50&offset=5&SeriesInstanceUID={study[0].SeriesInstanceUID}")
    assert len(rest.json()) == len(study) - 5


def test_metadata_are_the_headers_as_received(url, study):
    found = DICOMwebClient(url).retrieve_series_metadata(
        study[0].StudyInstanceUID, study[0].SeriesInstanceUID
    )
    by_uid = {each["00080018"]["Value"][0]: each for each in found}
    for dataset in study:
        header = by_uid[dataset.SOPInstanceUID]
        assert header["00200032"]["Value"] == [float(v) for v in dataset.ImagePositionPatient]
        assert "7FE00010" not in header


def test_whole_objects_come_back_byte_for_byte(url, hospital, study):
    one = study[0]
    address = f"{_series_url(url, one)}/instances/{one.SOPInstanceUID}"
    single = httpx.get(address, headers={"accept": "application/dicom; transfer-syntax=*"})
    with inside(hospital):
        row = Instance.objects.get(sop_instance_uid=one.SOPInstanceUID)
    assert single.headers["content-length"] == str(row.size_bytes)
    assert pydicom.dcmread(io.BytesIO(single.content)) == one
    fetched = DICOMwebClient(url).retrieve_series(one.StudyInstanceUID, one.SeriesInstanceUID)
    assert {each.SOPInstanceUID for each in fetched} == {each.SOPInstanceUID for each in study}
    assert all(np.array_equal(each.pixel_array, _same(each, study).pixel_array) for each in fetched)


def _same(dataset, study):
    return next(each for each in study if each.SOPInstanceUID == dataset.SOPInstanceUID)


def test_frames_are_the_pixels(url, study):
    one = study[3]
    address = f"{_series_url(url, one)}/instances/{one.SOPInstanceUID}/frames/1"
    frames = DICOMwebClient(url).retrieve_instance_frames(
        one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID, [1]
    )
    assert frames[0] == one.PixelData
    single = httpx.get(address, headers={"accept": "application/octet-stream"})
    assert single.content == one.PixelData
    assert single.headers["content-type"].endswith("transfer-syntax=1.2.840.10008.1.2.1")
    assert httpx.get(address.replace("frames/1", "frames/2")).status_code == 404
    assert httpx.get(address, headers={"accept": "video/mp4"}).status_code == 406


def test_a_rendered_frame_is_a_picture_of_the_wanted_size(url, study):
    address = f"{_series_url(url, study[5])}/instances/{study[5].SOPInstanceUID}/rendered"
    picture = Image.open(io.BytesIO(httpx.get(f"{address}?window=40,400,linear&viewport=32,32").content))
    assert (picture.format, picture.size) == ("JPEG", (32, 32))
    png = httpx.get(address, headers={"accept": "image/png"})
    assert Image.open(io.BytesIO(png.content)).size == (study[5].Columns, study[5].Rows)
    assert httpx.get(f"{address}?window=wide").status_code == 400
    assert httpx.get(f"{address}?viewport=0,99999").status_code == 400
    thumbnail = httpx.get(f"{_series_url(url, study[5])}/thumbnail")
    assert max(Image.open(io.BytesIO(thumbnail.content)).size) == 128


def test_what_is_not_there_is_said_in_both_languages(url):
    for path in ("studies/1.2.3", "studies/1.2.3/metadata", "studies/1.2.3/series/4/instances/5/frames/1"):
        answer = httpx.get(f"{url}/{path}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"
    assert httpx.get(f"{url}/studies/1.2.3/series").json() == []


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name",
    [
        "roby__CT1_J2KR",
        "roby__CT1_JLSL",
        "roby__CT2_RLE",
        "pydicom__MR_small_bigendian.dcm",
        "pydicom__image_dfl.dcm",
        "pydicomdata__US1_J2KI.dcm",
    ],
)
def test_compressed_objects_go_out_as_stored_or_decoded(url, name):
    path = sample(f"dicom/1_transfer_syntaxes/{name}")
    dataset = pydicom.dcmread(path, force=True)
    stored = httpx.post(f"{url}/studies", **_multipart(path.read_bytes()))
    assert stored.status_code == 200, stored.text
    address = f"{_series_url(url, dataset)}/instances/{dataset.SOPInstanceUID}"
    as_stored = httpx.get(f"{address}/frames/1", headers={"accept": f"{FRAMES}; transfer-syntax=*"})
    assert as_stored.status_code == 200
    decoded = httpx.get(f"{address}/frames/1", headers={"accept": "application/octet-stream"})
    expected = pixel_array(dataset, index=0, raw=True)
    got = np.frombuffer(decoded.content, dtype=expected.dtype.newbyteorder("<")).reshape(expected.shape)
    assert np.array_equal(got, expected)
    whole = httpx.get(address, headers={"accept": "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"})
    again = pydicom.dcmread(io.BytesIO(whole.content))
    assert again.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert httpx.get(f"{address}/rendered").status_code == 200


@pytest.mark.real_data
def test_an_enhanced_object_keeps_its_per_frame_groups_and_large_values(url, hospital):
    path = sample("dicom/3_object_types")
    found = next((p for p in sorted(path.rglob("*")) if p.is_file() and _is_enhanced(p)), None)
    assert found is not None
    dataset = pydicom.dcmread(found)
    assert httpx.post(f"{url}/studies", **_multipart(found.read_bytes())).status_code == 200
    address = f"{_series_url(url, dataset)}/instances/{dataset.SOPInstanceUID}"
    header = httpx.get(f"{address}/metadata").json()[0]
    assert len(header["52009230"]["Value"]) == len(dataset.PerFrameFunctionalGroupsSequence)


def _is_enhanced(path: Path) -> bool:
    try:
        return "PerFrameFunctionalGroupsSequence" in pydicom.dcmread(path, stop_before_pixels=True)
    except pydicom.errors.InvalidDicomError:
        return False


def test_bulk_data_are_named_by_a_whole_url(url, tmp_path):
    one = pydicom.dcmread(write_small_study(tmp_path, seed=9)[0])
    one.add_new(0x00420011, "OB", bytes(range(256)) * 400)
    assert httpx.post(f"{url}/studies", **_multipart(_bytes(one))).status_code == 200
    address = f"{_series_url(url, one)}/instances/{one.SOPInstanceUID}"
    uri = httpx.get(f"{address}/metadata").json()[0]["00420011"]["BulkDataURI"]
    assert uri == f"{address}/bulkdata/00420011"
    assert httpx.get(uri).content == bytes(range(256)) * 400
    assert httpx.get(f"{address}/bulkdata/7FE00010").content == one.PixelData
    assert httpx.get(f"{address}/bulkdata/00420012").status_code == 404


def test_store_tells_good_from_bad_parts(url, tmp_path):
    good = write_small_study(tmp_path, seed=10)[0].read_bytes()
    answer = httpx.post(f"{url}/studies", **_multipart(good, b"not DICOM at all", good[: len(good) // 2]))
    assert answer.status_code == 202
    assert len(answer.json()["00081199"]["Value"]) == 1
    reasons = [each["00081197"]["Value"][0] for each in answer.json()["00081198"]["Value"]]
    assert reasons == [0xC000, 0xC000]


def test_store_into_a_named_study_refuses_others(url, tmp_path):
    good = write_small_study(tmp_path, seed=11)[0].read_bytes()
    answer = httpx.post(f"{url}/studies/1.2.3.4", **_multipart(good))
    assert answer.status_code == 409
    assert answer.json()["00081198"]["Value"][0]["00081197"]["Value"] == [0xA900]


def test_other_bytes_under_a_known_uid_are_kept_apart_and_told(url, hospital, study):
    changed = pydicom.dcmread(io.BytesIO(_bytes(study[0])))
    changed.ImageComments = "other"
    answer = httpx.post(f"{url}/studies", **_multipart(_bytes(changed)))
    assert answer.status_code == 409
    assert answer.json()["00081198"]["Value"][0]["00081197"]["Value"] == [0x0111]
    with inside(hospital):
        first = Instance.objects.get(sop_instance_uid=study[0].SOPInstanceUID)
        assert InstanceConflict.objects.filter(instance=first).count() == 1
        assert "other" not in first.dicom_json


def test_the_same_object_with_another_file_meta_information_is_known(url, hospital, study):
    again = pydicom.dcmread(io.BytesIO(_bytes(study[1])))
    again.file_meta.ImplementationVersionName = "SOMEBODY"
    assert httpx.post(f"{url}/studies", **_multipart(_bytes(again))).status_code == 200
    with inside(hospital):
        row = Instance.objects.get(sop_instance_uid=study[1].SOPInstanceUID)
        assert not InstanceConflict.objects.filter(instance=row).exists()


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/dicom", 415),
        ('multipart/related; type="application/dicom+json"; boundary=x', 415),
        ('multipart/related; type="application/dicom"', 400),
        ("multipart/related; boundary=x", 400),
    ],
)
def test_a_body_that_cannot_be_stored_is_refused(url, content_type, status):
    answer = httpx.post(f"{url}/studies", content=b"--x\r\nnothing", headers={"content-type": content_type})
    assert answer.status_code == status
    assert set(answer.json()["detail"]) == {"en", "zh"}


def test_looking_is_in_the_audit_trail_once_a_minute(hospital, study):
    with dicomweb(Scope.of_tenant(hospital.tenant_id, actor=f"dr-{uuid4()}")) as address:
        one = study[0]
        for _ in range(5):
            httpx.get(f"{_series_url(address, one)}/instances/{one.SOPInstanceUID}/frames/1")
        httpx.get(f"{address}/studies/{one.StudyInstanceUID}")
    with inside(hospital):
        rows = AuditEvent.objects.filter(detail__study_instance_uid=one.StudyInstanceUID)
        actions = list(
            rows.filter(actor__startswith="dr-").exclude(actor="dr-test").values_list("action", flat=True)
        )
    assert actions.count("download") == 1
    assert 1 <= actions.count("view") <= 2  # a minute may have passed in between


def test_another_hospital_finds_nothing_unless_it_is_let_in(hospital, study):
    other = make_hospital()
    stranger = Scope.of_tenant(other.tenant_id, actor="stranger")
    uid = study[0].StudyInstanceUID
    with dicomweb(stranger) as address:
        assert httpx.get(f"{address}/studies/{uid}/metadata").status_code == 404
        assert httpx.get(f"{address}/hospitals/{hospital.code}/studies/{uid}/metadata").status_code == 404
        assert httpx.get(f"{address}/hospitals/{hospital.code}/studies").status_code == 404
        assert httpx.get(f"{address}/studies").json() == []
    with inside(hospital):
        grant_reading(reader_tenant_id=other.tenant_id, may_review=False)
    partner = replace(stranger, readable=frozenset({other.tenant_id, hospital.tenant_id}))
    with dicomweb(partner) as address:
        assert httpx.get(f"{address}/studies/{uid}/metadata").status_code == 404
        there = httpx.get(f"{address}/hospitals/{hospital.code}/studies/{uid}/metadata")
        assert len(there.json()) == len(study)
        found = httpx.get(f"{address}/hospitals/{hospital.code}/studies?StudyInstanceUID={uid}").json()
        assert f"/hospitals/{hospital.code}/" in found[0]["00081190"]["Value"][0]
        assert (
            httpx.post(f"{address}/hospitals/{hospital.code}/studies", **_multipart(b"x")).status_code == 404
        )
    with inside(hospital):
        row = AuditEvent.objects.filter(actor="stranger", action="view").get()
        assert row.user_tenant_id == other.tenant_id


def test_the_same_study_uid_in_two_hospitals_stays_apart(url, hospital, study):
    other = make_hospital()
    one = pydicom.dcmread(io.BytesIO(_bytes(study[0])))
    one.PatientName = "Other^Person"
    with dicomweb(Scope.of_tenant(other.tenant_id, actor="other")) as address:
        assert httpx.post(f"{address}/studies", **_multipart(_bytes(one))).status_code == 200
        theirs = httpx.get(f"{address}/studies?StudyInstanceUID={one.StudyInstanceUID}").json()
    ours = httpx.get(f"{url}/studies?StudyInstanceUID={one.StudyInstanceUID}").json()
    assert theirs[0]["00100010"]["Value"] == [{"Alphabetic": "Other^Person"}]
    assert theirs[0]["00201208"]["Value"] == [1]
    assert ours[0]["00100010"]["Value"] != theirs[0]["00100010"]["Value"]
    with inside(hospital):
        assert Study.objects.filter(study_instance_uid=one.StudyInstanceUID).count() == 1
        row = Study.objects.get(study_instance_uid=one.StudyInstanceUID)
    assert json.loads(row.dicom_json)["00201208"]["Value"] == [len(study)]
