"""Which of many overlapping candidates stay: greedy by score, exact, and no slower than it has to be.

Who could push out whom is asked of a k-d tree, so that the time grows with the number of real neighbours and
not with the square of the number of candidates.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from allward_engine.operations.decode import Candidates
from allward_sdk.detection import ByDistance, Suppress
from allward_sdk.geometry import FloatArray


def suppress(found: Candidates, rule: Suppress, *, voxel_mm: FloatArray, most: int) -> Candidates:
    """Keep the best of every group of candidates that count as one.

    Parameters
    ----------
    voxel_mm : shape (3,)
        Spacing of the image that `found.centre` counts in.
    most
        How many are kept at most.

    Returns
    -------
    by falling score; of equal scores the one earlier by label and place stays
    """
    ranked = found.ranked()
    if len(ranked) == 0:
        return ranked
    centre = ranked.centre * voxel_mm
    size = np.nan_to_num(ranked.size_mm, nan=0.0)
    tree, largest = cKDTree(centre), float(size.max())
    alive = np.ones(len(ranked), np.bool_)
    kept: list[int] = []
    groups: list[npt.NDArray[np.int64]] = []
    for number in range(len(ranked)):
        if not alive[number]:
            continue
        if len(kept) == most:
            break
        kept.append(number)
        if isinstance(rule, ByDistance):
            near = np.asarray(tree.query_ball_point(centre[number], rule.within_mm), np.int64)
        else:
            reach = (float(size[number].max()) + largest) / 2
            near = np.asarray(tree.query_ball_point(centre[number], reach, p=np.inf), np.int64)
            near = near[overlap(centre[number], size[number], centre[near], size[near]) > rule.above]
        near = near[near > number]
        if not rule.across_labels:
            near = near[ranked.label[near] == ranked.label[number]]
        groups.append(np.append(near[alive[near]], number))
        alive[near] = False
    best = ranked.take(np.asarray(kept))
    return best if rule.join == "best" else _at_means(best, ranked, groups)


def _at_means(best: Candidates, ranked: Candidates, groups: list[npt.NDArray[np.int64]]) -> Candidates:
    """Move candidates to the mean of their groups, weighted with the scores; sizes that are none stay out."""
    centre, size = best.centre.copy(), best.size_mm.copy()
    for number, group in enumerate(groups):
        weight = ranked.score[group]
        centre[number] = np.average(ranked.centre[group], axis=0, weights=weight)
        sized = ~np.isnan(ranked.size_mm[group]).any(axis=1)
        if sized.any():
            size[number] = np.average(ranked.size_mm[group][sized], axis=0, weights=weight[sized])
    return replace(best, centre=centre, size_mm=size)


def overlap(centre: FloatArray, size: FloatArray, others: FloatArray, sizes: FloatArray) -> FloatArray:
    """Return the intersection over union of one box with others.

    Parameters
    ----------
    centre, size : shape (3,), mm
    others, sizes : shape (n, 3), mm

    Returns
    -------
    shape (n,), 0 to 1; 0 where a box has no volume
    """
    low = np.maximum(others - sizes / 2, centre - size / 2)
    high = np.minimum(others + sizes / 2, centre + size / 2)
    common = np.clip(high - low, 0.0, None).prod(axis=1)
    union = sizes.prod(axis=1) + size.prod() - common
    shares: npt.NDArray[np.float64] = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return shares
