"""Questions about sets, their cases, and what a hospital asks of versions before they are enabled."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from allward.acceptance.models import (
    AcceptanceCase,
    AcceptanceReport,
    AcceptanceRule,
    AcceptanceSet,
    AcceptedInstallation,
)
from allward.acceptance.requirement import (
    Place,
    applies,
    refusal,
    refusal_of_rule,
    refusal_of_values,
    who_asks,
)
from allward.acceptance.states import CaseState
from allward.kernel.texts import Text
from allward.registry.models import Installation
from allward.registry.parameters import Values, chosen_values
from allward.registry.permits import Remark
from allward.registry.states import InstallationState
from allward.studies.models import Instance, Series
from allward.studies.queries import prefix
from allward.tenancy.models import Department, DepartmentUse
from allward_sdk.manifest import Manifest

MOST_CHOICES = 100

_ENABLED_BEFORE = (
    InstallationState.ENABLED,
    InstallationState.SUPERSEDED,
    InstallationState.ROLLED_BACK,
)


def sets_of(tenant_id: UUID) -> QuerySet[AcceptanceSet]:
    """Return a hospital's sets, the newest first."""
    return (
        AcceptanceSet.objects.filter(tenant_id=tenant_id)
        .select_related("plugin_version")
        .order_by("-created_at")
    )


def cases_of(one: AcceptanceSet) -> QuerySet[AcceptanceCase]:
    """Return the cases of a set in their order, each with its series and study."""
    return (
        AcceptanceCase.objects.filter(tenant_id=one.tenant_id, acceptance_set=one)
        .select_related("series", "study")
        .order_by("number")
    )


def counts_of(tenant_id: UUID) -> dict[UUID, dict[str, int]]:
    """Return for each set of a hospital how many cases are in which state."""
    counted: dict[UUID, dict[str, int]] = {}
    rows = AcceptanceCase.objects.filter(tenant_id=tenant_id).values("acceptance_set_id", "state")
    for row in rows.annotate(n=Count("pk")):
        counted.setdefault(row["acceptance_set_id"], {})[row["state"]] = row["n"]
    return counted


def report_of(one: AcceptanceSet) -> AcceptanceReport | None:
    """Return the report of a set, if it is there."""
    return AcceptanceReport.objects.filter(tenant_id=one.tenant_id, acceptance_set=one).first()


def accepted_on(one: AcceptanceSet) -> list[AcceptedInstallation]:
    """Return what was accepted on the ground of a set's report."""
    rows = AcceptedInstallation.objects.filter(tenant_id=one.tenant_id, report__acceptance_set=one)
    return list(rows.select_related("installation__department", "report").order_by("accepted_at"))


def installations_of(one: AcceptanceSet) -> list[Installation]:
    """Return where the version of a set is installed."""
    rows = Installation.objects.filter(tenant_id=one.tenant_id, plugin_version=one.plugin_version)
    return list(rows.select_related("department").order_by("pk"))


def image_json(series_id: UUID) -> dict[str, Any]:
    """Return the header of one image of a series as the index keeps it; empty if there is none."""
    text = Instance.objects.filter(series_id=series_id, rows__isnull=False).values_list(
        "dicom_json", flat=True
    )
    found: dict[str, Any] = json.loads(text.first() or "{}")
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """What an administrator looks for among the stored series."""

    text: str = ""
    """Beginning of an accession number, or of a study's or series' description."""
    since: date | None = None
    until: date | None = None


