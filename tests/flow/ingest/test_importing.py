"""`allward import`: files, folders and archives, with everything that lies about in real ones."""

import tarfile
import zipfile
from typing import ClassVar

import pydicom
import pytest
from django.db import OperationalError
from tests.platform_database import inside, make_hospital
from tests.samples import sample
from tests.small_study import write_small_study

from allward.audit.models import AuditEvent
from allward.config.commands.importing import import_path
from allward.ingest import importing
from allward.ingest.containers import Bounds
from allward.ingest.importing import import_files
from allward.ingest.indexing import index_entries
from allward.ingest.place import spool
from allward.ingest.spool import Spool, SpoolBatch
from allward.studies.models import Instance, InstanceConflict, Study
from allward.tenancy.models import Tenant
from allward_sdk.cli import main
from allward_sdk.errors import BadInputError


@pytest.fixture
def hospital():
    return make_hospital()


def _import(path, hospital, bounds=None):
    return import_files(path, tenant_id=hospital.tenant_id, source="import", spool=spool(), bounds=bounds)


def test_a_folder_with_other_files_and_archives_is_imported(hospital, tmp_path):
    paths = write_small_study(tmp_path / "study", seed=51)
    half = len(paths) // 2
    with zipfile.ZipFile(tmp_path / "study" / "rest.zip", "w") as archive:
        for path in paths[half:]:
            archive.write(path, f"../../{path.name}")
            path.unlink()
    (tmp_path / "study" / "README.txt").write_text("read me, I am a long enough text to be looked into" * 9)
    (tmp_path / "study" / "empty").touch()
    (tmp_path / "study" / "cut.dcm").write_bytes(paths[0].read_bytes()[:2000])
    summary = _import(tmp_path, hospital)
    assert (summary.new, summary.known, summary.conflicts) == (len(paths), 0, 0)
    refused = dict(summary.refused)
    assert set(refused) == {"study/README.txt", "study/empty", "study/cut.dcm"}
    assert "truncated" in refused["study/cut.dcm"]
    assert refused["study/README.txt"] == "it is not DICOM"
    with inside(hospital):
        study = Study.objects.get()
        assert (study.instance_count, study.department_id) == (len(paths), hospital.department_id)
    again = _import(tmp_path, hospital)
    assert (again.new, again.known) == (0, len(paths))
    assert not list(spool().root.iterdir())


def test_a_phantom_is_marked_as_synthetic(hospital, tmp_path):
    _import(write_small_study(tmp_path, seed=52)[0], hospital)
    with inside(hospital):
        assert Study.objects.get().synthetic


@pytest.mark.real_data
def test_a_real_ct_comes_out_of_its_archive(hospital):
    path = sample("chest-ct/CPTAC-LSCC_C3N-00247_CT.tar.xz")
    summary = _import(path, hospital)
    with tarfile.open(path) as archive:
        count = sum(info.isreg() for info in archive)
    assert summary.new == count
    with inside(hospital):
        study = Study.objects.get()
        assert (study.instance_count, study.synthetic) == (count, False)


@pytest.mark.real_data
@pytest.mark.parametrize(
    "folder", ["6_malformed_hostile", "2_charsets", "5_no_preamble_or_meta", "3_object_types"]
)
def test_odd_and_hostile_files_are_stored_or_refused_with_a_reason(hospital, folder):
    summary = _import(sample(f"dicom/{folder}"), hospital)
    assert all(reason for _, reason in summary.refused)
    with inside(hospital):
        assert Instance.objects.count() == summary.new
    assert not list(spool().root.iterdir())


def test_a_bomb_is_refused(hospital, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(132) + bytes(20_000_000))
    summary = _import(path, hospital, Bounds(free_bytes=1000, ratio=5))
    assert not summary.any_stored
    assert "beyond all measure" in summary.refused[0][1]


def test_the_command_tells_what_it_did_and_fails_if_that_is_nothing(hospital, tmp_path, capsys):
    paths = write_small_study(tmp_path / "study", seed=53)
    assert main(["import", str(tmp_path / "study"), "--tenant", hospital.code]) == 0
    assert f"{len(paths)} new" in capsys.readouterr().out
    (tmp_path / "note.txt").write_text("nothing")
    assert main(["import", str(tmp_path / "note.txt"), "--tenant", hospital.code]) == 1
    assert main(["import", str(tmp_path / "nowhere"), "--tenant", hospital.code]) == 1
    assert main(["import", str(tmp_path), "--tenant", "no-such"]) == 1
    assert "nowhere" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_a_bad_input(hospital, tmp_path):
    with pytest.raises(BadInputError, match="nothing at"):
        import_path(tmp_path / "nothing", tenant=Tenant.objects.get(pk=hospital.tenant_id), source="x")


def test_patients_without_a_number_never_become_one(hospital, tmp_path):
    for seed in (54, 55):
        path, *others = write_small_study(tmp_path / str(seed), seed=seed)
        for other in others:
            other.unlink()
        dataset = pydicom.dcmread(path)
        dataset.PatientID = ""
        dataset.StudyInstanceUID = pydicom.uid.generate_uid()
        dataset.save_as(path)
    _import(tmp_path, hospital)
    with inside(hospital):
        studies = list(Study.objects.select_related("patient"))
    assert len({study.patient_id for study in studies}) == 2
    assert {study.patient.patient_id for study in studies} == {""}


class _DyingSpool(Spool):
    """A spool whose last batch can be left as a process leaves it that dies."""

    batches: ClassVar[list[SpoolBatch]] = []

    def open_batch(self, origin):
        self.batches.append(super().open_batch(origin))
        return self.batches[-1]


def test_importing_again_completes_what_an_interrupted_import_left(hospital, tmp_path, monkeypatch):
    paths = write_small_study(tmp_path / "study", seed=56)
    own_spool = _DyingSpool(tmp_path / "spool", reserve_bytes=0)
    calls = []

    def dying(entries, rules):
        calls.append(len(entries))
        if len(calls) == 2:
            raise OperationalError("away")
        return index_entries(entries, rules)

    monkeypatch.setattr(importing, "_BATCH", 5)
    monkeypatch.setattr(importing, "index_entries", dying)
    options = {"tenant_id": hospital.tenant_id, "source": "import", "spool": own_spool}
    with pytest.raises(OperationalError):
        import_files(tmp_path / "study", **options)
    own_spool.batches[-1].release()
    with inside(hospital):
        assert Study.objects.get().instance_count == 5
    again = import_files(tmp_path / "study", **options)
    assert (again.new, again.known, again.conflicts, again.refused) == (len(paths) - 5, 5, 0, [])
    for entries in own_spool.abandoned():  # as the process that receives does
        index_entries(entries, ())
    with inside(hospital):
        assert Study.objects.get().instance_count == Instance.objects.count() == len(paths)
        assert not InstanceConflict.objects.exists()
        received = AuditEvent.objects.filter(action="receive")
        assert sum(row.detail["new"] for row in received) == len(paths)
    assert not list(own_spool.root.iterdir())
