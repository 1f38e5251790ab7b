"""Connections to the systems that take reports."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.reporting.actions.sending import send_waiting
from allward.reporting.models import RisConnection
from allward.reporting.sealing import seal
from allward.tenancy.scope import required_scope
from allward_sdk.errors import BadInputError

KINDS = ("hl7_mllp", "fhir")
_SEPARATORS = set("|^~\\&\r\n")


class BadConnectionError(BadInputError):
    """The connection cannot be entered as it is."""


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """What a person enters of a connection.

    Attributes
    ----------
    token
        Bearer token of a FHIR server; None leaves the one that is kept, empty removes it.
    """

    name: str
    kind: str
    host: str = ""
    port: int = 0
    base_url: str = ""
    token: str | None = None
    sending_application: str = "ALLWARD"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    language: str = "zh"
    sends_preliminary: bool = False
    for_research: bool = False
    enabled: bool = True


def add_connection(wanted: ConnectionSettings) -> RisConnection:
    """Let reports of the acting hospital go to one more system.

    Raises
    ------
    BadConnectionError
        If the name is taken or an address is none.
    """
    check(wanted)
    with transaction.atomic():
        tenant_id = required_scope().acting
        if RisConnection.objects.filter(tenant_id=tenant_id, name=wanted.name).exists():
            raise BadConnectionError(f"there is a connection named {wanted.name!r} already")
        return _kept(RisConnection(), wanted, act="added")


def change_connection(connection_id: UUID, wanted: ConnectionSettings) -> RisConnection:
    """Change a connection of the acting hospital; what waits goes where it leads now, once it is on.

    Raises
    ------
    BadConnectionError
        If the name is taken, an address is none, or the kind is another one.
    """
    check(wanted)
    with transaction.atomic():
        rows = RisConnection.objects.filter(tenant_id=required_scope().acting)
        row = rows.select_for_update().get(pk=connection_id)
        if rows.filter(name=wanted.name).exclude(pk=row.pk).exists():
            raise BadConnectionError(f"there is a connection named {wanted.name!r} already")
        if row.kind != wanted.kind:
            raise BadConnectionError("a connection keeps its kind: enter another one")
        was_on = row.enabled
        kept = _kept(row, wanted, act="changed")
        if kept.enabled and not was_on:
            send_waiting(kept)
        return kept


def check(wanted: ConnectionSettings) -> None:
    """Refuse what cannot be reached or written.

    Raises
    ------
    BadConnectionError
        If something is missing or no address.
    """
    if not wanted.name.strip() or wanted.kind not in KINDS or wanted.language not in ("en", "zh"):
        raise BadConnectionError("a connection needs a name, a kind and a language")
    if wanted.kind == "hl7_mllp":
        if not wanted.host.strip() or not 0 < wanted.port < 1 << 16:
            raise BadConnectionError("HL7 over MLLP needs a host and a TCP port")
    else:
        parts = urlsplit(wanted.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise BadConnectionError("FHIR needs the address of a server: https://host/path")
    for each in (
        wanted.sending_application,
        wanted.sending_facility,
        wanted.receiving_application,
        wanted.receiving_facility,
    ):
        if len(each) > 180 or _SEPARATORS & set(each):
            raise BadConnectionError(f"{each!r} is no name of an application or a facility")


def _kept(row: RisConnection, wanted: ConnectionSettings, *, act: str) -> RisConnection:
    if wanted.token is None and row.base_url != wanted.base_url:
        row.sealed_token = ""  # nobody learns it by having it sent elsewhere
    for name in (
        "name", "kind", "host", "port", "base_url", "sending_application", "sending_facility",
        "receiving_application", "receiving_facility", "language", "sends_preliminary", "for_research",
        "enabled",
    ):  # fmt: skip
        setattr(row, name, getattr(wanted, name))
    if wanted.token is not None:
        row.sealed_token = seal(wanted.token)
    row.save()
    scope = required_scope()
    record(
        tenant_id=row.tenant_id, actor=scope.actor, action="change", what="RIS connection",
        what_id=str(row.pk), user_id=scope.user_id, user_tenant_id=scope.home, act=act,
        name=row.name, kind=row.kind, to=row.base_url or f"{row.host}:{row.port}", enabled=row.enabled,
        token_changed=wanted.token is not None,
    )  # fmt: skip
    return row
