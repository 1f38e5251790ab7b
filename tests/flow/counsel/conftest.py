"""A hospital with a CT and the nodules that the app found on it, served, and people of several roles."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from tests.flow.delivery.scene import Scene, new_scene
from tests.flow.tenancy.serving import client_of, serving
from tests.flow.tenancy.stocked import make_person
from tests.platform_database import Hospital, make_hospital
from tests.unit.lung_nodule.nodule_findings import nodule

from allward.results.actions import Shown, store_result
from allward.results.models import Result
from allward.runs.models import AppRun
from allward.studies.models import Series
from allward.studies.queries import series_input_digest
from allward.tenancy.scope import within
from allward_sdk.results import CaseResult


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    make_hospital()
    with serving() as address:
        yield address


@dataclass
class Ward:
    """A hospital, and how to speak to it."""

    scene: Scene
    url: str
    as_role: Callable[..., httpx.Client]

    @property
    def hospital(self) -> Hospital:
        return Hospital(self.scene.system.acting, self.scene.code, uuid4())

    def result(self, *sizes_mm: float) -> Result:
        """What a run of the app says of the CT: solid nodules of these sizes."""
        self.scene.runs += 1
        with within(self.scene.system):
            series = Series.objects.get(pk=self.scene.series_id)
            run = AppRun.objects.create(
                study_id=series.study_id, series=series, app="lung_nodule", app_version="1.0.0",
                input_digest=series_input_digest(series.pk), key=uuid4().hex * 2, revision=self.scene.runs,
                research_only=False,
            )  # fmt: skip
            case = CaseResult(
                study_instance_uid=self.scene.study_instance_uid,
                series_instance_uid=series.series_instance_uid, app="lung_nodule", version="1.0.0",
                plugins=(), evaluable=True,
                findings=tuple(
                    nodule(f"nodule-{place}", mm=mm, max_hu=80, words={"kind": "solid"})
                    for place, mm in enumerate(sizes_mm, start=1)
                ),
            )  # fmt: skip
            shown = Shown(labelmap_key="", geometry=None, segments=[], plugins=[])
            return store_result(run=run, case_result=case, reasons=[], shown=shown)


@pytest.fixture
def ward(url: str, tmp_path: Path) -> Iterator[Ward]:
    scene = new_scene(tmp_path)
    opened = []

    def as_role(role: str, hospital: Hospital | None = None) -> httpx.Client:
        person = make_person(hospital or made.hospital, role)
        opened.append(client_of(url, person, "bearer"))
        return opened[-1].__enter__()

    made = Ward(scene, url, as_role)
    yield made
    for client in opened:
        client.__exit__(None, None, None)
