"""The few numbers that a worklist shows."""

from collections.abc import Sequence

from allward_measure.volume import volume_ml
from allward_sdk.results import Finding, SummaryValue
from any_imaging.logic.structures import Structures


def summarise(structures: Structures, findings: Sequence[Finding]) -> dict[str, SummaryValue]:
    """Return each organ's measurements by name, and number and volume of all lesions of a kind.

    An organ that was not found has None. Lesions that were looked for and not found number 0;
    those that no stage looked for number None.
    """
    values: dict[str, SummaryValue] = {}
    for label in structures.labels:
        own = [each for each in findings if each.segment_value == label.value]
        if label.kind == "lesion":
            looked_for = structures.looked_for(label)
            volume = volume_ml(structures.mask(label), structures.case.geometry)
            values[f"{label.name}_count"] = SummaryValue(value=len(own) if looked_for else None, unit="1")
            values[f"{label.name}_total_volume"] = SummaryValue(
                value=round(volume, 3) if looked_for else None, unit="mL"
            )
            continue
        measured = {each.name: each.value for finding in own for each in finding.measurements}
        for declared in structures.measurements(label):
            values[declared.name] = SummaryValue(value=measured.get(declared.name), unit=declared.unit.value)
    return values
