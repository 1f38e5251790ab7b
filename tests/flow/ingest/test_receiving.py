"""C-STORE from dcmtk's storescu into the index of the right hospital."""

import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pydicom
import pytest
from tests.flow.ingest.nodes import running_node, storescu
from tests.platform_database import inside, make_hospital
from tests.samples import unpack
from tests.small_study import write_small_study

from allward.audit.models import AuditEvent
from allward.ingest.actions import add_sender_rule
from allward.ingest.completeness import complete_due_studies
from allward.ingest.models import QuarantinedInstance
from allward.ingest.place import spool
from allward.ingest.quarantine import assign_quarantined, list_quarantined
from allward.outbox.models import OutboxEvent
from allward.storage.place import storage
from allward.studies.models import Instance, PendingCompletion, Series, Study
from allward.studies.queries import find_patients, instances_in_order
from allward.studies.received import Fate


def _ae_title() -> str:
    return f"AE{uuid4().hex[:10]}".upper()


@pytest.fixture
def hospital():
    return make_hospital()


@pytest.fixture
def called(hospital):
    title = _ae_title()
    with inside(hospital):
        add_sender_rule(called_ae_title=title, department_id=hospital.department_id)
    return title


def _complete(hospital, study):
    """Let the quiet time pass."""
    for _ in range(50):
        time.sleep(0.1)
        complete_due_studies()
        with inside(hospital):
            if Study.objects.get(pk=study.pk).state == "complete":
                return
    raise AssertionError("the study did not become complete")


def test_echo_is_answered_and_an_unknown_called_title_is_rejected(called):
    with running_node(spool()) as node:
        address = ("127.0.0.1", str(node.port))
        assert subprocess.run(["echoscu", "-aec", called, *address], check=False).returncode == 0
        assert subprocess.run(["echoscu", "-aec", "ALLWARD", *address], check=False).returncode == 0
        unknown = subprocess.run(
            ["echoscu", "-aec", "NOBODY", *address], capture_output=True, text=True, check=False
        )
    assert "Called AE Title Not Recognized" in unknown.stdout + unknown.stderr


@pytest.mark.real_data
def test_a_real_ct_arrives_whole(hospital, called, tmp_path):
    folder = unpack("liver-ct/CRLM-CT-1004_CT.tar.xz", tmp_path)
    files = [path for path in folder.rglob("*") if path.is_file()]
    with running_node(spool()) as node:
        code, printed = storescu(node.port, folder, called=called, calling="CT1")
    assert code == 0, printed
    with inside(hospital):
        study = Study.objects.get()
        series = Series.objects.get()
        rows = instances_in_order(series.pk)
        assert (study.instance_count, study.series_count, study.modalities) == (len(files), 1, ["CT"])
        assert study.department_id == hospital.department_id
        assert [row.number for row in rows] == sorted(row.number or 0 for row in rows)
        assert {row.source for row in rows} == {"CT1"}
        assert PendingCompletion.objects.filter(study_id=study.pk).exists()
        received = AuditEvent.objects.filter(action="receive", what_id=str(study.pk))
        assert sum(row.detail["new"] for row in received) == len(files)
    sent = {pydicom.dcmread(path).SOPInstanceUID: pydicom.dcmread(path) for path in files[:5]}
    for row in rows:
        if row.sop_instance_uid in sent:
            with storage().open(row.storage_key) as stored:
                assert pydicom.dcmread(stored) == sent[row.sop_instance_uid]
    assert not list(spool().root.iterdir())


def test_sent_again_it_changes_nothing_and_a_late_image_makes_a_new_revision(hospital, called, tmp_path):
    paths = write_small_study(tmp_path / "study", seed=uuid4().int % 10**6)
    late = paths.pop()
    with running_node(spool()) as node:
        assert storescu(node.port, *paths, called=called)[0] == 0
    with inside(hospital):
        study = Study.objects.get()
    _complete(hospital, study)
    with inside(hospital):
        study.refresh_from_db()
        assert (study.revision, study.state) == (1, "complete")
    with running_node(spool()) as node:
        assert storescu(node.port, *paths, called=called)[0] == 0
    with inside(hospital):
        study.refresh_from_db()
        assert (study.revision, study.state) == (1, "complete")
        assert Instance.objects.count() == len(paths)
    with running_node(spool()) as node:
        assert storescu(node.port, late, called=called)[0] == 0
    with inside(hospital):
        study.refresh_from_db()
        assert (study.revision, study.state) == (1, "receiving")
    _complete(hospital, study)
    with inside(hospital):
        study.refresh_from_db()
        assert (study.revision, study.instance_count) == (2, len(paths) + 1)
        kinds = list(OutboxEvent.objects.order_by("created_at").values_list("kind", flat=True))
        assert kinds.count("StudyCompleted") == 2


def test_a_name_in_gb18030_without_a_character_set_is_read_and_found(hospital, called, tmp_path):
    path = write_small_study(tmp_path, seed=77)[0]
    dataset = pydicom.dcmread(path)
    dataset.PatientName = "Zhang^San=XX^YY"
    dataset.PatientID = uuid4().hex[:8]
    del dataset.SpecificCharacterSet
    dataset.save_as(path)
    path.write_bytes(path.read_bytes().replace(b"XX^YY", "张^三".encode("gb18030")))
    with running_node(spool()) as node:
        assert storescu(node.port, path, called=called)[0] == 0
    with inside(hospital):
        study = Study.objects.select_related("patient").get()
        assert study.patient.name_ideographic == "张^三"
        for query in ("张三", "zhangsan", "zs", "ZHANG^SAN", "zhang", dataset.PatientID[:5]):
            assert [found.pk for found in find_patients(query)] == [study.patient_id], query
        assert not find_patients("lisi")


