"""What became of a nodule between two dates, in numbers and in one word.

A change that two scans of the same nodule may show by chance is said to be within measurement error and gets
no doubling time. Scans that were made differently are not compared at all.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from allward_measure.nodules.growth import doubling_time_days
from allward_measure.nodules.rounding import as_decimal
from allward_sdk.parts import Localised

ChangeStatus = Literal[
    "new",
    "growing",
    "stable",
    "decreased",
    "resolved",
    "contradictory",
    "not_comparable",
]

ERROR_MM = Decimal("1.5")
"""A mean diameter that differs by no more may be the same. Source: Lung-RADS v2022; Revel 2004, Radiology
231:453."""

ERROR_PERCENT = Decimal(25)
"""A volume that differs by less may be the same; a mass is held to it too. Source: Callister 2015 (BTS),
Thorax 70 suppl 2:ii1; Gietema 2007, Radiology 245:888."""

SAME_THICKNESS_MM = 0.05
"""Slices whose thickness differs by no more are of one thickness: what rounding in a header makes of it."""

DAYS_IN_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a series was made, as far as sizes depend on it; None is not known.

    Attributes
    ----------
    slice_thickness_mm : (0018,0050)
    kernel : (0018,1210)
    """

    slice_thickness_mm: float | None
    kernel: str | None


