"""When retrieval may begin: days of the week and a span of the day, by the hospital's clock. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from allward_sdk.errors import BadInputError

EVERY_DAY = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the day on some days of the week.

    Attributes
    ----------
    days
        ISO 8601 numbers, 1 is Monday, of the days on which it opens. A span over midnight belongs to the
        day of its beginning.
    opens, closes
        By the clock of `time_zone`; `closes` is excluded. Equal: the whole day.
    time_zone
        A name of the IANA time zone database.
    """

    days: frozenset[int]
    opens: time
    closes: time
    time_zone: str

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Self:
        """Read what `to_json` wrote, or what a person did.

        Raises
        ------
        BadInputError
            If a day, a time or the time zone is none; the message says which.
        """
        days = frozenset(said.get("days", ()))
        if not days or not days <= EVERY_DAY:
            raise BadInputError("days: at least one of the numbers 1 (Monday) to 7 (Sunday) is needed")
        return cls(
            days=days,
            opens=_time(said, "opens"),
            closes=_time(said, "closes"),
            time_zone=_zone_name(said.get("time_zone", "")),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the form that the database and the wire use."""
        return {
            "days": sorted(self.days),
            "opens": f"{self.opens:%H:%M}",
            "closes": f"{self.closes:%H:%M}",
            "time_zone": self.time_zone,
        }

    def is_open(self, moment: datetime) -> bool:
        """Tell whether something may begin at `moment`, which bears its zone."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        today, clock = local.isoweekday(), local.time()
        if self.opens < self.closes:
            return today in self.days and self.opens <= clock < self.closes
        if self.opens == self.closes:
            return today in self.days
        yesterday = (local - timedelta(days=1)).isoweekday()
        return (today in self.days and clock >= self.opens) or (
            yesterday in self.days and clock < self.closes
        )

    def next_opening(self, moment: datetime) -> datetime:
        """Return `moment` if it is open, else when it opens next, in UTC."""
        if self.is_open(moment):
            return moment
        local = moment.astimezone(ZoneInfo(self.time_zone))
        opens = time(0) if self.opens == self.closes else self.opens
        for ahead in range(8):
            day = local.date() + timedelta(days=ahead)
            found = datetime.combine(day, opens, tzinfo=ZoneInfo(self.time_zone))
            if day.isoweekday() in self.days and found > local:
                return found.astimezone(UTC)
        raise AssertionError("a window opens at least once in eight days")


def _time(said: dict[str, Any], name: str) -> time:
    try:
        return time.fromisoformat(said[name]).replace(tzinfo=None)
    except (KeyError, TypeError, ValueError):
        raise BadInputError(f"{name}: {said.get(name)!r} is no time of the form HH:MM") from None


def _zone_name(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInputError(f"time_zone: {name!r} is no name such as Asia/Shanghai") from None
