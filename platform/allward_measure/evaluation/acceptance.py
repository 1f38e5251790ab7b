"""What a plug-in was worth on a hospital's own cases: figures with intervals, in all and by subgroup."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, median
from typing import TypeVar

from allward_measure.evaluation.curves import ALL_MARKS, FIRST_RATE, METRIC, Curves
from allward_measure.evaluation.froc import LUNA16_RATES, Verdict
from allward_measure.evaluation.intervals import bootstrap_interval, share_interval

Key = TypeVar("Key")

FEWEST = 5
"""Fewer cases, of outlines and marks those that have them, get no figures: they would say nothing."""

FEWEST_DRAWN = 20
"""Patients whose cases are drawn: the bootstrap of fewer gives intervals that are too narrow."""

_NO_WIDTH = 1e-9
"""Ends of an interval that are nearer than this are the same."""


@dataclass(frozen=True, slots=True)
class Outline:
    """One label of one case against its reference.

    Attributes
    ----------
    dice
        None where neither has a voxel.
    volume_ml, reference_ml
        0 is a measured volume: nothing is there.
    """

    dice: float | None
    volume_ml: float
    reference_ml: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One case of a retrospective set, as far as the plug-in and the reference speak of it.

    Attributes
    ----------
    groups
        Subgroup by question: {"sex": "F", "slice thickness": "<= 1.5 mm"}.
    patient
        What cases of one patient share, a pseudonym; empty: nobody knows, and the case stands by itself.
    present, reported
        Whether the condition is there, and whether the plug-in says so; None where nobody judged it.
    took_s
        Run time; None where the case did not run.
    fault
        Why it did not run; empty if it did.
    """

    case: str
    groups: Mapping[str, str] = field(default_factory=dict)
    patient: str = ""
    present: bool | None = None
    reported: bool | None = None
    outlines: Mapping[str, Outline] = field(default_factory=dict)
    marks: Verdict | None = None
    took_s: float | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, where it lies with a probability of 95 %, and how many cases it comes from.

    Attributes
    ----------
    low, high
        None where the cases are too few, or too much alike, to tell.
    """

    value: float
    cases: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What one group of cases tells; None where nothing can be told.

    Attributes
    ----------
    mean_dice, volume_bias, absolute_volume_error
        By label; volumes as a share of the reference, cases with an empty reference left out.
    competition_performance_metric, sensitivity_at
        Sensitivity of marks by false positives per scan; none where all marks score the same: there is no
        curve then.
    mark_sensitivity, false_positives_per_scan
        Of all marks, whatever they score.
    """

    cases: int
    failed: int
    sensitivity: Figure | None = None
    specificity: Figure | None = None
    mean_dice: Mapping[str, Figure] = field(default_factory=dict)
    volume_bias: Mapping[str, Figure] = field(default_factory=dict)
    absolute_volume_error: Mapping[str, Figure] = field(default_factory=dict)
    competition_performance_metric: Figure | None = None
    sensitivity_at: Mapping[float, Figure] = field(default_factory=dict)
    mark_sensitivity: Figure | None = None
    false_positives_per_scan: Figure | None = None
    median_s: float | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The whole set, and each subgroup of each question."""

    overall: Figures
    subgroups: Mapping[str, Mapping[str, Figures]]


def acceptance(cases: Sequence[Judged], *, repeats: int = 1000, seed: int = 0) -> Acceptance:
    """Summarise a set; cases that failed count as failed, and in no other figure.

    Parameters
    ----------
    repeats, seed
        Of the bootstrap; the same ones give the same report.
    """
    questions = sorted({question for case in cases for question in case.groups})
    how = _How(repeats, seed, has_curve(cases))
    return Acceptance(
        overall=_figures(cases, how),
        subgroups={
            question: {
                answer: _figures([case for case in cases if case.groups.get(question) == answer], how)
                for answer in sorted({case.groups[question] for case in cases if question in case.groups})
            }
            for question in questions
        },
    )


def has_curve(cases: Sequence[Judged]) -> bool:
    """Tell whether marks differ in score; else the plug-in works at one point, and there is no curve."""
    marks = [case.marks for case in cases if not case.fault and case.marks is not None]
    return len({score for one in marks for score in (*one.hits, *one.wrong)}) > 1


@dataclass(frozen=True, slots=True)
class _How:
    """How the figures of a set are computed, the same for all its subgroups."""

    repeats: int
    seed: int
    has_curve: bool

    def told(
        self,
        cases: Sequence[Judged],
        figure: Callable[[Sequence[Judged]], float | None],
        carrying: Sequence[Judged],
    ) -> Figure | None:
        """Return a figure over cases; None if fewer than `FEWEST` carry what it is about."""
        if len(carrying) < FEWEST:
            return None
        drawn = bootstrap_interval(cases, figure, cluster=_patient, repeats=self.repeats, seed=self.seed)
        if drawn is None:
            return None
        if _patients(carrying) < FEWEST_DRAWN or drawn.high - drawn.low < _NO_WIDTH:
            return Figure(drawn.value, len(carrying))
        return Figure(drawn.value, len(carrying), drawn.low, drawn.high)


def _patient(case: Judged) -> tuple[bool, str]:
    return (True, case.patient) if case.patient else (False, case.case)


def _patients(cases: Sequence[Judged]) -> int:
    return len({_patient(case) for case in cases})


def _figures(cases: Sequence[Judged], how: _How) -> Figures:
    ran = [case for case in cases if not case.fault]
    failed = len(cases) - len(ran)
    if len(ran) < FEWEST:
        return Figures(cases=len(cases), failed=failed)
    labels = sorted({label for case in ran for label in case.outlines})

    def by_label(value: Callable[[Outline], float | None]) -> dict[str, Figure]:
        drawn = {label: _with(ran, label, value) for label in labels}
        return _known(
            {label: how.told(cases, _mean_of(label, value), cases) for label, cases in drawn.items()}
        )

    times_s = [case.took_s for case in ran if case.took_s is not None]
    return _with_marks(
        Figures(
            cases=len(cases),
            failed=failed,
            sensitivity=_share_right(ran, present=True),
            specificity=_share_right(ran, present=False),
            mean_dice=by_label(_dice),
            volume_bias=by_label(_volume_error),
            absolute_volume_error=by_label(_absolute_volume_error),
            median_s=median(times_s) if times_s else None,
        ),
        [case for case in ran if case.marks is not None],
        how,
    )


def _with_marks(figures: Figures, marked: Sequence[Judged], how: _How) -> Figures:
    curves = Curves()
    aimed = [case for case in marked if _targets(case)]
    targets = sum(map(_targets, aimed))

    def told(place: int) -> Figure | None:
        """Where every draw gives the same sensitivity, the targets tell how sure it is."""
        figure = how.told(marked, _reading(curves, place), aimed)
        if figure is None or figure.low is not None or _patients(aimed) < FEWEST_DRAWN:
            return figure
        wilson = share_interval(round(figure.value * targets), targets)
        assert wilson is not None
        return replace(figure, low=min(wilson.low, figure.value), high=max(wilson.high, figure.value))

    all_marks = replace(
        figures,
        mark_sensitivity=told(ALL_MARKS),
        false_positives_per_scan=how.told(marked, _false_positives_per_scan, marked),
    )
    if not how.has_curve:
        return all_marks
    return replace(
        all_marks,
        competition_performance_metric=told(METRIC),
        sensitivity_at=_known({rate: told(n) for n, rate in enumerate(LUNA16_RATES, FIRST_RATE)}),
    )


def _targets(case: Judged) -> int:
    return 0 if case.marks is None else len(case.marks.hits) + case.marks.missed


def _with(cases: Sequence[Judged], label: str, value: Callable[[Outline], float | None]) -> list[Judged]:
    return [case for case in cases if label in case.outlines and value(case.outlines[label]) is not None]


def _share_right(cases: Sequence[Judged], *, present: bool) -> Figure | None:
    judged = [case for case in cases if case.present is present and case.reported is not None]
    share = share_interval(sum(case.reported is present for case in judged), len(judged))
    return None if share is None else Figure(share.value, len(judged), share.low, share.high)


def _mean_of(
    label: str, value: Callable[[Outline], float | None]
) -> Callable[[Sequence[Judged]], float | None]:
    def mean(cases: Sequence[Judged]) -> float | None:
        values = [value(case.outlines[label]) for case in cases if label in case.outlines]
        known = [one for one in values if one is not None]
        return fmean(known) if known else None

    return mean


def _dice(outline: Outline) -> float | None:
    return outline.dice


def _volume_error(outline: Outline) -> float | None:
    if outline.reference_ml <= 0:
        return None
    return (outline.volume_ml - outline.reference_ml) / outline.reference_ml


def _absolute_volume_error(outline: Outline) -> float | None:
    error = _volume_error(outline)
    return None if error is None else abs(error)


def _reading(curves: Curves, place: int) -> Callable[[Sequence[Judged]], float | None]:
    def figure(cases: Sequence[Judged]) -> float | None:
        read = curves.of([case.marks for case in cases if case.marks is not None])
        return None if read is None else read[place]

    return figure


def _false_positives_per_scan(cases: Sequence[Judged]) -> float:
    return fmean(len(case.marks.wrong) for case in cases if case.marks is not None)


def _known(values: Mapping[Key, Figure | None]) -> dict[Key, Figure]:
    return {key: value for key, value in values.items() if value is not None}
