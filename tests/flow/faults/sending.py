"""Small studies, and dcmtk's storescu as a sender that comes again until everything is acknowledged."""

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pydicom
from tests.running_platform import Running

from allward_dicom.phantom import PhantomPatient, PhantomSpec, write_abdomen_phantom

SMALL = PhantomSpec(slices=12, size=64, slice_spacing_mm=10.0)


@dataclass(frozen=True)
class SmallStudy:
    """A study in a folder."""

    patient_id: str
    study_instance_uid: str
    paths: tuple[Path, ...]


def small_study(
    folder: Path, number: int, spec: PhantomSpec = SMALL, *, seed: int | None = None
) -> SmallStudy:
    """Write the study of a patient of its own; two with one seed show the same body."""
    patient_id = f"FAULT{number:04d}"
    own = replace(spec, patient=replace(PhantomPatient(), patient_id=patient_id))
    uid = write_abdomen_phantom(folder / patient_id, seed=number if seed is None else seed, spec=own)
    return SmallStudy(patient_id, uid, tuple(sorted((folder / patient_id).iterdir())))


def renamed_series(source: Path, into: Path, patient_id: str) -> SmallStudy:
    """Copy a real series under another patient, so that the worklist tells it from its neighbours."""
    into.mkdir(parents=True)
    uid = ""
    for number, path in enumerate(sorted(p for p in source.iterdir() if p.suffix != ".txt")):
        dataset = pydicom.dcmread(path, force=True)
        dataset.PatientID, uid = patient_id, str(dataset.StudyInstanceUID)
        dataset.save_as(into / f"{number:04d}.dcm")
    return SmallStudy(patient_id, uid, tuple(sorted(into.iterdir())))


@dataclass
class Sender:
    """Sends by C-STORE, and notes what was acknowledged."""

    port: int
    called: str = "ALLWARD"
    acknowledged: set[Path] = field(default_factory=set)
    broken_off: int = 0
    """Associations that failed or ended before everything was acknowledged."""

    def send(self, paths: Sequence[Path]) -> str:
        """Try once; return what storescu printed."""
        command = [
            "storescu",
            "-v",
            "-to",
            "10",
            "-aec",
            self.called,
            "-aet",
            "CT1",
            "127.0.0.1",
            str(self.port),
        ]
        done = subprocess.run(
            [*command, *map(str, paths)], capture_output=True, text=True, errors="replace", timeout=120
        )
        printed = done.stdout + done.stderr
        under_way = None
        for line in printed.splitlines():
            if line.startswith("I: Sending file: "):
                under_way = Path(line.removeprefix("I: Sending file: "))
            elif line == "I: Received Store Response (Success)" and under_way is not None:
                self.acknowledged.add(under_way)
        return printed

    def send_until_acknowledged(self, paths: Sequence[Path], *, seconds: float = 120) -> None:
        """Send what is not acknowledged yet, again and again, as modalities do."""
        deadline = time.monotonic() + seconds
        printed = ""
        while left := [path for path in paths if path not in self.acknowledged]:
            assert time.monotonic() < deadline, f"{len(left)} files are still not acknowledged:\n{printed}"
            printed = self.send(left)
            if not self.acknowledged.issuperset(left):
                self.broken_off += 1
                time.sleep(0.3)


def sender_to(running: Running, called: str = "ALLWARD") -> Sender:
    """Return a sender to a running platform."""
    return Sender(running.dimse_port, called)
