"""How large a liver a body needs: what a remnant is of that, and the ticks to read it by.

Heights in cm, weights in kg, surfaces in m2, volumes in mL (1 mL of liver is taken as 1 g where a share of
the body's weight is asked for). A tick is a number from a study, never a verdict on a patient.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from allward_measure.surgery.volumes import Interval, Remnant
from allward_sdk.errors import BadInputError

Surface = Literal["dubois", "mosteller"]
Formula = Literal["urata", "vauthey", "vauthey_weight", "yu", "feng"]
Context = Literal["healthy", "steatosis_or_chemotherapy", "cirrhosis"]
Reference = Literal["standard", "measured"]
ChildPugh = Literal["A", "B", "C"]

_HEIGHT_CM = (50.0, 260.0)
_WEIGHT_KG = (2.0, 400.0)


@dataclass(frozen=True, slots=True)
class Body:
    """A patient's size.

    Raises
    ------
    BadInputError
        If height or weight are no person's: units may have been mixed up.
    """

    height_cm: float
    weight_kg: float

    def __post_init__(self) -> None:
        for name, value, (low, high), unit in (
            ("height", self.height_cm, _HEIGHT_CM, "cm"),
            ("weight", self.weight_kg, _WEIGHT_KG, "kg"),
        ):
            if not low <= value <= high:
                raise BadInputError(f"A {name} of {value} {unit} is no person's. Enter it in {unit}.")

    def surface_m2(self, by: Surface = "dubois") -> float:
        """Return the body surface.

        Source
        ------
        DuBois 1916, Arch Intern Med 17:863; Mosteller 1987, N Engl J Med 317:1098.
        """
        if by == "mosteller":
            return float((self.height_cm * self.weight_kg / 3600.0) ** 0.5)
        return float(0.007184 * self.height_cm**0.725 * self.weight_kg**0.425)


@dataclass(frozen=True, slots=True)
class StandardVolume:
    """A standard liver volume, with what made it."""

    formula: Formula
    surface: Surface | None
    ml: float
    source: str


_Rule = Callable[[Body, float], float]
_FORMULAS: dict[Formula, tuple[_Rule, bool, str]] = {
    "urata": (lambda _, m2: 706.2 * m2 + 2.4, True, "Urata 1995, Hepatology 21:1317"),
    "vauthey": (lambda _, m2: -794.41 + 1267.28 * m2, True, "Vauthey 2002, Liver Transpl 8:233"),
    "vauthey_weight": (
        lambda body, _: 191.80 + 18.51 * body.weight_kg,
        False,
        "Vauthey 2002, Liver Transpl 8:233",
    ),
    "yu": (
        lambda body, _: 21.585 * body.weight_kg**0.732 * body.height_cm**0.225,
        False,
        "Yu 2004, Liver Transpl 10:779",
    ),
    "feng": (
        lambda _, m2: 758.259 * m2 - 124.272,
        True,
        "Feng 2017, World J Gastroenterol 23:4968, doi:10.3748/wjg.v23.i27.4968",
    ),
}
"""The rule, whether it takes the body surface, and the source."""


def standard_volume(body: Body, formula: Formula, surface: Surface = "dubois") -> StandardVolume:
    """Return the liver volume that a formula expects of a body.

    Raises
    ------
    BadInputError
        If the formula gives nothing for so small a body.
    """
    rule, by_surface, source = _FORMULAS[formula]
    ml = rule(body, body.surface_m2(surface))
    if ml <= 0:
        raise BadInputError(f"The formula {formula} is not made for so small a body. Choose another one.")
    return StandardVolume(formula, surface if by_surface else None, ml, source)


@dataclass(frozen=True, slots=True)
class Shares:
    """What a functional remnant is of several volumes: shares 0..1 and up, each with its interval.

    Attributes
    ----------
    of_measured
        Of the measured liver without its tumours.
    of_standard
        Of the standard liver volume.
    of_weight
        Of the body's weight, with 1 mL of liver as 1 g.
    """

    of_measured: float
    of_measured_error: Interval
    of_standard: float
    of_standard_error: Interval
    of_weight: float
    of_weight_error: Interval


def shares(remnant: Remnant, body: Body, standard: StandardVolume) -> Shares:
    """Return what is left of the measured liver, of the standard one, and by body weight."""
    grams = body.weight_kg * 1000.0
    left, error = remnant.functional_remnant_ml, remnant.error_ml
    return Shares(
        of_measured=remnant.share,
        of_measured_error=remnant.error_share,
        of_standard=left / standard.ml,
        of_standard_error=Interval(error.low / standard.ml, error.high / standard.ml),
        of_weight=left / grams,
        of_weight_error=Interval(error.low / grams, error.high / grams),
    )


@dataclass(frozen=True, slots=True)
class Tick:
    """A share of the liver that a study named as the least: shown on a scale.

    Attributes
    ----------
    share
        0..1.
    of
        Of the standard volume, or of the measured liver without tumours, as the study had it.
    """

    share: float
    of: Reference
    source: str


_REVIEW = "as listed in PMC6422720, table 1"
TICKS: dict[Context, tuple[Tick, ...]] = {
    "healthy": (
        Tick(0.20, "standard", f"Kishi, {_REVIEW}"),
        Tick(0.25, "standard", f"Vauthey, {_REVIEW}"),
        Tick(0.25, "measured", f"Shoup, {_REVIEW}"),
        Tick(0.266, "measured", f"Schindl, {_REVIEW}"),
    ),
    "steatosis_or_chemotherapy": (Tick(0.30, "standard", f"Shindoh (chemotherapy > 3 months), {_REVIEW}"),),
    "cirrhosis": (
        Tick(0.40, "measured", f"Azoulay; Kubota by ICG-R15, {_REVIEW}"),
        Tick(0.50, "measured", f"Kubota by ICG-R15, {_REVIEW}"),
    ),
}
"""What the literature names; a hospital's own table comes first in cirrhosis."""


