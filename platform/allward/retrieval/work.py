"""One study on its way: which of its series are missing, each of them fetched, and seen in the index.

The archive says how many instances each series has; the index says how many are here. Only what is missing
is asked for, one series after the other, and a study is complete when the index holds as many as the archive
says: not when the archive says that it has sent them.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allward.kernel.clock import now
from allward.retrieval.actions import (
    Order,
    Outcome,
    end_order,
    expect_move,
    note_progress,
    note_study,
)
from allward.retrieval.archive import (
    STALL_S,
    Archive,
    ArchiveAwayError,
    ArchiveRefusedError,
    Fetched,
    Line,
)
from allward.retrieval.queries import NOTHING, Held, held_series, prior_waits
from allward.retrieval.reaching import Receive, reached
from allward.retrieval.rows import SeriesRow, StudyQuery
from allward.retrieval.states import Method, RetrievalState
from allward.tenancy.scope import Scope, within
from allward_sdk.errors import BadInputError

log = logging.getLogger(__name__)

_LOOK_S = 0.25
_PACE_S = 2.0
ACTOR = "retrieval"


def scope_of(tenant_id: UUID) -> Scope:
    """Return the scope in which a hospital's studies are fetched."""
    return Scope.of_tenant(tenant_id, actor=ACTOR)


@dataclass(frozen=True, slots=True)
class _Part:
    """A series that the archive has, and what the index has of it."""

    row: SeriesRow
    held: Held = NOTHING

    @property
    def is_here(self) -> bool:
        """Whether there is nothing left to ask for."""
        return self.row.instance_count is not None and self.held.instances >= self.row.instance_count


def carry_out(order: Order, *, receive: Receive, line: Line) -> RetrievalState:
    """Fetch what is missing of one study, and note how that ended; return the state that follows.

    Raises
    ------
    LostTurnError
        If another process works on this archive now.
    """
    try:
        outcome = _fetch_study(order, receive, line)
    except ArchiveAwayError as error:
        outcome = Outcome(RetrievalState.FAILED, str(error))
    except (ArchiveRefusedError, BadInputError) as error:
        outcome = Outcome(RetrievalState.FAILED, str(error), hopeless=True)
    if line.stop.is_set() and outcome.state is not RetrievalState.COMPLETE:
        outcome = Outcome(RetrievalState.WAITING, outcome.words)
    with within(scope_of(order.turn.tenant_id)):
        state = end_order(order, outcome)
    log.info("retrieval %s from %s: %s", order.retrieval_id, order.archive.name, state.value)
    return state


def _fetch_study(order: Order, receive: Receive, line: Line) -> Outcome:
    scope = scope_of(order.turn.tenant_id)

    def expect(study_instance_uid: str) -> int:
        with within(scope):
            return expect_move(order, study_instance_uid)

    archive = reached(order.archive, receive=receive, expect=expect)
    study_instance_uid = _study_of(order, archive)
    if study_instance_uid is None:
        return Outcome(RetrievalState.CANCELED)
    parts = _parts(order, archive, study_instance_uid)
    words: list[str] = []
    failed = 0
    for part in parts:
        if part.is_here:
            continue
        if (pause := _pause(order, line)) is not None:
            return pause
        fetched = _fetch_series(order, archive, study_instance_uid, part, line)
        words += [fetched.words] if fetched.words else []
        failed += fetched.failed
        if not _note(order, study_instance_uid, parts, failed=fetched.failed):
            return Outcome(RetrievalState.CANCELED)
    return _judge(order, study_instance_uid, parts, words)


def _study_of(order: Order, archive: Archive) -> str | None:
    """Return the order's study, asking for it by its accession number; None: somebody else has it in hand."""
    if order.study_instance_uid:
        return order.study_instance_uid
    rows = archive.find_studies(StudyQuery(accession_number=order.accession_number))
    if not rows:
        raise ArchiveRefusedError(f"the archive knows no study of accession number {order.accession_number}")
    uids = list(dict.fromkeys(row.study_instance_uid for row in rows))
    with within(scope_of(order.turn.tenant_id)):
        return uids[0] if note_study(order, uids) else None


