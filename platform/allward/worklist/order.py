"""In which order the worklist stands, and where in it a page ended."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from allward.results.models import FindingRecord
from allward.results.states import ResultStatus, ReviewState
from allward.runs.models import AppRun
from allward.runs.states import Priority
from allward.studies.models import Study
from allward_sdk.errors import BadInputError


class Order(StrEnum):
    """What stands on top."""

    URGENT = "urgent"
    """By priority while there is something left to do, then newest first."""
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True)
class Place:
    """The last line of a page: the next page begins after it."""

    urgency: int
    received_at: datetime
    study_id: UUID

    def cursor(self) -> str:
        """Return the place as text for an address."""
        said = f"{self.urgency} {self.received_at.isoformat()} {self.study_id}"
        return base64.urlsafe_b64encode(said.encode()).decode()

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Return the place that `cursor` wrote.

        Raises
        ------
        BadInputError
            If it did not.
        """
        try:
            urgency, at, study_id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
            return cls(int(urgency), datetime.fromisoformat(at).astimezone(UTC), UUID(study_id))
        except (ValueError, OverflowError) as error:
            raise BadInputError("the cursor is not one that this list gave") from error


def ordered(rows: QuerySet[Study], order: Order) -> QuerySet[Study]:
    """Return the studies in this order, each with the `urgency` that it stands at (a `Priority`)."""
    if order is Order.URGENT:
        return rows.annotate(urgency=_urgency()).order_by("urgency", "-received_at", "-pk")
    level = rows.annotate(urgency=Value(int(Priority.MEDIUM), output_field=IntegerField()))
    if order is Order.OLDEST:
        return level.order_by("received_at", "pk")
    return level.order_by("-received_at", "-pk")


def after(rows: QuerySet[Study], order: Order, place: Place) -> QuerySet[Study]:
    """Return what of `ordered` comes after a place."""
    at, pk = place.received_at, place.study_id
    if order is Order.OLDEST:
        return rows.filter(Q(received_at__gt=at) | Q(received_at=at, pk__gt=pk))
    later = Q(received_at__lt=at) | Q(received_at=at, pk__lt=pk)
    if order is Order.NEWEST:
        return rows.filter(later)
    return rows.filter(Q(urgency__gt=place.urgency) | (Q(urgency=place.urgency) & later))


def place_of(study: Study) -> Place:
    """Return where a study of `ordered` stands."""
    urgency: int = study.urgency  # type: ignore[attr-defined]  # annotated by `ordered`
    return Place(urgency, study.received_at, study.pk)


def _urgency() -> Case:
    """Return the priority of a study as SQL.

    Sets of studies rather than a subquery for each: the database builds each once, however long the list.
    """
    low = _newest(AppRun.objects.filter(priority=Priority.LOW)).values("study_id")
    higher = _newest(AppRun.objects.filter(priority__lt=Priority.LOW, study_id__in=low)).values("study_id")
    return Case(
        When(pk__in=_waiting(Priority.STAT), then=Value(int(Priority.STAT))),
        When(pk__in=_waiting(Priority.HIGH), then=Value(int(Priority.HIGH))),
        When(Q(pk__in=low) & ~Q(pk__in=higher), then=Value(int(Priority.LOW))),
        default=Value(int(Priority.MEDIUM)),
        output_field=IntegerField(),
    )


def _newest(runs: QuerySet[AppRun]) -> QuerySet[AppRun]:
    """Leave out runs that a newer one of the same app on the same series has replaced."""
    newer = AppRun.objects.filter(
        series_id=OuterRef("series_id"), app=OuterRef("app"), revision__gt=OuterRef("revision")
    )
    return runs.exclude(Exists(newer))


def _waiting(priority: Priority) -> QuerySet[AppRun, Any]:
    """Return the studies of urgent runs, unless a person has judged everything that was found."""
    found = FindingRecord.objects.filter(
        result__run_id=OuterRef("pk"), result__status__in=(ResultStatus.PRELIMINARY, ResultStatus.CURRENT)
    )
    unreviewed = found.filter(review_state=ReviewState.UNREVIEWED)
    runs = _newest(AppRun.objects.filter(priority=priority))
    return runs.exclude(Exists(found) & ~Exists(unreviewed)).values("study_id")
