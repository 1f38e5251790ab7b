"""Every way a source archive is written."""

import codecs
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from pydicom.charset import python_encoding

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.retrieval.actions.titles import calling_title, check_title, move_title
from allward.retrieval.models import ArchiveTurn, SourceArchive
from allward.retrieval.sealing import seal
from allward.retrieval.states import Method
from allward.retrieval.window import Window
from allward.tenancy.scope import required_scope
from allward_dicom.text import printable
from allward_sdk.errors import BadInputError

LEAST_BITS_PER_S = 64_000
"""Below it a chest CT of 150 MB would take more than five hours."""
MOST_ASSOCIATIONS = 8
_MOST_WORDS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """Everything that a person says of an archive; see `SourceArchive` for the meaning of each."""

    name: str
    method: str
    host: str = ""
    port: int = 104
    called_ae_title: str = ""
    calling_ae_title: str = ""
    """Empty: the hospital's own."""
    move_destination: str = ""
    """Empty: the platform's."""
    base_url: str = ""
    username: str = ""
    secret: str | None = None
    """None: the one that is kept stays."""
    fallback_charset: str = "GB18030"
    issuer_of_patient_id: str = ""
    window: Window | None = None
    bits_per_s: int | None = None
    max_associations: int = 1
    enabled: bool = True


@transaction.atomic
def add_archive(wanted: ArchiveSettings) -> SourceArchive:
    """Let the acting tenant fetch studies from one more archive.

    Raises
    ------
    BadInputError
        If the name is taken, an AE title is not the hospital's own, or something that the method needs is
        missing or malformed.
    """
    tenant_id = required_scope().acting
    _check(wanted)
    if SourceArchive.objects.filter(tenant_id=tenant_id, name=wanted.name).exists():
        raise BadInputError(f"name: there is an archive named {wanted.name!r} already")
    archive = SourceArchive(tenant_id=tenant_id)
    _fill(archive, wanted)
    archive.save(force_insert=True)
    ArchiveTurn.objects.create(archive_id=archive.pk, tenant_id=tenant_id)
    _note_change(archive, added=True)
    return archive


@transaction.atomic
def change_archive(archive_id: UUID, wanted: ArchiveSettings) -> SourceArchive:
    """Replace what is said of an archive of the acting tenant; what waits for it follows the new word.

    A secret stays only with its address and user name: nobody learns it by having it sent elsewhere.

    Raises
    ------
    BadInputError
        As with `add_archive`.
    """
    tenant_id = required_scope().acting
    _check(wanted)
    archive = SourceArchive.objects.select_for_update().get(pk=archive_id, tenant_id=tenant_id)
    others = SourceArchive.objects.filter(tenant_id=tenant_id, name=wanted.name).exclude(pk=archive_id)
    if others.exists():
        raise BadInputError(f"name: there is an archive named {wanted.name!r} already")
    was = (archive.base_url, archive.username)
    tested = [getattr(archive, name) for name in _ASKED_AT]
    _fill(archive, wanted)
    if wanted.secret is not None or tested != [getattr(archive, name) for name in _ASKED_AT]:
        archive.last_tested_at, archive.last_test_error = None, ""
    if wanted.secret is None and was != (archive.base_url, archive.username):
        archive.sealed_secret = ""
    archive.save()
    ArchiveTurn.objects.filter(archive_id=archive_id, tenant_id=tenant_id).update(due_at=now())
    _note_change(archive, added=False)
    return archive


_ASKED_AT = ("method", "host", "port", "called_ae_title", "calling_ae_title", "base_url", "username")
"""What a test of an archive depends on."""


@transaction.atomic
def note_test(tested: SourceArchive, *, error: str) -> None:
    """Keep how a test of an archive went, unless it was entered otherwise meanwhile; empty: it answered."""
    same = {name: getattr(tested, name) for name in _ASKED_AT}
    rows = SourceArchive.objects.filter(pk=tested.pk, tenant_id=required_scope().acting, **same)
    tested.last_tested_at, tested.last_test_error = now(), printable(error)[:_MOST_WORDS]
    rows.update(last_tested_at=tested.last_tested_at, last_test_error=tested.last_test_error)


def _fill(archive: SourceArchive, wanted: ArchiveSettings) -> None:
    archive.name = wanted.name.strip()
    archive.method = wanted.method
    archive.host, archive.port = wanted.host.strip(), wanted.port
    archive.called_ae_title = wanted.called_ae_title.strip()
    web = wanted.method == Method.WADO_RS
    archive.calling_ae_title = "" if web else calling_title(wanted.calling_ae_title)
    archive.move_destination = "" if web else move_title(wanted.move_destination)
    archive.base_url = wanted.base_url.strip().rstrip("/")
    archive.username = wanted.username
    if wanted.secret is not None:
        archive.sealed_secret = seal(wanted.secret)
    archive.fallback_charset = wanted.fallback_charset
    archive.issuer_of_patient_id = wanted.issuer_of_patient_id.strip()
    archive.window = wanted.window.to_json() if wanted.window else None
    archive.bits_per_s = wanted.bits_per_s
    archive.max_associations = wanted.max_associations
    archive.enabled = wanted.enabled


def _check(wanted: ArchiveSettings) -> None:
    if not wanted.name.strip():
        raise BadInputError("name: an archive needs a name")
    if wanted.method == Method.WADO_RS:
        _check_url(wanted.base_url)
    else:
        _check_node(wanted)
    if not _is_charset(wanted.fallback_charset):
        raise BadInputError(f"fallback_charset: {wanted.fallback_charset!r} is no character set of DICOM")
    if wanted.bits_per_s is not None and wanted.bits_per_s < LEAST_BITS_PER_S:
        raise BadInputError(f"bits_per_s: at least {LEAST_BITS_PER_S} bit/s are needed, or no cap")
    if not 1 <= wanted.max_associations <= MOST_ASSOCIATIONS:
        raise BadInputError(f"max_associations: from 1 to {MOST_ASSOCIATIONS}")


def _is_charset(term: str) -> bool:
    try:
        codecs.lookup(python_encoding.get(term) or term)
    except (LookupError, ValueError):
        return False
    return True


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or "@" in url or not url.isascii() or any(c.isspace() for c in url):
        raise BadInputError(
            f"base_url: {url!r} is no address such as https://pacs.example/dicom-web, without credentials"
        )


def _check_node(wanted: ArchiveSettings) -> None:
    if not wanted.host.strip():
        raise BadInputError("host: an archive that speaks DIMSE needs one")
    if not 0 < wanted.port < 1 << 16:
        raise BadInputError(f"port: {wanted.port} is no TCP port")
    check_title(wanted.called_ae_title, field="called_ae_title")


def _note_change(archive: SourceArchive, *, added: bool) -> None:
    scope = required_scope()
    record(
        tenant_id=archive.tenant_id, actor=scope.actor, action="change", what="source archive",
        what_id=str(archive.pk), user_id=scope.user_id, user_tenant_id=scope.home, added=added,
        name=archive.name, method=archive.method, enabled=archive.enabled,
        address=archive.base_url or f"{archive.host}:{archive.port}",
    )  # fmt: skip
