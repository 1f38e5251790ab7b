"""What hospitals really send, to a platform that runs: stored as it came, and never taken for normal."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.flow.faults.sending import SMALL, SmallStudy, renamed_series, sender_to, small_study
from tests.flow.faults.truth import Truth
from tests.running_platform import running_platform
from tests.samples import unpack
from tests.small_package import make_package

pytestmark = pytest.mark.timeout(300)

DISK_MIB = 700
"""Of the state folder's own file system: 256 stay free for the database, and the platform needs a little."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A state folder on a small disk of its own; where this user may not mount one, on the common disk."""
    folder = tmp_path_factory.mktemp("home")
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=700", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    yield folder
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def platform(home, tmp_path_factory):
    with running_platform(home, extra={"ALLWARD_STUDY_QUIET_S": "0.5"}, real_plugin=False) as running:
        package = make_package(tmp_path_factory.mktemp("package"))
        running.allward("plugin", "install", str(package), "--built-here", "--department", "imaging-research")
        yield running


@pytest.fixture(scope="module")
def radiologist(platform):
    with platform.client() as client:
        yield client


def ai_of(client: httpx.Client, patient_id: str) -> dict[str, Any]:
    """Return what the worklist says of AI on a patient's only study."""
    items = client.get("/api/v1/worklist/", params={"q": patient_id}).raise_for_status().json()["items"]
    return (
        {**items[0]["ai"], "study_id": items[0]["study_id"]} if items else {"state": "absent", "reasons": []}
    )


def settled_ai(client: httpx.Client, patient_id: str, *, seconds: float = 60) -> dict[str, Any]:
    """Wait until AI has come to a word on a patient's study; return that word."""
    deadline = time.monotonic() + seconds
    while True:
        ai = ai_of(client, patient_id)
        if ai["state"] in ("completed", "failed", "not_evaluable") or ai["reasons"]:
            return ai
        assert time.monotonic() < deadline, f"{patient_id}: {ai}"
        time.sleep(0.3)


FAULTS = {
    "missing_slice": "Slices are missing",
    "duplicate_slice": "Several images lie at one position",
    "irregular_spacing": "The distance between slices is irregular",
    "gantry_tilt": "The gantry was tilted",
    "mixed_orientation": "The series mixes image orientations",
    "mixed_size": "The series mixes image sizes",
    "no_pixel_spacing": "lack Pixel Spacing",
    "not_hu": "not in Hounsfield units",
    "localizer": "LOCALIZER",
    "not_ct": "Modality is MR, wanted is CT",
}
"""Fault of the phantom -> what the worklist says of it."""

DERIVED = {
    "good": None,
    "instance_number_reversed": None,
    "mixed_rescale": None,
    "duplicate_sop_same_bytes": None,
    "missing_slice": "Slices are missing",
    "duplicate_position": "Several images lie at one position",
    "variable_spacing": "The distance between slices is irregular",
    "no_pixel_spacing": "lack Pixel Spacing",
}
"""Derived series of a real CT -> what the worklist says of it; None: it has a result."""


@dataclass(frozen=True)
class Case:
    """One study and the words that are expected of it."""

    study: SmallStudy
    says: str | None


@pytest.fixture(scope="module")
def phantoms(platform, tmp_path_factory):
    """Send a phantom with each fault at once; each is a study of its own."""
    folder = tmp_path_factory.mktemp("phantoms")
    specs = {fault: (replace(SMALL, fault=fault), says) for fault, says in FAULTS.items()}
    specs["three slices"] = (replace(SMALL, slices=3), "3")
    cases = {}
    for number, (name, (spec, says)) in enumerate(specs.items(), start=100):
        cases[name] = Case(small_study(folder, number, spec), says)
        sender_to(platform).send_until_acknowledged(cases[name].study.paths)
    return cases


@pytest.fixture(scope="module")
def derived(platform, tmp_path_factory):
    """Send the derived series of a real CT, each as a patient of its own."""
    root = unpack("dicom/8_derived_series.tar.xz", tmp_path_factory.mktemp("real")) / "8_derived_series"
    folder = tmp_path_factory.mktemp("derived")
    assert {path.name for path in root.iterdir() if path.is_dir()} == set(DERIVED)
    cases = {}
    for number, (name, says) in enumerate(DERIVED.items(), start=1):
        study = renamed_series(root / name, folder / name, f"DERIVED{number}")
        cases[name] = Case(study, says)
        sender_to(platform).send_until_acknowledged(study.paths)
    return cases


