"""What the process that fetches writes; all of it only while the archive's turn is its own.

A study is in hand (`retrieving`) only under a turn. Who gets the next turn of an archive finds what a dead
process had in hand and lets it wait again: what came is in the index, and is not asked for twice.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from allward.audit.actions import record
from allward.kernel.clock import now
from allward.kernel.states import check_transition
from allward.outbox.relay import back_off
from allward.retrieval.actions.titles import is_own
from allward.retrieval.models import ArchiveTurn, ExpectedMove, Retrieval, SourceArchive
from allward.retrieval.states import ENDS, MAY_BECOME, RetrievalState
from allward.retrieval.turns import Turn
from allward.retrieval.window import Window
from allward.tenancy.scope import required_scope
from allward_dicom.text import printable
from allward_sdk.errors import AllwardError, BadInputError

MOST_ATTEMPTS = 20
"""With the outbox's back-off about nine hours; then a person has to look."""

MOST_PARTIAL_ATTEMPTS = 4
"""Of a study of which some objects come and others do not: the same ones will fail again."""

EXPECTED_FOR = timedelta(days=1)
"""So long after a C-MOVE its images may still be on their way through a spool."""

_MOST_WORDS = 1000


class LostTurnError(AllwardError):
    """Another process works on this archive now."""


@dataclass(frozen=True, slots=True)
class Order:
    """One study in a process' hands, and what its archive was when it was taken."""

    turn: Turn
    retrieval_id: UUID
    archive: SourceArchive
    study_instance_uid: str
    accession_number: str
    series_instance_uids: tuple[str, ...]
    outside_window: bool

    def may_begin(self, moment: datetime) -> bool:
        """Tell whether one more series may be begun."""
        return self.outside_window or self.next_opening(moment) <= moment

    def next_opening(self, moment: datetime) -> datetime:
        """Return when the archive's window opens next; `moment` if it is open or there is none."""
        return _next_opening(self.archive, moment)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    Attributes
    ----------
    state
        COMPLETE; INCOMPLETE or FAILED, which are tried again unless it is `hopeless`; WAITING: it stopped
        for the window, for a reader's study or for the end of the process, and goes on at `not_before`.
    """

    state: RetrievalState
    words: str = ""
    hopeless: bool = False
    not_before: datetime | None = None


def _next_opening(archive: SourceArchive, moment: datetime) -> datetime:
    return moment if archive.window is None else Window.from_json(archive.window).next_opening(moment)


@transaction.atomic
def recover(turn: Turn) -> int:
    """Let wait again what a process that lost this turn had in hand; return how many."""
    _hold(turn)
    rows = list(_rows(turn).select_for_update().filter(state=RetrievalState.RETRIEVING))
    for row in rows:
        if row.attempts >= MOST_ATTEMPTS:
            row.last_error = "the process that fetched it ended each time before it was through"
            _move(row, RetrievalState.FAILED)
        else:
            row.not_before = now() + back_off(row.attempts)
            _move(row, RetrievalState.WAITING)
        row.save()
    return len(rows)


@transaction.atomic
def take_next(turn: Turn, *, in_hand: int = 0) -> Order | None:
    """Take the study that is due first: a reader's before others, then as they were asked for.

    Parameters
    ----------
    in_hand
        Studies of this archive that are under way; none is taken beyond the archive's associations.
    """
    _hold(turn)
    moment = now()
    archive = SourceArchive.objects.get(pk=turn.archive_id, tenant_id=turn.tenant_id)
    if not archive.enabled or in_hand >= archive.max_associations:
        return None
    due = _rows(turn).filter(state=RetrievalState.WAITING, not_before__lte=moment)
    if _next_opening(archive, moment) > moment:
        due = due.filter(outside_window=True)
    row = due.select_for_update().order_by("-outside_window", "created_at", "pk").first()
    if row is None:
        return None
    _move(row, RetrievalState.RETRIEVING)
    row.attempts += 1
    row.save()
    return Order(
        turn=turn,
        retrieval_id=row.pk,
        archive=archive,
        study_instance_uid=row.study_instance_uid,
        accession_number=row.accession_number,
        series_instance_uids=tuple(row.series_instance_uids),
        outside_window=row.outside_window,
    )


@transaction.atomic
def note_study(order: Order, study_instance_uids: list[str]) -> bool:
    """Note which studies bear the order's accession number; further ones are queued beside it.

    Returns
    -------
    False if the study is under way already; this retrieval is canceled then.
    """
    _hold(order.turn)
    row = _rows(order.turn).select_for_update().get(pk=order.retrieval_id)
    under_way = set(
        _rows(order.turn)
        .filter(state__in=[RetrievalState.WAITING, RetrievalState.RETRIEVING])
        .exclude(pk=row.pk)
        .values_list("study_instance_uid", flat=True)
    )
    fresh = [uid for uid in study_instance_uids if uid not in under_way]
    for uid in fresh[1:]:
        Retrieval.objects.create(
            tenant_id=row.tenant_id, archive_id=row.archive_id, study_instance_uid=uid,
            accession_number=row.accession_number, purpose=row.purpose, outside_window=row.outside_window,
            asked_by=row.asked_by,
        )  # fmt: skip
    if row.state != RetrievalState.RETRIEVING:
        return False
    if not fresh:
        row.last_error = "its study is under way already"
        _move(row, RetrievalState.CANCELED)
    else:
        row.study_instance_uid = fresh[0]
    row.save()
    return bool(fresh)


@transaction.atomic
def expect_move(order: Order, study_instance_uid: str) -> int:
    """Note that an archive is about to be asked to send us a study; return the Message ID to ask with.

    Raises
    ------
    BadInputError
        If the hospital would ask under a title that is not its own: what comes would count as another's.
    """
    _hold(order.turn)
    if not is_own(order.archive.calling_ae_title):
        raise BadInputError(
            f"{order.archive.name}: {order.archive.calling_ae_title!r} is no AE title of this hospital; "
            "enter the archive's calling AE title anew"
        )
    message_id = 1 + secrets.randbelow(0xFFFF)
    ExpectedMove.objects.create(
        tenant_id=order.turn.tenant_id,
        study_instance_uid=study_instance_uid,
        archive_ae_title=order.archive.called_ae_title,
        originator_ae_title=order.archive.calling_ae_title,
        message_id=message_id,
        archive_id=order.turn.archive_id,
        bits_per_s=order.archive.bits_per_s,
        until=now() + EXPECTED_FOR,
    )
    return message_id


@transaction.atomic
def note_progress(order: Order, *, expected: int | None, here: int, failed: int) -> bool:
    """Note how many instances there are; return whether the retrieval is still wanted."""
    _hold(order.turn)
    row = _rows(order.turn).select_for_update().get(pk=order.retrieval_id)
    row.instances_expected = expected
    row.instances_here = here
    row.suboperations_failed += failed
    row.save(update_fields=["instances_expected", "instances_here", "suboperations_failed"])
    return row.state == RetrievalState.RETRIEVING


@transaction.atomic
def end_order(order: Order, outcome: Outcome) -> RetrievalState:
    """Note how an attempt ended; return the state that follows."""
    _hold(order.turn)
    row = _rows(order.turn).select_for_update().get(pk=order.retrieval_id)
    if row.state != RetrievalState.RETRIEVING:
        return RetrievalState(row.state)
    row.last_error = printable(outcome.words)[:_MOST_WORDS]
    new = outcome.state
    if new is RetrievalState.WAITING:
        row.attempts -= 1
        row.not_before = outcome.not_before or now()
    elif new is RetrievalState.COMPLETE and tuple(row.series_instance_uids) != order.series_instance_uids:
        new, row.not_before = RetrievalState.WAITING, now()  # somebody asked for more of it meanwhile
    elif new is not RetrievalState.COMPLETE and not _is_over(row, outcome):
        new, row.not_before = RetrievalState.WAITING, now() + back_off(row.attempts)
    _move(row, new)
    row.save()
    if new in ENDS:
        record(
            tenant_id=row.tenant_id, actor=required_scope().actor, action="retrieve", what="study",
            what_id=str(row.pk), study_instance_uid=row.study_instance_uid, archive=order.archive.name,
            state=new.value, instances=row.instances_here, asked_by=row.asked_by,
        )  # fmt: skip
    return new


def _is_over(row: Retrieval, outcome: Outcome) -> bool:
    partial = outcome.state is RetrievalState.INCOMPLETE
    return outcome.hopeless or row.attempts >= (MOST_PARTIAL_ATTEMPTS if partial else MOST_ATTEMPTS)


@transaction.atomic
def end_turn(turn: Turn) -> datetime | None:
    """Give an archive back; return when its next turn is, None if nothing waits."""
    row = ArchiveTurn.objects.select_for_update().filter(
        pk=turn.archive_id, tenant_id=turn.tenant_id, token=turn.token
    )
    held = row.first()
    if held is None:
        return None
    held.due_at = _next_due(turn)
    held.lease_until, held.worker = None, ""
    held.save(update_fields=["due_at", "lease_until", "worker"])
    return held.due_at


def _next_due(turn: Turn) -> datetime | None:
    archive = SourceArchive.objects.get(pk=turn.archive_id, tenant_id=turn.tenant_id)
    if not archive.enabled:
        return None
    waiting = _rows(turn).filter(state__in=[RetrievalState.WAITING, RetrievalState.RETRIEVING])
    first = {
        outside: waiting.filter(outside_window=outside).order_by("not_before").first()
        for outside in (True, False)
    }
    moments = [row.not_before for row in (first[True],) if row is not None]
    if (row := first[False]) is not None:
        moments.append(_next_opening(archive, max(row.not_before, now())))
    return min(moments, default=None)


def _hold(turn: Turn) -> None:
    """Lock the archive's turn, so that nobody else writes meanwhile.

    Raises
    ------
    LostTurnError
        If another process has taken it.
    """
    mine = ArchiveTurn.objects.select_for_update().filter(
        pk=turn.archive_id, tenant_id=turn.tenant_id, token=turn.token
    )
    if mine.first() is None:
        raise LostTurnError("another process works on this archive now")


def _rows(turn: Turn) -> QuerySet[Retrieval]:
    return Retrieval.objects.filter(tenant_id=turn.tenant_id, archive_id=turn.archive_id)


def _move(row: Retrieval, new: RetrievalState) -> None:
    check_transition(MAY_BECOME, old=RetrievalState(row.state), new=new, what="a retrieval")
    row.state = new
    row.ended_at = now() if new in ENDS else None
