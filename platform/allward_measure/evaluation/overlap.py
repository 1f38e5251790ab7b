"""Overlap of two masks on one grid, and how their volumes differ."""

import numpy as np

from allward_measure.components import Mask


def dice(found: Mask, reference: Mask) -> float | None:
    """Return twice the common voxels over the sum of both; None where neither has a voxel.

    Source
    ------
    Metrics Reloaded, doi:10.1038/s41592-023-02151-z: Dice similarity coefficient.
    """
    common, both = _counts(found, reference)
    return None if both == 0 else 2.0 * common / both


def jaccard(found: Mask, reference: Mask) -> float | None:
    """Return the common voxels over all; None where neither mask has a voxel. Source as for `dice`."""
    common, both = _counts(found, reference)
    return None if both == 0 else common / (both - common)


def relative_volume_error(found: Mask, reference: Mask) -> float | None:
    """Return (found - reference) / reference in voxels; None where the reference has none."""
    truth = int(np.count_nonzero(reference))
    return None if truth == 0 else (int(np.count_nonzero(found)) - truth) / truth


def _counts(found: Mask, reference: Mask) -> tuple[int, int]:
    if found.shape != reference.shape:
        raise ValueError(f"masks of different grids: {found.shape} and {reference.shape}")
    common = int(np.count_nonzero(np.logical_and(found, reference)))
    return common, int(np.count_nonzero(found)) + int(np.count_nonzero(reference))
