"""How a shadow and the enabled version agree, and how each stands to reviewers. Pure.

A case is a series that both read. Reviewers saw what the enabled version said, never what the shadow said: a
lesion that only the shadow found is judged by nobody, so its sensitivity is a lower bound wherever the
enabled version was wrong, and the specificity of both is told by the cases that somebody looked at.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median, stdev

from scipy import stats

from allward.shadow.comparing import LabelPair
from allward_measure.evaluation.intervals import (
    Interval,
    kappa,
    mcnemar_of_patients,
    share_interval_of_patients,
)

SHADOW, ENABLED = "shadow", "enabled"

_WITHIN = 1.96
"""Standard deviations to each side that hold 95 % of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Case:
    """One series that was given to a shadow.

    Attributes
    ----------
    beside
        Whether an enabled version was given it too.
    failed
        Of `SHADOW` and `ENABLED`, who ended without output.
    something, enabled_something
        Whether anything was found; None: it ended without output, or nothing was enabled.
    truth
        Reviewers' word: whether something is there; None: they have not said.
    patient
        What cases of one patient share; empty: nobody knows, and the case stands by itself.
    """

    beside: bool = True
    labels: Mapping[str, LabelPair] = field(default_factory=dict)
    failed: frozenset[str] = frozenset()
    something: bool | None = None
    enabled_something: bool | None = None
    device_s: float | None = None
    enabled_device_s: float | None = None
    truth: bool | None = None
    patient: str = ""

    @property
    def is_paired(self) -> bool:
        """Whether both read it."""
        return self.something is not None and self.enabled_something is not None


@dataclass(frozen=True, slots=True)
class LabelAgreement:
    """How much alike one label is drawn.

    Attributes
    ----------
    cases
        Series that both read and in which at least one of them drew the label.
    median_dice
        None of fewer than six such cases.
    volume_bias_ml
        Mean of shadow minus enabled; None without a case.
    low_limit_ml, high_limit_ml
        Limits of agreement: 95 % of the differences lie between them. None of fewer than two cases.
    """

    cases: int
    median_dice: Interval | None
    volume_bias_ml: float | None
    low_limit_ml: float | None
    high_limit_ml: float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Cases by whether each of the two is so: something found, ended without output, or right.

    Attributes
    ----------
    differences
        For each patient with several cases, and for each case of others, of how many it is so for the shadow
        alone, less those for which it is so for the enabled version alone.
    """

    both: int
    shadow_only: int
    enabled_only: int
    neither: int
    differences: tuple[int, ...] = field(default=(), compare=False)

    @property
    def cases(self) -> int:
        """All of them."""
        return self.both + self.shadow_only + self.enabled_only + self.neither

    @property
    def p(self) -> float:
        """Exact two-sided probability that the two differ so much by chance: McNemar's, of patients."""
        return mcnemar_of_patients(self.differences)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; None where it is not defined."""
        rows = ((1, 1, self.both), (1, 0, self.shadow_only), (0, 1, self.enabled_only), (0, 0, self.neither))
        shadow = [one for one, _, count in rows for _ in range(count)]
        enabled = [other for _, other, count in rows for _ in range(count)]
        return kappa(shadow, enabled, classes=2) if self.cases else None


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One version against reviewers; None where there is no such case."""

    sensitivity: Interval | None
    specificity: Interval | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """All that is told of a shadow."""

    cases: int
    paired: int
    alone: int
    """Read by the shadow while nothing was enabled."""
    found: Table
    """Cases that both read, by whether something was found."""
    failed: Table
    """Cases that were given to both, by who ended without output."""
    right: Table
    """Cases that both read and reviewers judged, by who said the same as they."""
    labels: Mapping[str, LabelAgreement]
    shadow: Accuracy
    enabled: Accuracy
    median_device_s: float | None
    enabled_median_device_s: float | None


