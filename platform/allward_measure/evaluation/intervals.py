"""How sure a figure is: intervals of shares and of means over cases, and tests of paired readings."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy import stats

Case = TypeVar("Case")

REPEATS = 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and where it lies with a probability of 95 %."""

    value: float
    low: float
    high: float


def share_interval(count: int, of: int) -> Interval | None:
    """Return a share with Wilson's score interval; None of nothing.

    Source
    ------
    Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    if of == 0:
        return None
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no share")
    told = stats.binomtest(count, of).proportion_ci(confidence_level=0.95, method="wilson")
    return Interval(count / of, float(told.low), float(told.high))


def bootstrap_interval(
    cases: Sequence[Case],
    figure: Callable[[Sequence[Case]], float | None],
    *,
    cluster: Callable[[Case], Hashable] | None = None,
    repeats: int = REPEATS,
    seed: int = 0,
) -> Interval | None:
    """Return a figure over cases with its percentile bootstrap interval; None where there is no figure.

    Whole cases are drawn, with replacement: two findings of one patient are not independent. Draws in which
    there is no figure are left out.

    Parameters
    ----------
    cluster
        Tells what belongs together, as a patient's cases do: it is drawn together. None: each case by itself.
    """
    value = figure(cases)
    if value is None:
        return None
    groups: dict[Hashable, list[Case]] = {}
    for number, case in enumerate(cases):
        groups.setdefault(number if cluster is None else cluster(case), []).append(case)
    together = list(groups.values())
    draw = np.random.default_rng(seed)
    drawn = []
    for _ in range(repeats):
        chosen = draw.integers(0, len(together), len(together))
        told = figure([case for n in chosen for case in together[n]])
        if told is not None:
            drawn.append(told)
    if not drawn:
        return Interval(value, value, value)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def mcnemar(first_only: int, second_only: int) -> float:
    """Return the probability that two readings of the same cases differ so much by chance, two-sided.

    Parameters
    ----------
    first_only, second_only
        Cases that only one of the two got right.

    Source
    ------
    McNemar 1947, doi:10.1007/BF02295996, by the exact binomial distribution.
    """
    both = first_only + second_only
    return 1.0 if both == 0 else float(stats.binomtest(first_only, both, 0.5).pvalue)


def kappa(
    first: Sequence[int], second: Sequence[int], *, classes: int, quadratic: bool = False
) -> float | None:
    """Return Cohen's kappa of two readings in classes 0 to `classes` - 1; None where it is not defined.

    Source
    ------
    Cohen 1960, doi:10.1177/001316446002000104; weights of Cohen 1968, doi:10.1037/h0026256.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} readings against {len(second)}")
    table = np.zeros((classes, classes), np.float64)
    np.add.at(table, (np.asarray(first, np.intp), np.asarray(second, np.intp)), 1.0)
    apart = np.abs(np.subtract.outer(np.arange(classes), np.arange(classes))).astype(np.float64)
    weights = apart**2 if quadratic else (apart > 0).astype(np.float64)
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / max(1.0, table.sum())
    expected = float((weights * by_chance).sum())
    return None if expected == 0.0 else 1.0 - float((weights * table).sum()) / expected
