"""The gate before a version is enabled: what a place asks for must have been accepted (ADR 0021)."""

from uuid import UUID

from allward.acceptance.queries import refusal_to_enable
from allward.registry.models import Installation
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