def series_to_choose(tenant_id: UUID, manifest: Manifest, asked: Asked) -> list[Series]:
    """Return series that a plug-in may be tried on, the newest study first; one more than `MOST_CHOICES`."""
    wants = manifest.wants
    rows = Series.objects.filter(
        tenant_id=tenant_id,
        is_result=False,
        modality__in=wants.modality,
        instance_count__gte=wants.min_slices,
    )
    if asked.text:
        rows = rows.filter(
            prefix("study__accession_number", asked.text)
            | prefix("study__description", asked.text)
            | prefix("description", asked.text)
        )
    if asked.since is not None:
        rows = rows.filter(study__study_date__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(study__study_date__lte=asked.until)
    return list(rows.select_related("study").order_by("-study__study_date", "-pk")[: MOST_CHOICES + 1])


def segmentations_beside(tenant_id: UUID, series: Iterable[Series]) -> dict[UUID, list[Series]]:
    """Return by study the series of Segmentations that stand in the studies of these series."""
    found: dict[UUID, list[Series]] = {}
    studies = {one.study_id for one in series}
    for row in Series.objects.filter(tenant_id=tenant_id, study_id__in=studies, modality="SEG").order_by(
        "pk"
    ):
        found.setdefault(row.study_id, []).append(row)
    return found


@dataclass(frozen=True, slots=True)
class Requirement:
    """Whether the departments of a hospital ask for acceptance."""

    of_hospital: bool | None
    places: tuple[tuple[Department, Place], ...]

    def applies(self, place: Place) -> bool:
        """Tell whether a department asks now."""
        return applies(place, self.of_hospital)


def requirement_of(tenant_id: UUID) -> Requirement:
    """Return what a hospital and its departments said, the departments by code."""
    words = {row.department_id: row.required for row in AcceptanceRule.objects.filter(tenant_id=tenant_id)}
    rows = Department.objects.filter(tenant_id=tenant_id).order_by("code")
    places = tuple(
        (
            row,
            Place(
                row.code,
                Text(row.name_en, row.name_zh),
                row.use == DepartmentUse.CLINICAL,
                words.get(row.pk),
            ),
        )
        for row in rows
    )
    return Requirement(words.get(None), places)


def refusal_to_enable(installation: Installation) -> Remark | None:
    """Return why an installed version may not be enabled before it is accepted, or None.

    What was enabled here before may be enabled again, and gone back to, without a new report. A report
    speaks for the values with which its cases were computed, and for no others.
    """
    if installation.state in _ENABLED_BEFORE or is_accepted_with(installation, installation.parameters):
        return None
    asking = asking_place(installation)
    return None if asking is None else Remark("acceptance_required", refusal(asking))


def refusal_to_change(installation: Installation, values: Values) -> Remark | None:
    """Return why a version that is or was enabled may not be given other values in its place, or None.

    Raises
    ------
    WrongValuesError
        If the version does not take one of them.
    """
    manifest = Manifest.model_validate(installation.plugin_version.manifest)
    same = chosen_values(manifest, values) == chosen_values(manifest, installation.parameters)
    if same or installation.state not in _ENABLED_BEFORE or is_accepted_with(installation, values):
        return None
    asking = asking_place(installation)
    return None if asking is None else Remark("acceptance_required", refusal_of_values(asking))


@dataclass(frozen=True, slots=True)
class RuleValues:
    """Values that a rule sets over those of the installation that it runs, and where it runs it."""

    rule: str
    """Its name."""
    installation: Installation
    values: Values
    departments: frozenset[str] = frozenset()
    """Codes of the only departments whose studies it takes; empty: of all that the installation reaches."""


def refusal_of_rule_values(asked: RuleValues) -> Remark | None:
    """Return why a rule may not run a version with the values that it sets, or None.

    What the rule leaves as it is in the installation is the installation's own matter.

    Raises
    ------
    WrongValuesError
        If the version does not take one of them.
    """
    installation = asked.installation
    manifest = Manifest.model_validate(installation.plugin_version.manifest)
    chosen = chosen_values(manifest, installation.parameters, asked.values)
    if chosen == chosen_values(manifest, installation.parameters) or is_accepted_with(installation, chosen):
        return None
    asking = asking_place(installation, only=asked.departments)
    return None if asking is None else Remark("acceptance_required", refusal_of_rule(asking, asked.rule))


def may_be_accepted(installation: Installation, one: AcceptanceSet) -> bool:
    """Tell whether the report of a set may be the ground on which an installed version is accepted.

    One that is accepted or enabled already may be accepted with further values, for rules that set them.
    """
    if installation.state == InstallationState.VERIFIED:
        return True
    if installation.state not in (InstallationState.ACCEPTED, InstallationState.ENABLED):
        return False
    manifest = Manifest.model_validate(one.plugin_version.manifest)
    own = chosen_values(manifest, installation.parameters)
    return one.parameters != own and not is_accepted_with(installation, one.parameters)


def is_accepted_with(installation: Installation, values: Values) -> bool:
    """Tell whether an installed version was accepted on a report whose cases had these values.

    Raises
    ------
    WrongValuesError
        If the version does not take one of them.
    """
    accepted = AcceptedInstallation.objects.filter(
        tenant_id=installation.tenant_id, installation=installation
    )
    chosen = chosen_values(Manifest.model_validate(installation.plugin_version.manifest), values)
    return chosen in accepted.values_list("report__acceptance_set__parameters", flat=True)


def asking_place(installation: Installation, only: Collection[str] = ()) -> Place | None:
    """Return the first of the places of an installation that asks for acceptance, or None.

    Parameters
    ----------
    only
        Codes of the departments that count, upper and lower case alike; empty: all of them.
    """
    said = requirement_of(installation.tenant_id)
    named = {code.strip().lower() for code in only}
    places = [
        place
        for row, place in said.places
        if installation.department_id in (None, row.pk) and (not named or place.code.lower() in named)
    ]
    research = installation.plugin_version.manifest["intended_use"]["status"] == "research"
    return who_asks(places, said.of_hospital, research=research)


def others_waiting(one: AcceptanceSet, job_id: UUID) -> bool:
    """Tell whether a case of another set waits for a job."""
    rows = AcceptanceCase.objects.filter(tenant_id=one.tenant_id, job_id=job_id, state=CaseState.RUNNING)
    return rows.filter(~Q(acceptance_set_id=one.pk)).exists()
