"""Time per case, for a hospital's administrators."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from statistics import median, quantiles
from uuid import UUID

from allward.results.models import Reading

QUARTILES_OF = 4
"""Cases from which on there are quartiles."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """What counts of one reading.

    Attributes
    ----------
    month
        YYYY-MM, UTC.
    reader_name
        None: a reader of another hospital.
    """

    app: str
    month: str
    study_id: UUID
    reader_id: UUID
    reader_name: str | None
    active_s: float


@dataclass(frozen=True, slots=True)
class CaseTimes:
    """Times of the cases of one app in one month, of all readers or of one.

    Attributes
    ----------
    person
        None: of all, or of the readers of other hospitals together.
    q1_s, q3_s
        None: of fewer than four cases.
    """

    app: str
    month: str
    person: str | None
    cases: int
    readers: int
    median_s: float
    q1_s: float | None
    q3_s: float | None


def case_times(sittings: Iterable[Sitting], *, by_person: bool) -> list[CaseTimes]:
    """Return the times by app and month, latest first, and within a month by name: it is no ranking.

    A case is one study read by one person: sittings in front of it are added up. Without a hand on it
    for any second it was not read.
    """

    def group_of(each: Sitting) -> tuple[str, str, str | None, UUID | None]:
        own = by_person and each.reader_name is not None
        return each.app, each.month, each.reader_name if own else None, each.reader_id if own else None

    def order(each: Sitting) -> tuple[str, ...]:
        app, month, person, reader_id = group_of(each)
        return app, month, person or "", str(reader_id)

    rows = []
    for (app, month, person, _), group in groupby(sorted(sittings, key=order), key=group_of):
        spent: defaultdict[tuple[UUID, UUID], float] = defaultdict(float)
        for each in group:
            spent[each.study_id, each.reader_id] += each.active_s
        times = sorted(seconds for seconds in spent.values() if seconds > 0)
        if times:
            readers = len({reader for (_, reader), seconds in spent.items() if seconds > 0})
            q1, _, q3 = (
                quantiles(times, n=4, method="inclusive")
                if len(times) >= QUARTILES_OF
                else (None, None, None)
            )
            rows.append(CaseTimes(app, month, person, len(times), readers, median(times), q1, q3))
    rows.sort(key=lambda row: row.month, reverse=True)
    return rows


def sittings_of(tenant_id: UUID) -> list[Sitting]:
    """Return the readings of a hospital's studies; readers of other hospitals are not named."""
    return [
        Sitting(
            app=row.app,
            month=row.opened_at.strftime("%Y-%m"),
            study_id=row.study_id,
            reader_id=row.reader_id,
            reader_name=row.reader_name if row.reader_tenant_id == tenant_id else None,
            active_s=row.active_s,
        )
        for row in Reading.objects.filter(tenant_id=tenant_id)
    ]
