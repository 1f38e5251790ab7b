"""One receiver and one real archive for all tests of retrieval; each test has studies of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest
from tests.flow.retrieval.nodes import Archive, DcmtkArchive, our_node
from tests.platform_database import migrated
from tests.small_study import write_small_study

from allward.ingest.senders import KnownRules
from allward_dicom.phantom import PhantomPatient, PhantomSpec


@dataclass(frozen=True)
class Old:
    """A study that the archive holds."""

    files: list[Path]
    study_instance_uid: str
    accession_number: str
    patient_id: str

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files)


@dataclass
class Surroundings:
    """Our receiver and the archive."""

    archive: Archive
    small: DcmtkArchive
    rules: KnownRules
    folder: Path
    count: int = 0

    def old_study(
        self, *, slices: int = 8, patient_id: str = "", size: int = 64, into: DcmtkArchive | None = None
    ) -> Old:
        """Make a study and put it into an archive, by default the Orthanc."""
        self.count += 1
        seed = 5000 + self.count
        patient = PhantomPatient(name="OLD^Patient", patient_id=patient_id or f"P{seed}", issuer="HIS")
        spec = PhantomSpec(
            slices=slices, size=size, slice_spacing_mm=10.0, accession_number=f"A{seed}", patient=patient
        )
        files = write_small_study(self.folder / str(seed), seed=seed, spec=spec)
        (into or self.archive).hold(files)
        uid = str(pydicom.dcmread(files[0], stop_before_pixels=True).StudyInstanceUID)
        return Old(files, uid, f"A{seed}", patient.patient_id)


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    migrated()
    with our_node() as (port, rules):
        archive = Archive(tmp_path_factory.mktemp("archive"), our_port=port)
        small = DcmtkArchive(tmp_path_factory.mktemp("small"), our_port=port)
        try:
            yield Surroundings(archive, small, rules, tmp_path_factory.mktemp("old"))
        finally:
            archive.stop()
            small.stop()
