"""Installing a package at once: known, installed in a department, enabled, with a rule for each slot."""

from allward.registry.actions import adopt_version, install
from allward.registry.models import PluginVersion
from allward.routing.actions import enable_installation
from allward.routing.slots import refuse_unknown_slots
from allward.tenancy.models import Department
from allward.tenancy.scope import Scope, within


def install_with_rules(version: PluginVersion, scope: Scope, *, department: str | None) -> None:
    """Enable a version in a department (by code; None: the whole hospital) and route to it what it wants."""
    refuse_unknown_slots(version)
    with within(scope):
        adopt_version(version)
        row = Department.objects.get(code=department, tenant_id=scope.acting) if department else None
        enable_installation(install(version=version, department=row).pk)
