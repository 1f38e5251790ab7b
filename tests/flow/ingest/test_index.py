"""The study index itself: results, patients under several numbers, a database that is away."""

import hashlib
import io
from datetime import date

import pydicom
import pytest
from django.db import DataError, OperationalError
from tests.platform_database import inside, make_hospital
from tests.small_study import receive, study_of, write_small_study

from allward.audit.models import AuditEvent
from allward.ingest import indexing
from allward.ingest.indexer import Indexer
from allward.ingest.place import spool
from allward.ingest.quarantine import list_quarantined
from allward.ingest.senders import KnownRules
from allward.ingest.spool import Origin
from allward.outbox.models import OutboxEvent
from allward.studies.actions import (
    SamePatientError,
    index_instances,
    link_patients,
    store_result_series,
)
from allward.studies.models import Instance, Patient, PatientLink, Series
from allward.studies.queries import find_patients, input_digest, same_person_candidates, series_input_digest
from allward_sdk.errors import BadInputError


@pytest.fixture
def hospital():
    return make_hospital()


def _object(dataset, **changes):
    target = io.BytesIO()
    copy = pydicom.dcmread(io.BytesIO(_raw(dataset)))
    for name, value in changes.items():
        setattr(copy, name, value)
    if "SOPInstanceUID" in changes:
        copy.file_meta.MediaStorageSOPInstanceUID = changes["SOPInstanceUID"]
    copy.save_as(target)
    return target.getvalue()


def _raw(dataset):
    target = io.BytesIO()
    dataset.save_as(target)
    return target.getvalue()


def test_what_the_platform_writes_joins_the_study_without_a_new_revision(hospital, tmp_path):
    paths = write_small_study(tmp_path)
    study_id = receive(hospital, paths)
    source = pydicom.dcmread(paths[0])
    uids = {"SeriesInstanceUID": pydicom.uid.generate_uid(), "SOPInstanceUID": pydicom.uid.generate_uid()}
    content = _object(source, Modality="SEG", StudyDescription="changed", **uids)
    with inside(hospital):
        stored = store_result_series(study_id, [content], source="liver 1.0.0")
        again = store_result_series(study_id, [content], source="liver 1.0.0")
    assert stored.instances[0].pk == again.instances[0].pk
    assert stored.series.is_result
    assert stored.instances[0].sha256 == hashlib.sha256(content).hexdigest()
    study = study_of(hospital, study_id)
    assert (study.state, study.revision, study.instance_count) == ("receiving", 0, len(paths) + 1)
    assert study.modalities == ["CT", "SEG"]
    assert "changed" not in study.dicom_json
    with inside(hospital), pytest.raises(BadInputError):
        store_result_series(study_id, [_object(source, Modality="SEG", PatientID="x")], source="x")


def test_the_digest_of_a_series_follows_its_objects_in_any_order(hospital, tmp_path):
    study_id = receive(hospital, write_small_study(tmp_path))
    with inside(hospital):
        series = Series.objects.get(study_id=study_id)
        digests = list(Instance.objects.filter(series=series).values_list("sha256", flat=True))
        assert series_input_digest(series.pk) == input_digest(digests[::-1])
        assert series_input_digest(series.pk) != input_digest(digests[1:])


def test_the_same_person_under_other_numbers_is_offered_and_never_merged(hospital):
    facts = {"name_ideographic": "张^三", "sex": "M", "birth_date": date(1970, 1, 2)}
    with inside(hospital):
        clinic = Patient.objects.create(issuer="门诊", patient_id="1", **facts)
        ward = Patient.objects.create(issuer="住院", patient_id="1", **facts)
        Patient.objects.create(issuer="门诊", patient_id="2", **{**facts, "sex": "F"})
        Patient.objects.create(issuer="门诊", patient_id="3", **{**facts, "birth_date": None})
        assert same_person_candidates(clinic) == [ward]
        assert same_person_candidates(ward) == [clinic]
        link_patients(ward.pk, clinic.pk, same=True)
        link_patients(clinic.pk, ward.pk, same=False)
        assert PatientLink.objects.get().same is False
        assert same_person_candidates(clinic) == []
        assert Patient.objects.count() == 4
        assert AuditEvent.objects.filter(action="change", what="patient").count() == 2
        with pytest.raises(SamePatientError):
            link_patients(ward.pk, ward.pk, same=True)


def test_a_patient_of_another_hospital_cannot_be_linked(hospital):
    other = make_hospital()
    with inside(other):
        theirs = Patient.objects.create(patient_id="1")
    with inside(hospital):
        ours = Patient.objects.create(patient_id="1")
        with pytest.raises(Patient.DoesNotExist):
            link_patients(ours.pk, theirs.pk, same=True)


def test_newer_demographics_win_and_every_spelling_is_found(hospital, tmp_path):
    first, second, third = write_small_study(tmp_path)[:3]
    names = {first: "Zeng^Li=曾^丽", second: "Zeng^Lili=曾^丽丽", third: ""}
    for path, name in names.items():
        dataset = pydicom.dcmread(path)
        dataset.SpecificCharacterSet, dataset.PatientName = "GB18030", name
        dataset.save_as(path)
        receive(hospital, [path])
    with inside(hospital):
        patient = Patient.objects.get()
        assert patient.name_ideographic == "曾^丽丽"
        for query in ("曾丽", "zengli", "zenglili", "zll", "ZENG^LI"):
            assert find_patients(query).count() == 1, query


def _spooled(hospital, paths):
    batch = spool().open_batch(Origin(tenant_id=hospital.tenant_id, actor="test"))
    entries = []
    for path in paths:
        incoming = batch.incoming()
        incoming.write(path.read_bytes())
        entries.append(incoming.keep())
    batch.close()
    return entries


def test_while_the_database_is_away_objects_wait_and_then_are_indexed(hospital, tmp_path, monkeypatch):
    original, failures = index_instances, [OperationalError("away"), OperationalError("away")]

    def sometimes(batch):
        if failures:
            raise failures.pop()
        return original(batch)

    monkeypatch.setattr(indexing, "index_instances", sometimes)
    paths = write_small_study(tmp_path)
    rules = KnownRules(read=tuple)
    rules.refresh()
    indexer = Indexer(spool(), rules)
    indexer.start()
    for entry in _spooled(hospital, paths):
        indexer.add(entry)
    for _ in range(200):
        if not failures and not list(spool().root.iterdir()):
            break
        indexer._thread.join(0.05)
    assert indexer.is_alive
    indexer.stop()
    with inside(hospital):
        assert Instance.objects.count() == len(paths)


def test_one_object_that_the_database_refuses_does_not_hold_up_the_others(hospital, tmp_path, monkeypatch):
    original = index_instances
    paths = write_small_study(tmp_path)
    bad = pydicom.dcmread(paths[4]).SOPInstanceUID

    def refusing(batch):
        if any(item.header.sop_instance_uid == bad for item in batch):
            raise DataError("a value that no column holds")
        return original(batch)

    monkeypatch.setattr(indexing, "index_instances", refusing)
    indexing.index_entries(_spooled(hospital, paths), ())
    with inside(hospital):
        assert Instance.objects.count() == len(paths) - 1
    (row,) = [row for row in list_quarantined() if row.sop_instance_uid == bad]
    assert "cannot be indexed" in row.reason


def test_a_study_is_told_of_once_for_a_batch(hospital, tmp_path):
    study_id = receive(hospital, write_small_study(tmp_path))
    with inside(hospital):
        events = OutboxEvent.objects.filter(kind="StudyChanged", payload__study_id=str(study_id))
        assert events.count() == 1