@dataclass(frozen=True, slots=True)
class CirrhosisRow:
    """A row of the table that a hospital sets: for whom, and the least share.

    Attributes
    ----------
    child_pugh
        Classes to which it applies.
    icg_r15_below
        It applies below this retention of indocyanine green after 15 minutes, in percent; None: to any.
    tick
        None: the hospital names no share for these patients.
    """

    child_pugh: frozenset[ChildPugh]
    icg_r15_below: float | None
    tick: Tick | None


def ticks(
    context: Context | None,
    *,
    child_pugh: ChildPugh | None = None,
    icg_r15_percent: float | None = None,
    table: Sequence[CirrhosisRow] = (),
) -> tuple[Tick, ...]:
    """Return the ticks for a patient; none before somebody has chosen the context.

    In cirrhosis the first fitting row of the hospital's table goes before the literature. Where the table
    asks for a class or a retention that is not known, nothing is assumed: there is no tick.

    Raises
    ------
    BadInputError
        If the retention is not 0 to 100 %.
    """
    if icg_r15_percent is not None and not 0 <= icg_r15_percent <= 100:
        raise BadInputError("ICG-R15 is a share of 0 to 100 %. Enter it in percent.")
    if context is None:
        return ()
    if context != "cirrhosis" or not table:
        return TICKS[context]
    row = None if child_pugh is None else _row(table, child_pugh, icg_r15_percent)
    return () if row is None or row.tick is None else (row.tick,)


def _row(table: Sequence[CirrhosisRow], child_pugh: ChildPugh, icg_r15: float | None) -> CirrhosisRow | None:
    """Return the first row that fits; None if none does, or one asks for a retention that is not known."""
    for row in table:
        if child_pugh not in row.child_pugh:
            continue
        if row.icg_r15_below is None:
            return row
        if icg_r15 is None:
            return None
        if icg_r15 < row.icg_r15_below:
            return row
    return None
