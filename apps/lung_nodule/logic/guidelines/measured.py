"""What was measured of a nodule, in the words and by the diameters that a guideline means."""

from allward_measure.nodules.measure import Nodule, Size
from lung_nodule.logic.guidelines.decide import Fact
from lung_nodule.logic.guidelines.table import Guideline, Measure, SizeOf


def measured_facts(guideline: Guideline, nodule: Nodule, *, measure: Measure = "mm") -> dict[str, Fact]:
    """Return the inputs of a guideline that measuring alone tells: kind and sizes.

    A kind that the guideline has no word for is left out, so that the reader is asked; so is the size of a
    nodule that is cut off by the scan, since it is only the least that it can be.

    Parameters
    ----------
    measure
        Whether sizes are given as diameters or as volumes. A volume that could not be measured, or only in
        slices thicker than a third of the nodule, is left out.
    """
    facts: dict[str, Fact] = {}
    kind = nodule.composition.kind
    if "kind" in guideline.inputs and kind in guideline.inputs["kind"].words:
        facts["kind"] = kind
    if nodule.at_edge:
        return facts
    for name, size in (("size", nodule.size), ("solid_size", nodule.solid_part)):
        if name not in guideline.sizes or size is None:
            continue
        if measure == "mm3" and nodule.slices_too_thick:
            continue
        value = size.volume_mm3 if measure == "mm3" else _diameter_mm(size, guideline.sizes[name])
        if value is not None:
            facts[name] = value
    return facts


def _diameter_mm(size: Size, meant: SizeOf) -> Fact:
    if meant == "largest":
        return size.axes.long_mm
    return size.axes.mean_mm if meant == "mean" else size.lung_rads_mean_mm
