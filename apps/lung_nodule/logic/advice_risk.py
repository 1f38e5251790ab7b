"""Brock, Mayo and Herder for one nodule: each asks for what it lacks, and is silent where it was not made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from allward_runner.abilities import Advice, Answer
from allward_sdk.parts import Localised
from allward_sdk.results import Finding
from lung_nodule.logic.advice_questions import OWN, Wanted
from lung_nodule.logic.advice_sheet import Sheet
from lung_nodule.logic.advice_words import looked_at, percent, say
from lung_nodule.logic.risk.brock import BrockInputs, BrockKind, Version, brock
from lung_nodule.logic.risk.herder import Uptake, herder
from lung_nodule.logic.risk.logistic import Risk, RiskAnswer
from lung_nodule.logic.risk.mayo import MayoInputs, mayo

BROCK: dict[Version, Localised] = {
    "2a": say("Brock (PanCan) 2a", "Brock (PanCan) 2a 模型"),
    "2b": say("Brock (PanCan) 2b, with spiculation", "Brock (PanCan) 2b 模型（含毛刺）"),
}
MAYO = say("Mayo (Swensen 1997)", "Mayo 模型（Swensen 1997）")
HERDER = say("Herder 2005, after PET/CT", "Herder 2005 模型（PET/CT 后）")

KINDS_OF_BROCK = frozenset({"solid", "part_solid", "ground_glass"})

MAYO_MM = (4.0, 30.0)
"""Sizes of the nodules from which the model was made. Source: Swensen 1997, Arch Intern Med 157:849."""

_SOLITARY = say(
    "The model was made from solitary nodules; there are several here.",
    "该模型基于孤立性结节，本例为多发结节。",
)
_BROCK_INPUTS = (
    "age_years", "female", "family_history", "emphysema", "longest_axial_mm", "kind", "upper_lobe",
    "nodule_count",
)  # fmt: skip
_MAYO_INPUTS = ("age_years", "smoker", "cancer_before", "largest_diameter_mm", "spiculation", "upper_lobe")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a model says of a nodule, or that it lacks inputs.

    Attributes
    ----------
    answer
        None: the model was not made for such a nodule.
    """

    source: Localised
    answer: RiskAnswer | None
    rests_on: Sequence[tuple[Wanted, Answer]] = ()

    @property
    def percent(self) -> float | None:
        """Probability in percent; None while it is not known."""
        return self.answer.probability * 100.0 if isinstance(self.answer, Risk) else None


def brock_of(sheet: Sheet, nodule: Finding, version: Version) -> Estimate:
    """Return a Brock probability; what it lacks is asked for."""
    source = BROCK[version]
    kind = sheet.value(OWN["kind"], nodule.id)
    if kind is not None and kind not in KINDS_OF_BROCK:
        return Estimate(source, None)
    names = (*_BROCK_INPUTS, "spiculation") if version == "2b" else _BROCK_INPUTS
    given = _given(sheet, nodule, names, source)
    inputs = BrockInputs(
        age_years=cast("float | None", given["age_years"]),
        female=cast("bool | None", given["female"]),
        family_history=cast("bool | None", given["family_history"]),
        emphysema=cast("bool | None", given["emphysema"]),
        longest_axial_mm=cast("float | None", given["longest_axial_mm"]),
        kind=cast("BrockKind | None", given["kind"]),
        upper_lobe=cast("bool | None", given["upper_lobe"]),
        nodule_count=cast("int | None", given["nodule_count"]),
        spiculation=cast("bool | None", given.get("spiculation")),
    )
    return Estimate(source, brock(inputs, version), _told(given))


def mayo_of(sheet: Sheet, nodule: Finding) -> Estimate:
    """Return the Mayo probability; what it lacks is asked for."""
    kind, size_mm = (sheet.value(OWN[name], nodule.id) for name in ("kind", "largest_diameter_mm"))
    least_mm, most_mm = MAYO_MM
    outside = size_mm is not None and not least_mm <= cast("float", size_mm) <= most_mm
    if outside or (kind is not None and kind not in KINDS_OF_BROCK):
        return Estimate(MAYO, None)
    if sheet.look(OWN["cancer_before"], MAYO) == "within_5_years":
        return Estimate(MAYO, None)
    given = _given(sheet, nodule, _MAYO_INPUTS, MAYO)
    cancer = given["cancer_before"]
    inputs = MayoInputs(
        age_years=cast("float | None", given["age_years"]),
        smoker=cast("bool | None", given["smoker"]),
        cancer_before=None if cancer is None else cancer == "more_than_5_years",
        diameter_mm=cast("float | None", given["largest_diameter_mm"]),
        spiculation=cast("bool | None", given["spiculation"]),
        upper_lobe=cast("bool | None", given["upper_lobe"]),
    )
    return Estimate(MAYO, mayo(inputs), _told(given))


def herder_of(sheet: Sheet, nodule: Finding, before: Estimate) -> Estimate:
    """Return the Herder probability from the Mayo one and the uptake of FDG, which is asked for."""
    uptake = _given(sheet, nodule, ("uptake",), HERDER)
    probability = before.answer.probability if isinstance(before.answer, Risk) else None
    answer = herder(probability, cast("Uptake | None", uptake["uptake"]))
    return Estimate(HERDER, answer, (*before.rests_on, *_told(uptake)))


def advice_of_models(sheet: Sheet, nodule: Finding, estimates: Sequence[Estimate]) -> tuple[Advice, ...]:
    """Return what models say that have all that they need."""
    count = sheet.value(OWN["nodule_count"])
    several = isinstance(count, int | float) and count > 1
    return tuple(
        Advice(
            source=each.source,
            said=_probability(each.answer.probability),
            probability=each.answer.probability,
            finding_id=nodule.id,
            used={wanted.name: value for wanted, value in each.rests_on},
            notes=(_SOLITARY,) if several and each.source == MAYO else (),
            looked_at=looked_at(each.rests_on),
        )
        for each in estimates
        if isinstance(each.answer, Risk)
    )


def _given(sheet: Sheet, nodule: Finding, names: Sequence[str], why: Localised) -> dict[str, Answer | None]:
    """Return inputs by name; those that are not known are asked for."""
    given = {name: sheet.look(OWN[name], why, nodule.id) for name in names}
    for name, value in given.items():
        if value is None:
            sheet.ask(OWN[name], why, nodule.id)
    return given


def _told(given: dict[str, Answer | None]) -> tuple[tuple[Wanted, Answer], ...]:
    return tuple((OWN[name], value) for name, value in given.items() if value is not None)


def _probability(probability: float) -> Localised:
    return say(
        f"Probability of malignancy {percent(probability)}.",
        f"恶性概率 {percent(probability).replace(' ', '')}。",
    )
