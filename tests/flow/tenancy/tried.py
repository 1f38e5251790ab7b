"""What a hospital has of acceptance: sets in every state; how its addresses are called."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.platform_database import Hospital, inside, run_pipeline

from allward.acceptance.actions import SetOrder, create_set, put_cases, start_set
from allward.acceptance.models import AcceptanceCase, AcceptanceSet
from allward.acceptance.orders import CaseOrder
from allward.registry.actions import install
from allward.registry.models import PluginVersion
from allward.studies.models import Series

if TYPE_CHECKING:
    from tests.flow.tenancy.addresses import Address, Call
    from tests.flow.tenancy.stocked import Stocked

API = "api/v1/"
SETS = "acceptance/"
SET = "acceptance/<uuid:set_id>/"


@dataclass(frozen=True, slots=True)
class Tried:
    """Sets of one version on one series."""

    finished_id: UUID
    waiting_id: UUID
    """A set that may be started, and then canceled."""
    spare_id: UUID
    """A set that may be deleted."""
    case_id: UUID
    """Of the spare set."""
    installation_id: UUID
    """The version in the whole hospital, verified and not enabled."""

    @property
    def secrets(self) -> tuple[UUID, ...]:
        """Ids that nobody else is ever told."""
        return self.finished_id, self.waiting_id, self.spare_id, self.case_id, self.installation_id


def try_version(hospital: Hospital, version: PluginVersion, word: str, *, study_id: UUID) -> Tried:
    """Make the sets; the series was computed by this version already, so the finished one runs no job."""
    with inside(hospital):
        series = Series.objects.get(study_id=study_id, modality="CT")
        order = CaseOrder(series.series_instance_uid, present=True)
        sets = [_draft(version, f"{word} {number}", order) for number in range(3)]
        start_set(sets[0].pk)
        installation = install(version=version, department=None)
    run_pipeline()
    with inside(hospital):
        case = AcceptanceCase.objects.get(acceptance_set=sets[2])
    return Tried(sets[0].pk, sets[1].pk, sets[2].pk, case.pk, installation.pk)


def _draft(version: PluginVersion, name: str, order: CaseOrder) -> AcceptanceSet:
    made = create_set(SetOrder(name, version))
    put_cases(made.pk, [order])
    return made


def table(call: "type[Call]", address: "type[Address]") -> "dict[tuple[str, str], Address]":
    """Return every address of the room."""

    def plain(method: str, path: str, body: Any = None) -> "Address":
        made = call(method, f"/{API}{path}", body)
        return address(lambda _: made, lambda _mine, _theirs: [made], lists=True)

    def by_id(method: str, path: str, name: str, body: Any = None, **options: Any) -> "Address":
        def make(own: "Stocked") -> "Call":
            filled = path.format(getattr(own.tried, name), case=own.tried.case_id)
            return call(method, f"/{API}{filled}", body)

        return address(make, lambda _, theirs: [make(theirs)], **options)

    def new(version_of: "Stocked", cases_of: "Stocked") -> "Call":
        body = {
            "name": "new",
            "version_id": str(version_of.version_id),
            "cases_of": str(cases_of.tried.spare_id),
        }
        return call("POST", f"/{API}{SETS}", body)

    def accept(set_of: "Stocked", installation_of: "Stocked") -> "Call":
        body = {"installation_id": str(installation_of.tried.installation_id), "remark": "good"}
        return call("POST", f"/{API}{SETS}{set_of.tried.finished_id}/accept/", body)

    def drop_mine_by_theirs(mine: "Stocked", theirs: "Stocked") -> "list[Call]":
        case = f"cases/{theirs.tried.case_id}/"
        return [call("DELETE", f"/{API}{SETS}{one.tried.spare_id}/{case}") for one in (mine, theirs)]

    put = {"cases": [{"series_instance_uid": "1.2.3", "present": True}]}

    def put_own(own: "Stocked") -> "Call":
        body = {"cases": [{"series_instance_uid": own.series_instance_uid, "present": False}]}
        return call("POST", f"/{API}{SETS}{own.tried.spare_id}/cases/", body)

    return {
        ("GET", f"{API}{SETS}"): plain("GET", SETS),
        ("POST", f"{API}{SETS}"): address(
            lambda own: new(own, own),
            lambda mine, theirs: [new(mine, theirs), new(theirs, mine), new(theirs, theirs)],
            lists=True,
        ),
        ("GET", f"{API}{SETS}settings/"): plain("GET", f"{SETS}settings/"),
        ("PUT", f"{API}{SETS}settings/"): plain(
            "PUT", f"{SETS}settings/", {"department": None, "required": None}
        ),
        ("GET", f"{API}{SET}"): by_id("GET", "acceptance/{}/", "finished_id"),
        ("POST", f"{API}{SET}cases/"): address(
            put_own,
            lambda _, theirs: [call("POST", f"/{API}{SETS}{theirs.tried.spare_id}/cases/", put)],
        ),
        ("DELETE", f"{API}{SET}cases/<uuid:case_id>/"): address(
            lambda own: drop_mine_by_theirs(own, own)[0], drop_mine_by_theirs, last=1
        ),
        ("DELETE", f"{API}{SET}"): by_id("DELETE", "acceptance/{}/", "spare_id", last=1),
        ("GET", f"{API}{SET}series/"): by_id("GET", "acceptance/{}/series/", "spare_id"),
        ("POST", f"{API}{SET}start/"): by_id("POST", "acceptance/{}/start/", "waiting_id"),
        ("POST", f"{API}{SET}cancel/"): by_id("POST", "acceptance/{}/cancel/", "waiting_id", last=1),
        ("GET", f"{API}{SET}report.json"): by_id("GET", "acceptance/{}/report.json", "finished_id"),
        ("GET", f"{API}{SET}report.pdf"): by_id("GET", "acceptance/{}/report.pdf", "finished_id"),
        ("POST", f"{API}{SET}accept/"): address(
            lambda own: accept(own, own),
            lambda mine, theirs: [accept(mine, theirs), accept(theirs, mine), accept(theirs, theirs)],
        ),
    }
