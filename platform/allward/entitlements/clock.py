"""The time that counts for entitlements: it goes on while somebody sets the clock back. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=10)
"""So far apart may the clocks of several machines be; what is less is nobody's doing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of time."""

    greatest: datetime
    """The moment that counts. It never goes back."""
    latest: datetime
    """What the clock said last."""

    @property
    def behind(self) -> timedelta | None:
        """How far the clock is behind what it has said before; None within the tolerance."""
        gap = self.greatest - self.latest
        return gap if gap > TOLERANCE else None


def advance(seen: Seen, at: datetime) -> Seen:
    """Return what is known once the clock has said `at`.

    While the clock is behind, the moment that counts goes on by what passes on the clock, so that setting
    it back extends nothing.
    """
    if at >= seen.greatest - TOLERANCE:
        return Seen(max(seen.greatest, at), at)
    if at < seen.latest - TOLERANCE:
        return Seen(seen.greatest, at)
    passed = max(at - seen.latest, timedelta())
    return Seen(seen.greatest + passed, max(at, seen.latest))
