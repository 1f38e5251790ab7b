"""The status of a nodule as Lung-RADS v2022 means it: growth is more than 1.5 mm within 12 months.

Every examination of the last 12 months counts, not the last one alone: three CTs half a year apart show
growth that no two neighbours do. What the definition leaves open is left open: an increase that took longer
than 12 months is growth only if it is so large that some 12 months of it must have brought more than 1.5 mm;
and a nodule that is larger than within the year, yet smaller than on the last CT, is judged by a reader.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

from allward_measure.nodules.rounding import TENTH_MM, round_half_up
from lung_nodule.logic.followup.change import ERROR_MM

LungRadsStatus = Literal["baseline", "growing", "slow_growing", "stable", "decreased"]

WINDOW_DAYS = 365
"""12 months."""


class Seen(NamedTuple):
    """A nodule's mean diameter on one date."""

    day: date
    mean_mm: float


def lung_rads_status(history: Sequence[Seen]) -> LungRadsStatus | None:
    """Return the status of a nodule that was seen on some dates; None if the definition leaves it open.

    Parameters
    ----------
    history
        Every comparable examination that shows the nodule, in any order. With a single one it is the
        baseline; whether it is new is known only from examinations that do not show it.

    Raises
    ------
    ValueError
        If there is none, or two of one day.

    Source
    ------
    Lung-RADS v2022, notes on growth and on slow-growing nodules.
    """
    seen = sorted(history, key=lambda each: each.day)
    if not seen:
        raise ValueError("A nodule has to be seen at least once.")
    if any(later.day == earlier.day for earlier, later in zip(seen, seen[1:], strict=False)):
        raise ValueError("Two examinations of one day are no follow-up.")
    if len(seen) == 1:
        return "baseline"
    sizes = [round_half_up(each.mean_mm, TENTH_MM) for each in seen]
    step = sizes[-1] - sizes[-2]
    if _grew_within_a_year(seen):
        return None if step < -ERROR_MM else "growing"
    if step > ERROR_MM:
        windows = -(-(seen[-1].day - seen[-2].day).days // WINDOW_DAYS)
        return "growing" if step > ERROR_MM * windows else None
    if len(seen) > 2 and step >= 0 and sizes[-1] - min(sizes[:-2]) > ERROR_MM:
        return "slow_growing"
    return "decreased" if step < -ERROR_MM else "stable"


def _grew_within_a_year(seen: Sequence[Seen]) -> bool:
    """Tell whether the last of some examinations shows growth since any one within 12 months before it."""
    last = seen[-1]
    now = round_half_up(last.mean_mm, TENTH_MM)
    return any(
        now - round_half_up(each.mean_mm, TENTH_MM) > ERROR_MM
        for each in seen[:-1]
        if (last.day - each.day).days <= WINDOW_DAYS
    )
