"""`allward catalogue`: make, fill, renew, read and copy a catalogue; `allward plugin publish`."""

import argparse
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from allward_sdk.cli import CommandParser, Subparsers
from allward_sdk.errors import UsageError

if TYPE_CHECKING:  # a command imports what it needs when it runs
    from allward_sdk.catalogue.client import Catalogue
    from allward_sdk.catalogue.repository import Repository

_ROLES = ("root", "targets", "snapshot", "timestamp")


def register(subparsers: Subparsers) -> None:
    """Add the command to `allward`."""
    parser = subparsers.add_parser("catalogue", help="publish packages, and read what others publish")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)
    _register_publishing(commands)
    _register_renewing(commands)
    _register_reading(commands)


def register_publish(subparsers: Subparsers) -> None:
    """Add `allward plugin publish`."""
    publish = subparsers.add_parser("publish", help="list a signed package in a catalogue")
    publish.add_argument("package", type=Path, help="the signed .allward file")
    publish.add_argument("--catalogue", dest="folder", type=Path, required=True, metavar="FOLDER")
    _add_keys(publish)
    publish.set_defaults(run=run_add)


def _register_publishing(commands: Subparsers) -> None:
    init = commands.add_parser("init", help="make an empty catalogue and its keys")
    _add_folder(init)
    _add_days(init, "its greatest age in days", default=7)
    init.set_defaults(run=run_init)

    add = commands.add_parser("add", help="list a signed package")
    _add_folder(add)
    add.add_argument("package", type=Path, help="the signed .allward file")
    add.set_defaults(run=run_add)

    yank = commands.add_parser("yank", help="withdraw a version, with the reason that hospitals will read")
    _add_folder(yank)
    yank.add_argument("plugin", help="id of the plug-in")
    yank.add_argument("version")
    yank.add_argument("--reason", required=True)
    yank.set_defaults(run=run_yank)

    publishers = commands.add_parser("publishers", help="replace the list of publishers' keys")
    _add_folder(publishers)
    publishers.add_argument(
        "file", type=Path, help="publishers.json: a list of what `plugin key show` prints"
    )
    publishers.set_defaults(run=run_publishers)


def _register_renewing(commands: Subparsers) -> None:
    refresh = commands.add_parser("refresh", help="say that this is still the newest state")
    _add_folder(refresh)
    _add_days(refresh, "for how many days this is believed (default: as the catalogue was made)")
    refresh.set_defaults(run=run_refresh)

    rotate = commands.add_parser("rotate", help="replace the key of a role, and prolong the root")
    _add_folder(rotate)
    rotate.add_argument("role", choices=_ROLES)
    rotate.set_defaults(run=run_rotate)


def _register_reading(commands: Subparsers) -> None:
    show = commands.add_parser("show", help="tell what a catalogue lists, and whether it can be believed")
    _add_source(show)
    show.set_defaults(run=run_show)

    fetch = commands.add_parser("fetch", help="bring one package")
    _add_source(fetch)
    fetch.add_argument("plugin", help="id of the plug-in")
    fetch.add_argument("version")
    fetch.add_argument("--into", type=Path, default=Path(), metavar="DIR", help="folder (default: here)")
    fetch.set_defaults(run=run_fetch)

    copy = commands.add_parser("copy", help="copy the whole catalogue, for a USB stick")
    copy.add_argument("source", help="folder or http(s) address of the catalogue")
    copy.add_argument("folder", type=Path, help="where the copy lies afterwards")
    copy.add_argument("--root", type=Path, metavar="FILE", help="the root.json that you trust")
    copy.set_defaults(run=run_copy)


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="the catalogue's folder")
    _add_keys(parser)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keys", type=Path, metavar="DIR", help="folder of its keys (default: FOLDER-keys)")


def _add_days(parser: argparse.ArgumentParser, text: str, *, default: int | None = None) -> None:
    parser.add_argument("--days", type=int, default=default, metavar="N", help=text)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", help="folder or http(s) address of the catalogue")
    parser.add_argument(
        "--root", type=Path, required=True, metavar="FILE", help="the root.json that you trust"
    )
    parser.add_argument("--fingerprint", metavar="SHA256", help="refuse any other root.json")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="folder that remembers what was seen")


