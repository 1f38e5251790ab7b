"""The gate before a version is enabled or gets other values: what its place asks for is there (ADR 0021)."""

from uuid import UUID

from allward.acceptance.queries import asking_place, is_accepted_with, refusal_to_change, refusal_to_enable
from allward.registry.models import Installation
from allward.registry.parameters import Values
from allward.registry.states import InstallationState
from allward.registry.trust import NotPermittedError, refuse_what_no_longer_holds
from allward.tenancy.scope import required_scope


def refuse_what_is_not_accepted(installation_id: UUID) -> None:
    """Refuse to enable an installed version that its place wants to see accepted first.

    Raises
    ------
    NotPermittedError
        With the reason in both languages, and what to do; of a version that no longer holds, with that.
    """
    installation = Installation.objects.select_related("plugin_version").get(
        pk=installation_id, tenant_id=required_scope().acting
    )
    refuse_what_no_longer_holds(installation.plugin_version, installation.tenant_id)
    remark = refusal_to_enable(installation)
    if remark is not None:
        raise NotPermittedError(remark)


def acceptance_ends_with(installation_id: UUID, values: Values) -> bool:
    """Tell whether an accepted version that is not enabled yet is only verified again with these values.

    Call it in the transaction in which they are set.

    Raises
    ------
    NotPermittedError
        If the version is or was enabled, and its place asks for acceptance with these values first.
    WrongValuesError
        If the version does not take one of them.
    """
    rows = Installation.objects.select_for_update(of=("self",)).select_related("plugin_version")
    installation = rows.get(pk=installation_id, tenant_id=required_scope().acting)
    remark = refusal_to_change(installation, values)
    if remark is not None:
        raise NotPermittedError(remark)
    return (
        installation.state == InstallationState.ACCEPTED
        and not is_accepted_with(installation, values)
        and asking_place(installation) is not None
    )
