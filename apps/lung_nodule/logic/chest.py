"""A chest CT as the app sees it: body, lungs, lobes; found once for a case and asked for each nodule."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from allward_measure.components import Component, Mask
from allward_measure.nodules.place import Lobe
from allward_measure.thorax.coarse import Coarse, coarse_of
from allward_measure.thorax.lungs import Lungs, find_lungs, reach_of
from allward_measure.thorax.sides import Side, side_at
from allward_runner.case import Case, SlotOutput
from lung_nodule.logic.words import LOBES

REACH_MM = 12.0
"""What lies so far outside the lungs may still be a mass that has taken a piece of lung's place."""

LobeMap = tuple[npt.NDArray[np.uint8], Mapping[int, Lobe]]


@dataclass(frozen=True)
class Chest:
    """What is found in a case without any model."""

    case: Case
    coarse: Coarse
    lungs: Lungs

    @cached_property
    def lung(self) -> Mask:
        """Both lungs, filled, shape (k, j, i) of the case."""
        return self.coarse.to_volume(self.lungs.both)

    @cached_property
    def reach(self) -> Mask:
        """Where a nodule may lie, shape (k, j, i) of the case."""
        return self.coarse.to_volume(reach_of(self.lungs, self.coarse, REACH_MM))

    def side_of(self, part: Component) -> Side | None:
        """Return the lung in which something lies; None if that is open."""
        index = np.argwhere(part.mask) + part.box_kji[0]
        lungs = self.lungs
        return side_at(lungs.right, lungs.left, self.coarse.spacing_mm, self.coarse.blocks_of(index))

    @property
    def lung_ml(self) -> float:
        """Volume of both lungs."""
        return self.coarse.volume_ml(self.lungs.both)

    @property
    def height_mm(self) -> float:
        """How far the lungs reach from top to bottom, as far as they are in view."""
        slices = np.flatnonzero(self.lungs.both.any(axis=(1, 2)))
        return 0.0 if not slices.size else float(slices[-1] - slices[0] + 1) * self.coarse.spacing_mm[0]


def look_at(case: Case) -> Chest:
    """Find body, airways and lungs of a CT."""
    coarse = coarse_of(case.volume_hu, case.geometry)
    return Chest(case, coarse, find_lungs(coarse))


def lobes_in(outputs: Mapping[str, SlotOutput]) -> LobeMap | None:
    """Return a map of lobes if a plug-in in one of the slots outlined them: its labels bear their codes."""
    codes = {code.value: lobe for lobe, (_, code) in LOBES.items()}
    for output in outputs.values():
        names = {
            label.value: codes[label.type.value]
            for label in output.manifest.labels
            if label.type.scheme == "SCT" and label.type.value in codes
        }
        if names and output.labels_kji is not None:
            return output.labels_kji, names
    return None
