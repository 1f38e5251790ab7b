"""The model of Herder: the Mayo probability, revised by what PET/CT shows.

Source
------
Herder 2005, Chest 128:2490, doi:10.1378/chest.128.4.2490: it takes the probability of the Mayo model, not its
logit.
"""

from typing import Literal

from lung_nodule.logic.asked import Asked
from lung_nodule.logic.risk.logistic import Risk, RiskAnswer, logistic, missing

Uptake = Literal["none", "faint", "moderate", "intense"]
"""Against lung and mediastinal blood pool: no more than lung, up to the pool, above it, far above it."""

_UPTAKE: dict[Uptake, float] = {"none": 0.0, "faint": 2.322, "moderate": 4.617, "intense": 4.771}


def herder(mayo_probability: float | None, uptake: Uptake | None) -> RiskAnswer:
    """Return the probability of malignancy after PET/CT, or the inputs that the model lacks.

    Raises
    ------
    ValueError
        If the probability before is not one.
    """
    if lacking := missing({"mayo_probability": mayo_probability, "uptake": uptake}):
        return Asked(lacking)
    assert mayo_probability is not None
    assert uptake is not None
    if not 0.0 <= mayo_probability <= 1.0:
        raise ValueError(f"{mayo_probability} is no probability.")
    x = -4.739 + 3.691 * mayo_probability + _UPTAKE[uptake]
    return Risk(
        logistic(x),
        "Herder",
        {"mayo_probability": mayo_probability, "uptake": uptake},
        "Herder 2005, Chest 128:2490",
    )
