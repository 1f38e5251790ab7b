"""A clinical hospital with a cleared version that is not enabled yet, and past cases whose truth is known."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pydicom
from pydicom.uid import generate_uid
from tests.flow.pipeline.working import MODELS, work_off
from tests.platform_database import Hospital, inside, make_hospital, run_pipeline
from tests.small_package import SmallPlugin, make_package
from tests.small_study import receive, write_small_study

from allward.acceptance.actions import SetOrder, create_set, end_case, put_cases, start_set
from allward.acceptance.actions.running import Ended
from allward.acceptance.comparing import judged_to_json
from allward.acceptance.models import AcceptanceCase, AcceptanceSet
from allward.acceptance.orders import CaseOrder
from allward.registry.actions import import_build, install
from allward.registry.models import Installation, PluginVersion
from allward.tenancy.models import Department
from allward_dicom.phantom import PhantomSpec
from allward_dicom.provenance import AlgorithmIdentity, NewSeries
from allward_dicom.seg import LabelMap, write_segmentation
from allward_dicom.volume import SeriesVolume, read_volume
from allward_measure.evaluation.judged import Judged
from allward_sdk.manifest import Label, Manifest

SPEC = PhantomSpec(slices=6, size=32, slice_spacing_mm=10.0)
CLEARED = SmallPlugin(version="7.0.0", status="cleared")
SETS = "/api/v1/acceptance/"


@dataclass(frozen=True)
class PastCase:
    """A stored study of one series, and the files that it was read from."""

    study_id: UUID
    series_uid: str
    files: tuple[Path, ...]

    def volume(self) -> SeriesVolume:
        """Read its images."""
        return read_volume(list(self.files))


@dataclass(frozen=True)
class Ward:
    """A hospital, the version that it tries, and where that is installed."""

    hospital: Hospital
    version: PluginVersion
    installation_id: UUID
    cases: tuple[PastCase, ...]
    folder: Path

    def state(self) -> str:
        """Return how far the version is trusted."""
        with inside(self.hospital):
            return Installation.objects.get(pk=self.installation_id).state


def make_ward(folder: Path, *, count: int, plugin: SmallPlugin = CLEARED, use: str = "clinical") -> Ward:
    """Make the hospital with `count` past cases; nothing is routed, since no rule exists."""
    hospital = make_hospital(use=use, asks_for_acceptance=True)
    with inside(hospital):
        version = import_build(make_package(folder, plugin), models_folder=MODELS)
        department = Department.objects.get(tenant_id=hospital.tenant_id)
        installation = install(version=version, department=department)
    cases = tuple(past_case(hospital, folder / str(number)) for number in range(count))
    return Ward(hospital, version, installation.pk, cases, folder)


def past_case(hospital: Hospital, folder: Path) -> PastCase:
    """Store one more study with UIDs of its own."""
    study, series, files = generate_uid(), generate_uid(), []
    for path in write_small_study(folder, seed=71, spec=SPEC):
        image = pydicom.dcmread(path)
        image.StudyInstanceUID, image.SeriesInstanceUID = study, series
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        image.save_as(path)
        files.append(path)
    return PastCase(receive(hospital, files), str(series), tuple(files))


def store_reference(ward: Ward, case: PastCase, *, above_hu: float = 60.0) -> str:
    """Store a SEG in the case's study in which everything brighter is liver; return its series UID."""
    volume = case.volume()
    labels: tuple[Label, ...] = Manifest.model_validate(ward.version.manifest).labels
    voxels = np.where(volume.voxels_kji > above_hu, 1, 0).astype(np.uint8)
    uid = generate_uid()
    written = write_segmentation(
        LabelMap(voxels, volume.geometry, labels),
        sources=volume.datasets,
        algorithm=AlgorithmIdentity("Reader", "1", "0" * 64, "Test"),
        series=NewSeries(str(uid), str(generate_uid()), 900, "Reader's outlines"),
    )
    assert written is not None
    path = ward.folder / f"{uid}.dcm"
    written.save_as(path, enforce_file_format=True)
    receive(ward.hospital, [path])
    return str(uid)


def make_set(client: httpx.Client, ward: Ward, **more: Any) -> dict[str, Any]:
    """Make a set by REST."""
    answer = client.post(SETS, json={"name": "Past livers", "version_id": str(ward.version.pk), **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def say_present(client: httpx.Client, made: dict[str, Any], cases: tuple[PastCase, ...]) -> None:
    """Say of each case that the condition is there."""
    table = "series_instance_uid,present\n" + "\n".join(f"{case.series_uid},yes" for case in cases)
    client.post(
        f"{SETS}{made['id']}/cases/", content=table, headers={"content-type": "text/csv"}
    ).raise_for_status()


def run_set(client: httpx.Client, ward: Ward, made: dict[str, Any]) -> dict[str, Any]:
    """Start a set and carry out all that follows; an engine must be running."""
    client.post(f"{SETS}{made['id']}/start/").raise_for_status()
    run_pipeline()
    work_off(ward.hospital)
    run_pipeline()
    answer: dict[str, Any] = client.get(f"{SETS}{made['id']}/").raise_for_status().json()
    return answer


def started(ward: Ward, **more: Any) -> AcceptanceSet:
    """Start a set, with its jobs asked for."""
    with inside(ward.hospital):
        one = create_set(SetOrder("Past livers", ward.version, **more))
        put_cases(one.pk, [CaseOrder(case.series_uid, present=True) for case in ward.cases])
        start_set(one.pk)
    run_pipeline()
    return one


def finished(ward: Ward, **more: Any) -> AcceptanceSet:
    """Run a set to its report; no engine computes anything."""
    one = started(ward, **more)
    with inside(ward.hospital):
        for case in AcceptanceCase.objects.filter(acceptance_set=one):
            end_case(case.pk, Ended(judged_to_json(Judged(str(case.pk), True, True))))
    run_pipeline()
    return one
