"""A hospital with an enabled version and one that may run in shadow, and studies that differ in UIDs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pydicom
from pydicom.uid import generate_uid
from tests.flow.pipeline.working import MODELS, settle, work_off
from tests.platform_database import Hospital, inside, make_hospital
from tests.small_package import SmallPlugin, make_package
from tests.small_plugin import install_small_plugin
from tests.small_study import receive, write_small_study

from allward.registry.actions import import_build, install
from allward.registry.models import Installation
from allward.shadow.models import ShadowPair
from allward.tenancy.models import Department
from allward_dicom.phantom import PhantomSpec

SPEC = PhantomSpec(slices=6, size=32, slice_spacing_mm=10.0)


def studies(folder: Path, count: int, *, seed: int = 61) -> Iterator[list[Path]]:
    """Give studies that differ in their UIDs alone."""
    images = [pydicom.dcmread(path) for path in write_small_study(folder / "first", seed=seed, spec=SPEC)]
    for number in range(count):
        study_uid, series_uid, place = generate_uid(), generate_uid(), folder / str(number)
        place.mkdir()
        for index, image in enumerate(images):
            image.StudyInstanceUID, image.SeriesInstanceUID = study_uid, series_uid
            image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            image.save_as(place / f"{index}.dcm")
        yield sorted(place.iterdir())


@dataclass(frozen=True)
class Ward:
    """A hospital, and the installation of the version that is to run in shadow."""

    hospital: Hospital
    installation_id: UUID
    enabled_id: UUID | None
    folder: Path

    @property
    def address(self) -> str:
        """Of its shadow."""
        return f"/api/v1/installations/{self.installation_id}/shadow/"

    def receive(self, count: int = 1) -> list[UUID]:
        """Take new studies in and let the pipeline route them."""
        place = self.folder / uuid4().hex
        place.mkdir()
        ids = [receive(self.hospital, paths) for paths in studies(place, count)]
        settle()
        return ids

    def work_off(self) -> int:
        """Carry out every job that waits."""
        return work_off(self.hospital, most=60)

    def pairs(self) -> list[ShadowPair]:
        """Return every pair of the hospital, in the order in which they were made."""
        with inside(self.hospital):
            return list(ShadowPair.objects.select_related("job", "enabled_job").order_by("pk"))


def make_ward(
    folder: Path, *, above_hu: float = 120.0, enabled: bool = True, entitlement: bool = False
) -> Ward:
    """Make a hospital with version 1.0.0 enabled (unless not) and 1.1.0 installed."""
    hospital = make_hospital()
    plugin_id = f"org.test.s{uuid4().hex[:12]}"
    if enabled:
        install_small_plugin(hospital, folder, MODELS, SmallPlugin(plugin_id=plugin_id))
    newer = SmallPlugin(plugin_id=plugin_id, version="1.1.0", above_hu=above_hu, entitlement=entitlement)
    path = make_package(folder, newer)
    with inside(hospital):
        version = import_build(path, models_folder=MODELS)
        department = Department.objects.get(pk=hospital.department_id)
        installation = install(version=version, department=department)
        other = Installation.objects.exclude(pk=installation.pk).first()
    return Ward(hospital, installation.pk, other.pk if other else None, folder)
