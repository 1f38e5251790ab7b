"""Detection over windows whose outputs are averaged before they are read, as if all had been one window.

Windows lie on multiples of the coarsest stride, so that the cells of all of them are those of one lattice.
"""

import math

import numpy as np
import numpy.typing as npt

from allward_engine.grids import FloatImage
from allward_engine.operations.answers import Answers, batches, checked, model_of
from allward_engine.operations.decode import Candidates, decode
from allward_engine.operations.lattice import every_place
from allward_engine.operations.scene import PREPARED
from allward_engine.operations.view import View, crop
from allward_engine.requests import Progress, SegmentRequest
from allward_engine.units import Infer, Units
from allward_sdk.detection import AnchorDecode, DetectionStage, GridDecode, strides_of
from allward_sdk.errors import PluginFaultError
from allward_sdk.tensors import cells_of

_EDGE_WEIGHT = 1.0 / 8.0
"""Sigma of the Gaussian as a part of the window. Source: MONAI, `sliding_window_inference`, sigma_scale."""


def search_averaged(stage: DetectionStage, request: SegmentRequest, view: View) -> Units[Candidates]:
    """Return the candidates of the averaged outputs.

    Raises
    ------
    PluginFaultError
        If the model returns what the manifest does not say, or the sums take more memory than it declares.
    """
    model, read = model_of(stage, request.manifest), stage.input
    unit = np.max([stride for _, stride in strides_of(stage.output.decode)], axis=0)
    low = np.asarray([side.start for side in view.box])
    sides = np.asarray([side.stop - side.start for side in view.box])
    steps = np.asarray(read.window) // unit
    places = _places(-(-sides // unit), steps, stage.output.overlap)
    whole = (places.max(axis=0) + steps) * unit
    lattice = _Lattice(stage, whole, memory_mib=request.manifest.resources.memory_mib)
    for batch in batches(len(places), read.batch):
        starts = places[batch] * unit
        tensor = np.stack([crop(view, low + start, read) for start in starts])
        answers = checked((yield Infer(model, tensor)), stage, len(batch))
        lattice.add(answers, starts)
        done = int(batch[-1]) + 1
        fraction = PREPARED + (1 - PREPARED) * done / len(places)
        yield Progress(stage=stage.name, unit=done, units=len(places), fraction=fraction)
    return decode(lattice.means(), lattice.as_one_window(), low[None], view.voxel_mm)


def _places(
    units: npt.NDArray[np.int64], steps: npt.NDArray[np.int64], overlap: float
) -> npt.NDArray[np.int64]:
    """Return the first unit of each window, shape (n, 3)."""
    per_axis = []
    for n, size in zip(units, steps, strict=True):
        left = max(int(n - size), 0)
        count = int(np.ceil(left / max(size * (1.0 - overlap), 1.0) - 1e-9)) + 1
        per_axis.append(np.unique(np.rint(np.linspace(0, left, count)).astype(np.int64)))
    return every_place(per_axis)


class _Lattice:
    """Sums of every output over the windows, each on the cells of its own stride."""

    def __init__(self, stage: DetectionStage, whole: npt.NDArray[np.int64], *, memory_mib: int) -> None:
        self._stage = stage
        self._memory_mib = memory_mib
        self._whole = (int(whole[0]), int(whole[1]), int(whole[2]))
        self._strides = dict(strides_of(stage.output.decode))
        self._sums: dict[str, FloatImage] = {}
        self._weights: dict[str, FloatImage] = {}

    def add(self, answers: Answers, starts: npt.NDArray[np.int64]) -> None:
        for name, stride in self._strides.items():
            cells = cells_of(self._stage.input.window, stride)
            values = self._as_maps(answers[name], cells)
            weight = self._weight(cells)
            if name not in self._sums:
                self._make_room(name, values.shape[1], cells_of(self._whole, stride))
            for value, start in zip(values, starts // np.asarray(stride), strict=True):
                here = tuple(slice(int(at), int(at) + n) for at, n in zip(start, cells, strict=True))
                self._sums[name][(slice(None), *here)] += value * weight
                self._weights[name][here] += weight

    def _make_room(self, name: str, channels: int, shape: tuple[int, int, int]) -> None:
        held = sum(values.nbytes for values in self._sums.values())
        need_mib = (held + 4.0 * (channels + 1) * math.prod(shape)) / 2**20
        if need_mib > self._memory_mib:
            raise PluginFaultError(
                f"Stage {self._stage.name!r} needs {need_mib:.0f} MiB to average its outputs; "
                f"the plug-in declares {self._memory_mib} MiB."
            )
        self._sums[name] = np.zeros((channels, *shape), np.float32)
        self._weights[name] = np.zeros(shape, np.float32)

    def means(self) -> Answers:
        """Return every output of the whole, a batch of one; windows cover it, so no weight is 0."""
        return {name: (values / self._weights[name])[None] for name, values in self._sums.items()}

    def as_one_window(self) -> DetectionStage:
        """Return the stage as if its window were the whole, its outputs maps."""
        stage = self._stage
        way = stage.output.decode
        read = stage.input.model_copy(update={"window": self._whole})
        if isinstance(way, AnchorDecode):
            way = way.model_copy(update={"layout": "map"})
        output = stage.output.model_copy(update={"decode": way})
        return stage.model_copy(update={"input": read, "output": output})

    def _as_maps(self, values: FloatImage, cells: tuple[int, int, int]) -> FloatImage:
        """Return an output as (batch, number, a, b, c)."""
        way = self._stage.output.decode
        if isinstance(way, GridDecode) or (isinstance(way, AnchorDecode) and way.layout == "map"):
            return values
        by_cell = values.reshape(len(values), *cells, -1)
        return np.moveaxis(by_cell, -1, 1)

    def _weight(self, cells: tuple[int, int, int]) -> FloatImage:
        if self._stage.output.windows == "mean":
            return np.ones(cells, np.float32)
        sides = [np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (n * _EDGE_WEIGHT)) ** 2) for n in cells]
        return np.asarray(np.maximum(np.einsum("a,b,c->abc", *sides), 1e-3), np.float32)
