"""The patient in the scanner: skin and everything inside, without table and clothes."""

from scipy import ndimage

from allward_measure.components import find_components
from allward_measure.thorax.balls import dilated, eroded
from allward_measure.thorax.coarse import Coarse, Mask

TISSUE_HU = -500.0
"""What is denser is no air. Source: clinical.md 10 (-300 to -500 HU)."""

_TABLE_MM = 4.0
"""What is thinner than twice this is a table, a blanket or a tube."""


def find_body(coarse: Coarse) -> Mask:
    """Return the body with the air inside it, shape of the coarse grid; empty where there is no body."""
    dense: Mask = coarse.hu > TISSUE_HU
    core = eroded(dense, coarse.spacing_mm, _TABLE_MM)
    found = find_components(core, neighbours=6)
    if not found:
        return core
    body = dilated(found[0].in_whole(dense.shape), coarse.spacing_mm, _TABLE_MM + max(coarse.spacing_mm))
    body &= dense
    for z in range(body.shape[0]):
        body[z] = ndimage.binary_fill_holes(body[z])
    return body