def _parts(order: Order, archive: Archive, study_instance_uid: str) -> list[_Part]:
    rows = archive.find_series(study_instance_uid)
    if not rows:
        raise ArchiveRefusedError("the archive does not know this study")
    wanted = set(order.series_instance_uids)
    missing = wanted - {row.series_instance_uid for row in rows}
    if missing:
        raise ArchiveRefusedError(f"the archive has no series {', '.join(sorted(missing))} in this study")
    held = _held(order, study_instance_uid)
    chosen = [row for row in rows if not wanted or row.series_instance_uid in wanted]
    parts = [_Part(row, held.get(row.series_instance_uid, NOTHING)) for row in chosen]
    _note(order, study_instance_uid, parts, failed=0)
    return parts


def _held(order: Order, study_instance_uid: str) -> dict[str, Held]:
    with within(scope_of(order.turn.tenant_id)):
        return held_series(order.turn.tenant_id, study_instance_uid)


def _pause(order: Order, line: Line) -> Outcome | None:
    """Wait until the last series is paid for; say why no further one is begun then, None if one may be.

    A reader's study waits for no debt of bandwidth, it only adds to it.
    """
    while True:
        if line.stop.is_set():
            return Outcome(RetrievalState.WAITING)
        moment = now()
        if not order.may_begin(moment):
            opens = order.next_opening(moment)
            return Outcome(RetrievalState.WAITING, _closed_until(opens), not_before=opens)
        if order.outside_window:
            return None
        with within(scope_of(order.turn.tenant_id)):
            if prior_waits(order.turn.tenant_id, order.turn.archive_id):
                return Outcome(RetrievalState.WAITING, "a reader's study goes first")
        if (owed_s := line.bucket.owed_s()) <= 0:
            return None
        line.stop.wait(min(owed_s, _PACE_S))


def _closed_until(opens: datetime) -> str:
    return f"the window is closed until {opens:%Y-%m-%d %H:%M} UTC; the rest comes then"


def _fetch_series(
    order: Order, archive: Archive, study_instance_uid: str, part: _Part, line: Line
) -> Fetched:
    """Fetch one series; of a C-MOVE, wait for what it sends, and owe for what did not pass the bucket."""
    began = time.monotonic()
    fetched = archive.fetch(study_instance_uid, part.row, line)
    if order.archive.method == Method.C_MOVE:
        held = _arrived(order, study_instance_uid, part, fetched, line)
        line.bucket.spend(max(0, held.size_bytes - part.held.size_bytes), since=began)
    return fetched


def _arrived(order: Order, study_instance_uid: str, part: _Part, fetched: Fetched, line: Line) -> Held:
    """Wait until the index has what a C-MOVE sent us, or nothing comes any more; return what it has."""
    sent = part.held.instances + fetched.completed
    expected = sent if part.row.instance_count is None else min(sent, part.row.instance_count)
    found, seen = part.held, time.monotonic()
    while found.instances < expected:
        now_held = _held(order, study_instance_uid).get(part.row.series_instance_uid, NOTHING)
        if now_held != found:
            found, seen = now_held, time.monotonic()
        elif time.monotonic() - seen > STALL_S or line.stop.wait(_LOOK_S):
            break
    return found


def _note(order: Order, study_instance_uid: str, parts: list[_Part], *, failed: int) -> bool:
    counts = [part.row.instance_count for part in parts]
    expected = None if None in counts else sum(count or 0 for count in counts)
    held = _held(order, study_instance_uid)
    here = sum(held.get(part.row.series_instance_uid, NOTHING).instances for part in parts)
    with within(scope_of(order.turn.tenant_id)):
        return note_progress(order, expected=expected, here=here, failed=failed)


def _judge(order: Order, study_instance_uid: str, parts: list[_Part], words: list[str]) -> Outcome:
    """Compare what the archive has with what the index has now."""
    held = _held(order, study_instance_uid)
    now_held = [_Part(part.row, held.get(part.row.series_instance_uid, NOTHING)) for part in parts]
    said = "; ".join(dict.fromkeys(words))
    short = [part for part in now_held if not part.is_here and part.row.instance_count is not None]
    uncounted = [part for part in now_held if part.row.instance_count is None]
    if not short and not (uncounted and words):
        return Outcome(RetrievalState.COMPLETE, said)
    if any(part.held.instances for part in now_held):
        lacking = sum((part.row.instance_count or 0) - part.held.instances for part in short)
        return Outcome(RetrievalState.INCOMPLETE, said or f"{lacking} instances did not arrive")
    return Outcome(RetrievalState.FAILED, said or "nothing arrived")
