"""A case and the prior that came with it: each nodule is told what became of it, or why that is not known.

What cannot be compared is never new, stable or gone: it reads "not comparable", with the reason.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from allward_measure.nodules.growth import sphere_volume_mm3
from allward_measure.nodules.place import Lobe
from allward_measure.registration.chest import Chest, chest_of
from allward_measure.registration.register import Registration, register_chests
from allward_runner.case import Case
from allward_sdk.geometry import Geometry
from allward_sdk.parts import Localised
from allward_sdk.results import Finding, MeasuredValue, PointLps, PriorSight, Property
from lung_nodule.logic.finding_words import lobe_of
from lung_nodule.logic.followup import words
from lung_nodule.logic.followup.change import Acquisition, Change, compare, why_not_comparable
from lung_nodule.logic.followup.matching import Spot, match_nodules
from lung_nodule.logic.followup.sizes import OF_VOLUME, is_coarse, sizes_of

_SIZE_UNKNOWN_MM = 6.0
"""What a nodule without any size is taken for when it is matched, and only then."""

_SHOWN_BEFORE = (
    "long_axis_mm", "short_axis_mm", "mean_diameter_mm", "volume_mm3", "solid_mean_diameter_mm", "mean_hu",
    "mass_mg",
)  # fmt: skip
"""Measurements of the prior that stand beside those of today."""

Compared = tuple[tuple[Finding, ...], tuple[Localised, ...]]


def compare_with_prior(
    case: Case,
    findings: Sequence[Finding],
    prior_findings: Sequence[Finding] | None,
    *,
    chest: Chest | None = None,
    prior_chest: Chest | None = None,
) -> Compared:
    """Tell of each nodule what became of it since the prior, and add those that are no longer found.

    Parameters
    ----------
    case
        With its prior; without one the findings come back as they are.
    findings
        Of the case; what is no lesion with a place is left as it is.
    prior_findings
        What the app finds in the prior by itself. What an earlier result says of it (`Prior.findings`) goes
        before them, since people have looked at it. None: nothing was found out.
    chest, prior_chest
        The case and its prior on the coarse grid, if they were made already.

    Returns
    -------
    The findings, those that are gone behind the others, and sentences on the examination as a whole.
    """
    if case.prior is None:
        return tuple(findings), ()
    known = prior_findings if case.prior.findings is None else case.prior.findings
    before = _Sight.of(case.prior.case)
    now = _Sight.of(case)
    refusal = _refusal(now, before, known)
    if refusal is not None:
        return _not_compared(findings, refusal)
    laid = register_chests(
        prior_chest or chest_of(before.case.volume_hu, before.case.geometry),
        chest or chest_of(case.volume_hu, case.geometry),
    )
    if laid.refusal is not None:
        return _not_compared(findings, laid.refusal)
    return _Comparison(now, before, laid).of(findings, [each for each in known or () if _is_nodule(each)])


@dataclass(frozen=True, slots=True)
class _Sight:
    """One examination: its images, its day, and how it was made."""

    case: Case
    day: date | None
    acquisition: Acquisition

    @classmethod
    def of(cls, case: Case) -> "_Sight":
        said = case.clinical_context
        days = (_day(said.get(name, "")) for name in ("StudyDate", "AcquisitionDate", "SeriesDate"))
        thickness = _positive(said.get("SliceThickness", ""))
        return cls(
            case=case,
            day=next((day for day in days if day is not None), None),
            acquisition=Acquisition(thickness, said.get("ConvolutionKernel") or None),
        )

    def shows(self, point_lps_mm: Sequence[float]) -> bool:
        """Tell whether a point lies in the scan."""
        return _is_inside(self.case.geometry, point_lps_mm)


def _refusal(now: _Sight, before: _Sight, known: Sequence[Finding] | None) -> Localised | None:
    """Say why nothing of both can be compared, or None."""
    if {now.case.modality, before.case.modality} != {"CT"}:
        return words.NOT_CT
    if not np.isfinite(before.case.volume_hu).all():
        return words.NOT_NUMBERS
    if _differs(now, before, "PatientSex"):
        return words.OTHER_SEX
    if _differs(now, before, "PatientBirthDate"):
        return words.OTHER_BIRTH_DATE
    if now.day is None or before.day is None:
        return words.NO_DATE
    if before.day >= now.day:
        return words.NOT_EARLIER
    return words.NOT_KNOWN if known is None else None


def _differs(now: _Sight, before: _Sight, keyword: str) -> bool:
    both = [sight.case.clinical_context.get(keyword, "").strip() for sight in (now, before)]
    return all(both) and both[0] != both[1]


def _not_compared(findings: Sequence[Finding], why: Localised) -> Compared:
    marked = tuple(
        _told(finding, words.change_property("not_comparable", words.together((why,))))
        if _is_nodule(finding)
        else finding
        for finding in findings
    )
    return marked, (words.not_compared(why),)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Two examinations that lie on one another."""

    now: _Sight
    before: _Sight
    laid: Registration

    def of(self, findings: Sequence[Finding], earlier: Sequence[Finding]) -> Compared:
        """Match, and tell."""
        nodules = [each for each in findings if _is_nodule(each)]
        spots = [_spot(each, _centre(each)) for each in nodules]
        moved = [self._in_current(each) for each in earlier]
        matches = match_nodules(
            [_spot(each, point) for each, point in zip(earlier, moved, strict=True)], spots
        )
        partner = {column: earlier[row] for row, column in matches.pairs}
        told = {id(each): self._followed(each, partner.get(at)) for at, each in enumerate(nodules)}
        kept = tuple(told.get(id(each), each) for each in findings)
        lost = tuple(
            self._gone(earlier[row], moved[row], number) for number, row in enumerate(matches.resolved, 1)
        )
        return (*kept, *lost), self._sentences()

    def _sentences(self) -> tuple[Localised, ...]:
        """Say once of the examination what stands on each of its nodules too."""
        return why_not_comparable(self.before.acquisition, self.now.acquisition)

    def _in_current(self, earlier: Finding) -> PointLps:
        x, y, z = (round(float(mm), 3) for mm in self.laid.to_current([_centre(earlier)])[0])
        return x, y, z

    def _followed(self, finding: Finding, earlier: Finding | None) -> Finding:
        """Return a nodule of today with what became of it."""
        if earlier is None:
            if not self.before.shows(self.laid.to_prior([_centre(finding)])[0]):
                return _told(finding, words.change_property("not_comparable", words.OUTSIDE_PRIOR))
            return _told(finding, words.change_property("new"), (self._days(),))
        change = self._change(earlier, finding)
        numbers = (
            words.number("delta_mm", change.delta_mm),
            words.number("volume_change_percent", change.volume_percent),
            words.number("doubling_time_days", change.doubling_time_days),
            words.number("mass_doubling_time_days", change.mass_doubling_time_days),
            self._days(),
        )
        why = words.WITHIN_ERROR if change.within_error else words.together(change.reasons)
        told = _told(finding, words.change_property(change.status, why), numbers)
        return told.model_copy(update={"tracking_uid": earlier.tracking_uid, "prior": self._sight(earlier)})

    def _change(self, earlier: Finding, finding: Finding) -> Change:
        before, now = (sizes_of(each.measurements, coarse=is_coarse(each)) for each in (earlier, finding))
        lacking = dict.fromkeys(each.why for each in (before, now) if each.why is not None)
        if lacking:
            reasons = why_not_comparable(self.before.acquisition, self.now.acquisition)
            return Change("not_comparable", reasons=(*reasons, *lacking))
        assert self.before.day is not None
        assert self.now.day is not None
        return compare(
            before.at(self.before.day, self.before.acquisition), now.at(self.now.day, self.now.acquisition)
        )

    def _gone(self, earlier: Finding, place: PointLps, number: int) -> Finding:
        """Return the finding that stands for a nodule of the prior that is not found today."""
        size_mm, day = _value(earlier, "mean_diameter_mm"), self._sight(earlier).study_date
        shown = self.now.shows(place)
        why = words.FOR_A_CHECK if shown else words.OUTSIDE_CURRENT
        return Finding(
            id=f"prior-{number}",
            kind="statement",
            label=earlier.label,
            title=words.of_prior(size_mm, day, why),
            tracking_uid=earlier.tracking_uid,
            centre_lps_mm=place if shown else None,
            measurements=(self._days(),),
            properties=(words.change_property("resolved" if shown else "not_comparable", why),),
            prior=self._sight(earlier),
        )

    def _days(self) -> MeasuredValue:
        assert self.now.day is not None
        assert self.before.day is not None
        return words.number("days_since_prior", float((self.now.day - self.before.day).days))

    def _sight(self, earlier: Finding) -> PriorSight:
        return PriorSight(
            study_instance_uid=self.before.case.study_instance_uid,
            series_instance_uid=self.before.case.series_instance_uid,
            study_date=None if self.before.day is None else self.before.day.isoformat(),
            centre_lps_mm=earlier.centre_lps_mm,
            measurements=_shown_before(earlier),
        )


