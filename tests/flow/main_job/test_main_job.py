"""The main job, end to end, as a hospital has it: nothing played, nothing eager, nobody a superuser.

Two real CTs are sent by dcmtk's storescu to `allward up`; the engine finds the livers; a radiologist accepts;
SEG and SR arrive in a real Orthanc, and dciodvfy has nothing to say against them.
"""

import gzip
import json
import time
from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from tests.flow.delivery.nodes import errors_in

from allward_sdk.geometry import Geometry

pytestmark = [pytest.mark.real_data, pytest.mark.timeout(900)]


def liver_of(results: list[dict[str, Any]]) -> dict[str, Any]:
    (result,) = results
    (liver,) = [f for f in result["findings"] if f["label"]["value"] == "10200004"]
    return dict(liver)


def volume_of(finding: dict[str, Any]) -> dict[str, Any]:
    (volume,) = [m for m in finding["measurements"] if m["unit"] == "mL"]
    return dict(volume)


@pytest.mark.parametrize(
    ("patient_id", "volume_ml", "bound"), [("CRLM-CT-1004", 1310, "exact"), ("C3N-00247", 1180, "at_least")]
)
def test_the_liver_is_where_it_belongs_and_its_volume_is_shown_as_it_is(
    platform, studies, patient_id, volume_ml, bound
):
    item, results = studies[patient_id]
    assert item["ai"]["state"] == "completed", item["ai"]
    volume = volume_of(liver_of(results))
    assert volume["value"] == pytest.approx(volume_ml, rel=0.04)
    assert volume["bound"] == bound
    segmentation = results[0]["segmentation"]
    with platform.client() as client:
        answer = client.get(f"/api/v1/segmentations/{segmentation['segmentation_id']}/labelmap/")
    labels = np.frombuffer(answer.content, np.uint8).reshape(segmentation["shape_kji"])
    _, components = ndimage.label(labels > 0, structure=np.ones((3, 3, 3)))
    assert components == 1
    geometry = Geometry.from_json(segmentation)
    centre_lps_mm = geometry.to_lps_mm([np.argwhere(labels > 0).mean(axis=0)])[0]
    middle_lps_mm = geometry.to_lps_mm([(np.asarray(labels.shape) - 1) / 2])[0]
    assert centre_lps_mm[0] < middle_lps_mm[0], "the liver lies on the patient's right, which is -x in LPS"


def test_nothing_reaches_the_pacs_before_a_person_has_accepted(studies, pacs):
    for item, _ in studies.values():
        assert pacs.received(item["study_instance_uid"]) == []


def test_accepted_results_arrive_in_the_pacs_and_are_valid(platform, studies, pacs, tmp_path):
    item, (result,) = studies["CRLM-CT-1004"]
    with platform.client() as client:
        for finding in result["findings"]:
            answer = client.post(
                f"/api/v1/findings/{finding['finding_id']}/review/",
                json={"decision": "accept", "reason": None, "version": finding["version"]},
            )
            assert answer.status_code == 200, answer.text
    deadline = time.monotonic() + 60
    while len(received := pacs.received(item["study_instance_uid"])) < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert sorted(dataset.Modality for dataset in received) == ["SEG", "SR"]
    for dataset in received:
        assert errors_in(dataset, tmp_path) == []
    (report,) = [dataset for dataset in received if dataset.Modality == "SR"]
    assert report.VerificationFlag == "VERIFIED"
    with platform.client() as client:
        study = client.get(f"/api/v1/studies/{item['study_id']}/").json()
        assert study["review"] == "reviewed"
        assert study["revision"] == 1, "the platform's own objects are no late images"
        assert {series["modality"] for series in study["series"] if series["is_result"]} >= {"SEG", "SR"}


def test_a_base_hospital_sees_nothing_of_it(platform, studies):
    with platform.client("radiologist-east") as client:
        assert client.get("/api/v1/worklist/").json()["items"] == []
        for item, (result,) in studies.values():
            assert client.get(f"/api/v1/studies/{item['study_id']}/").status_code == 404
            key = result["segmentation"]["segmentation_id"]
            assert client.get(f"/api/v1/segmentations/{key}/labelmap/").status_code == 404
            assert client.get(f"/dicom-web/studies/{item['study_instance_uid']}/metadata").status_code == 404


def test_the_commands_print_the_same(platform, studies):
    item, (result,) = studies["CRLM-CT-1004"]

    worklist = json.loads(platform.allward("worklist", "--json").stdout)
    assert item["study_instance_uid"] in {line["study_instance_uid"] for line in worklist}
    (printed,) = json.loads(platform.allward("results", item["study_instance_uid"], "--json").stdout)
    assert printed["evaluable"]
    assert len(printed["findings"]) == len(result["findings"])


def test_the_label_map_is_gzip_on_the_wire(platform, studies):
    _, (result,) = studies["CRLM-CT-1004"]
    with platform.client() as client:
        url = f"/api/v1/segmentations/{result['segmentation']['segmentation_id']}/labelmap/"
        with client.stream("GET", url) as answer:
            raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    k, j, i = result["segmentation"]["shape_kji"]
    assert len(gzip.decompress(raw)) == k * j * i
