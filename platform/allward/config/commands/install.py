"""`allward plugin install PACKAGE`: into a hospital of this platform."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path


def register(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("install", help="install a package into a hospital of this platform")
    parser.add_argument("package", type=Path, help="the .allward file")
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
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Install and enable it, and route to it what it wants."""
    from allward.config.commands.start import start_django

    environment = start_django()
    from allward.config.commands.start import say, tenant_of_code
    from allward.config.installing import install_with_rules
    from allward.registry.actions import import_build, import_package, trust_key
    from allward.tenancy.scope import Scope, within
    from allward_sdk.trust.keys import read_publishers

    tenant = tenant_of_code(arguments.tenant)
    scope = Scope.of_tenant(tenant.pk, actor="allward plugin install")
    keys = (
        read_publishers(arguments.trust.read_bytes(), place=str(arguments.trust)) if arguments.trust else ()
    )
    with within(scope):
        for key in keys:
            trust_key(key)
        take_in = import_build if arguments.built_here else import_package
        version = take_in(arguments.package, models_folder=environment.home / "models")
    install_with_rules(version, scope, department=arguments.department)
    say(f"{version.plugin_id} {version.version} is enabled in {tenant.code}")
    return 0
