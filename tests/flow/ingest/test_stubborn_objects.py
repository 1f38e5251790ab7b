"""One object that cannot be indexed, for whatever reason, holds up none of those behind it."""

import os
import random
from pathlib import Path
from uuid import uuid4

import httpx
import pydicom
import pytest
from django.db import OperationalError, connection
from tests.flow.ingest.nodes import dicomweb
from tests.platform_database import inside, make_hospital
from tests.small_study import write_small_study

from allward.ingest.actions import add_sender_rule
from allward.ingest.indexer import Indexer
from allward.ingest.indexing import Verdict, index_entries
from allward.ingest.place import spool
from allward.ingest.quarantine import list_quarantined
from allward.ingest.senders import KnownRules
from allward.ingest.spool import Origin, Spool
from allward.storage.folder import FolderStorage, StorageFullError
from allward.studies.actions import instances
from allward.studies.models import Instance
from allward.tenancy.scope import Scope

ODD_TITLES = ("CT\0ONE", "CT\x1bONE", "CT\x85ONE", "\0\0")


@pytest.fixture
def hospital():
    return make_hospital()


def fresh_study(folder: Path) -> list[Path]:
    """Write a study whose UIDs no other test has."""
    return write_small_study(folder, seed=uuid4().int % 10**6)


def spooled(origin: Origin, *paths: Path):
    """Put files into the spool as objects of one association."""
    batch = spool().open_batch(origin)
    entries = []
    for path in paths:
        incoming = batch.incoming()
        incoming.write(path.read_bytes())
        entries.append(incoming.keep())
    batch.close()
    return entries


def of_hospital(hospital) -> Origin:
    return Origin(tenant_id=hospital.tenant_id, actor="test")


def changed(path: Path, **values: str) -> Path:
    dataset = pydicom.dcmread(path)
    for name, value in values.items():
        setattr(dataset, name, value)
    dataset.save_as(path)
    return path


def with_broken_transfer_syntax(path: Path) -> Path:
    """Put a NUL into the middle of (0002,0010), of which no reader is told."""
    raw = path.read_bytes()
    written = b"1.2.840.10008.1.2.1"
    assert raw.count(written + b"\0") == 1
    path.write_bytes(raw.replace(written, b"1.2.840.10008.1\0" + b"2.1"))
    return path


def uid_of(path: Path) -> str:
    return str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)


@pytest.mark.parametrize("title", ODD_TITLES)
def test_a_title_with_control_characters_that_is_in_the_spool_already_is_cleaned(hospital, tmp_path, title):
    called = f"AE{hospital.code[2:12]}".upper()
    with inside(hospital):
        add_sender_rule(called_ae_title=called)
    paths = fresh_study(tmp_path)[:2]
    origin = Origin(called_ae_title=called, calling_ae_title=title)
    index_entries(spooled(origin, *paths), _rules().current or ())
    with inside(hospital):
        assert {row.source for row in Instance.objects.all()} == {"CT ONE" if "CT" in title else ""}


@pytest.mark.parametrize("title", ODD_TITLES)
def test_quarantine_takes_whatever_a_sender_calls_itself(tmp_path, title):
    path = changed(fresh_study(tmp_path)[0], SOPInstanceUID=pydicom.uid.generate_uid())
    origin = Origin(called_ae_title=title, calling_ae_title=title, peer=title)
    (entry,) = spooled(origin, path)
    assert index_entries([entry], ()).verdicts == {entry.entry_id: Verdict.QUARANTINED}
    assert not entry.path.exists()


def _rules() -> KnownRules:
    rules = KnownRules()
    rules.refresh()
    return rules


def test_an_object_that_copy_refuses_goes_to_quarantine_and_the_others_are_indexed(hospital, tmp_path):
    paths = fresh_study(tmp_path)
    bad = uid_of(paths[4])
    with_broken_transfer_syntax(paths[4])
    index_entries(spooled(of_hospital(hospital), *paths), ())
    with inside(hospital):
        assert Instance.objects.count() == len(paths) - 1
    (row,) = [row for row in list_quarantined() if row.sop_instance_uid == bad]
    assert "cannot be indexed" in row.reason


def test_a_value_beyond_a_limit_of_the_database_is_no_database_that_is_away(hospital, tmp_path):
    paths = fresh_study(tmp_path)[:3]
    bad = changed(
        paths[0],
        PatientID="".join(random.Random(1).choices("0123456789abcdefghijklmnopqrstuvwxyz", k=60_000)),
        StudyInstanceUID=pydicom.uid.generate_uid(),
    )
    index_entries(spooled(of_hospital(hospital), *paths), ())
    with inside(hospital):
        assert Instance.objects.count() == 2
    assert [row for row in list_quarantined() if row.sop_instance_uid == uid_of(bad)]


