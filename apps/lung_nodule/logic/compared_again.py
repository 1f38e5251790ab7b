"""A nodule that was measured anew is compared anew: its prior stays, what follows from both sizes moves."""

from collections.abc import Sequence
from datetime import date, timedelta

from allward_sdk.results import Finding, MeasuredValue, Property
from lung_nodule.logic.finding_words import change_of, why_of_change
from lung_nodule.logic.followup import words
from lung_nodule.logic.followup.change import Acquisition, Change, compare
from lung_nodule.logic.followup.sizes import is_coarse, sizes_of

_SAME = Acquisition(slice_thickness_mm=1.0, kernel="same")
"""Of both dates: whether series may be compared was decided when the nodule was matched, and stays."""

_ANY_DAY = date(2000, 1, 1)

_NUMBERS = ("delta_mm", "volume_change_percent", "doubling_time_days", "mass_doubling_time_days")


def compared_again(like: Finding, found: Finding) -> tuple[tuple[MeasuredValue, ...], tuple[Property, ...]]:
    """Return the measurements and the property that tell what became of a nodule since its prior.

    Parameters
    ----------
    like
        The finding that was compared; one without a prior keeps its word (new, or why nothing is known).
    found
        The same nodule as it was measured anew.
    """
    kept = tuple(each for each in like.properties if each.name == "change")
    days = _value(like.measurements, "days_since_prior")
    days_told = tuple(each for each in like.measurements if each.name == "days_since_prior")
    if like.prior is None or days is None:
        return days_told, kept
    if change_of(like) == "not_comparable" and not _lacked_a_size_alone(like):
        return (*(words.number(name, None) for name in _NUMBERS), *days_told), kept
    before = sizes_of(like.prior.measurements, coarse=False)
    now = sizes_of(found.measurements, coarse=is_coarse(found))
    lacking = tuple(dict.fromkeys(each.why for each in (before, now) if each.why is not None))
    if lacking or round(days) <= 0:
        change = Change("not_comparable", reasons=lacking or (words.NOT_EARLIER,))
    else:
        today = _ANY_DAY + timedelta(days=round(days))
        change = compare(before.at(_ANY_DAY, _SAME), now.at(today, _SAME))
    why = words.WITHIN_ERROR if change.within_error else words.together(change.reasons)
    values = (
        change.delta_mm,
        change.volume_percent,
        change.doubling_time_days,
        change.mass_doubling_time_days,
    )
    numbers = (words.number(name, value) for name, value in zip(_NUMBERS, values, strict=True))
    return (*numbers, *days_told), (words.change_property(change.status, why),)


def _lacked_a_size_alone(like: Finding) -> bool:
    """Tell whether nothing but a size that was missing or cut off stood against a comparison."""
    why = why_of_change(like)
    if why is None:
        return False
    rest = why.en
    for size in (words.NO_SIZE, words.CUT_OFF):
        rest = rest.replace(size.en, "")
    return not rest.strip(" .")


def _value(measurements: Sequence[MeasuredValue], name: str) -> float | None:
    return next((each.value for each in measurements if each.name == name), None)