def _told(finding: Finding, change: Property, numbers: tuple[MeasuredValue, ...] = ()) -> Finding:
    """Return a finding with a change and its numbers, in place of any that it had."""
    return finding.model_copy(
        update={
            "properties": (*(each for each in finding.properties if each.name != "change"), change),
            "measurements": (
                *(each for each in finding.measurements if each.name not in words.NAMES),
                *numbers,
            ),
        }
    )


def _shown_before(earlier: Finding) -> tuple[MeasuredValue, ...]:
    """Return what stands beside the sizes of today; no volume of slices that were too thick for it."""
    shown = (each for each in earlier.measurements if each.name in _SHOWN_BEFORE)
    return tuple(each for each in shown if not (each.name in OF_VOLUME and is_coarse(earlier)))


def _is_nodule(finding: Finding) -> bool:
    return finding.kind == "lesion" and finding.centre_lps_mm is not None


def _centre(finding: Finding) -> PointLps:
    assert finding.centre_lps_mm is not None
    return finding.centre_lps_mm


def _spot(finding: Finding, centre_lps_mm: PointLps) -> Spot:
    mean_mm = _above_0(_value(finding, "mean_diameter_mm")) or _SIZE_UNKNOWN_MM
    volume_mm3 = _above_0(_value(finding, "volume_mm3")) or sphere_volume_mm3(mean_mm)
    lobe: Lobe | None = lobe_of(finding)
    return Spot(centre_lps_mm, volume_mm3, lobe)


def _value(finding: Finding, name: str) -> float | None:
    value = next((each.value for each in finding.measurements if each.name == name), None)
    return value if value is None or math.isfinite(value) else None


def _above_0(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _is_inside(geometry: Geometry, point_lps_mm: Sequence[float]) -> bool:
    index = geometry.to_index_kji([point_lps_mm])[0]
    inside = (index >= -0.5) & (index <= np.asarray(geometry.shape_kji) - 0.5)
    return bool(inside.all())


def _day(stated: str) -> date | None:
    """Return the day of a DICOM date; None if it is none (PS3.5 6.2: YYYYMMDD)."""
    try:
        return datetime.strptime(stated.strip(), "%Y%m%d").date()  # noqa: DTZ007  (a date has no zone)
    except ValueError:
        return None


def _positive(stated: str) -> float | None:
    try:
        value = float(stated)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
