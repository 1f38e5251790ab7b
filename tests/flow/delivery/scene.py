"""A hospital with one CT of a phantom, the result of a plug-in on it, and a radiologist who reviews it."""

import gzip
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from tests.flow.delivery.findings import case_result, manifest
from tests.platform_database import make_hospital

from allward.delivery.models import Delivery
from allward.kernel.clock import now
from allward.kernel.ids import new_id
from allward.outbox.deliver import deliver
from allward.outbox.models import OutboxDelivery
from allward.outbox.relay import expand, take_due
from allward.pipeline import PIPELINE
from allward.registry.models import PluginVersion
from allward.results.actions import Shown, review_finding, store_result
from allward.results.models import FindingRecord, Result, ResultObject
from allward.runs.models import AppRun
from allward.storage.place import storage
from allward.studies.actions import index_instances
from allward.studies.models import Series, Study
from allward.studies.queries import series_input_digest
from allward.studies.received import ReceivedInstance
from allward.tenancy.scope import Scope, carrying, within
from allward.worklist.detail import results_in_full
from allward_dicom.header import read_header
from allward_dicom.phantom import PhantomSpec, draw_phantom, phantom_geometry, write_abdomen_phantom

STEPS = {step.name: step for step in PIPELINE}
SPEC = PhantomSpec(slices=24, size=64, slice_spacing_mm=10.0)


@dataclass
class Scene:
    """One tenant; `system` is the scope of its steps, `radiologist` that of a person."""

    system: Scope
    code: str
    series_id: UUID
    study_instance_uid: str
    seed: int
    runs: int = 0
    radiologist: Scope = field(init=False)

    def __post_init__(self) -> None:
        self.radiologist = Scope(
            acting=self.system.acting, readable=self.system.readable, home=self.system.home,
            user_id=uuid4(), actor="zhang",
        )  # fmt: skip

    def new_result(self, *, research_only: bool = False, evaluable: bool = True) -> Result:
        """What a run says of the CT: a liver and two lesions, or that it cannot be evaluated."""
        self.runs += 1
        geometry, labels = phantom_geometry(SPEC), draw_phantom(SPEC, seed=self.seed).labels_kji
        key = f"{self.system.acting}/labelmaps/{uuid4()}"
        with within(self.system):
            series = Series.objects.get(pk=self.series_id)
            case = case_result(
                labels, geometry, digest=_plugin_version().digest, evaluable=evaluable,
                study=self.study_instance_uid, series=series.series_instance_uid,
            )  # fmt: skip
            storage().write(key, gzip.compress(labels.tobytes()))
            run = AppRun.objects.create(
                study_id=series.study_id, series=series, app="any_imaging", app_version="1.0.0",
                input_digest=series_input_digest(series.pk), key=hashlib.sha256(key.encode()).hexdigest(),
                revision=self.runs, research_only=research_only,
            )  # fmt: skip
            shown = Shown(
                labelmap_key=key if evaluable else "", geometry=geometry.to_json() if evaluable else None,
                segments=[], plugins=[],
            )  # fmt: skip
            return store_result(run=run, case_result=case, reasons=[], shown=shown)

    def review(self, result: Result, *decisions: str) -> None:
        """The radiologist's words on the findings, in their order; a dash leaves one out."""
        with within(self.radiologist):
            records = list(FindingRecord.objects.filter(result=result).order_by("ordinal"))
            for record, decision in zip(records, decisions, strict=True):
                if decision != "-":
                    review_finding(
                        finding_id=record.pk, decision=decision, version=record.version,
                        reason="false_positive" if decision == "reject" else "", author_name="张三",
                    )  # fmt: skip

    def statuses(self) -> list[str]:
        """How the results stand, in the order of their revisions."""
        with within(self.system):
            return list(Result.objects.order_by("run__revision").values_list("status", flat=True))

    def shown(self, result: Result) -> dict[str, Any]:
        """What the pages get to know of a result."""
        with within(self.system):
            listed = results_in_full(Study.objects.get(pk=result.study_id))
        return next(each for each in listed if each["result_id"] == str(result.pk))

    def objects(self, result: Result) -> list[ResultObject]:
        with within(self.system):
            rows = ResultObject.objects.filter(result=result).select_related("instance")
            return list(rows.order_by("created_at"))

    def deliveries(self, result: Result) -> list[Delivery]:
        with within(self.system):
            rows = Delivery.objects.filter(result_object__result=result).select_related("result_object")
            return list(rows.order_by("created_at"))


def new_scene(folder: Path) -> Scene:
    hospital, seed = make_hospital(), uuid4().int % 10**9
    study_instance_uid = write_abdomen_phantom(folder / "ct", seed=seed, spec=SPEC)
    scope = Scope.of_tenant(hospital.tenant_id)
    with within(scope):
        index_instances([_received(path) for path in sorted((folder / "ct").iterdir())])
        series = Series.objects.get()
    return Scene(scope, hospital.code, series.pk, study_instance_uid, seed)


def run_steps() -> None:
    """Run what is due, as relay and workers do, until nothing is."""
    while True:
        expand(PIPELINE)
        due = take_due()
        if not due:
            return
        for delivery_id, tenant_id, _ in due:
            with carrying(Scope.of_tenant(tenant_id)):
                deliver(delivery_id, STEPS)


def let_back_off_pass() -> None:
    """Make what waits for its next attempt due now."""
    waiting = OutboxDelivery.objects.using("dispatcher").filter(state="pending")
    waiting.update(not_before=now() - timedelta(seconds=1))


def _received(path: Path) -> ReceivedInstance:
    content = path.read_bytes()
    return ReceivedInstance(
        instance_id=new_id(), path=path, sha256=hashlib.sha256(content).hexdigest(), source="MODALITY",
        size_bytes=len(content), received_at=now(), header=read_header(content),
    )  # fmt: skip


def _plugin_version() -> PluginVersion:
    written = manifest()
    version, _ = PluginVersion.objects.get_or_create(
        plugin_id=written.plugin.id,
        version=written.plugin.version,
        defaults={"digest": "c" * 64, "manifest": written.model_dump(mode="json"), "storage_key": "none"},
    )
    return version
