"""The plug-in of `tests.small_package`, installed for a hospital of the test database."""

from pathlib import Path

from allward.config.installing import install_with_rules
from allward.registry.actions import import_build
from allward.registry.models import PluginVersion
from allward.tenancy.scope import Scope, within
from tests.platform_database import Hospital
from tests.small_package import DEFAULT, SmallPlugin, make_package


def install_small_plugin(
    hospital: Hospital, folder: Path, models: Path, plugin: SmallPlugin = DEFAULT
) -> PluginVersion:
    """Import the package and enable it for the hospital's department."""
    scope = Scope.of_tenant(hospital.tenant_id, actor="test")
    with within(scope):
        version = import_build(make_package(folder, plugin), models_folder=models)
    install_with_rules(version, scope, department="imaging")
    return version
