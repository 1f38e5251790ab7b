"""Installing a package: into the catalogue, into a department, with a rule for each slot that it fills."""

from allward.registry.actions import install
from allward.registry.models import PluginVersion
from allward.routing.actions import add_rule
from allward.runs.states import Priority
from allward.tenancy.models import Department
from allward.tenancy.scope import Scope, within
from allward_runner.apps import load_app
from allward_sdk.errors import BadInputError
from allward_sdk.manifest import Manifest


def install_with_rules(version: PluginVersion, scope: Scope, *, department: str | None) -> None:
    """Enable a version in a department (by code; None: the whole hospital) and route to it what it wants."""
    manifest = Manifest.model_validate(version.manifest)
    for fills in manifest.fills:
        _check_slot(fills)
    with within(scope):
        row = Department.objects.get(code=department, tenant_id=scope.acting) if department else None
        installation = install(version=version, department=row)
        for fills in manifest.fills:
            app = fills.partition(".")[0]
            add_rule(
                name=manifest.plugin.title.en,
                app=app,
                slot=fills,
                installation=installation,
                priority=Priority.MEDIUM,
            )


def _check_slot(fills: str) -> None:
    """Refuse a plug-in that fills what no app of this platform asks for.

    Raises
    ------
    UnknownAppError, BadInputError
        If there is no such app, or it has no such slot.
    """
    app = load_app(fills.partition(".")[0])
    if fills not in app.slots:
        raise BadInputError(f"The app {app.id} has no slot {fills!r}; it has: {', '.join(app.slots)}.")