def run_init(arguments: argparse.Namespace) -> int:
    """Make the catalogue; print where the root of trust lies, and its fingerprint."""
    from allward_sdk.catalogue.pinning import fingerprint_of
    from allward_sdk.catalogue.publishing import Lifetimes

    repository = _repository(arguments)
    repository.create(Lifetimes(news=_days(arguments.days)))
    _write(f"{repository.first_root}\nsha256 {fingerprint_of(repository.first_root.read_bytes())}")
    _write(f"Keys: {repository.keys}. Take the root's key from there to a safe place.")
    return 0


def run_add(arguments: argparse.Namespace) -> int:
    """List the package; print its name and digest."""
    entry = _repository(arguments).add_package(arguments.package)
    _write(f"{entry.path}\nsha256 {entry.digest}")
    return 0


def run_yank(arguments: argparse.Namespace) -> int:
    """Withdraw the version."""
    entry = _repository(arguments).yank(arguments.plugin, arguments.version, arguments.reason)
    _write(f"{entry.plugin} {entry.version} is withdrawn: {entry.yanked}")
    return 0


def run_publishers(arguments: argparse.Namespace) -> int:
    """Replace the list; print who stands in it."""
    from allward_sdk.trust.keys import read_publishers

    keys = read_publishers(arguments.file.read_bytes(), place=str(arguments.file))
    _repository(arguments).set_publishers(keys)
    for key in keys:
        _write(f"{key.keyid[:16]}  {key.state:<7}  {key.publisher}: {', '.join(key.prefixes)}")
    return 0


def run_refresh(arguments: argparse.Namespace) -> int:
    """Renew the catalogue; print until when it is believed."""
    age = None if arguments.days is None else _days(arguments.days)
    _write(f"{arguments.folder}: believed until {_repository(arguments).refresh(age):%Y-%m-%d %H:%M} UTC")
    return 0


def run_rotate(arguments: argparse.Namespace) -> int:
    """Replace the key."""
    _repository(arguments).rotate(arguments.role)
    _write(f"{arguments.folder}: a new key signs for {arguments.role}; the old one may be destroyed.")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Print the catalogue's fingerprint, age and packages; a stale one is listed and said to be stale."""
    catalogue = _opened(arguments)
    state = "STALE since" if catalogue.is_stale else "believed until"
    _write(f"root sha256 {catalogue.fingerprint}\n{state} {catalogue.expires:%Y-%m-%d %H:%M} UTC")
    for key in catalogue.publishers():
        said = f" ({key.reason})" if key.reason else ""
        _write(f"key {key.keyid[:16]} {key.state}{said}  {key.publisher}: {', '.join(key.prefixes)}")
    for entry in catalogue.entries():
        withdrawn = f"  withdrawn: {entry.yanked}" if entry.yanked else ""
        _write(f"{entry.plugin} {entry.version}  sha256 {entry.digest}  {entry.size_bytes} bytes{withdrawn}")
    return 0


def run_fetch(arguments: argparse.Namespace) -> int:
    """Bring the package; print where it lies."""
    catalogue = _opened(arguments)
    entry = catalogue.entry(arguments.plugin, arguments.version)
    _write(f"{catalogue.fetch(entry, arguments.into)}\nsha256 {entry.digest}")
    return 0


def run_copy(arguments: argparse.Namespace) -> int:
    """Copy the catalogue; print what was copied and how long it holds."""
    from allward_sdk.catalogue.copying import copy_catalogue

    copied = copy_catalogue(arguments.source, arguments.folder, arguments.root)
    until = copied.catalogue.expires
    _write(f"{arguments.folder}: {copied.packages} packages, believed until {until:%Y-%m-%d %H:%M} UTC")
    return 0


def _repository(arguments: argparse.Namespace) -> "Repository":
    from allward_sdk.catalogue.repository import Repository

    folder = arguments.folder.absolute()
    return Repository(folder, arguments.keys or folder.with_name(f"{folder.name}-keys"))


def _opened(arguments: argparse.Namespace) -> "Catalogue":
    from allward_sdk.catalogue.client import Catalogue
    from allward_sdk.catalogue.pinning import fingerprint_of

    found = fingerprint_of(arguments.root.read_bytes())
    if arguments.fingerprint is not None and arguments.fingerprint.lower() != found:
        raise UsageError(
            f"{arguments.root}: its fingerprint is {found}, not the one that you gave: do not use it."
        )
    cache = arguments.cache or Path.home() / ".cache" / "allward" / "catalogues" / found
    return Catalogue.open(arguments.source, arguments.root, cache)


def _days(days: int) -> timedelta:
    if days < 1:
        raise UsageError(f"--days {days}: a catalogue is believed for one day at least.")
    return timedelta(days=days)


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
