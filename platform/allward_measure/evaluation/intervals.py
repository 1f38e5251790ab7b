"""How sure a figure is: intervals of shares, and tests of paired readings, by case and by patient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

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


def share_interval_of_patients(counts: Sequence[int], of: Sequence[int]) -> Interval | None:
    """Return a share of cases of which some are of one patient, with Wilson's interval; None of nothing.

    Cases of a patient are alike, so they count as the number of independent ones that would tell as much.
    Where each patient has one case it is `share_interval`.

    Parameters
    ----------
    counts, of : shape (patients,)
        Cases of each patient for which it is so, and all of them.

    Source
    ------
    Rao and Scott 1992, doi:10.2307/2532311; see `effective_size`.
    """
    told = [(count, size) for count, size in zip(counts, of, strict=True) if size > 0]
    if not told or max(size for _, size in told) == 1:
        return share_interval(sum(count for count, _ in told), len(told))
    share = sum(count for count, _ in told) / sum(size for _, size in told)
    return wilson(share, effective_size([count for count, _ in told], [size for _, size in told]))


def effective_size(counts: Sequence[int], of: Sequence[int]) -> float:
    """Return how many independent cases tell as much of a share as these, of which a patient has several.

    The cases over the design effect; fewer still where the patients are few, and never more than there are
    cases. Where all cases are so or none is, or they are of one patient, nothing tells how alike a patient's
    cases are: each patient counts once.

    Parameters
    ----------
    counts, of : shape (patients,)
        Cases of each patient for which it is so, and all of them, at least one.

    Source
    ------
    Design effect: Rao and Scott 1992, doi:10.2307/2532311. Degrees of freedom, and no more than there are:
    Korn and Graubard 1998, Survey Methodology 24, 193-201.
    """
    so, sizes = np.asarray(counts, np.float64), np.asarray(of, np.float64)
    patients, cases = len(sizes), float(sizes.sum())
    share = float(so.sum()) / cases
    if patients == 1 or share in (0.0, 1.0):
        return float(patients)
    variance = patients / (patients - 1) * float(((so - sizes * share) ** 2).sum()) / cases**2
    if variance == 0.0:
        return cases
    design_effect = cases * variance / (share * (1.0 - share))
    few = float(stats.t.ppf(0.975, cases - 1) / stats.t.ppf(0.975, patients - 1)) ** 2
    return min(cases, few * cases / design_effect)


def wilson(share: float, size: float) -> Interval:
    """Return Wilson's score interval of a share of so many cases, which may be a fraction of one.

    Source
    ------
    Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    z = float(stats.norm.ppf(0.975))
    middle = (share + z * z / (2.0 * size)) / (1.0 + z * z / size)
    half = z * math.sqrt(share * (1.0 - share) / size + z * z / (4.0 * size * size)) / (1.0 + z * z / size)
    return Interval(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


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


def mcnemar_of_patients(differences: Sequence[int]) -> float:
    """Return the same where cases are of patients: that these differences come by chance, two-sided.

    If the readings are alike, each patient's difference might as well bear the other sign; told is in which
    share of all such sets of signs the sum lies as far from 0. Exact, and McNemar's own where each patient
    differs in one case at most.

    Parameters
    ----------
    differences : shape (patients,)
        Cases of the patient that only the first got right, less those that only the second did.

    Source
    ------
    Statistic: Obuchowski 1998, doi:10.1002/(SICI)1097-0258(19980715)17:13<1495::AID-SIM863>3.0.CO;2-I; its
    distribution by randomisation, as Fisher, The Design of Experiments, 1935, section 21.
    """
    apart = [abs(one) for one in differences if one]
    if not apart or max(apart) == 1:
        return mcnemar(sum(one > 0 for one in differences), sum(one < 0 for one in differences))
    chances = np.ones(1)
    for one in apart:
        step = np.zeros(2 * one + 1)
        step[0] = step[-1] = 0.5
        chances = np.convolve(chances, step)
    sums = np.arange(len(chances)) - sum(apart)
    return min(1.0, float(chances[np.abs(sums) >= abs(sum(differences))].sum()))


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