def test_the_same_study_sent_to_two_hospitals_stays_apart(hospital, called, tmp_path):
    other, theirs = make_hospital(), _ae_title()
    with inside(other):
        add_sender_rule(called_ae_title=theirs)
    paths = write_small_study(tmp_path, seed=78)
    with running_node(spool()) as node:
        assert storescu(node.port, *paths, called=called)[0] == 0
        assert storescu(node.port, *paths[:3], called=theirs)[0] == 0
    with inside(hospital):
        ours = Study.objects.get()
        keys = set(Instance.objects.values_list("storage_key", flat=True))
    with inside(other):
        assert Study.objects.get().instance_count == 3
        assert not keys & set(Instance.objects.values_list("storage_key", flat=True))
    assert ours.instance_count == len(paths)
    assert all(key.startswith(str(hospital.tenant_id)) for key in keys)


def test_a_gateway_serves_hospitals_by_the_institution_in_the_image(hospital, tmp_path):
    gateway = _ae_title()
    other = make_hospital()
    with inside(hospital):
        add_sender_rule(called_ae_title=gateway, institution_name=f"Hospital {hospital.code}")
    with inside(other):
        add_sender_rule(called_ae_title=gateway, institution_name=f"医院 {other.code}")
    first, second = write_small_study(tmp_path, seed=79)[:2]
    _with(first, InstitutionName=f"HOSPITAL  {hospital.code}")
    _with(second, InstitutionName=f"医院 {other.code}", SpecificCharacterSet="GB18030")
    with running_node(spool()) as node:
        assert storescu(node.port, first, second, called=gateway)[0] == 0
    for each in (hospital, other):
        with inside(each):
            assert Instance.objects.count() == 1


def _with(path: Path, **values: str) -> pydicom.Dataset:
    dataset = pydicom.dcmread(path)
    for name, value in values.items():
        setattr(dataset, name, value)
    dataset.save_as(path)
    return dataset


def test_what_no_rule_knows_is_kept_in_quarantine_until_a_person_assigns_it(hospital, tmp_path):
    gateway = _ae_title()
    with inside(hospital):
        add_sender_rule(called_ae_title=gateway, institution_name="Known Hospital")
    path = write_small_study(tmp_path, seed=80)[0]
    dataset = _with(path, InstitutionName="Unknown Hospital", SOPInstanceUID=pydicom.uid.generate_uid())
    for _ in range(2):
        with running_node(spool()) as node:
            assert storescu(node.port, path, called=gateway)[0] == 0
    waiting = [row for row in list_quarantined() if row.sop_instance_uid == dataset.SOPInstanceUID]
    assert len(waiting) == 1
    assert waiting[0].institution_name == "Unknown Hospital"
    assert storage().read(waiting[0].storage_key)
    with inside(hospital):
        assert not Study.objects.exists()
    assert assign_quarantined(waiting[0].pk, hospital.tenant_id, actor="operator") is Fate.NEW
    assert assign_quarantined(waiting[0].pk, hospital.tenant_id, actor="operator") is Fate.KNOWN
    with inside(hospital):
        assert Instance.objects.get().sop_instance_uid == dataset.SOPInstanceUID
    assert dataset.SOPInstanceUID not in {row.sop_instance_uid for row in list_quarantined()}
    with pytest.raises(QuarantinedInstance.DoesNotExist):
        assign_quarantined(waiting[0].pk, make_hospital().tenant_id, actor="operator")


def test_two_hospitals_that_claim_the_same_sender_equally_get_nothing(tmp_path):
    gateway, path = _ae_title(), write_small_study(tmp_path, seed=81)[0]
    dataset = _with(path, SOPInstanceUID=pydicom.uid.generate_uid())
    claimants = make_hospital(), make_hospital()
    for claimant in claimants:
        with inside(claimant):
            add_sender_rule(called_ae_title=gateway)
    with running_node(spool()) as node:
        assert storescu(node.port, path, called=gateway)[0] == 0
    for claimant in claimants:
        with inside(claimant):
            assert not Instance.objects.exists()
    (row,) = [row for row in list_quarantined() if row.sop_instance_uid == dataset.SOPInstanceUID]
    assert "several hospitals" in row.reason


def test_four_senders_at_once_lose_nothing(hospital, called, tmp_path):
    studies = [write_small_study(tmp_path / str(seed), seed=seed) for seed in (91, 92, 93, 94)]
    with running_node(spool()) as node:
        senders = [
            subprocess.Popen(
                ["storescu", "-aec", called, "127.0.0.1", str(node.port), *map(str, paths)],
                stdout=subprocess.DEVNULL,
            )
            for paths in studies
        ]
        assert [sender.wait(60) for sender in senders] == [0, 0, 0, 0]
    with inside(hospital):
        assert Instance.objects.count() == sum(map(len, studies))
        assert Study.objects.count() == len({pydicom.dcmread(p[0]).StudyInstanceUID for p in studies})
