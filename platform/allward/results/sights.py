"""Who has seen which finding as it is now."""

from collections.abc import Iterable
from uuid import UUID

from allward.results.models import FindingRecord, FindingSight


def seen_by(viewer_id: UUID, records: Iterable[FindingRecord]) -> frozenset[UUID]:
    """Return the findings that a person saw as they are now; what was seen before a correction is not."""
    edits = {each.pk: each.edits for each in records}
    sights = FindingSight.objects.filter(finding_id__in=edits, viewer_id=viewer_id)
    return frozenset(sight.finding_id for sight in sights if sight.edits == edits[sight.finding_id])


def unseen_by(viewer_id: UUID, records: Iterable[FindingRecord]) -> list[FindingRecord]:
    """Return the findings that a person has not seen as they are now, in the order given."""
    listed = list(records)
    seen = seen_by(viewer_id, listed)
    return [each for each in listed if each.pk not in seen]
