"""The status of a nodule as Lung-RADS v2022 means it: growth is more than 1.5 mm within 12 months.

What the definition leaves open is left open: an increase that took longer than 12 months is growth only if
it is so large that some 12 months of it must have brought more than 1.5 mm.
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
    if step > ERROR_MM:
        windows = -(-(seen[-1].day - seen[-2].day).days // WINDOW_DAYS)
        return "growing" if step > ERROR_MM * windows else None
    if len(seen) > 2 and step >= 0 and sizes[-1] - min(sizes[:-2]) > ERROR_MM:
        return "slow_growing"
    return "decreased" if step < -ERROR_MM else "stable"
