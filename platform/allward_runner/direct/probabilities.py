"""A probability as a measurement: coded as what it is the probability of, without a unit."""

from allward_sdk.manifest import Label
from allward_sdk.parts import Code
from allward_sdk.results import MeasuredValue

NO_UNIT = Code(scheme="UCUM", value="1", meaning="no units")


def probability(stage: str, label: Label, value: float) -> MeasuredValue:
    """Return what a stage told of a label."""
    return MeasuredValue(
        name=f"{stage}_{label.name}",
        title=label.title,
        concept=label.type,
        unit=NO_UNIT,
        value=round(value, 6),
        method=f"probability, by the plug-in's stage {stage!r}",
    )
