"""Under which AE titles a hospital calls archives: its own, which no other hospital of the platform has.

An archive tells hospitals apart by the calling AE title alone. An administrator who could call under another
hospital's title would get that hospital's studies.
"""

import hashlib
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from allward.audit.actions import record
from allward.retrieval.models import OwnTitle, SourceArchive
from allward.tenancy.models import Tenant
from allward.tenancy.scope import required_scope
from allward_sdk.errors import BadInputError, UsageError


def check_title(title: str, *, field: str) -> None:
    """Refuse a text that is no AE title.

    Source
    ------
    PS3.5 6.2, value representation AE.
    """
    if not title.strip() or len(title) > 16 or "\\" in title or not (title.isascii() and title.isprintable()):
        raise BadInputError(
            f"{field}: {title!r} is no AE title: 1 to 16 ASCII characters without a backslash"
        )


@transaction.atomic
def give_title(title: str) -> OwnTitle:
    """Make an AE title the acting tenant's own. For the platform's operator: no hospital names its own.

    Raises
    ------
    BadInputError
        If it is no AE title, or another hospital's.
    """
    title = title.strip()
    check_title(title, field="ae_title")
    scope = required_scope()
    known = OwnTitle.objects.filter(tenant_id=scope.acting, ae_title__iexact=title).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            row = OwnTitle.objects.create(tenant_id=scope.acting, ae_title=title)
    except IntegrityError as error:
        raise BadInputError(f"ae_title: {title!r} belongs to another hospital of this platform") from error
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="AE title", what_id=str(row.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, ae_title=title,
    )  # fmt: skip
    return row


class TitleInUseError(UsageError):
    """Archives are entered under the title, or send to it. Told to who wants to give it back."""

    def __init__(self, title: str, archives: list[str]) -> None:
        super().__init__(f"{title} is in use by {', '.join(archives)}: enter another title there first")
        self.title = title
        self.archives = archives


@transaction.atomic
def take_title_back(title_id: UUID) -> None:
    """Let an AE title no longer be the acting tenant's; anybody's it may become again.

    Raises
    ------
    TitleInUseError
        If an archive of the tenant is called under it, or sends to it.
    OwnTitle.DoesNotExist
        If it is not the tenant's.
    """
    scope = required_scope()
    row = OwnTitle.objects.select_for_update().get(pk=title_id, tenant_id=scope.acting)
    by_title = Q(calling_ae_title__iexact=row.ae_title) | Q(move_destination__iexact=row.ae_title)
    using = SourceArchive.objects.filter(by_title, tenant_id=scope.acting)
    if names := list(using.order_by("name").values_list("name", flat=True)):
        raise TitleInUseError(row.ae_title, names)
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="AE title", what_id=str(row.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, ae_title=row.ae_title, change="taken back",
    )  # fmt: skip
    row.delete()


def is_own(title: str) -> bool:
    """Tell whether an AE title is the acting tenant's own; case does not count."""
    return OwnTitle.objects.filter(tenant_id=required_scope().acting, ae_title__iexact=title.strip()).exists()


def calling_title(said: str) -> str:
    """Return the title under which the acting tenant calls an archive; its first own one where none is said.

    Raises
    ------
    BadInputError
        If what is said is not its own.
    """
    if said.strip():
        return _own(said.strip(), field="calling_ae_title")
    return _first_title().ae_title


def move_title(said: str) -> str:
    """Return the title to which an archive is to send: the platform's own door, or one of the hospital's.

    Raises
    ------
    BadInputError
        If what is said is neither.
    """
    said, door = said.strip(), settings.ALLWARD.ae_title
    if not said or said.casefold() == door.casefold():
        return said or door
    return _own(said, field="move_destination")


def _own(title: str, *, field: str) -> str:
    check_title(title, field=field)
    if _held(ae_title__iexact=title) is not None:
        return title
    if _is_alone():
        return give_title(title).ae_title
    raise BadInputError(
        f"{field}: {title!r} is no AE title of this hospital; leave it empty, or ask the platform's operator "
        "for it (allward retrieve title)"
    )


def _held(**wanted: str) -> OwnTitle | None:
    """Return a title of the acting tenant, which nobody gives back before this transaction ends."""
    rows = OwnTitle.objects.select_for_update().filter(tenant_id=required_scope().acting, **wanted)
    return rows.order_by("id").first()


def _is_alone() -> bool:
    """Tell whether the platform serves the acting tenant alone: there is nobody whose title it could take."""
    return not Tenant.objects.exclude(pk=required_scope().acting).exists()


def _first_title() -> OwnTitle:
    tenant_id = required_scope().acting
    known = _held()
    if known is not None:
        return known
    if _is_alone():
        return give_title(settings.ALLWARD.ae_title)
    code = Tenant.objects.get(pk=tenant_id).code
    plain = f"ALLWARD_{code.upper()}"
    unmistakable = f"AW{hashlib.sha256(tenant_id.bytes).hexdigest()[:14].upper()}"
    try:
        return give_title(plain)
    except BadInputError:  # too long, or taken
        return give_title(unmistakable)
