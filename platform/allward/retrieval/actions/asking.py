"""Every way people ask for studies, and take that back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.outbox.publish import publish
from allward.retrieval.events import RetrievalRequested
from allward.retrieval.models import ArchiveTurn, Retrieval, SourceArchive
from allward.retrieval.states import MAY_BECOME, UNDER_WAY, Purpose, RetrievalState
from allward.tenancy.scope import required_scope
from allward_sdk.errors import AllwardError, BadInputError

_WAITING = [state.value for state in UNDER_WAY]


class RetrievalOverError(AllwardError):
    """A retrieval that has ended cannot be canceled."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A study, or series of it, by its UID or by the number of its order."""

    study_instance_uid: str = ""
    accession_number: str = ""
    series_instance_uids: tuple[str, ...] = ()
    """Empty: all of them."""

    def __post_init__(self) -> None:
        """Refuse what names no study."""
        if bool(self.study_instance_uid) is bool(self.accession_number):
            raise BadInputError("name a study by its Study Instance UID or by its accession number")
        for uid in (self.study_instance_uid, *self.series_instance_uids):
            if uid and (len(uid) > 64 or set(uid) - set("0123456789.")):
                raise BadInputError(f"{uid!r} is no UID: digits and points, 64 at most")
        if len(self.accession_number) > 64 or set(self.accession_number) & set("*?\\"):
            raise BadInputError(f"{self.accession_number!r} is no accession number")


@transaction.atomic
def ask(
    archive_id: UUID,
    wanted: Sequence[Wanted],
    *,
    purpose: Purpose = Purpose.BACKFILL,
    outside_window: bool = False,
) -> list[Retrieval]:
    """Queue studies of the acting tenant; what is under way already is widened instead of asked twice.

    Parameters
    ----------
    outside_window
        They are fetched at once, whatever the hour, before all others.

    Raises
    ------
    BadInputError
        If the archive is switched off.
    """
    scope = required_scope()
    archive = SourceArchive.objects.get(pk=archive_id, tenant_id=scope.acting)
    if not archive.enabled:
        raise BadInputError(f"the archive {archive.name} is switched off")
    turn = ArchiveTurn.objects.select_for_update().get(archive_id=archive_id, tenant_id=scope.acting)
    known = _under_way(archive)
    fresh: dict[UUID, Retrieval] = {}
    rows: dict[UUID, Retrieval] = {}
    for one in dict.fromkeys(wanted):
        row = known.get(_name(one.study_instance_uid, one.accession_number))
        if row is None:
            row = _new(archive, one, purpose, outside_window=outside_window)
            known[_name(row.study_instance_uid, row.accession_number)] = row
            fresh[row.pk] = row
        else:
            _widen(row, one, purpose, outside_window=outside_window)
        rows[row.pk] = row
    Retrieval.objects.bulk_create(fresh.values(), batch_size=500)
    for row in rows.values():
        if row.pk not in fresh:
            row.save()
    turn.due_at = now()
    turn.save(update_fields=["due_at"])
    record(
        tenant_id=scope.acting, actor=scope.actor, action="retrieve", what="source archive",
        what_id=str(archive_id), user_id=scope.user_id, user_tenant_id=scope.home, purpose=purpose.value,
        outside_window=outside_window, count=len(rows),
        studies=[one.study_instance_uid or one.accession_number for one in wanted[:100]],
    )  # fmt: skip
    publish(RetrievalRequested(archive_id=archive_id), tenant_id=scope.acting)
    return list(rows.values())


def _name(study_instance_uid: str, accession_number: str) -> tuple[str, str]:
    """Return what a retrieval is known by: its study, or the number of its order until that is known."""
    return (study_instance_uid, "") if study_instance_uid else ("", accession_number)


def _under_way(archive: SourceArchive) -> dict[tuple[str, str], Retrieval]:
    rows = Retrieval.objects.filter(tenant_id=archive.tenant_id, archive=archive, state__in=_WAITING)
    return {_name(row.study_instance_uid, row.accession_number): row for row in rows.select_for_update()}


def _new(archive: SourceArchive, wanted: Wanted, purpose: Purpose, *, outside_window: bool) -> Retrieval:
    return Retrieval(
        tenant_id=archive.tenant_id,
        archive=archive,
        study_instance_uid=wanted.study_instance_uid,
        accession_number=wanted.accession_number,
        series_instance_uids=list(wanted.series_instance_uids),
        purpose=purpose,
        outside_window=outside_window,
        asked_by=required_scope().actor,
    )


def _widen(row: Retrieval, wanted: Wanted, purpose: Purpose, *, outside_window: bool) -> None:
    """Have a retrieval that is under way bring what is asked now too."""
    both = set(row.series_instance_uids) | set(wanted.series_instance_uids)
    whole = not row.series_instance_uids or not wanted.series_instance_uids
    row.series_instance_uids = [] if whole else sorted(both)
    row.outside_window = row.outside_window or outside_window
    row.purpose = Purpose.PRIOR if Purpose.PRIOR in (row.purpose, purpose) else row.purpose
    row.not_before = now()


@transaction.atomic
def cancel(retrieval_id: UUID) -> Retrieval:
    """Give up a retrieval of the acting tenant; the series that is under way still comes in whole.

    Raises
    ------
    RetrievalOverError
        If it has ended.
    """
    scope = required_scope()
    row = Retrieval.objects.select_for_update().get(pk=retrieval_id, tenant_id=scope.acting)
    if row.state not in _WAITING:
        raise RetrievalOverError(f"this retrieval is over: it is {row.state}")
    check_transition(
        MAY_BECOME, old=RetrievalState(row.state), new=RetrievalState.CANCELED, what="a retrieval"
    )
    row.state = RetrievalState.CANCELED
    row.ended_at = now()
    row.save(update_fields=["state", "ended_at"])
    record(
        tenant_id=row.tenant_id, actor=scope.actor, action="change", what="retrieval", what_id=str(row.pk),
        user_id=scope.user_id, user_tenant_id=scope.home, canceled=True,
    )  # fmt: skip
    return row
