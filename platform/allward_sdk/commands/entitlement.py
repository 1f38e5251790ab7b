"""`allward entitlement`: a publisher lets a hospital use plug-ins, with no network on either side."""

import argparse
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from allward_sdk.cli import CommandParser, Subparsers
from allward_sdk.commands.signing import file_of_public_half, passphrase_of, public_half_of
from allward_sdk.errors import UsageError

if TYPE_CHECKING:
    from allward_sdk.entitlement import Entitlement


def register(subparsers: Subparsers) -> None:
    """Add the command to `allward`."""
    parser = subparsers.add_parser("entitlement", help="issue and check what lets a hospital use plug-ins")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=CommandParser)
    _add_issue(commands)
    show = commands.add_parser("show", help="print what a token says; nothing is checked")
    show.add_argument("token", type=Path, help="file of the token")
    show.set_defaults(run=run_show)
    verify = commands.add_parser("verify", help="tell who issued a token, and that nothing in it was changed")
    verify.add_argument("token", type=Path, help="file of the token")
    verify.add_argument(
        "--publishers", required=True, type=Path, metavar="FILE", help="publishers.json: the keys to trust"
    )
    verify.set_defaults(run=run_verify)


def _add_issue(commands: Subparsers) -> None:
    issue = commands.add_parser("issue", help="sign a token for one hospital and print it")
    issue.add_argument("--key", required=True, type=Path, metavar="PATH", help="file of the private key")
    issue.add_argument(
        "--plugin", required=True, metavar="ID", help="id of a plug-in, or org.example. for all that begin so"
    )
    issue.add_argument(
        "--tenant",
        required=True,
        metavar="CODE:ID",
        help="the hospital, as it names itself",
    )
    issue.add_argument("--expires", required=True, metavar="YYYY-MM-DD", help="its last day, in UTC")
    issue.add_argument(
        "--from",
        dest="first_day",
        metavar="YYYY-MM-DD",
        help="its first day, in UTC (default: now)",
    )
    issue.add_argument("--trial", action="store_true", help="a trial (default: a licence)")
    issue.add_argument("--grace", type=int, default=0, metavar="DAYS", help="days after its end (default: 0)")
    issue.add_argument("--studies", type=int, metavar="N", help="most studies (default: no limit)")
    issue.add_argument(
        "--per", choices=("month", "total"), default="total", help="what --studies is counted over"
    )
    issue.add_argument(
        "--feature",
        action="append",
        default=[],
        metavar="APP.SLOT",
        help="slot in which it may be used; may be repeated (default: all)",
    )
    issue.set_defaults(run=run_issue)


def run_issue(arguments: argparse.Namespace) -> int:
    """Print the token."""
    from allward_sdk.entitlement import issue
    from allward_sdk.trust.keys import load_signer

    signer = load_signer(arguments.key, passphrase_of(arguments.key))
    entitlement = _entitlement_of(arguments, signer.public_key.keyid)
    _refuse_other_prefix(arguments.key, entitlement)
    sys.stdout.write(f"{issue(entitlement, signer)}\n")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Print what the token says."""
    from allward_sdk.entitlement import read_token

    path: Path = arguments.token
    told = read_token(path.read_bytes(), place=path.name)
    sys.stdout.write(json.dumps(told.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n")
    return 0


def run_verify(arguments: argparse.Namespace) -> int:
    """Print who issued the token, for whom and until when; 1 and a sentence if it cannot be trusted."""
    from allward_sdk.entitlement import verify_token
    from allward_sdk.trust.keys import TrustStore, read_publishers

    path, publishers = arguments.token, arguments.publishers
    trust = TrustStore.of(read_publishers(publishers.read_bytes(), place=str(publishers)))
    key, told = verify_token(path.read_bytes(), trust, place=path.name)
    lines = (
        f"{told.kind} of {told.plugin} for {told.tenant.code} ({told.tenant.id})",
        f"until {told.expires.isoformat()}, then {told.grace_days} days of grace",
        f"issued by {key.publisher}",
        f"keyid {key.keyid}",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _entitlement_of(arguments: argparse.Namespace, keyid: str) -> "Entitlement":
    from pydantic import ValidationError

    from allward_sdk.entitlement import Entitlement, Hospital

    code, _, tenant_id = arguments.tenant.rpartition(":")
    at = datetime.now(tz=UTC)
    quota = None if arguments.studies is None else {"studies": arguments.studies, "per": arguments.per}
    try:
        return Entitlement(
            id=uuid4(),
            keyid=keyid,
            tenant=Hospital(code=code, id=_uuid_of(tenant_id)),
            plugin=arguments.plugin,
            kind="trial" if arguments.trial else "licence",
            features=tuple(arguments.feature),
            not_before=at if arguments.first_day is None else _day(arguments.first_day, "--from"),
            expires=_day(arguments.expires, "--expires") + timedelta(days=1),
            grace_days=arguments.grace,
            quota=quota,
            issued_at=at,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(": ".join(filter(None, (where, first["msg"]))) + ".") from error


def _uuid_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UsageError("--tenant: must be CODE:ID, which the hospital's administrator knows.") from error


def _day(text: str, option: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"{option}: must be a day, as 2027-12-31.") from error


def _refuse_other_prefix(path: Path, entitlement: "Entitlement") -> None:
    """Say now what every hospital would say, if the public half lies beside the key."""
    if not file_of_public_half(path).exists():
        return
    key = public_half_of(path)
    if key.keyid != entitlement.keyid:
        raise UsageError(f"{file_of_public_half(path)}: the public half of another key.")
    if not key.may_sign(entitlement.plugin):
        raise UsageError(f"{path}: may sign {', '.join(key.prefixes)} but not {entitlement.plugin}.")
