"""The gate before a version is enabled or gets other values: what its place asks for is there (ADR 0021)."""

from uuid import UUID

from allward.acceptance.queries import (
    RuleValues,
    asking_place,
    is_accepted_with,
    refusal_of_rule_values,
    refusal_to_change,
    refusal_to_enable,
)
from allward.registry import actions as registry
from allward.registry.parameters import Values
from allward.registry.states import InstallationState
from allward.registry.trust import NotPermittedError, refuse_what_no_longer_holds


def refuse_what_is_not_accepted(installation_id: UUID) -> None:
    """Refuse to enable an installed version that its place wants to see accepted first.

    What is installed beside it is locked from here on: nobody changes its values or its state meanwhile.

    Raises
    ------
    NotPermittedError
        With the reason in both languages, and what to do; of a version that no longer holds, with that.
    """
    installation = registry.lock_beside(installation_id)
    refuse_what_no_longer_holds(installation.plugin_version, installation.tenant_id)
    remark = refusal_to_enable(installation)
    if remark is not None:
        raise NotPermittedError(remark)


def refuse_values_of_rule(asked: RuleValues) -> None:
    """Refuse a rule that sets values with which the version was not accepted, where that is asked for.

    Raises
    ------
    NotPermittedError
        With the reason in both languages, and what to do.
    WrongValuesError
        If the version does not take one of them.
    """
    remark = refusal_of_rule_values(asked)
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
    installation = registry.lock_beside(installation_id)
    remark = refusal_to_change(installation, values)
    if remark is not None:
        raise NotPermittedError(remark)
    return (
        installation.state == InstallationState.ACCEPTED
        and not is_accepted_with(installation, values)
        and asking_place(installation) is not None
    )