def assert_said_aloud(client: httpx.Client, case: Case) -> None:
    """Check that a study is kept whole, has no result, and says why in both languages."""
    ai = settled_ai(client, case.study.patient_id)
    assert ai["state"] in ("not_evaluable", "failed", "none"), ai
    reasons = ai["reasons"]
    assert any(case.says in reason["en"] for reason in reasons), reasons
    assert all(reason["zh"] and reason["zh"] != reason["en"] for reason in reasons)
    assert ai["finding_count"] is None
    answer = client.get(f"/api/v1/studies/{ai['study_id']}/results/").raise_for_status().json()
    assert [result for result in answer["results"] if result["evaluable"]] == []


@pytest.mark.parametrize("fault", [*FAULTS, "three slices"])
def test_images_that_are_no_good_volume_are_said_to_be_so(platform, radiologist, phantoms, fault):
    case = phantoms[fault]
    assert_said_aloud(radiologist, case)
    seen = Truth(platform).study(case.study.study_instance_uid)
    assert len(seen.sop_instance_uids) == len(case.study.paths)
    assert seen.broken_files == ()
    assert seen.jobs == []


@pytest.mark.real_data
@pytest.mark.parametrize("name", DERIVED)
def test_faulty_series_of_a_real_ct_are_told_from_good_ones(radiologist, derived, name):
    case = derived[name]
    if case.says is not None:
        assert_said_aloud(radiologist, case)
        return
    ai = settled_ai(radiologist, case.study.patient_id)
    assert (ai["state"], ai["reasons"]) == ("completed", [])
    assert ai["finding_count"]


def measured(client: httpx.Client, patient_id: str) -> list[tuple[str, float]]:
    ai = settled_ai(client, patient_id)
    assert ai["state"] == "completed", ai
    (result,) = client.get(f"/api/v1/studies/{ai['study_id']}/results/").raise_for_status().json()["results"]
    return [(m["name"], m["value"]) for finding in result["findings"] for m in finding["measurements"]]


def test_padding_of_minus_3024_outside_the_scan_changes_no_measurement(platform, radiologist, tmp_path):
    plain = small_study(tmp_path, 200)
    padded = small_study(tmp_path, 201, replace(SMALL, padding_hu=-3024), seed=200)
    for study in (plain, padded):
        sender_to(platform).send_until_acknowledged(study.paths)
    said = measured(radiologist, plain.patient_id)
    assert said
    assert measured(radiologist, padded.patient_id) == said


def test_a_truncated_image_is_refused_by_name_and_missed_in_its_series(platform, radiologist, tmp_path):
    study = small_study(tmp_path, 210, replace(SMALL, fault="truncated"))
    done = platform.allward("import", str(study.paths[0].parent), check=False)
    assert "11 new" in done.stdout
    assert "CT0006.dcm: it is truncated" in done.stdout
    assert_said_aloud(radiologist, Case(study, "Slices are missing"))


@pytest.mark.parametrize("content", [b"Dear colleague, the patient", b"\x89PNG\r\n\x1a\n" + bytes(400), b""])
def test_what_is_not_dicom_is_refused_in_words(platform, radiologist, tmp_path, content):
    path = tmp_path / "letter"
    path.write_bytes(content)
    done = platform.allward("import", str(path), check=False)
    assert done.returncode == 1
    assert "letter: it is not DICOM" in done.stdout
    with platform.client("technologist") as technologist:
        body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--x--\r\n"
        answer = technologist.post(
            "/dicom-web/studies",
            content=body,
            headers={"content-type": 'multipart/related; type="application/dicom"; boundary=x'},
        )
    assert answer.status_code in (400, 409), answer.text


def test_an_unknown_ae_title_is_refused_by_name(platform, tmp_path):
    study = small_study(tmp_path, 220)
    sender = sender_to(platform, "NOBODY")
    printed = sender.send(study.paths)
    assert "Called AE Title Not Recognized" in printed
    assert not sender.acknowledged


def test_a_wrong_password_is_refused_in_both_languages(platform):
    for path in ("/api/v1/worklist/", "/dicom-web/studies"):
        answer = httpx.get(platform.url + path, auth=("technologist", "not the password"), timeout=30)
        assert answer.status_code == 401
        detail = answer.json()["detail"]
        assert "wrong" in detail["en"]
        assert "错误" in detail["zh"]


