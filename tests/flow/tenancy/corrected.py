"""What a hospital has of corrections: a result that may be corrected, a reading; how both are called."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests import spots
from tests.flow.corrections.desk import case_of_series, store_drawn
from tests.platform_database import Hospital

from allward.registry.models import PluginVersion
from allward.results.actions import open_reading
from allward.results.models import FindingRecord
from allward.studies.models import Series, Study
from allward.tenancy.scope import Scope, within
from allward_sdk.results import PluginUse

if TYPE_CHECKING:
    from tests.flow.tenancy.addresses import Address, Call
    from tests.flow.tenancy.stocked import Stocked

API = "api/v1/"
RESULT = "results/<uuid:result_id>/"


@dataclass(frozen=True, slots=True)
class Corrected:
    """A result of one spot, and a sitting in front of its study."""

    result_id: UUID
    finding_id: UUID
    reading_id: UUID

    @property
    def secrets(self) -> tuple[UUID, ...]:
        """Ids that nobody else is ever told."""
        return self.result_id, self.finding_id, self.reading_id


def correct_things(
    hospital: Hospital, version: PluginVersion, *, study_id: UUID, reader_id: UUID
) -> Corrected:
    """Let the app find one spot in the middle of the series, and the person sit down in front of it."""
    spots.install()
    scope = Scope.of_tenant(hospital.tenant_id, actor="test")
    with within(scope):
        series = Series.objects.get(study_id=study_id, modality="CT")
    case = case_of_series(scope, series.pk)
    x, y, z = (
        float(mm) for mm in case.geometry.to_lps_mm([[size // 2 for size in case.geometry.shape_kji]])[0]
    )
    use = PluginUse(
        slot="spots.detector", id=version.plugin_id, version=version.version, digest=version.digest
    )
    with within(replace(scope, user_id=reader_id)):
        result = store_drawn(spots.drawn(case, [(x, y, z)], use), case, series.pk, research_only=True)
        finding = FindingRecord.objects.get(result=result)
        reading = open_reading(study=Study.objects.get(pk=study_id), app="", reader_name="Reader")
    return Corrected(result.pk, finding.pk, reading.pk)


def table(call: "type[Call]", address: "type[Address]") -> "dict[tuple[str, str], Address]":
    """Return how each address of corrections and readings is called."""

    def by_id(method: str, path: str, body: Any = None, **options: Any) -> "Address":
        def make(own: "Stocked") -> "Call":
            ids = {
                "result": own.corrected.result_id,
                "finding": own.corrected.finding_id,
                "reading": own.corrected.reading_id,
                "study": own.study_id,
            }
            return call(method, f"/{API}{path.format(**ids)}", body)

        return address(make, lambda _, theirs: [make(theirs)], **options)

    def measure(result_of: "Stocked", finding_of: "Stocked") -> "Call":
        body = {
            "kind": "calipers",
            "version": 1,
            "accept": False,
            "finding_id": str(finding_of.corrected.finding_id),
            "long_lps_mm": [[0, 0, 0], [7.5, 0, 0]],
            "short_lps_mm": None,
        }
        return call("POST", f"/{API}results/{result_of.corrected.result_id}/corrections/", body)

    statistics = call("GET", f"/{API}reading-statistics/?by=person")
    return {
        ("GET", f"{API}{RESULT}corrections/"): by_id("GET", "results/{result}/corrections/"),
        ("POST", f"{API}{RESULT}corrections/"): address(
            lambda own: measure(own, own), lambda _, theirs: [measure(theirs, theirs)], last=1
        ),
        ("POST", f"{API}{RESULT}accept-all/"): by_id(
            "POST", "results/{result}/accept-all/", {"version": 2}, last=2
        ),
        ("POST", f"{API}findings/<uuid:finding_id>/seen/"): by_id(
            "POST", "findings/{finding}/seen/", {"edits": 0}
        ),
        ("POST", f"{API}studies/<uuid:study_id>/readings/"): by_id(
            "POST", "studies/{study}/readings/", {"app": None}
        ),
        ("POST", f"{API}readings/<uuid:reading_id>/"): by_id(
            "POST", "readings/{reading}/", {"active_s": 1.5, "ended": False}
        ),
        ("GET", f"{API}reading-statistics/"): address(
            lambda _: statistics, lambda _mine, _theirs: [statistics], lists=True
        ),
    }
