"""What a plug-in was worth on a hospital's own cases: figures with intervals, in all and by subgroup."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, median
from typing import TypeVar

import numpy as np

from allward_measure.evaluation.curves import ALL_MARKS, FIRST_RATE, METRIC, drawn_readings, readings_of
from allward_measure.evaluation.draws import Draws, Values, drawn_interval
from allward_measure.evaluation.froc import LUNA16_RATES
from allward_measure.evaluation.intervals import (
    Interval,
    share_interval,
    share_interval_of_patients,
    wilson,
)
from allward_measure.evaluation.judged import Judged, Outline, patients_of, places_of, sums_of

Key = TypeVar("Key")

FEWEST = 5
"""Fewer cases, of outlines and marks those that have them, get no figures: they would say nothing."""

FEWEST_DRAWN = 20
"""Patients whose cases are drawn: the bootstrap of fewer gives intervals that are too narrow."""

_NO_WIDTH = 1e-9
"""Ends of an interval that are nearer than this are the same."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, where it lies with a probability of 95 %, and how many cases of how many patients tell it.

    Attributes
    ----------
    low, high
        None where the cases are too few, or too much alike, to tell.
    """

    value: float
    cases: int
    patients: int
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
    patients: int
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
    how = _How(Draws(repeats, seed), has_curve(cases))
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

    draws: Draws
    has_curve: bool


def _figures(cases: Sequence[Judged], how: _How) -> Figures:
    ran = [case for case in cases if not case.fault]
    failed, patients = len(cases) - len(ran), patients_of(cases)
    if len(ran) < FEWEST:
        return Figures(cases=len(cases), failed=failed, patients=patients)
    times_s = [case.took_s for case in ran if case.took_s is not None]
    return _with_marks(
        Figures(
            cases=len(cases),
            failed=failed,
            patients=patients,
            sensitivity=_share_right(ran, present=True),
            specificity=_share_right(ran, present=False),
            mean_dice=_means(ran, _dice, how.draws),
            volume_bias=_means(ran, _volume_error, how.draws),
            absolute_volume_error=_means(ran, _absolute_volume_error, how.draws),
            median_s=median(times_s) if times_s else None,
        ),
        [case for case in ran if case.marks is not None],
        how,
    )


def _figure(value: float, drawn: Values, carrying: Sequence[Judged]) -> Figure:
    """Return a figure with what its draws tell; nothing of few patients, or where all draws are equal."""
    patients, told = patients_of(carrying), drawn_interval(value, drawn)
    if patients < FEWEST_DRAWN or told.high - told.low < _NO_WIDTH:
        return Figure(value, len(carrying), patients)
    return Figure(value, len(carrying), patients, told.low, told.high)


def _with_marks(figures: Figures, marked: Sequence[Judged], how: _How) -> Figures:
    if len(marked) < FEWEST:
        return figures
    verdicts = [case.marks for case in marked if case.marks is not None]
    places = places_of(marked)
    wrong, scans = sums_of(places, [len(one.wrong) for one in verdicts]), sums_of(places)
    rate = fmean(len(one.wrong) for one in verdicts)
    found = replace(figures, false_positives_per_scan=_figure(rate, how.draws.shares(wrong, scans), marked))
    aimed = [case for case in marked if _targets(case)]
    read = readings_of(verdicts)
    if read is None or len(aimed) < FEWEST:
        return found
    drawn = drawn_readings(verdicts, places, how.draws.of(len(scans)))

    def told(place: int) -> Figure:
        return _surely(_figure(read[place], drawn[:, place], aimed), aimed)

    found = replace(found, mark_sensitivity=told(ALL_MARKS))
    if not how.has_curve:
        return found
    return replace(
        found,
        competition_performance_metric=told(METRIC),
        sensitivity_at={rate: told(n) for n, rate in enumerate(LUNA16_RATES, FIRST_RATE)},
    )


def _surely(figure: Figure, aimed: Sequence[Judged]) -> Figure:
    """Let targets tell how sure a sensitivity is where every draw gives the same.

    Of a patient's scans only one counts then: nothing tells how alike they are.
    """
    if figure.low is not None or figure.patients < FEWEST_DRAWN:
        return figure
    targets = sum(map(_targets, aimed))
    told: Interval | None = wilson(figure.value, targets * figure.patients / len(aimed))
    if figure.patients == len(aimed):
        told = share_interval(round(figure.value * targets), targets)
    assert told is not None
    return replace(figure, low=min(told.low, figure.value), high=max(told.high, figure.value))


def _targets(case: Judged) -> int:
    return 0 if case.marks is None else len(case.marks.hits) + case.marks.missed


def _share_right(cases: Sequence[Judged], *, present: bool) -> Figure | None:
    judged = [case for case in cases if case.present is present and case.reported is not None]
    if not judged:
        return None
    places = places_of(judged)
    right = sums_of(places, [case.reported is present for case in judged])
    share = share_interval_of_patients(right.astype(int).tolist(), np.bincount(places).tolist())
    assert share is not None
    return Figure(share.value, len(judged), len(right), share.low, share.high)


def _means(
    cases: Sequence[Judged], value: Callable[[Outline], float | None], draws: Draws
) -> dict[str, Figure]:
    """Return the mean of a value by label, of those that enough cases have."""
    labels = sorted({label for case in cases for label in case.outlines})
    return _known({label: _mean(cases, label, value, draws) for label in labels})


def _mean(
    cases: Sequence[Judged], label: str, value: Callable[[Outline], float | None], draws: Draws
) -> Figure | None:
    outlined = [(case, value(case.outlines[label])) for case in cases if label in case.outlines]
    carrying = [case for case, told in outlined if told is not None]
    values = [told for _, told in outlined if told is not None]
    if len(values) < FEWEST:
        return None
    places = places_of(carrying)
    return _figure(fmean(values), draws.shares(sums_of(places, values), sums_of(places)), carrying)


def _dice(outline: Outline) -> float | None:
    return outline.dice


def _volume_error(outline: Outline) -> float | None:
    if outline.reference_ml <= 0:
        return None
    return (outline.volume_ml - outline.reference_ml) / outline.reference_ml


def _absolute_volume_error(outline: Outline) -> float | None:
    error = _volume_error(outline)
    return None if error is None else abs(error)


def _known(values: Mapping[Key, Figure | None]) -> dict[Key, Figure]:
    return {key: value for key, value in values.items() if value is not None}
