"""Installing a package at once: known, installed in a department, enabled, with a rule for each slot."""

from allward.registry.actions import adopt_version, install
from allward.registry.models import PluginVersion
from allward.routing.actions import enable_installation
from allward.routing.slots import refuse_unknown_slots
from allward.tenancy.models import Department
from allward.tenancy.scope import Scope, within
from allward_sdk.errors import BadInputError


def department_of_code(scope: Scope, code: str | None) -> Department | None:
    """Return the acting hospital's department of this code; None for none.

    Raises
    ------
    BadInputError
        If there is none; the message names those that there are.
    """
    if code is None:
        return None
    with within(scope):
        known = {row.code: row for row in Department.objects.filter(tenant_id=scope.acting)}
    if code not in known:
        names = ", ".join(sorted(known)) or "none"
        raise BadInputError(f"there is no department {code!r}; known are: {names}")
    return known[code]


def install_with_rules(version: PluginVersion, scope: Scope, *, department: str | None) -> None:
    """Enable a version in a department (by code; None: the whole hospital) and route to it what it wants.

    Where a version has to be accepted first it stays installed, so that somebody can accept it.

    Raises
    ------
    NotPermittedError
        If no run may begin with it, or the department asks for acceptance.
    """
    refuse_unknown_slots(version)
    row = department_of_code(scope, department)
    with within(scope):
        adopt_version(version)
        installation = install(version=version, department=row)
    with within(scope):
        enable_installation(installation.pk)
