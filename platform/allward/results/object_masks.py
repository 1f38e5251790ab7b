"""Take the voxels of rejected findings out of a label map. Pure."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from allward_measure.components import box_slices, find_components
from allward_sdk.manifest import Label
from allward_sdk.results import Finding

LabelArray = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def without_findings(
    voxels_kji: LabelArray, removed: Sequence[Finding], labels: Sequence[Label]
) -> LabelArray:
    """Return a label map in which the voxels of `removed` belong to what lies around them.

    A rejected lesion of the liver is liver again; a rejected organ is background. The array itself is
    returned if there is nothing to take out.

    Parameters
    ----------
    labels
        All labels of the plug-in, those of which every finding is removed too.
    """
    outlined = [finding for finding in removed if finding.segment_value is not None]
    if not outlined:
        return voxels_kji
    around = {label.value: _value_around(label, labels) for label in labels}
    left = voxels_kji.copy()
    for finding in outlined:
        box = left if finding.box_kji is None else left[box_slices(finding.box_kji)]
        box[_own_voxels(box == finding.segment_value)] = around.get(finding.segment_value or 0, 0)
    return left


def _value_around(label: Label, labels: Sequence[Label]) -> int:
    return next((each.value for each in labels if each.name == label.inside), 0)


def _own_voxels(in_box: Mask) -> Mask:
    """Tell a finding's voxels from those of its neighbours that reach into its box.

    Its own part is the one that fills the box from end to end; if none does (it has several parts),
    everything of its label in the box is its own.
    """
    whole = ((0, 0, 0), in_box.shape)
    for part in find_components(in_box):
        if part.box_kji == whole:
            return part.mask
    return in_box