def test_another_hospital_neither_sees_nor_changes_a_study(platform, radiologist, tmp_path):
    study = small_study(tmp_path, 230)
    sender_to(platform).send_until_acknowledged(study.paths)
    ours = settled_ai(radiologist, study.patient_id)
    with platform.client("radiologist-east") as stranger:
        assert ai_of(stranger, study.patient_id)["state"] == "absent"
        assert stranger.get(f"/api/v1/studies/{ours['study_id']}/").status_code == 404
        assert stranger.get(f"/dicom-web/studies/{study.study_instance_uid}/metadata").status_code == 404
        sender_to(platform, "ALLWARD_EAST").send_until_acknowledged(study.paths[:3])
        deadline = time.monotonic() + 30
        while (theirs := ai_of(stranger, study.patient_id))["state"] == "absent":
            assert time.monotonic() < deadline
            time.sleep(0.3)
    assert theirs["study_id"] != ours["study_id"]
    still = radiologist.get(f"/api/v1/studies/{ours['study_id']}/").raise_for_status().json()
    assert still["ai"] == {name: value for name, value in ours.items() if name != "study_id"}
    for tenant, count in (("central", len(study.paths)), ("east", 3)):
        assert len(Truth(platform, tenant).study(study.study_instance_uid).sop_instance_uids) == count


@contextmanager
def full_disk(home: Path, *, leave_mib: int):
    """Fill the state folder's disk up to a rest."""
    if not home.is_mount():
        pytest.skip("mounting a small disk needs root")
    filler = home / "filler"
    room = os.statvfs(home)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - (leave_mib << 20))
    try:
        yield
    finally:
        filler.unlink()


def test_a_full_disk_refuses_with_a700_and_takes_the_same_images_once_there_is_room(
    platform, radiologist, home, tmp_path
):
    study = small_study(tmp_path, 240)
    sender = sender_to(platform)
    sender.send_until_acknowledged(study.paths[:4])
    with full_disk(home, leave_mib=200):
        printed = sender.send(study.paths[4:])
        assert "Refused: OutOfResources" in printed
        assert not sender.acknowledged.intersection(study.paths[4:])
        with platform.client("technologist") as technologist:
            body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + study.paths[4].read_bytes()
            answer = technologist.post(
                "/dicom-web/studies",
                content=body + b"\r\n--x--\r\n",
                headers={"content-type": 'multipart/related; type="application/dicom"; boundary=x'},
            )
        assert answer.status_code == 507
    sender.send_until_acknowledged(study.paths)
    deadline = time.monotonic() + 60
    while faults := list(Truth(platform).study(study.study_instance_uid).faults()):
        assert time.monotonic() < deadline, faults
        time.sleep(0.5)
    assert settled_ai(radiologist, study.patient_id)["state"] == "completed"


def test_a_result_that_finds_no_room_is_computed_again_once_there_is(platform, radiologist, home, tmp_path):
    study = small_study(tmp_path, 250)
    engine = next(row["pid"] for row in platform.processes() if row["name"] == "engine")
    os.kill(engine, signal.SIGSTOP)
    try:
        sender_to(platform).send_until_acknowledged(study.paths)
        deadline = time.monotonic() + 30
        while ai_of(radiologist, study.patient_id)["state"] != "in_progress":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        with full_disk(home, leave_mib=0):
            os.kill(engine, signal.SIGCONT)
            answer = wait_for_status(f"{platform.url}/readyz", 503)
            time.sleep(3)
            assert ai_of(radiologist, study.patient_id)["state"] in ("in_progress", "scheduled")
            storage = answer.json()["checks"]["storage"]
            assert storage == {
                "ready": False,
                "why": "the storage cannot be written: No space left on device",
            }
    finally:
        os.kill(engine, signal.SIGCONT)
    assert settled_ai(radiologist, study.patient_id)["state"] == "completed"
    seen = Truth(platform).study(study.study_instance_uid)
    assert list(seen.faults()) == []


def wait_for_status(url: str, status: int, *, seconds: float = 30) -> httpx.Response:
    deadline = time.monotonic() + seconds
    while (answer := httpx.get(url, timeout=10)).status_code != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.3)
    return answer