@dataclass(frozen=True, slots=True)
class Measured:
    """A nodule at one date.

    Attributes
    ----------
    mean_mm
        Mean diameter as the guideline in use rounds it.
    volume_mm3, mass_mg
        None if not measured.
    """

    day: date
    acquisition: Acquisition
    mean_mm: float
    volume_mm3: float | None = None
    mass_mg: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a nodule.

    Attributes
    ----------
    reasons
        Why two dates cannot be compared, or what limits the comparison.
    within_error
        The change is no larger than that between two scans of one day.
    delta_mm, per_year_mm, percent
        Of the mean diameter; per year of 365.25 days.
    volume_percent
        Of the volume, -100 to any size.
    doubling_time_days, mass_doubling_time_days
        Only of a nodule that grew, and whose volume, or mass, itself grew beyond measurement error.
    """

    status: ChangeStatus
    days: int | None = None
    reasons: tuple[Localised, ...] = ()
    within_error: bool = False
    delta_mm: float | None = None
    per_year_mm: float | None = None
    percent: float | None = None
    volume_percent: float | None = None
    doubling_time_days: float | None = None
    mass_doubling_time_days: float | None = None


def compare(prior: Measured | None, current: Measured | None) -> Change:
    """Return what became of a nodule; without a prior it is new, without a current one resolved.

    Raises
    ------
    ValueError
        If there is neither, if the prior is not the older one, or if a size is not above 0.
    """
    if prior is None or current is None:
        if prior is current:
            raise ValueError("A change needs a nodule on at least one of two dates.")
        return Change("new" if prior is None else "resolved")
    days = (current.day - prior.day).days
    if days <= 0:
        raise ValueError("The prior CT has to be older than the current one.")
    if min(prior.mean_mm, current.mean_mm) <= 0:
        raise ValueError("A nodule's mean diameter has to be above 0 mm.")
    reasons = why_not_comparable(prior.acquisition, current.acquisition)
    if reasons:
        return Change("not_comparable", days=days, reasons=reasons)
    return _compared(prior, current, days)


def why_not_comparable(prior: Acquisition, current: Acquisition) -> tuple[Localised, ...]:
    """Return why sizes of two series may not be compared; empty if they may."""
    return (*_thickness(prior, current), *_kernel(prior, current))


def _thickness(prior: Acquisition, current: Acquisition) -> tuple[Localised, ...]:
    before, now = prior.slice_thickness_mm, current.slice_thickness_mm
    if before is None or now is None:
        return (
            Localised(
                en="Not comparable: the slice thickness of one series is not known.",
                zh="不可比较：其中一个序列的层厚未知。",
            ),
        )
    if abs(before - now) <= SAME_THICKNESS_MM:
        return ()
    return (
        Localised(
            en=f"Not comparable: slices are {now:g} mm thick, on the prior CT {before:g} mm.",
            zh=f"不可比较：本次层厚 {now:g} mm，既往 CT 层厚 {before:g} mm。",
        ),
    )


def _kernel(prior: Acquisition, current: Acquisition) -> tuple[Localised, ...]:
    before, now = (each.kernel.strip() if each.kernel else "" for each in (prior, current))
    if not before or not now:
        return (
            Localised(
                en="Not comparable: the reconstruction kernel of one series is not known.",
                zh="不可比较：其中一个序列的重建卷积核未知。",
            ),
        )
    if before.casefold() == now.casefold():
        return ()
    return (
        Localised(
            en=f"Not comparable: the reconstruction kernel is {now}, on the prior CT {before}.",
            zh=f"不可比较：本次重建卷积核为 {now}，既往 CT 为 {before}。",
        ),
    )


def _compared(prior: Measured, current: Measured, days: int) -> Change:
    delta_mm = as_decimal(current.mean_mm) - as_decimal(prior.mean_mm)
    volume_percent = _percent(prior.volume_mm3, current.volume_mm3)
    by_diameter = 0 if abs(delta_mm) <= ERROR_MM else _sign(delta_mm)
    by_volume = 0 if volume_percent is None or _is_error(volume_percent) else _sign(volume_percent)
    status = _status(by_diameter, by_volume)
    grew = status == "growing"
    return Change(
        status=status,
        days=days,
        reasons=_limits(by_diameter, by_volume, measured=volume_percent is not None),
        within_error=status == "stable",
        delta_mm=float(delta_mm),
        per_year_mm=float(delta_mm) * DAYS_IN_A_YEAR / days,
        percent=100.0 * float(delta_mm) / prior.mean_mm,
        volume_percent=None if volume_percent is None else float(volume_percent),
        doubling_time_days=_doubling(prior.volume_mm3, current.volume_mm3, days) if grew else None,
        mass_doubling_time_days=_doubling(prior.mass_mg, current.mass_mg, days) if grew else None,
    )


def _status(by_diameter: int, by_volume: int) -> ChangeStatus:
    """Return the word for a change of which -1 is smaller, 0 within error and 1 larger, by each measure."""
    if by_diameter * by_volume < 0:
        return "contradictory"
    most = by_diameter or by_volume
    return "growing" if most > 0 else "decreased" if most < 0 else "stable"


def _percent(before: float | None, after: float | None) -> Decimal | None:
    if before is None or after is None:
        return None
    if before <= 0:
        raise ValueError("A nodule's volume and mass have to be above 0.")
    return (as_decimal(after) - as_decimal(before)) * 100 / as_decimal(before)


def _is_error(volume_percent: Decimal) -> bool:
    """Tell whether a volume is the same within error: less than 25 % up, or the same way down."""
    down_to = 100 / (1 + ERROR_PERCENT / 100) - 100
    return down_to < volume_percent < ERROR_PERCENT


def _doubling(before: float | None, after: float | None, days: int) -> float | None:
    """Return a doubling time; None if a size is missing, or did not itself grow beyond error."""
    percent = _percent(before, after)
    if before is None or after is None or percent is None or percent < ERROR_PERCENT:
        return None
    return doubling_time_days(before, after, days)


def _sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)


def _limits(by_diameter: int, by_volume: int, *, measured: bool) -> tuple[Localised, ...]:
    """Return where diameter and volume do not say the same; `measured` tells whether volumes were."""
    if by_diameter * by_volume < 0:
        return (
            Localised(
                en="Diameter and volume changed in opposite directions: check both outlines.",
                zh="直径与体积变化方向相反：请核对两次轮廓。",
            ),
        )
    if by_diameter > 0 and measured and by_volume == 0:
        return (
            Localised(
                en="The diameter grew, the volume did not beyond measurement error: check both outlines.",
                zh="直径增大而体积变化未超出测量误差：请核对两次轮廓。",
            ),
        )
    return ()
