"""The word of a person that a version may be enabled, and where such a word is asked for."""

from uuid import UUID

from django.db import transaction

from allward.acceptance.actions.sets import locked, note
from allward.acceptance.models import AcceptanceCase, AcceptanceReport, AcceptanceRule, AcceptedInstallation
from allward.acceptance.queries import may_be_accepted
from allward.acceptance.states import CaseState, SetState
from allward.audit.actions import record
from allward.registry import actions as registry
from allward.registry.models import Installation
from allward.registry.parameters import chosen_values
from allward.registry.states import InstallationState
from allward.registry.trust import refuse_what_no_longer_holds
from allward.tenancy.models import Department
from allward.tenancy.scope import required_scope
from allward_sdk.manifest import Manifest


class NothingRanError(ValueError):
    """Every case of the set failed: there is no ground to accept anything on."""


class OtherValuesError(ValueError):
    """The installation runs with other values than the cases of the set did."""


@transaction.atomic
def accept_version(set_id: UUID, *, installation_id: UUID, remark: str) -> AcceptedInstallation:
    """Accept an installed version on the ground of a set's report.

    One that is accepted or enabled already stays so, and is accepted with the values of this report too: a
    rule may then set them.

    Raises
    ------
    WrongSetStateError
        If the set has no report yet.
    NothingRanError
        If every case failed.
    OtherValuesError
        If the cases were computed with other values than the installation has.
    ForbiddenTransitionError
        If the installation is not one that was only verified, and the report says nothing new of its values.
    Installation.DoesNotExist
        If it is not one of this version in this hospital.
    """
    scope = required_scope()
    one = locked(set_id, SetState.FINISHED)
    ran = AcceptanceCase.objects.filter(tenant_id=scope.acting, acceptance_set=one, state=CaseState.DONE)
    if not ran.exists():
        raise NothingRanError("every case of the set failed")
    Installation.objects.get(pk=installation_id, tenant_id=scope.acting, plugin_version=one.plugin_version)
    installation = registry.lock_beside(installation_id)
    report = AcceptanceReport.objects.get(tenant_id=scope.acting, acceptance_set=one)
    if installation.state == InstallationState.VERIFIED or not may_be_accepted(installation, one):
        accepted = registry.accept(installation.pk, report=report.digest)
        manifest = Manifest.model_validate(one.plugin_version.manifest)
        if chosen_values(manifest, accepted.parameters) != one.parameters:
            raise OtherValuesError("the cases were computed with other values than the installation has")
    else:
        refuse_what_no_longer_holds(one.plugin_version, one.tenant_id)
    note(
        one, "accepted", installation=str(installation.pk), report=report.digest, remark=remark,
        parameters=one.parameters,
    )  # fmt: skip
    return AcceptedInstallation.objects.create(
        installation=installation, report=report, remark=remark, accepted_by=scope.actor
    )


@transaction.atomic
def set_requirement(department: Department | None, required: bool | None) -> None:
    """Say whether a department (None: the whole hospital) asks for acceptance; None: by default again."""
    scope = required_scope()
    rows = AcceptanceRule.objects.filter(tenant_id=scope.acting, department=department)
    before = rows.values_list("required", flat=True).first()
    if before == required:
        return
    if required is None:
        rows.delete()
    else:
        AcceptanceRule.objects.update_or_create(
            tenant_id=scope.acting, department=department, defaults={"required": required}
        )
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="acceptance requirement",
        what_id=str(department.pk if department else scope.acting), user_id=scope.user_id,
        user_tenant_id=scope.home, department=department.code if department else None, before=before,
        required=required,
    )  # fmt: skip
