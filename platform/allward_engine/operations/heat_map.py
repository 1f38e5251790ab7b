"""`heatmap`: a coarse map over a volume, put together from windows on one lattice."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from allward_engine.grids import FloatImage, Grid
from allward_engine.operations.answers import activated, batches, checked, model_of
from allward_engine.operations.lattice import every_place
from allward_engine.operations.scene import PREPARED, Scene
from allward_engine.operations.view import View, crop, look
from allward_engine.requests import Progress, SegmentRequest
from allward_engine.units import Infer, Units
from allward_sdk.classes import HeatMapStage
from allward_sdk.found import VolumeMap
from allward_sdk.geometry import FloatArray
from allward_sdk.tensors import cells_of


class Mapped(NamedTuple):
    """A map and its values, shape (label, k, j, i)."""

    record: VolumeMap
    values: FloatImage


def draw_map(stage: HeatMapStage, scene: Scene) -> Units[Mapped | None]:
    """Run a heat map; returns None if there is nowhere to look.

    Windows lie on multiples of the stride, so that the cells of all of them are those of one lattice.

    Raises
    ------
    PluginFaultError
        If the model returns what the manifest does not say.
    """
    view = yield from look(stage.name, stage.input, scene)
    if view is None:
        return None
    values = yield from _blended(stage, scene.request, view)
    first = np.asarray([side.start for side in view.box]) + np.asarray(stage.output.origin)
    scale = np.asarray(view.grid.scale) * np.asarray(stage.output.stride)
    offset = np.asarray(view.grid.offset) + np.asarray(view.grid.scale) * first
    a, b, c = values.shape[1:]
    grid = Grid(shape=(a, b, c), scale=_triple(scale), offset=_triple(offset))
    placed = grid.to_volume(view.axes, view.geometry.shape_kji)
    record = VolumeMap(
        stage=stage.name,
        labels=stage.output.labels,
        meaning=stage.output.meaning,
        values=f"{stage.name}.map",
        index_to_lps_mm=_affine(placed, view),
    )
    turned = np.stack([view.axes.to_volume(each) for each in values])
    return Mapped(record, np.ascontiguousarray(turned, np.float32))


def _blended(stage: HeatMapStage, request: SegmentRequest, view: View) -> Units[FloatImage]:
    """Return the mean over the windows, shape (label, *cells), NaN where none lies."""
    read, output, model = stage.input, stage.output, model_of(stage, request.manifest)
    per_window = cells_of(read.window, output.stride)
    sides = [side.stop - side.start for side in view.box]
    cells = tuple(-(-n // step) for n, step in zip(sides, output.stride, strict=True))
    places = _places(cells, per_window, output.overlap)
    total = np.zeros((len(output.labels), *np.maximum(cells, per_window)), np.float32)
    count = np.zeros(total.shape[1:], np.float32)
    low = np.asarray([side.start for side in view.box])
    for batch in batches(len(places), read.batch):
        starts = low + places[batch] * np.asarray(output.stride)
        tensor = np.stack([crop(view, start, read) for start in starts])
        answers = checked((yield Infer(model, tensor)), stage, len(batch))
        values = activated(answers[output.name], output.activation)[:, list(output.read_channels)]
        for place, value in zip(places[batch], values, strict=True):
            here = tuple(slice(int(at), int(at) + n) for at, n in zip(place, per_window, strict=True))
            total[(slice(None), *here)] += value
            count[here] += 1
        done = int(batch[-1]) + 1
        fraction = PREPARED + (1 - PREPARED) * done / len(places)
        yield Progress(stage=stage.name, unit=done, units=len(places), fraction=fraction)
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return mean[:, : cells[0], : cells[1], : cells[2]]


def _places(cells: tuple[int, ...], per_window: tuple[int, ...], overlap: float) -> npt.NDArray[np.int64]:
    """Return the first cell of each window, shape (n, 3)."""
    per_axis = []
    for n, size in zip(cells, per_window, strict=True):
        count = int(np.ceil(max(n - size, 0) / max(size * (1.0 - overlap), 1.0) - 1e-9)) + 1
        per_axis.append(np.unique(np.rint(np.linspace(0, max(n - size, 0), count)).astype(np.int64)))
    return every_place(per_axis)


def _affine(grid: Grid, view: View) -> tuple[tuple[float, ...], ...]:
    """Return the (4, 4) affine of a grid inside the series."""
    inside = np.diag([*grid.scale, 1.0])
    inside[:3, 3] = grid.offset
    affine = view.geometry.index_to_lps_mm @ inside
    return tuple(tuple(float(value) for value in row) for row in affine)


def _triple(values: FloatArray) -> tuple[float, float, float]:
    a, b, c = (float(value) for value in values)
    return a, b, c
