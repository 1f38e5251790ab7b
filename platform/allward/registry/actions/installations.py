"""A version's life in a hospital: each move is checked against the table of states and written down."""

from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.registry.models import Installation, PluginVersion, VersionImport
from allward.registry.parameters import Values, in_one_form, refuse_wrong_values
from allward.registry.states import MAY_BECOME, InstallationState
from allward.registry.trust import refuse_what_no_longer_holds
from allward.tenancy.models import Department
from allward.tenancy.scope import required_scope
from allward_sdk.manifest import Manifest

_OVER = (InstallationState.YANKED, InstallationState.UNINSTALLED)


class NothingEarlierError(ValueError):
    """There is no earlier version to go back to."""


@transaction.atomic
def install(*, version: PluginVersion, department: Department | None) -> Installation:
    """Install a version in a department or in the whole hospital; nothing runs before `enable`."""
    installation, created = Installation.objects.get_or_create(
        tenant_id=required_scope().acting, plugin_version=version, department=department
    )
    if created or installation.state == InstallationState.UNINSTALLED:
        _move(installation, InstallationState.VERIFIED)
    return installation


@transaction.atomic
def set_parameters(installation_id: UUID, values: Values) -> Installation:
    """Set values of a version's parameters in a place, in place of all that were set; `{}`: the defaults.

    They count for runs that begin from now on. Another version begins with its own defaults: what a value
    means is tested by the vendor for each version.

    Raises
    ------
    WrongValuesError
        If the version does not take one of them.
    """
    scope = required_scope()
    installation = (
        Installation.objects.select_for_update(of=("self",))
        .select_related("plugin_version")
        .get(pk=installation_id, tenant_id=scope.acting)
    )
    refuse_wrong_values(Manifest.model_validate(installation.plugin_version.manifest), values)
    before, installation.parameters = installation.parameters, in_one_form(values)
    installation.save(update_fields=["parameters"])
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="installation",
        what_id=str(installation.pk), user_id=scope.user_id, user_tenant_id=scope.home,
        change="parameters", before=before, after=installation.parameters,
    )  # fmt: skip
    return installation


@transaction.atomic
def accept(installation_id: UUID, *, report: str) -> Installation:
    """Note that a person accepts a verified version, on the ground of the report with this digest."""
    installation = _locked_beside(installation_id)[installation_id]
    refuse_what_no_longer_holds(installation.plugin_version, installation.tenant_id)
    _move(installation, InstallationState.ACCEPTED, report=report)
    return installation


@transaction.atomic
def withdraw_acceptance(installation_id: UUID) -> Installation:
    """Note that an accepted version is one that was only verified again: what was accepted has changed."""
    installation = _locked_beside(installation_id)[installation_id]
    _move(installation, InstallationState.VERIFIED)
    return installation


@transaction.atomic
def enable(installation_id: UUID) -> Installation:
    """Let new runs begin with an installed version; the one that was enabled in its place is superseded."""
    same = _locked_beside(installation_id)
    installation = same[installation_id]
    refuse_what_no_longer_holds(installation.plugin_version, installation.tenant_id)
    if installation.state == InstallationState.ENABLED:
        return installation
    for other in same.values():
        if other.state == InstallationState.ENABLED:
            _move(other, InstallationState.SUPERSEDED)
    _move(installation, InstallationState.ENABLED)
    return installation


@transaction.atomic
def roll_back(installation_id: UUID) -> Installation:
    """Go back from an enabled version to the one before it; return the installation that is enabled now.

    Raises
    ------
    NothingEarlierError
        If no version was enabled here before.
    """
    same = _locked_beside(installation_id)
    earlier = [row for row in same.values() if row.state == InstallationState.SUPERSEDED]
    if not earlier:
        raise NothingEarlierError("no version was enabled here before this one")
    last = max(earlier, key=lambda row: row.changed_at)
    refuse_what_no_longer_holds(last.plugin_version, last.tenant_id)
    _move(same[installation_id], InstallationState.ROLLED_BACK)
    _move(last, InstallationState.ENABLED)
    return last


@transaction.atomic
def yank(installation_id: UUID, *, reason: str) -> Installation:
    """Withdraw a version from the whole hospital: no new run begins with it, and its results say so."""
    installation = Installation.objects.get(pk=installation_id, tenant_id=required_scope().acting)
    yank_version(installation.plugin_version, reason=reason)
    installation.refresh_from_db()
    return installation


@transaction.atomic
def yank_version(version: PluginVersion, *, reason: str) -> None:
    """Withdraw a version wherever the acting hospital has installed it; what was said of it first stays."""
    scope = required_scope()
    VersionImport.objects.filter(tenant_id=scope.acting, plugin_version=version, yanked_at=None).update(
        yanked_at=now(), yanked_by=scope.actor, yank_reason=reason
    )
    rows = Installation.objects.select_for_update(of=("self",)).filter(
        tenant_id=scope.acting, plugin_version=version
    )
    for row in rows.order_by("pk"):
        if row.state not in _OVER:
            _move(row, InstallationState.YANKED, reason=reason)
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="plug-in version",
        what_id=str(version.pk), user_id=scope.user_id, user_tenant_id=scope.home, change="yanked",
        reason=reason,
    )  # fmt: skip


@transaction.atomic
def uninstall(installation_id: UUID) -> Installation:
    """Take a version out of a department; its results stay, and so does the record of its life here."""
    scope = required_scope()
    installation = (
        Installation.objects.select_for_update(of=("self",))
        .select_related("plugin_version")
        .get(pk=installation_id, tenant_id=scope.acting)
    )
    _move(installation, InstallationState.UNINSTALLED)
    return installation


def lock_beside(installation_id: UUID) -> Installation:
    """Lock a version and every other one of its plug-in in the same place, before anything is decided."""
    return _locked_beside(installation_id)[installation_id]


def _locked_beside(installation_id: UUID) -> dict[UUID, Installation]:
    """Lock every installation of the same plug-in in the same place, in one order; by id."""
    scope = required_scope()
    one = Installation.objects.select_related("plugin_version", "department").get(
        pk=installation_id, tenant_id=scope.acting
    )
    rows = (
        Installation.objects.select_for_update(of=("self",))
        .select_related("plugin_version")
        .filter(
            tenant_id=scope.acting,
            plugin_version__plugin_id=one.plugin_version.plugin_id,
            department=one.department,
        )
    )
    return {row.pk: row for row in rows.order_by("pk")}


def _move(installation: Installation, new: InstallationState, **detail: str) -> None:
    scope = required_scope()
    check_transition(MAY_BECOME, old=InstallationState(installation.state), new=new, what="an installation")
    installation.state, installation.changed_at, installation.changed_by = new, now(), scope.actor
    installation.save()
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="installation",
        what_id=str(installation.pk), state=new, user_id=scope.user_id, user_tenant_id=scope.home, **detail,
    )  # fmt: skip
