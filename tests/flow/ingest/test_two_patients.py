"""One Study Instance UID under two Patient IDs: two patients never become one."""

from pathlib import Path
from uuid import uuid4

import httpx
import pydicom
import pytest
from tests.flow.ingest.nodes import dicomweb
from tests.platform_database import inside, make_hospital
from tests.small_study import write_small_study

from allward.audit.models import AuditEvent
from allward.ingest.importing import import_files
from allward.ingest.indexing import Verdict, index_entries
from allward.ingest.place import spool
from allward.ingest.quarantine import assign_quarantined, list_quarantined
from allward.ingest.spool import Origin
from allward.studies.models import Instance, Patient, Study
from allward.studies.received import Fate
from allward.tenancy.scope import Scope
from allward_sdk.errors import BadInputError


@pytest.fixture
def hospital():
    return make_hospital()


@pytest.fixture
def paths(tmp_path):
    return write_small_study(tmp_path / "study", seed=uuid4().int % 10**6)


def changed(path: Path, **values: str) -> Path:
    dataset = pydicom.dcmread(path)
    for name, value in values.items():
        setattr(dataset, name, value)
    dataset.save_as(path)
    return path


def index(hospital, *paths: Path) -> list[Verdict]:
    """Index files as one batch; return what became of each."""
    batch = spool().open_batch(Origin(tenant_id=hospital.tenant_id, actor="test"))
    entries = []
    for path in paths:
        incoming = batch.incoming()
        incoming.write(path.read_bytes())
        entries.append(incoming.keep())
    batch.close()
    verdicts = index_entries(entries, ()).verdicts
    assert not any(entry.path.exists() for entry in entries)
    return [verdicts[entry.entry_id] for entry in entries]


def waiting_for(path: Path):
    uid = pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID
    return [row for row in list_quarantined() if row.sop_instance_uid == uid]


@pytest.mark.parametrize("together", [False, True])
def test_an_image_of_another_patient_never_joins_a_study(hospital, paths, together):
    number = pydicom.dcmread(paths[0]).PatientID
    other = changed(paths[-1], PatientID="ANOTHER", PatientName="Other^Person")
    batches = [paths] if together else [paths[:-1], [other]]
    verdicts = [verdict for batch in batches for verdict in index(hospital, *batch)]
    assert verdicts == [Verdict.NEW] * (len(paths) - 1) + [Verdict.QUARANTINED]
    with inside(hospital):
        study = Study.objects.select_related("patient").get()
        assert (study.patient.patient_id, study.instance_count) == (number, len(paths) - 1)
        assert "Other" not in study.dicom_json
        assert Instance.objects.count() == len(paths) - 1
        assert Patient.objects.count() == 1
        apart = AuditEvent.objects.filter(action="receive", detail__has_key="other_patient").get()
        assert (apart.what_id, apart.detail["other_patient"]) == (str(study.pk), 1)
    (row,) = waiting_for(other)
    assert "another patient" in row.reason
    assert hospital.code in row.reason
    assert number not in row.reason


def test_the_other_patient_s_own_studies_stay_what_they_are(hospital, paths, tmp_path):
    others = write_small_study(tmp_path / "other", seed=uuid4().int % 10**6)
    for path in others:
        changed(path, PatientID="ANOTHER")
    index(hospital, *others, *paths[:-1])
    assert index(hospital, changed(paths[-1], PatientID="ANOTHER")) == [Verdict.QUARANTINED]
    with inside(hospital):
        counts = dict(Study.objects.values_list("patient__patient_id", "instance_count"))
    assert counts["ANOTHER"] == len(others)
    assert sorted(counts.values()) == [len(paths) - 1, len(paths)]


@pytest.mark.parametrize(
    "values",
    [
        {"PatientName": "Married^Name"},
        {"PatientName": ""},
        {"IssuerOfPatientID": ""},
        {"PatientBirthDate": "19010203"},
    ],
)
def test_the_same_number_stays_the_same_patient(hospital, paths, values):
    for path in paths:
        changed(path, IssuerOfPatientID="HIS")
    index(hospital, *paths[:-1])
    assert index(hospital, changed(paths[-1], **values)) == [Verdict.NEW]
    with inside(hospital):
        assert Study.objects.get().instance_count == len(paths)


@pytest.mark.parametrize("values", [{"PatientID": ""}, {"IssuerOfPatientID": "CHECK-UP"}])
def test_no_number_or_that_of_another_issuer_is_another_patient(hospital, paths, values):
    for path in paths:
        changed(path, IssuerOfPatientID="HIS")
    index(hospital, *paths[:-1])
    assert index(hospital, changed(paths[-1], **values)) == [Verdict.QUARANTINED]


def test_a_person_may_say_that_it_is_the_same_patient(hospital, paths):
    other = changed(paths[-1], PatientID="ANOTHER")
    index(hospital, *paths[:-1], other)
    (row,) = waiting_for(other)
    with pytest.raises(BadInputError, match="another patient"):
        assign_quarantined(row.pk, hospital.tenant_id, actor="operator")
    assert waiting_for(other)
    fate = assign_quarantined(row.pk, hospital.tenant_id, actor="operator", same_patient=True)
    assert fate is Fate.NEW
    assert not waiting_for(other)
    with inside(hospital):
        assert Study.objects.get().instance_count == len(paths)
        assert Patient.objects.count() == 1
        said = AuditEvent.objects.get(action="change", what="quarantined instance")
    assert (said.actor, said.what_id) == ("operator", str(row.pk))
    assert said.detail["same_patient"] is True


def test_store_over_http_and_import_tell_that_it_was_kept_apart(hospital, paths, tmp_path):
    index(hospital, *paths[:-1])
    other = changed(paths[-1], PatientID="ANOTHER")
    body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + other.read_bytes() + b"\r\n--x--\r\n"
    headers = {"content-type": 'multipart/related; type="application/dicom"; boundary=x'}
    with dicomweb(Scope.of_tenant(hospital.tenant_id, actor="test")) as url:
        answer = httpx.post(f"{url}/studies", content=body, headers=headers)
    assert answer.status_code == 409
    summary = import_files(other, tenant_id=hospital.tenant_id, source="import", spool=spool())
    ((_, reason),) = summary.refused
    assert "another patient" in reason
    assert len(waiting_for(other)) == 1