def statistics_of(cases: Sequence[Case]) -> Statistics:
    """Summarise the cases of a shadow."""
    paired = [case for case in cases if case.is_paired]
    judged = [case for case in paired if case.truth is not None]
    names = sorted({name for case in paired for name in case.labels})
    return Statistics(
        cases=len(cases),
        paired=len(paired),
        alone=sum(case.something is not None and not case.beside for case in cases),
        found=_table(paired, _shadow_found, _enabled_found),
        failed=_table(
            [case for case in cases if case.beside and (case.is_paired or case.failed)],
            lambda case: SHADOW in case.failed,
            lambda case: ENABLED in case.failed,
        ),
        right=_table(judged, lambda c: c.something == c.truth, lambda c: c.enabled_something == c.truth),
        labels={
            name: label_agreement([c.labels[name] for c in paired if name in c.labels]) for name in names
        },
        shadow=_accuracy(judged, _shadow_found),
        enabled=_accuracy(judged, _enabled_found),
        median_device_s=_median(case.device_s for case in paired),
        enabled_median_device_s=_median(case.enabled_device_s for case in paired),
    )


def label_agreement(pairs: Iterable[LabelPair]) -> LabelAgreement:
    """Summarise one label over series; where neither drew it there is nothing to agree on.

    Source
    ------
    Limits of agreement: Bland and Altman 1986, doi:10.1016/S0140-6736(86)90837-8.
    """
    drawn = [pair for pair in pairs if pair.dice is not None]
    apart = [pair.volume_ml - pair.enabled_volume_ml for pair in drawn]
    bias = fmean(apart) if apart else None
    spread = _WITHIN * stdev(apart) if len(apart) > 1 else None
    return LabelAgreement(
        cases=len(drawn),
        median_dice=median_interval([pair.dice for pair in drawn if pair.dice is not None]),
        volume_bias_ml=bias,
        low_limit_ml=None if bias is None or spread is None else bias - spread,
        high_limit_ml=None if bias is None or spread is None else bias + spread,
    )


def median_interval(values: Sequence[float]) -> Interval | None:
    """Return a median and where it lies with at least 95 %; None of fewer than six values.

    Between two of the sorted values, whose ranks the binomial distribution tells; nothing is assumed of how
    the values are distributed.

    Source
    ------
    Conover, Practical Nonparametric Statistics, 3rd edition, section 3.2.
    """
    rank = int(stats.binom.ppf(0.025, len(values), 0.5)) if values else 0
    if rank < 1:
        return None
    ordered = sorted(values)
    return Interval(float(median(ordered)), float(ordered[rank - 1]), float(ordered[-rank]))


def _shadow_found(case: Case) -> bool:
    return bool(case.something)


def _enabled_found(case: Case) -> bool:
    return bool(case.enabled_something)


def _table(cases: Sequence[Case], shadow: Callable[[Case], bool], enabled: Callable[[Case], bool]) -> Table:
    told = [(shadow(case), enabled(case)) for case in cases]
    by_patient: Counter[tuple[bool, str]] = Counter()
    for patient, (one, other) in zip(_patients(cases), told, strict=True):
        by_patient[patient] += one - other
    return Table(
        both=told.count((True, True)),
        shadow_only=told.count((True, False)),
        enabled_only=told.count((False, True)),
        neither=told.count((False, False)),
        differences=tuple(by_patient.values()),
    )


def _patients(cases: Sequence[Case]) -> list[tuple[bool, str]]:
    """Return for each case whose it is; one of whom nobody knows it stands by itself."""
    return [
        (True, case.patient) if case.patient else (False, str(number)) for number, case in enumerate(cases)
    ]


def _accuracy(judged: Sequence[Case], found: Callable[[Case], bool]) -> Accuracy:
    present = [case for case in judged if case.truth]
    absent = [case for case in judged if not case.truth]
    return Accuracy(
        sensitivity=_share(present, [found(case) for case in present]),
        specificity=_share(absent, [not found(case) for case in absent]),
    )


def _share(cases: Sequence[Case], right: Sequence[bool]) -> Interval | None:
    """Return the share of cases that are right, with an interval over patients."""
    so: Counter[tuple[bool, str]] = Counter()
    of: Counter[tuple[bool, str]] = Counter()
    for patient, one in zip(_patients(cases), right, strict=True):
        so[patient] += one
        of[patient] += 1
    return share_interval_of_patients(list(so.values()), list(of.values()))


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(median(known)) if known else None
