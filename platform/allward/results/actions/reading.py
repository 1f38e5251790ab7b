"""What a person had on the screen, and for how long."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from allward.kernel.clock import now
from allward.results.actions.standing import ReviewRefusedError
from allward.results.models import FindingRecord, FindingSight, Reading
from allward.studies.models import Study
from allward.tenancy.scope import required_scope

_CLOCKS_DIFFER = timedelta(seconds=5)
"""By which a page may be ahead of what has passed here: its message took a while, and so did ours."""


class SightOutdatedError(Exception):
    """The finding was corrected in the meantime: what was seen is not what it is now."""


class ReadingOverError(Exception):
    """The reading has ended, or is another person's."""


@transaction.atomic
def note_sight(*, finding_id: UUID, edits: int) -> None:
    """Note that the person who asks has seen a finding as it is after `edits` corrections; once is enough.

    Raises
    ------
    SightOutdatedError
        If it was corrected since, or taken away.
    ReviewRefusedError
        If nobody is there to see it.
    """
    finding = FindingRecord.every.select_for_update().get(pk=finding_id)
    if finding.edits != edits or not finding.in_force:
        raise SightOutdatedError("somebody has corrected this finding; look at it again")
    add_sight(finding)


def add_sight(finding: FindingRecord) -> None:
    """Write that the person who asks sees a finding as it is now; the finding is locked."""
    scope = required_scope()
    if scope.user_id is None:
        raise ReviewRefusedError("only a person sees")
    FindingSight.objects.get_or_create(
        finding=finding,
        edits=finding.edits,
        viewer_id=scope.user_id,
        tenant_id=finding.tenant_id,
        defaults={"viewer_tenant_id": scope.home},
    )


@transaction.atomic
def open_reading(*, study: Study, app: str, reader_name: str) -> Reading:
    """Begin a sitting of the person who asks in front of a study.

    Parameters
    ----------
    app
        Whose room it is; empty: no app's.
    """
    scope = required_scope()
    if scope.user_id is None:
        raise ReviewRefusedError("only a person reads")
    return Reading.objects.create(
        study=study,
        app=app,
        reader_id=scope.user_id,
        reader_name=reader_name,
        reader_tenant_id=scope.home,
    )


@transaction.atomic
def note_reading(*, reading_id: UUID, active_s: float, ended: bool) -> Reading:
    """Note for how long a sitting was an active one until now, and whether it is over.

    Never less than before, and never more than what has passed since it began: pages are not believed more.

    Raises
    ------
    ReadingOverError
        If it has ended, or is not the sitting of the person who asks.
    """
    reading = Reading.objects.select_for_update().get(pk=reading_id)
    if reading.ended_at is not None or reading.reader_id != required_scope().user_id:
        raise ReadingOverError("this reading is over")
    moment = now()
    passed_s = (moment - reading.opened_at + _CLOCKS_DIFFER).total_seconds()
    reading.active_s = max(reading.active_s, min(active_s, passed_s))
    reading.active_at = moment
    reading.ended_at = moment if ended else None
    reading.save(update_fields=["active_s", "active_at", "ended_at"])
    return reading
