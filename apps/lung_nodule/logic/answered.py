"""A nodule as a reader answered for it: what was given stands before what was measured, as in advice."""

from collections.abc import Mapping

from allward_sdk.results import Finding, MeasuredValue
from lung_nodule.logic.finding_words import change_of
from lung_nodule.logic.followup.change import ChangeStatus
from lung_nodule.logic.followup.words import BY_READER, SLOWLY_BY_READER, change_property
from lung_nodule.logic.report_page import Page
from lung_nodule.logic.words import ANSWERED, MEASURED

_SIZES: Mapping[str, tuple[str, ...]] = {
    "long_axis_mm": ("largest_diameter_mm",),
    "short_axis_mm": (),
    "mean_diameter_mm": ("mean_diameter_mm", "mean_of_axes_mm"),
}
_SOLID_SIZES: Mapping[str, tuple[str, ...]] = {
    "solid_long_axis_mm": ("solid_largest_diameter_mm",),
    "solid_mean_diameter_mm": ("solid_mean_diameter_mm",),
}
"""Measurements, and the questions whose answers take their place: if one is answered, all give way."""

_CHANGES: Mapping[str, ChangeStatus] = {
    "new": "new",
    "growing": "growing",
    "slow_growing": "growing",
    "stable": "stable",
    "decreased": "decreased",
    "resolved": "resolved",
}


def as_answered(finding: Finding, page: Page) -> Finding:
    """Return a nodule with the sizes and the change that a reader gave in place of the measured ones."""
    found = _sized(_sized(finding, page, _SIZES), page, _SOLID_SIZES)
    status = page.answered("status", finding.id)
    if page.answered("resolved", finding.id) is True:
        status = "resolved"
    change = _CHANGES.get(status) if isinstance(status, str) else None
    if change is None or change == change_of(finding):
        return found
    why = SLOWLY_BY_READER if status == "slow_growing" else BY_READER
    kept = tuple(each for each in found.properties if each.name != "change")
    return found.model_copy(update={"properties": (*kept, change_property(change, why))})


def _sized(finding: Finding, page: Page, sizes: Mapping[str, tuple[str, ...]]) -> Finding:
    given: dict[str, float] = {}
    for name, questions in sizes.items():
        answers = [page.answered(question, finding.id) for question in questions]
        numbers = [float(said) for said in answers if isinstance(said, int | float)]
        if numbers:
            given[name] = numbers[0]
    if not given:
        return finding
    others = tuple(each for each in finding.measurements if each.name not in sizes)
    answered = tuple(_answered(name, value) for name, value in given.items())
    return finding.model_copy(update={"measurements": (*others, *answered)})


def _answered(name: str, value: float) -> MeasuredValue:
    told = MEASURED[name]
    return MeasuredValue(
        name=name, title=told.title, concept=told.concept, unit=told.unit, value=value, method=ANSWERED
    )
