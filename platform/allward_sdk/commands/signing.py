"""`allward plugin key`, `sign` and `verify`: who made a package, said and checked."""

import argparse
import getpass
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from allward_sdk.cli import CommandParser, Subparsers
from allward_sdk.errors import UntrustedError, UsageError

if TYPE_CHECKING:
    from allward_sdk.trust.keys import PublisherKey


def register_key(subparsers: Subparsers) -> None:
    """Add `allward plugin key`."""
    parser = subparsers.add_parser("key", help="make a publisher's key, or show its public half")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)
    new = commands.add_parser("new", help="make a key; its public half goes into a file beside it")
    new.add_argument("path", type=Path, help="file of the private key; it must not exist")
    new.add_argument("--publisher", required=True, metavar="NAME", help="who publishes with it")
    new.add_argument(
        "--prefix",
        required=True,
        action="append",
        metavar="PREFIX",
        help="beginning of the plug-in ids that it may sign, as org.example. ; may be repeated",
    )
    new.add_argument(
        "--passphrase",
        action="store_true",
        help="ask for a passphrase, which ALLWARD_KEY_PASSPHRASE gives without asking",
    )
    new.set_defaults(run=run_new)
    show = commands.add_parser("show", help="print the public half: an entry of publishers.json")
    show.add_argument("path", type=Path, help="file of the private key")
    show.set_defaults(run=run_show)


def register_sign(subparsers: Subparsers) -> None:
    """Add `allward plugin sign`."""
    parser = subparsers.add_parser("sign", help="sign a package with a publisher's key")
    parser.add_argument("package", type=Path, help="the .allward file")
    parser.add_argument("--key", required=True, type=Path, metavar="PATH", help="file of the private key")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="folder of the signed package (default: replace the file)"
    )
    parser.set_defaults(run=run_sign)


def register_verify(subparsers: Subparsers) -> None:
    """Add `allward plugin verify`."""
    parser = subparsers.add_parser("verify", help="tell who signed a package, and that nothing was changed")
    parser.add_argument("package", type=Path, help="the .allward file")
    parser.add_argument(
        "--publishers", required=True, type=Path, metavar="FILE", help="publishers.json: the keys to trust"
    )
    parser.set_defaults(run=run_verify)


def run_new(arguments: argparse.Namespace) -> int:
    """Write the private key and, beside it, its public half."""
    from allward_sdk.trust.keys import PublisherKey, new_key

    path: Path = arguments.path
    public_half = file_of_public_half(path)
    if public_half.exists():
        raise UsageError(f"{public_half}: is there already; a key is never overwritten.")
    _refuse_open_prefixes(arguments.prefix)
    public = new_key(path, _passphrase_of_new_key(ask=arguments.passphrase))
    try:
        key = PublisherKey.of(public, publisher=arguments.publisher, prefixes=arguments.prefix)
    except UntrustedError as error:
        path.unlink()
        raise UsageError(f"{error}.") from error
    public_half.write_text(json.dumps(key.to_json(), ensure_ascii=False) + "\n", encoding="utf-8")
    _write(f"{path}\n{public_half}\nkeyid {key.keyid}")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Print the public half in one line."""
    _write(json.dumps(public_half_of(arguments.path).to_json(), ensure_ascii=False))
    return 0


def run_sign(arguments: argparse.Namespace) -> int:
    """Write the signed package; print where it lies and its digest."""
    from allward_sdk.check import open_questions
    from allward_sdk.package import digest_of_file, read_package
    from allward_sdk.trust.envelope import sign_package
    from allward_sdk.trust.keys import load_signer

    asked = open_questions(arguments.package)
    if asked:
        raise UsageError(
            f"{arguments.package}: {len(asked)} questions are open, the first: {asked[0]}. Answer them in the"
            f" folder (`allward plugin check {arguments.package}` names each), pack it again and sign then."
        )
    signer = load_signer(arguments.key, passphrase_of(arguments.key))
    if file_of_public_half(arguments.key).exists():
        key = public_half_of(arguments.key)
        plugin_id = read_package(arguments.package).manifest.plugin.id
        if key.keyid != signer.public_key.keyid:
            raise UsageError(f"{file_of_public_half(arguments.key)}: the public half of another key.")
        if not key.may_sign(plugin_id):
            raise UsageError(f"{arguments.key}: may sign {', '.join(key.prefixes)} but not {plugin_id}.")
    output = arguments.output or arguments.package.parent
    signed = sign_package(arguments.package, signer, output)
    _write(f"{signed}\nsha256 {digest_of_file(signed)}\nkeyid {signer.public_key.keyid}")
    return 0


def run_verify(arguments: argparse.Namespace) -> int:
    """Print which plug-in it is and who signed it; 1 and a sentence if it cannot be trusted."""
    from allward_sdk.trust.envelope import verify_package
    from allward_sdk.trust.keys import TrustStore, read_publishers

    file: Path = arguments.publishers
    trust = TrustStore.of(read_publishers(file.read_bytes(), place=str(file)))
    signed = verify_package(arguments.package, trust)
    _write(f"{signed.payload.plugin} {signed.payload.version}\nsha256 {signed.digest}")
    _write(f"signed by {signed.publisher}\nkeyid {signed.keyid}")
    return 0


def file_of_public_half(path: Path) -> Path:
    """Return where the public half of a private key lies."""
    return path.with_name(f"{path.name}.json")


def public_half_of(path: Path) -> "PublisherKey":
    """Read what `key new` wrote beside the private key.

    Raises
    ------
    UsageError
        If there is not one key in it.
    """
    from allward_sdk.trust.keys import read_publishers

    file = file_of_public_half(path)
    keys = read_publishers(file.read_bytes(), place=str(file))
    if len(keys) != 1:
        raise UsageError(f"{file}: {len(keys)} keys; the public half of one private key is expected.")
    return keys[0]


def _refuse_open_prefixes(prefixes: list[str]) -> None:
    for prefix in prefixes:
        if not prefix.endswith("."):
            raise UsageError(f"--prefix {prefix}: must end with a full stop, as {prefix}. does.")


def _passphrase_of_new_key(*, ask: bool) -> str | None:
    given = _passphrase_given()
    if given is not None or not ask:
        return given
    passphrase = getpass.getpass("Passphrase of the new key: ")
    if not passphrase:
        raise UsageError("The passphrase is empty.")
    if getpass.getpass("The same again: ") != passphrase:
        raise UsageError("These are two different passphrases.")
    return passphrase


def passphrase_of(path: Path) -> str | None:
    """Return a private key's passphrase, asked for at a terminal; None if none is needed or told."""
    from allward_sdk.trust.keys import is_under_passphrase

    if not is_under_passphrase(path):
        return None
    given = _passphrase_given()
    if given is None and sys.stdin.isatty():
        return getpass.getpass(f"Passphrase of {path}: ")
    return given


def _passphrase_given() -> str | None:
    return os.environ.get("ALLWARD_KEY_PASSPHRASE") or None  # noqa: TID251  # runs where no platform is


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
