"""`allward plugin install PACKAGE`: into a hospital of this platform."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allward.registry.models import PluginVersion
    from allward_sdk.catalogue.client import Catalogue


def register(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("install", help="install a package into a hospital of this platform")
    parser.add_argument("package", help="the .allward file; with --catalogue the plug-in's id, or id@version")
    parser.add_argument("--tenant", default="central", help="code of the hospital (default: central)")
    parser.add_argument(
        "--department", default=None, help="code of a department; without it the whole hospital"
    )
    parser.add_argument(
        "--built-here",
        action="store_true",
        help="you built it on this machine: it is signed with the key of this installation",
    )
    parser.add_argument(
        "--trust",
        type=Path,
        default=None,
        metavar="PUBLISHERS",
        help="trust these publishers' keys from now on: publishers.json, or what `plugin key show` prints",
    )
    parser.add_argument(
        "--catalogue", default=None, metavar="SOURCE", help="take it from this folder or address"
    )
    parser.add_argument(
        "--root", type=Path, default=None, help="root.json of the catalogue, when it is used first"
    )
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Install and enable it, and route to it what it wants."""
    from allward.config.commands.start import start_django

    environment = start_django()
    from allward.config.commands.start import say, tenant_of_code
    from allward.config.installing import department_of_code, install_with_rules
    from allward.tenancy.scope import Scope, within

    tenant = tenant_of_code(arguments.tenant)
    scope = Scope.of_tenant(tenant.pk, actor="allward plugin install")
    department_of_code(scope, arguments.department)  # before anything is trusted or taken in
    catalogue = None
    if arguments.catalogue is not None:
        with within(scope):  # what it withdraws stays heard, whether anything can be installed or not
            catalogue = _heard(arguments)
    with within(scope):
        if arguments.trust is not None:
            _trust(arguments.trust)
        version = _take_in(arguments, catalogue, environment.home / "models")
    install_with_rules(version, scope, department=arguments.department)
    say(f"{version.plugin_id} {version.version} is enabled in {tenant.code}")
    return 0


def _trust(publishers: Path) -> None:
    from allward.registry.actions import trust_key
    from allward_sdk.trust.keys import read_publishers

    for key in read_publishers(publishers.read_bytes(), place=str(publishers)):
        trust_key(key)


def _heard(arguments: Namespace) -> "Catalogue":
    from allward.registry import actions

    catalogue = actions.catalogue_of_hospital(arguments.catalogue, trusted_root=arguments.root)
    actions.follow_catalogue(catalogue)
    return catalogue


def _take_in(arguments: Namespace, catalogue: "Catalogue | None", models_folder: Path) -> "PluginVersion":
    from allward.registry import actions

    if catalogue is not None:
        plugin, _, version = arguments.package.partition("@")
        return actions.import_from_catalogue(
            catalogue, plugin=plugin, version=version or None, models_folder=models_folder
        )
    take_in = actions.import_build if arguments.built_here else actions.import_package
    return take_in(Path(arguments.package), models_folder=models_folder)
