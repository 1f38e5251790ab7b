"""A volume as one stage looks at it: prepared, in the model's axes, with the way back to the patient."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from allward_engine.grids import BoolImage, Box3, FloatImage, Grid
from allward_engine.operations.morphology import box_of, dilate
from allward_engine.operations.places import Places
from allward_engine.operations.scene import Scene
from allward_engine.requests import SegmentRequest
from allward_engine.units import Units
from allward_sdk.errors import PluginFaultError
from allward_sdk.geometry import AxisMap, FloatArray, Geometry, axis_map
from allward_sdk.operators import Normalise
from allward_sdk.volumes import VolumeInput


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A prepared image and where it lies.

    Attributes
    ----------
    image
        Shape (a, b, c), the model's axes. Not written to.
    grid
        Where its voxels lie in the turned volume.
    box
        What windows are laid over: all of it, or the bounding box of `mask`.
    mask
        Shape of `image`; None if the stage may look everywhere.
    """

    image: npt.NDArray[Any]
    grid: Grid
    axes: AxisMap
    geometry: Geometry
    box: Box3
    mask: BoolImage | None

    @property
    def voxel_mm(self) -> FloatArray:
        """Spacing of the prepared image, per axis of the model, in mm."""
        turned = self.axes.triple_to_model(self.geometry.spacing_kji_mm)
        spacing: FloatArray = np.asarray(turned) * np.asarray(self.grid.scale)
        return spacing

    def to_lps_mm(self, index_abc: FloatArray) -> FloatArray:
        """Convert indices of the prepared image, shape (n, 3), to patient points, shape (n, 3), mm, LPS."""
        turned = np.asarray(self.grid.offset) + np.asarray(self.grid.scale) * index_abc
        kji = np.empty_like(turned)
        for axis, (volume_axis, flipped) in enumerate(zip(self.axes.order, self.axes.flipped, strict=True)):
            last = self.geometry.shape_kji[volume_axis] - 1
            kji[:, volume_axis] = last - turned[:, axis] if flipped else turned[:, axis]
        return self.geometry.to_lps_mm(kji)

    def to_index_abc(self, points_lps_mm: FloatArray) -> FloatArray:
        """Convert patient points, shape (n, 3), to indices of the prepared image; inverse of `to_lps_mm`."""
        kji = self.geometry.to_index_kji(points_lps_mm)
        turned = np.empty_like(kji)
        for axis, (volume_axis, flipped) in enumerate(zip(self.axes.order, self.axes.flipped, strict=True)):
            last = self.geometry.shape_kji[volume_axis] - 1
            turned[:, axis] = last - kji[:, volume_axis] if flipped else kji[:, volume_axis]
        index: FloatArray = (turned - np.asarray(self.grid.offset)) / np.asarray(self.grid.scale)
        return index

    def sizes_to_kji(self, sizes_abc: FloatArray) -> FloatArray:
        """Reorder sizes along the model's axes, shape (n, 3), to those of the series."""
        sizes = np.empty_like(sizes_abc)
        sizes[:, list(self.axes.order)] = sizes_abc
        return sizes

    def holds(self, index_abc: FloatArray) -> BoolImage:
        """Tell which points, shape (n, 3), lie in the image, and in the mask if there is one."""
        nearest = np.rint(index_abc).astype(np.int64)
        shape = np.asarray(self.image.shape)
        inside = np.asarray(((nearest >= 0) & (nearest < shape)).all(axis=1), np.bool_)
        if self.mask is not None:
            inside[inside] = self.mask[tuple(nearest[inside].T)]
        return inside


def look(name: str, read: VolumeInput, scene: Scene) -> Units[View | None]:
    """Prepare a volume for the stage `name`; returns None if there is nowhere to look.

    Raises
    ------
    BadInputError
        If the images have nothing that a prepare operator could work on.
    PluginFaultError
        If a batch of windows alone takes more memory than the plug-in declares.
    """
    if read.mask is not None and read.mask.stage not in scene.places:
        scene.images.skip(read)
        return None
    _check_room(name, read, scene.request)
    geometry = scene.request.geometry
    axes = axis_map(geometry, read.orientation)
    prepared = yield from scene.prepared(name, read, axes)
    a, b, c = (slice(0, n) for n in prepared.grid.shape)
    view = View(prepared.image, prepared.grid, axes, geometry, (a, b, c), None)
    return view if read.mask is None else _restricted(view, read, scene.places[read.mask.stage])


def _check_room(name: str, read: VolumeInput, request: SegmentRequest) -> None:
    need_mib = 4.0 * read.batch * math.prod(read.window) / 2**20
    declared_mib = request.manifest.resources.memory_mib
    if need_mib > declared_mib:
        raise PluginFaultError(
            f"Stage {name!r} shows its model {need_mib:.0f} MiB at once; "
            f"the plug-in declares {declared_mib} MiB."
        )


def _restricted(view: View, read: VolumeInput, places: Places) -> View | None:
    assert read.mask is not None
    found = places.mask_on(view.grid.to_volume(view.axes, view.geometry.shape_kji))
    mask = np.asarray(view.axes.to_model(dilate(found, read.mask.dilate_voxels)), np.bool_)
    box = box_of(mask)
    if box is None:
        return None
    image = view.image
    if read.mask.outside_value is not None:
        image = np.where(mask, image.astype(np.float32, copy=False), np.float32(read.mask.outside_value))
    return View(image, view.grid, view.axes, view.geometry, box, mask)


def crop(view: View, start: npt.NDArray[np.int64], read: VolumeInput) -> FloatImage:
    """Return what the model is shown of a window whose first voxel is `start`: shape (1, *window).

    What lies outside the image is padding.
    """
    piece = np.full((1, *read.window), read.pad_value, np.float32)
    low = np.clip(start, 0, view.image.shape)
    high = np.clip(start + np.asarray(read.window), 0, view.image.shape)
    source = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    target = tuple(slice(int(a), int(b)) for a, b in zip(low - start, high - start, strict=True))
    if (low < high).all():
        piece[0][target] = view.image[source]
    if any(isinstance(operator, Normalise) and operator.scope == "window" for operator in read.prepare):
        _normalise(piece)
    return piece


def _normalise(piece: FloatImage) -> None:
    piece -= piece.mean(dtype=np.float64)
    std = np.sqrt(np.square(piece).mean(dtype=np.float64))
    if std > 0:
        piece /= std
