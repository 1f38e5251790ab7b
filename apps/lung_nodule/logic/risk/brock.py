"""The models of Brock University (PanCan): probability that a nodule found by screening is cancer.

2a is the full model without spiculation, 2b the one with it. The size is the longest axial diameter in mm,
not the mean; it enters as (mm / 10)^-0.5 less the value at 4 mm.

Source
------
McWilliams 2013, N Engl J Med 369:910, doi:10.1056/NEJMoa1214726, table 2.
"""

from dataclasses import asdict, dataclass
from typing import Literal

from lung_nodule.logic.asked import Asked
from lung_nodule.logic.risk.logistic import Risk, RiskAnswer, logistic, missing

Version = Literal["2a", "2b"]
BrockKind = Literal["solid", "part_solid", "ground_glass"]

_SOURCE = "McWilliams 2013, N Engl J Med 369:910"
_CENTRE_AGE_YEARS = 62.0
_CENTRE_COUNT = 4
_CENTRE_SIZE = 1.58113883
"""(4 mm / 10)^-0.5."""


@dataclass(frozen=True, slots=True)
class _Coefficients:
    constant: float
    age: float
    female: float
    family_history: float
    emphysema: float
    size: float
    ground_glass: float
    part_solid: float
    upper_lobe: float
    count: float
    spiculation: float


_COEFFICIENTS: dict[Version, _Coefficients] = {
    "2a": _Coefficients(
        constant=-6.8071,
        age=0.0321,
        female=0.5635,
        family_history=0.3013,
        emphysema=0.3462,
        size=-5.6693,
        ground_glass=-0.3055,
        part_solid=0.3395,
        upper_lobe=0.7116,
        count=-0.0803,
        spiculation=0.0,
    ),
    "2b": _Coefficients(
        constant=-6.7892,
        age=0.0287,
        female=0.6011,
        family_history=0.2961,
        emphysema=0.2953,
        size=-5.3854,
        ground_glass=-0.1276,
        part_solid=0.3770,
        upper_lobe=0.6581,
        count=-0.0824,
        spiculation=0.7729,
    ),
}


@dataclass(frozen=True, slots=True)
class BrockInputs:
    """What the models ask for; None is not known.

    Attributes
    ----------
    longest_axial_mm
        Longest diameter in an axial slice, above 0.
    nodule_count
        Of the examination, at least 1.
    spiculation
        Only 2b asks for it.
    """

    age_years: float | None
    female: bool | None
    family_history: bool | None
    emphysema: bool | None
    longest_axial_mm: float | None
    kind: BrockKind | None
    upper_lobe: bool | None
    nodule_count: int | None
    spiculation: bool | None = None


def brock(inputs: BrockInputs, version: Version) -> RiskAnswer:
    """Return the probability of malignancy, or the inputs that the model lacks.

    Raises
    ------
    ValueError
        If the diameter is not above 0, or fewer than one nodule is counted.
    """
    given = asdict(inputs)
    if version == "2a":
        del given["spiculation"]
    if lacking := missing(given):
        return Asked(lacking)
    known = {name: value if isinstance(value, str) else float(value) for name, value in given.items()}
    mm, count = float(given["longest_axial_mm"]), int(given["nodule_count"])
    if mm <= 0 or count < 1:
        raise ValueError("The Brock models need a diameter above 0 mm and at least one nodule.")
    c = _COEFFICIENTS[version]
    x = (
        c.constant
        + c.age * (float(given["age_years"]) - _CENTRE_AGE_YEARS)
        + c.female * float(given["female"])
        + c.family_history * float(given["family_history"])
        + c.emphysema * float(given["emphysema"])
        + c.size * ((mm / 10.0) ** -0.5 - _CENTRE_SIZE)
        + {"solid": 0.0, "part_solid": c.part_solid, "ground_glass": c.ground_glass}[given["kind"]]
        + c.upper_lobe * float(given["upper_lobe"])
        + c.count * (count - _CENTRE_COUNT)
        + c.spiculation * float(given.get("spiculation", False))
    )
    return Risk(logistic(x), f"Brock {version}", known, _SOURCE)
