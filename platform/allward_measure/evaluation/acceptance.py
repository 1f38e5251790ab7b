"""What a plug-in was worth on a hospital's own cases: figures with intervals, in all and by subgroup."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import TypeVar

import numpy as np

from allward_measure.evaluation.froc import LUNA16_RATES, Froc, Verdict, curve_of
from allward_measure.evaluation.intervals import Interval, bootstrap_interval, share_interval

Key = TypeVar("Key")

FEWEST = 5
"""A subgroup of fewer cases gets counts and no figures: they would say nothing."""


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
    present, reported
        Whether the condition is there, and whether the plug-in says so; None where nobody judged it.
    took_s
        Run time; None where the case did not run.
    fault
        Why it did not run; empty if it did.
    """

    case: str
    groups: Mapping[str, str] = field(default_factory=dict)
    present: bool | None = None
    reported: bool | None = None
    outlines: Mapping[str, Outline] = field(default_factory=dict)
    marks: Verdict | None = None
    took_s: float | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one group of cases tells; None where nothing can be told.

    Attributes
    ----------
    mean_dice, volume_bias, absolute_volume_error
        By label; volumes as a share of the reference, cases with an empty reference left out.
    sensitivity_at
        Sensitivity of marks by false positives per scan.
    """

    cases: int
    failed: int
    sensitivity: Interval | None = None
    specificity: Interval | None = None
    mean_dice: Mapping[str, Interval] = field(default_factory=dict)
    volume_bias: Mapping[str, Interval] = field(default_factory=dict)
    absolute_volume_error: Mapping[str, Interval] = field(default_factory=dict)
    competition_performance_metric: Interval | None = None
    sensitivity_at: Mapping[float, Interval] = field(default_factory=dict)
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
    return Acceptance(
        overall=_figures(cases, repeats, seed),
        subgroups={
            question: {
                answer: _figures(
                    [case for case in cases if case.groups.get(question) == answer], repeats, seed
                )
                for answer in sorted({case.groups[question] for case in cases if question in case.groups})
            }
            for question in questions
        },
    )


def _figures(cases: Sequence[Judged], repeats: int, seed: int) -> Figures:
    ran = [case for case in cases if not case.fault]
    failed = len(cases) - len(ran)
    if len(ran) < FEWEST:
        return Figures(cases=len(cases), failed=failed)

    def told(figure: Callable[[Sequence[Judged]], float | None]) -> Interval | None:
        return bootstrap_interval(ran, figure, repeats=repeats, seed=seed)

    curves = _Curves()
    labels = sorted({label for case in ran for label in case.outlines})
    times_s = [case.took_s for case in ran if case.took_s is not None]
    return Figures(
        cases=len(cases),
        failed=failed,
        sensitivity=_share_right(ran, present=True),
        specificity=_share_right(ran, present=False),
        mean_dice=_known({label: told(_mean_of(label, _dice)) for label in labels}),
        volume_bias=_known({label: told(_mean_of(label, _volume_error)) for label in labels}),
        absolute_volume_error=_known(
            {label: told(_mean_of(label, _absolute_volume_error)) for label in labels}
        ),
        competition_performance_metric=told(_reading(curves, 0)),
        sensitivity_at=_known({rate: told(_reading(curves, n)) for n, rate in enumerate(LUNA16_RATES, 1)}),
        median_s=median(times_s) if times_s else None,
    )


def _share_right(cases: Sequence[Judged], *, present: bool) -> Interval | None:
    judged = [case for case in cases if case.present is present and case.reported is not None]
    return share_interval(sum(case.reported is present for case in judged), len(judged))


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


class _Curves:
    """What is read off the curves of draws, each of which is computed once: every figure draws the same."""

    def __init__(self) -> None:
        self._read: dict[bytes, tuple[float, ...] | None] = {}

    def of(self, cases: Sequence[Judged]) -> tuple[float, ...] | None:
        """Return the competition performance metric, and the sensitivity at each rate; None: no curve."""
        drawn = np.fromiter(map(id, cases), np.int64, len(cases)).tobytes()
        if drawn not in self._read:
            curve = curve_of([case.marks for case in cases if case.marks is not None])
            self._read[drawn] = None if curve is None else _readings(curve)
        return self._read[drawn]


def _readings(curve: Froc) -> tuple[float, ...]:
    return (curve.competition_performance_metric, *(curve.sensitivity_at(rate) for rate in LUNA16_RATES))


def _reading(curves: _Curves, place: int) -> Callable[[Sequence[Judged]], float | None]:
    def figure(cases: Sequence[Judged]) -> float | None:
        read = curves.of(cases)
        return None if read is None else read[place]

    return figure


def _known(values: Mapping[Key, Interval | None]) -> dict[Key, Interval]:
    return {key: value for key, value in values.items() if value is not None}
