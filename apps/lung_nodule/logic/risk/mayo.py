"""The model of the Mayo Clinic: probability that a solitary nodule found by chance is cancer.

Source
------
Swensen 1997, Arch Intern Med 157:849. A constant of -6.8238, which some calculators print, is an error.
"""

from dataclasses import asdict, dataclass

from lung_nodule.logic.asked import Asked
from lung_nodule.logic.risk.logistic import Risk, RiskAnswer, logistic, missing

_SOURCE = "Swensen 1997, Arch Intern Med 157:849"


@dataclass(frozen=True, slots=True)
class MayoInputs:
    """What the model asks for; None is not known.

    Attributes
    ----------
    smoker
        Now or in the past.
    cancer_before
        A cancer outside the chest, more than 5 years ago; the model knows no patient with a later one.
    diameter_mm
        Largest one, above 0.
    """

    age_years: float | None
    smoker: bool | None
    cancer_before: bool | None
    diameter_mm: float | None
    spiculation: bool | None
    upper_lobe: bool | None


def mayo(inputs: MayoInputs) -> RiskAnswer:
    """Return the probability of malignancy, or the inputs that the model lacks.

    Raises
    ------
    ValueError
        If the diameter is not above 0.
    """
    given = asdict(inputs)
    if lacking := missing(given):
        return Asked(lacking)
    known = {name: float(value) for name, value in given.items()}
    if known["diameter_mm"] <= 0:
        raise ValueError("The Mayo model needs a diameter above 0 mm.")
    x = (
        -6.8272
        + 0.0391 * known["age_years"]
        + 0.7917 * known["smoker"]
        + 1.3388 * known["cancer_before"]
        + 0.1274 * known["diameter_mm"]
        + 1.0407 * known["spiculation"]
        + 0.7838 * known["upper_lobe"]
    )
    return Risk(logistic(x), "Mayo", dict(known), _SOURCE)
