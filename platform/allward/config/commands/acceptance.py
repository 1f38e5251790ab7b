"""`allward acceptance`: a version tried on stored cases by one command, and a report looked at anywhere."""

import base64
import json
import time
from argparse import ArgumentParser, Namespace, _SubParsersAction
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from allward_sdk.errors import BadInputError, UntrustedError

if TYPE_CHECKING:
    from allward.acceptance.models import AcceptanceSet
    from allward.registry.models import PluginVersion
    from allward.tenancy.scope import Scope
    from allward_sdk.trust.keys import PublisherKey, TrustStore

_POLL_S = 2.0


def register(subparsers: "_SubParsersAction[ArgumentParser]") -> None:
    """Add `allward acceptance`."""
    parser = subparsers.add_parser("acceptance", help="try a version on stored cases, and check its report")
    actions = parser.add_subparsers(required=True)
    run = actions.add_parser("run", help="run a set of cases to its signed report; the platform must be up")
    run.add_argument("version", metavar="PLUGIN@VERSION", help="as the hospital has taken it in")
    run.add_argument("cases", type=Path, metavar="CASES.csv", help="series_instance_uid,present or marks")
    run.add_argument("--tenant", default="central", help="code of the hospital (default: central)")
    run.add_argument("--name", default="", help="of the set (default: that of the table)")
    run.add_argument("--label", default="", help="what the table is about, if the plug-in has several labels")
    run.add_argument("--output", type=Path, default=Path(), metavar="FOLDER", help="where the report goes")
    run.set_defaults(run=run_set)
    verify = actions.add_parser(
        "verify", help="check the signature of a report, JSON or PDF, and compute its figures again"
    )
    verify.add_argument("report", type=Path, metavar="REPORT", help="report.json, or a PDF of it")
    verify.add_argument("--publishers", type=Path, required=True, help="keys that are trusted")
    verify.set_defaults(run=verify_report)


def run_set(arguments: Namespace) -> int:
    """Make a set of the cases of a table, run it, and write its report."""
    from allward.config.commands.start import say, start_django, tenant_of_code

    start_django()
    from allward.acceptance.actions import SetOrder, create_set, put_cases, start_set
    from allward.acceptance.case_tables import read_table
    from allward.acceptance.orders import BadCaseError
    from allward.tenancy.scope import Scope, within

    tenant = tenant_of_code(arguments.tenant)
    scope = Scope.of_tenant(tenant.pk, actor="allward acceptance run")
    try:
        with within(scope):
            version = _version(arguments.version, tenant.pk)
            order = SetOrder(arguments.name or arguments.cases.stem, version, label=arguments.label)
            made = create_set(order)
            put_cases(made.pk, read_table(_bytes_of(arguments.cases)))
            start_set(made.pk)
    except BadCaseError as error:
        raise BadInputError(f"{arguments.cases}: {error.text.en}") from error
    say(f"the set {made.pk} runs behind all other work")
    finished = _wait(made.pk, scope)
    return _write(finished, scope, arguments.output)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read: {error.strerror}") from error


def _version(named: str, tenant_id: UUID) -> "PluginVersion":
    from allward.registry.models import VersionImport

    plugin, _, version = named.partition("@")
    rows = VersionImport.objects.filter(
        tenant_id=tenant_id, plugin_version__plugin_id=plugin, plugin_version__version=version
    )
    row = rows.select_related("plugin_version").first()
    if row is None:
        raise BadInputError(f"{named}: this hospital has not taken it in; see `allward plugin install`.")
    return row.plugin_version


def _wait(set_id: UUID, scope: "Scope") -> "AcceptanceSet":
    """Return a set once it has run to its end, and say how far it is meanwhile."""
    from allward.acceptance.models import AcceptanceCase, AcceptanceSet
    from allward.acceptance.states import NOT_OVER, SetState
    from allward.config.commands.start import say
    from allward.tenancy.scope import within

    said = -1
    while True:
        with within(scope):
            one = AcceptanceSet.objects.get(pk=set_id)
            left = AcceptanceCase.objects.filter(acceptance_set=one, state__in=NOT_OVER).count()
        if one.state == SetState.FINISHED:
            return one
        if one.state == SetState.CANCELED:
            raise BadInputError("the set was canceled")
        if left != said:
            said = left
            say(f"{left} cases to go" if left else "the report is being computed")
        time.sleep(_POLL_S)


