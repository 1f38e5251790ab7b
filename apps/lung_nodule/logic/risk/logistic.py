"""What the models share: an answer that names its model, or the inputs that it lacks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lung_nodule.logic.asked import Asked


@dataclass(frozen=True, slots=True)
class Risk:
    """A probability of malignancy.

    Attributes
    ----------
    probability
        From 0 to 1.
    model
        Which model, by name and version.
    used
        What it was computed from.
    source
        Where the model was published.
    """

    probability: float
    model: str
    used: Mapping[str, float | str]
    source: str


RiskAnswer = Risk | Asked


def logistic(x: float) -> float:
    """Return 1 / (1 + e^-x), without overflow."""
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def missing(given: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of what is not known."""
    return tuple(name for name, value in given.items() if value is None)
