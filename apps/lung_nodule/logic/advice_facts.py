"""What header, order and findings tell, by the questions that it answers; nothing is filled in."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from allward_measure.nodules.rounding import lung_rads_mean_mm
from allward_runner.abilities import Answer
from allward_sdk.results import Finding, MeasuredValue
from lung_nodule.logic.finding_words import change_of, kind_of, lobe_of, pleura_of
from lung_nodule.logic.followup.lung_rads_status import Seen, lung_rads_status
from lung_nodule.logic.screening import is_screening

DAYS_IN_A_MONTH = 365.25 / 12

CALCIUM_FROM_HU = 200.0
"""A nodule without a voxel above holds no calcium. Source: Zerhouni 1986, Radiology 160:319."""

_AGE = re.compile(r"^(\d{1,3})([DWMY])$")
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}


def patient_facts(
    context: Mapping[str, str], nodules: Sequence[Finding], *, evaluable: bool
) -> dict[str, Answer]:
    """Return what is known of the patient, the order and the examination."""
    facts: dict[str, Answer | None] = {
        "age_years": _age_years(context),
        "female": {"F": True, "M": False}.get(context.get("PatientSex", "").strip().upper()),
        "screening": True if is_screening(context) else None,
        "lungs_evaluable": None if evaluable else False,
        "prior_ct": any(one.prior is not None or change_of(one) is not None for one in nodules) or None,
        "months_since_previous": _months_since_previous(nodules, context),
    }
    return _told(facts)


def nodule_facts(
    finding: Finding, context: Mapping[str, str], *, prior_ct: bool | None, is_first: bool | None
) -> dict[str, Answer]:
    """Return what is known of a nodule.

    Sizes of one that is cut off by the scan are the least that they can be, and are left out.

    Parameters
    ----------
    prior_ct
        Whether there is an earlier chest CT; None: nobody has said.
    is_first
        Whether the prior is the first CT that shows the nodules.
    """
    change, kind, lobe = change_of(finding), kind_of(finding), lobe_of(finding)
    coarse = any(each.name == "coarse" for each in finding.properties)
    facts: dict[str, Answer | None] = {
        "kind": kind,
        "benign_pattern": "none" if _holds_no_calcium_and_no_fat(finding, kind) else None,
        "mean_diameter_mm": _mean_of_tenths(finding.measurements),
        "mean_of_axes_mm": _mean_of_axes(finding.measurements),
        "largest_diameter_mm": measured(finding, "long_axis_mm"),
        "longest_axial_mm": measured(finding, "longest_axial_mm"),
        "solid_mean_diameter_mm": measured(finding, "solid_mean_diameter_mm"),
        "solid_largest_diameter_mm": measured(finding, "solid_long_axis_mm"),
        "volume_mm3": None if coarse else measured(finding, "volume_mm3"),
        "juxtapleural": True if pleura_of(finding) == "juxtapleural" else None,
        "upper_lobe": None if lobe is None else lobe in {"RUL", "LUL"},
        "status": _status(finding, context, prior_ct=prior_ct),
        "seen_before": _seen_before(finding, prior_ct=prior_ct),
        "previous_mean_diameter_mm": _prior_mean_mm(finding),
        "previous_solid_mean_diameter_mm": _before(finding, "solid_mean_diameter_mm"),
        "solid_status": _solid_status(finding, context),
        "resolved": None if change is None else change == "resolved",
        "grown": _grown(change, kind, is_first=is_first),
    }
    if is_first:
        facts |= _since_first(finding)
    return _told(facts)


def measured(finding: Finding, name: str) -> float | None:
    """Return a measurement; None if there is none, or it is only the least that the value can be."""
    return _exact(finding.measurements, name)


def months_since(finding: Finding, context: Mapping[str, str]) -> float | None:
    """Return how many months lie between a nodule's prior and this CT."""
    days = measured(finding, "days_since_prior")
    before, now = prior_day(finding), study_day(context)
    if days is None and before is not None and now is not None:
        days = float((now - before).days)
    return None if days is None or days <= 0 else days / DAYS_IN_A_MONTH


def study_day(context: Mapping[str, str]) -> date | None:
    """Return the day of the examination; None if the header does not tell."""
    days = (_day(context.get(name, "")) for name in ("AcquisitionDate", "SeriesDate", "StudyDate"))
    return next((day for day in days if day is not None), None)


def prior_day(finding: Finding) -> date | None:
    """Return the day of the examination that a nodule was compared with."""
    text = None if finding.prior is None else finding.prior.study_date
    return None if text is None else date.fromisoformat(text)


def _told(facts: Mapping[str, Answer | None]) -> dict[str, Answer]:
    return {name: fact for name, fact in facts.items() if fact is not None}


