"""Small synthetic studies, put straight into a hospital's index."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.studies.actions import index_instances
from allward.studies.models import Study
from allward.studies.received import ReceivedInstance
from allward.tenancy.scope import Scope, within
from allward_dicom.header import read_header
from allward_dicom.phantom import PhantomSpec, write_abdomen_phantom
from tests.platform_database import Hospital


def write_small_study(folder: Path, *, seed: int = 1, spec: PhantomSpec | None = None) -> list[Path]:
    """Write a phantom of a few slices; return its files in order of name."""
    folder.mkdir(parents=True, exist_ok=True)
    write_abdomen_phantom(
        folder, seed=seed, spec=spec or PhantomSpec(slices=12, size=64, slice_spacing_mm=10.0)
    )
    return sorted(path for path in folder.rglob("*") if path.is_file())


def receive(hospital: Hospital, paths: Iterable[Path]) -> UUID:
    """Index files for a hospital as if they had been sent; return the study's id."""
    items = [
        ReceivedInstance(
            instance_id=new_id(),
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            size_bytes=path.stat().st_size,
            received_at=now(),
            source="TEST",
            header=read_header(path),
            path=path,
            department_id=hospital.department_id,
        )
        for path in paths
    ]
    with within(Scope.of_tenant(hospital.tenant_id, actor="test")):
        index_instances(items)
        study: Study = Study.objects.get(study_instance_uid=items[0].header.study_instance_uid)
    return study.pk


def study_of(hospital: Hospital, study_id: UUID) -> Study:
    """Return a study as the index has it."""
    with within(Scope.of_tenant(hospital.tenant_id, actor="test")):
        return Study.objects.select_related("patient").get(pk=study_id)