@pytest.fixture
def ending_copy(monkeypatch):
    """Let PostgreSQL end the connection within the next COPY."""
    original = instances._copied

    def ending(value):
        monkeypatch.setattr(instances, "_copied", original)
        pid = connection.connection.info.backend_pid
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        other.close()
        return original(value)

    monkeypatch.setattr(instances, "_copied", ending)


@pytest.mark.usefixtures("ending_copy")
def test_a_database_that_ends_in_the_middle_of_copy_is_away(hospital, tmp_path):
    paths = fresh_study(tmp_path)
    entries = spooled(of_hospital(hospital), *paths)
    with pytest.raises(OperationalError):
        index_entries(entries, ())
    connection.close()
    index_entries(entries, ())
    with inside(hospital):
        assert Instance.objects.count() == len(paths)


@pytest.mark.usefixtures("ending_copy")
def test_store_over_http_says_that_the_database_ended_in_the_middle_of_copy(hospital, tmp_path):
    part = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + fresh_study(tmp_path)[0].read_bytes()
    headers = {"content-type": 'multipart/related; type="application/dicom"; boundary=x'}
    with dicomweb(Scope.of_tenant(hospital.tenant_id, actor="test")) as url:
        answers = [
            httpx.post(f"{url}/studies", content=part + b"\r\n--x--\r\n", headers=headers) for _ in range(2)
        ]
    assert [answer.status_code for answer in answers] == [503, 200]
    assert answers[0].json()["code"] == "temporarily_unavailable"


def _index_all(entries, *, until) -> Indexer:
    indexer = Indexer(spool(), _rules())
    for entry in entries:
        indexer.add(entry)
    indexer.start()
    for _ in range(400):
        if until():
            break
        indexer._thread.join(0.05)
    return indexer


def test_an_object_whose_place_cannot_be_written_waits_apart(hospital, tmp_path, monkeypatch):
    paths = fresh_study(tmp_path)
    entries = spooled(of_hospital(hospital), *paths)
    bad, writable, original = entries[3], [], FolderStorage.adopt

    def adopt(self, key, source):
        if source == bad.path and not writable:
            raise StorageFullError("the storage cannot be written: Input/output error")
        original(self, key, source)

    monkeypatch.setattr(FolderStorage, "adopt", adopt)
    monkeypatch.setattr("allward.ingest.indexer._APART_S", 0.5)
    indexer = _index_all(entries, until=lambda: not any(e.path.exists() for e in entries if e is not bad))
    assert indexer.is_alive
    assert [entry for entry in entries if entry.path.exists()] == [bad]
    writable.append(True)
    for _ in range(100):
        if not bad.path.exists():
            break
        indexer._thread.join(0.05)
    indexer.stop()
    with inside(hospital):
        assert Instance.objects.count() == len(paths)


def test_an_object_whose_bytes_cannot_be_read_waits_apart(hospital, tmp_path, monkeypatch):
    entries = spooled(of_hospital(hospital), *fresh_study(tmp_path))
    bad = entries[2].path
    monkeypatch.setattr("allward.ingest.indexing.read_header", _unreadable(bad))
    indexer = _index_all(entries, until=lambda: sum(entry.path.exists() for entry in entries) == 1)
    assert indexer.is_alive
    indexer.stop()
    with inside(hospital):
        assert Instance.objects.count() == len(entries) - 1
    monkeypatch.undo()
    index_entries(entries[2:3], ())


def _unreadable(bad: Path):
    from allward_dicom.header import read_header

    def read(source, **options):
        if source == bad:
            raise OSError(5, "Input/output error")
        return read_header(source, **options)

    return read


def test_a_folder_of_the_spool_that_cannot_be_taken_over_is_left_and_the_others_are_taken(tmp_path):
    of_test = Spool(tmp_path / "spool", reserve_bytes=0)
    batches = [of_test.open_batch(Origin(actor=name)) for name in ("one", "two", "three")]
    for batch in batches:
        incoming = batch.incoming()
        incoming.write(b"bytes")
        incoming.keep()
        batch.release()
    (batches[0].folder / "origin.json").write_text("{")
    (batches[1].folder / "a folder").mkdir()
    (of_test.root / "0 no folder").touch()
    for _ in range(2):
        taken = [entry for entries in of_test.abandoned() for entry in entries]
        for entry in taken:
            entry.batch.release()
        assert [entry.origin.actor for entry in taken] == ["three"]
    assert len(os.listdir(of_test.root)) == 4