def _write(one: "AcceptanceSet", scope: "Scope", folder: Path) -> int:
    from allward.acceptance.queries import report_of
    from allward.config.commands.start import say
    from allward.storage.place import storage
    from allward.tenancy.scope import within

    with within(scope):
        report = report_of(one)
    assert report is not None
    folder.mkdir(parents=True, exist_ok=True)
    files = {"report.json": report.json_key}
    files |= {f"report.{language}.pdf": key for language, key in report.pdf_keys.items()}
    for name, key in files.items():
        (folder / name).write_bytes(storage().read(key))
        say(str(folder / name))
    say(f"sha256 of report.json: {report.digest}")
    return 0


def verify_report(arguments: Namespace) -> int:
    """Say who signed a report, of either form, and whether the figures of the JSON follow from its cases."""
    from allward.acceptance.pdf_signing import BEGINNING
    from allward_sdk.trust.keys import TrustStore, read_publishers

    content, name = _bytes_of(arguments.report), arguments.report.name
    trust = TrustStore.of(read_publishers(_bytes_of(arguments.publishers), place=str(arguments.publishers)))
    if content.startswith(BEGINNING):
        _verify_pdf(content, name, trust)
    else:
        _verify_json(content, name, trust)
    return 0


def _verify_pdf(content: bytes, name: str, trust: "TrustStore") -> None:
    from allward.acceptance.pdf_signing import read_signed_pdf
    from allward.config.commands.start import say

    signed = read_signed_pdf(content, place=name)
    key = trust.keys.get(signed.keyid)
    if key is None:
        raise UntrustedError(f"{name}: the key {signed.keyid} is not trusted here; its file is whole")
    _refuse_key(key, signed.hospital, name)
    say(f"{name}: whole as it was signed by {key.publisher} (key {key.keyid})")
    say(f"it was made with the report.json of sha256 {signed.digest}; verify that for its figures")


def _verify_json(content: bytes, name: str, trust: "TrustStore") -> None:
    from allward.acceptance.report import PAYLOAD_TYPE, OtherFormatError, recompute
    from allward.config.commands.start import say
    from allward_sdk.trust.dsse import read_envelope, signer_of

    key = signer_of(read_envelope(content, PAYLOAD_TYPE, place=name), trust, place=name)
    report: dict[str, Any] = json.loads(base64.b64decode(json.loads(content)["payload"]))
    _refuse_key(key, report["hospital"]["code"], name)
    plugin = report["plugin"]
    say(f"{plugin['id']} {plugin['version']} on {len(report['cases'])} cases, signed by {key.publisher}")
    say(f"sha256 of {name}: {sha256(content).hexdigest()}")
    try:
        again = recompute(report)
    except OtherFormatError as error:
        raise OtherFormatError(f"{name}: the signature holds; {error}") from error
    if again != report["figures"]:
        raise UntrustedError(
            f"{name}: the signature holds; the figures do not follow from the cases it names"
        )
    say("its figures follow from its cases")


def _refuse_key(key: "PublisherKey", hospital: str, name: str) -> None:
    """Refuse a key that was revoked, or that is not of the hospital whose report it is."""
    from allward.registry.own_keys import own_prefix

    if key.state == "revoked":
        raise UntrustedError(f"{name}: the key {key.keyid} of {key.publisher} was revoked: {key.reason}")
    if not key.may_sign(own_prefix(hospital)):
        raise UntrustedError(
            f"{name}: it is a report of the hospital {hospital}, signed by {key.publisher} (key {key.keyid}),"
            f" whose key does not stand for {own_prefix(hospital)}…"
        )
