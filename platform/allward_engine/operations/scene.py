"""The images of one request and what its stages have found so far: what operations on a volume are given."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from allward_engine.grids import Grid
from allward_engine.operations.places import Places
from allward_engine.operations.prepare import Prepared, prepare
from allward_engine.requests import Progress, SegmentRequest
from allward_engine.units import Units
from allward_sdk.geometry import AxisMap
from allward_sdk.operators import PrepareOperator
from allward_sdk.volumes import VolumeInput

PREPARED = 0.3
"""Share of a stage's progress at which its image is prepared."""

_Key = tuple[str, tuple[PrepareOperator, ...]]


class PreparedImages:
    """Prepared images that several stages look at, each made once and held until the last one has looked."""

    def __init__(self, reads: Iterable[VolumeInput] = ()) -> None:
        self._looks = Counter(_key(read) for read in reads)
        self._images: dict[_Key, Prepared] = {}

    def take(self, read: VolumeInput) -> Prepared | None:
        """Return an image that an earlier stage was prepared with, if there is one."""
        return self._images.get(_key(read))

    def leave(self, read: VolumeInput, prepared: Prepared) -> None:
        """Keep an image if another stage is going to look at it; else let go of it."""
        key = _key(read)
        self._looks[key] -= 1
        if self._looks[key] > 0:
            self._images[key] = prepared
        else:
            self._images.pop(key, None)

    def skip(self, read: VolumeInput) -> None:
        """Note that a stage does not look after all."""
        held = self.take(read)
        self._looks[_key(read)] -= 1
        if held is not None and self._looks[_key(read)] <= 0:
            del self._images[_key(read)]


@dataclass(slots=True, eq=False)
class Scene:
    """One request on one volume.

    Attributes
    ----------
    volume_kji
        Shape (k, j, i), HU or stored units; not written to.
    places
        What the stages before found; one that did not run is absent.
    """

    request: SegmentRequest
    volume_kji: npt.NDArray[Any]
    places: dict[str, Places] = field(default_factory=dict)
    images: PreparedImages = field(default_factory=PreparedImages)

    def prepared(self, name: str, read: VolumeInput, axes: AxisMap) -> Units[Prepared]:
        """Return the volume as the stage `name` has it prepared, in the model's axes.

        Raises
        ------
        BadInputError
            If the images have nothing that a prepare operator could work on.
        """
        held = self.images.take(read)
        if held is None:
            turned = axes.to_model(self.volume_kji)
            a, b, c = turned.shape
            spacing_mm = axes.triple_to_model(self.request.geometry.spacing_kji_mm)
            held = Prepared(image=turned, grid=Grid(shape=(a, b, c)), spacing_mm=spacing_mm)
            for number, operator in enumerate(read.prepare):
                held = prepare(operator, held)
                fraction = PREPARED * (number + 1) / (len(read.prepare) + 1)
                yield Progress(stage=name, unit=0, units=None, fraction=fraction)
        self.images.leave(read, held)
        return held


def _key(read: VolumeInput) -> _Key:
    return read.orientation, read.prepare
