"""One case of a retrospective set, as far as the plug-in and the reference speak of it, and whose it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from allward_measure.evaluation.froc import Verdict


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


def _patient(case: Judged) -> tuple[bool, str]:
    return (True, case.patient) if case.patient else (False, case.case)


def patients_of(cases: Sequence[Judged]) -> int:
    """Return how many patients cases are of; one of whom nobody knows whose it is stands by itself."""
    return len({_patient(case) for case in cases})


def places_of(cases: Sequence[Judged]) -> npt.NDArray[np.intp]:
    """Return for each case which of the patients it is of, by their first case."""
    known: dict[tuple[bool, str], int] = {}
    return np.asarray([known.setdefault(_patient(case), len(known)) for case in cases], np.intp)


def sums_of(places: npt.NDArray[np.intp], values: Sequence[float] | None = None) -> npt.NDArray[np.float64]:
    """Return the sum of values over each patient's cases, or how many cases each has."""
    return np.bincount(places, weights=values).astype(np.float64)