def _age_years(context: Mapping[str, str]) -> float | None:
    """Return the age in whole years on the day of the examination."""
    given = _AGE.match(context.get("PatientAge", "").strip())
    if given:
        return float(int(int(given[1]) * _YEARS[given[2]]))
    born, now = _day(context.get("PatientBirthDate", "")), study_day(context)
    if born is None or now is None or now < born:
        return None
    return float(now.year - born.year - ((now.month, now.day) < (born.month, born.day)))


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text.strip(), "%Y%m%d").date()  # noqa: DTZ007 -- a day has no time zone
    except ValueError:
        return None


def _months_since_previous(nodules: Sequence[Finding], context: Mapping[str, str]) -> float | None:
    """Return the months since the prior CT; None if nodules were compared with several."""
    months = {found for one in nodules if (found := months_since(one, context)) is not None}
    return months.pop() if len(months) == 1 else None


def _exact(values: Sequence[MeasuredValue], name: str) -> float | None:
    found = next((each for each in values if each.name == name), None)
    return None if found is None or found.bound != "exact" else found.value


def _mean_of_axes(values: Sequence[MeasuredValue]) -> float | None:
    """Return the mean of both axes; they stand before a mean that was rounded already."""
    axes = _axes(values)
    return _exact(values, "mean_diameter_mm") if axes is None else sum(axes) / 2.0


def _mean_of_tenths(values: Sequence[MeasuredValue]) -> float | None:
    """Return the mean of both axes, each rounded to 0.1 mm before."""
    axes = _axes(values)
    return _exact(values, "mean_diameter_mm") if axes is None else float(lung_rads_mean_mm(*axes))


def _axes(values: Sequence[MeasuredValue]) -> tuple[float, float] | None:
    long_mm, short_mm = _exact(values, "long_axis_mm"), _exact(values, "short_axis_mm")
    return None if long_mm is None or short_mm is None else (long_mm, short_mm)


def _prior_mean_mm(finding: Finding) -> float | None:
    return None if finding.prior is None else _mean_of_tenths(finding.prior.measurements)


def _before(finding: Finding, name: str) -> float | None:
    return None if finding.prior is None else _exact(finding.prior.measurements, name)


def _holds_no_calcium_and_no_fat(finding: Finding, kind: str | None) -> bool:
    highest_hu = measured(finding, "max_hu")
    return (
        kind in {"solid", "part_solid", "ground_glass"}
        and highest_hu is not None
        and highest_hu <= CALCIUM_FROM_HU
    )


def _status(finding: Finding, context: Mapping[str, str], *, prior_ct: bool | None) -> str | None:
    """Return what became of a nodule as Lung-RADS means it; None where the definition leaves it open."""
    change = change_of(finding)
    if change in {"new", "resolved"}:
        return change
    if change is None and finding.prior is None:
        return "baseline" if prior_ct is False else None
    if change in {"not_comparable", "contradictory"}:
        return None
    now_mm = _mean_of_tenths(finding.measurements)
    return _by_definition(finding, context, now_mm=now_mm, before_mm=_prior_mean_mm(finding))


def _solid_status(finding: Finding, context: Mapping[str, str]) -> str | None:
    if change_of(finding) not in {"growing", "stable", "decreased"}:
        return None
    name = "solid_mean_diameter_mm"
    found = _by_definition(finding, context, now_mm=measured(finding, name), before_mm=_before(finding, name))
    return found if found in {"growing", "stable", "decreased"} else None


def _by_definition(
    finding: Finding, context: Mapping[str, str], *, now_mm: float | None, before_mm: float | None
) -> str | None:
    before, now = prior_day(finding), study_day(context)
    if now_mm is None or before_mm is None or before is None or now is None or before >= now:
        return None
    return lung_rads_status([Seen(before, before_mm), Seen(now, now_mm)])


def _seen_before(finding: Finding, *, prior_ct: bool | None) -> bool | None:
    change = change_of(finding)
    if finding.prior is not None:
        return True
    if change is not None:
        return None if change == "not_comparable" else change != "new"
    return False if prior_ct is False else None


def _grown(change: str | None, kind: str | None, *, is_first: bool | None) -> bool | None:
    """Tell whether a nodule has grown since the first CT; that it has not is known against that one alone.

    A nodule of one size may have grown a solid part: of a part-solid one the reader says.
    """
    if change == "growing":
        return True
    unchanged = change in {"stable", "decreased"} and kind != "part_solid"
    return False if unchanged and is_first else None


def _since_first(finding: Finding) -> dict[str, Answer | None]:
    """Return the change since the first CT, which is the prior one."""
    percent = measured(finding, "volume_change_percent")
    return {
        "volume_change_percent": percent,
        "doubling_time_days": measured(finding, "doubling_time_days"),
        "by_volume": True if percent is not None else None,
    }
